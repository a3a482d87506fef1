"""dbt as this project starts it: with the models as they were parsed once, for every home.

Belongs here: one call of dbt, on DuckDB or where the settings say so on Spark. Does not: parsing
(``orchestration.manifest``), what is built (``defs/factors``).

A home of its own would make dbt parse every model anew, which takes longer than building them.
"""

import sys
from collections.abc import Sequence

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

from orchestration.manifest import PARSED, ensure_manifest
from orchestration.settings import settings
from orchestration.spark.run import on_spark


def main() -> None:
    """Start dbt with the arguments of this process; exits as dbt does: 0 done, 1 something failed, 2 not started.

    Where the settings name Spark's environment, dbt works there (``orchestration.spark``).
    """
    found = settings()
    if found.spark_python is not None:
        sys.exit(on_spark(found, sys.argv[1:], on_duckdb=on_duckdb))
    sys.exit(on_duckdb(sys.argv[1:]))


def on_duckdb(arguments: Sequence[str]) -> int:
    """One call of dbt in this process, over the warehouse of the home that the environment names; dbt's exit code."""
    ensure_manifest()
    parsed = Manifest.from_msgpack(PARSED.read_bytes(), decoder=extended_mashumuro_decoder)
    done = dbtRunner(manifest=parsed).invoke(list(arguments))
    if done.exception is not None:
        print(done.exception, file=sys.stderr)
        return 2
    return 0 if done.success else 1
