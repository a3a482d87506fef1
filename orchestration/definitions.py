"""The one code location: everything under ``defs/``, run in one process.

One process, because start-up costs more than the work and the warehouse has one writer.
"""

import warnings
from pathlib import Path

import dagster as dg

warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec")


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and resources."""
    loaded = dg.load_from_defs_folder(path_within_project=Path(__file__).parent / "defs")
    return dg.Definitions.merge(loaded, dg.Definitions(executor=dg.in_process_executor))
