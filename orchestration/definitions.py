"""The one code location: everything under ``defs/``, run in one process.

One process, because start-up costs more than the work and the warehouse has one writer.
"""

import os
import warnings
from pathlib import Path

# One thread per fit, set before numpy is imported: shared cores do not fight, and sums come out in one order.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import dagster as dg

from orchestration.executor import in_the_home

warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec")


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and resources."""
    loaded = dg.load_from_defs_folder(path_within_project=Path(__file__).parent / "defs")
    return dg.Definitions.merge(loaded, dg.Definitions(executor=in_the_home))
