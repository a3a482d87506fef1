"""dbt in a session of Spark. Runs in an environment of its own (``make environment-spark``), which holds dbt-spark and pyspark.

Belongs here: the settings that make Spark count as DuckDB does, the order of the calls. Does not: this project's other code,
which that environment cannot import.

    python -m orchestration.spark.session FOLDER build --exclude-resource-type unit_test

``FOLDER`` is the folder of the run as the cluster sees it: ``rows/`` is read, ``tables/`` is written.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"

COUNTING = {
    "spark.sql.ansi.enabled": "true",  # a cast or sum that does not fit is an error, as in DuckDB, never a null
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",  # tables are known for the run; what stays are their files
    "spark.sql.sources.default": "parquet",
    "spark.sql.legacy.createHiveTableByDefault": "false",
}
"""Settings that the tables depend on; a cluster's own defaults do not reach them."""

ON_ONE_MACHINE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
}
"""Settings of local mode; on a cluster ``spark-defaults.conf`` in SPARK_CONF_DIR decides."""


def main() -> None:
    """Make the door's rows known to Spark, then start dbt with the other arguments. Exits as dbt does: 0, 1 or 2."""
    folder, *arguments = sys.argv[1:]
    os.environ |= {"DBT_PROJECT_DIR": str(PROJECT), "DBT_PROFILES_DIR": str(PROJECT)}
    place = folder if urlsplit(folder).scheme else f"file://{folder}"
    if os.environ.get("LIKVARD_SPARK_METHOD", "session") == "session":
        _start_session(place)
    rows = ["run-operation", "door_tables", "--args", json.dumps({"rows": f"{place}/rows"})]
    for words in (["--quiet", *rows], arguments):
        done = dbtRunner().invoke([*words, "--target", "spark"])
        if done.exception is not None:
            print(done.exception, file=sys.stderr)
            sys.exit(2)
        if not done.success:
            sys.exit(1)


def _start_session(place: str) -> None:
    """Open the session that dbt-spark will find."""
    from pyspark.sql import SparkSession

    master = os.environ.get("LIKVARD_SPARK_MASTER", "local[2]")
    wanted = COUNTING | {"spark.sql.warehouse.dir": f"{place}/tables"}
    if master.startswith("local["):
        wanted |= ON_ONE_MACHINE
    builder = SparkSession.builder.appName("likvard").master(master)
    for name, value in wanted.items():
        builder = builder.config(name, value)
    builder.getOrCreate().sparkContext.setLogLevel("ERROR")


if __name__ == "__main__":
    main()
