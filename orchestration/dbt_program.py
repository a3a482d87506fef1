"""dbt as this project starts it: with the models as they were parsed once, for every home.

Belongs here: one call of dbt, on DuckDB or where the settings say so on Spark. Does not: parsing
(``orchestration.manifest``), what is built (``defs/factors``).

A home of its own would make dbt parse every model anew, which takes longer than building them. What dbt tells of each statement
while it works, some five thousand events, is not made into lines that nobody reads: that took a fifth of a small build.
"""

import gc
import json
import os
import sys
from collections.abc import Callable, Sequence
from threading import Lock

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder
from dbt_common.events.base_types import EventLevel, EventMsg
from dbt_common.events.functions import msg_to_dict
from dbt_common.utils.encoding import ForgivingJSONEncoder

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
    gc.freeze()  # the models stay until the end: looking at them again and again finds nothing to free
    callbacks: list[Callable[[EventMsg], None]] = []
    if os.environ.get("DBT_LOG_FORMAT") == "json":
        os.environ["DBT_LOG_LEVEL"] = "none"
        callbacks.append(lines_to_read())
    done = dbtRunner(manifest=parsed, callbacks=callbacks).invoke(list(arguments))
    if done.exception is not None:
        print(done.exception, file=sys.stderr)
        return 2
    return 0 if done.success else 1


def lines_to_read() -> Callable[[EventMsg], None]:
    """What tells an event of dbt as one line of JSON on standard output, as dbt does it itself, from "info" up."""
    quiet, one_at_a_time = {EventLevel.TEST.value, EventLevel.DEBUG.value}, Lock()

    def tell(event: EventMsg) -> None:
        if event.info.level not in quiet:
            line = json.dumps(msg_to_dict(event), sort_keys=True, cls=ForgivingJSONEncoder)
            with one_at_a_time:  # dbt works in several threads
                print(line, flush=True)

    return tell
