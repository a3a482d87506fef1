"""One build by Spark, beginning to end: rows out, dbt in Spark's environment, tables back.

Belongs here: the folder of a build and what is left of it (nothing). Does not: Spark's settings (``session``), the forms of
files (``rows``).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestration.manifest import PROJECT, QUIET, ensure_manifest
from orchestration.settings import REPOSITORY, Settings
from orchestration.spark.rows import show_rows, take_tables

BUILD = "spark-build"
"""The folder of one build; what lies beside it is left alone."""


def on_spark(found: Settings, arguments: Sequence[str], *, on_duckdb: Callable[[Sequence[str]], int]) -> int:
    """Start dbt with ``arguments`` on Spark and, after a whole build, take its tables into the warehouse; dbt's exit code.

    Views are DuckDB's own over these tables: ``on_duckdb`` starts dbt there, and makes nothing but them.
    The folder of the build holds pseudonymised rows. It is removed however the build ends, and before the next one.
    Raises LookupError where Spark did not write every table of the project: the warehouse stands as it was.
    """
    folder = (found.spark_folder or found.home / "pseudonymised") / BUILD
    wanted = _tables_of_the_project()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o750, parents=True)
    try:
        show_rows(found.accepted, into=folder / "rows")
        seen = f"{found.spark_seen_as.rstrip('/')}/{BUILD}" if found.spark_seen_as else str(folder)
        command = [str(found.spark_python), "-m", "orchestration.spark.session", seen]
        places = {"SPARK_LOCAL_DIRS": str(folder / "scratch"), "DBT_TARGET_PATH": str(folder / "target")}
        environment = QUIET | places | os.environ
        done = subprocess.run([*command, *arguments], cwd=REPOSITORY, env=environment, check=False)
        return done.returncode or _take(found, folder, wanted=wanted, on_duckdb=on_duckdb)
    finally:
        shutil.rmtree(folder)


def _take(found: Settings, folder: Path, *, wanted: frozenset[str], on_duckdb: Callable[[Sequence[str]], int]) -> int:
    """The warehouse of the tables, made whole in a small home beside them and put in its place with one rename."""
    small = folder / "home" / "pseudonymised"
    small.mkdir(parents=True)
    (small / "accepted").symlink_to(found.accepted)
    take_tables(folder / "tables", wanted=wanted, warehouse=small / "warehouse.duckdb")
    places = {"LIKVARD_HOME": str(small.parent), "DBT_PROJECT_DIR": str(PROJECT), "DBT_TARGET_PATH": str(small)}
    os.environ |= QUIET | places
    with open(os.devnull, "w") as nobody, contextlib.redirect_stdout(nobody):  # what is told is the build on Spark
        code = on_duckdb(["--quiet", "run", "--select", "config.materialized:view"])
    if code == 0:
        beside = found.warehouse.with_name(f".{found.warehouse.name}.part")
        shutil.move(small / "warehouse.duckdb", beside)
        os.replace(beside, found.warehouse)
    return code


def _tables_of_the_project() -> frozenset[str]:
    """``schema.table`` of everything that dbt stores."""
    nodes = json.loads(ensure_manifest().read_text("utf-8"))["nodes"].values()
    return frozenset(
        f"{node['schema']}.{node['alias']}"
        for node in nodes
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] != "view"
    )
