"""One build by Spark, beginning to end: rows out, dbt in Spark's environment, tables back.

Belongs here: the folder of a build and what is left of it (nothing). Does not: Spark's settings (``session``), the forms of
files (``rows``).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence

from orchestration.manifest import QUIET, ensure_manifest
from orchestration.settings import REPOSITORY, Settings
from orchestration.spark.rows import show_rows, take_tables


def on_spark(found: Settings, arguments: Sequence[str]) -> int:
    """Start dbt with ``arguments`` on Spark and, after a whole build, take its tables into the warehouse; dbt's exit code.

    The folder of the build holds pseudonymised rows. It is removed however the build ends, and before the next one.
    Raises LookupError where Spark did not write every table of the project: the warehouse stands as it was.
    """
    folder = found.spark_folder or found.home / "pseudonymised" / "spark"
    wanted = _tables_of_the_project()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o750, parents=True)
    try:
        show_rows(found.accepted, into=folder / "rows")
        command = [str(found.spark_python), "-m", "orchestration.spark.session", found.spark_seen_as or str(folder)]
        places = {"SPARK_LOCAL_DIRS": str(folder / "scratch"), "DBT_TARGET_PATH": str(folder / "target")}
        environment = QUIET | places | os.environ
        done = subprocess.run([*command, *arguments], cwd=REPOSITORY, env=environment, check=False)
        if done.returncode == 0:
            take_tables(folder / "tables", wanted=wanted, warehouse=found.warehouse)
        return done.returncode
    finally:
        shutil.rmtree(folder)


def _tables_of_the_project() -> frozenset[str]:
    """``schema.table`` of everything that dbt stores."""
    nodes = json.loads(ensure_manifest().read_text("utf-8"))["nodes"].values()
    return frozenset(
        f"{node['schema']}.{node['alias']}"
        for node in nodes
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] != "view"
    )
