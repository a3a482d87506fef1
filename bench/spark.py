"""``make spark``: Spark makes the tables of the demonstration, and every row is compared with DuckDB's.

Belongs here: running the product on Spark, comparing two warehouses. Does not: the claim (``bench.claims.scale_spread``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.homes import LIKVARD, Home, demo_home, forget, new_home

PYTHON = Path(__file__).resolve().parent.parent / ".venv-spark" / "bin" / "python"
# Views of staging are the accepted rows themselves, renamed: on both sides the same files.
_THERE = """
select schema_name || '.' || view_name from duckdb_views()
where database_name = 'duck' and not internal and schema_name <> 'staging'
union all select schema_name || '.' || table_name from duckdb_tables() where database_name = 'duck' order by 1
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """What two warehouses hold: tables, their rows in DuckDB's, and the tables in which rows or columns differ."""

    tables: int
    rows: int
    differing_rows: int
    differing: tuple[str, ...]

    def __add__(self, other: Compared) -> Compared:
        return Compared(
            self.tables + other.tables,
            self.rows + other.rows,
            self.differing_rows + other.differing_rows,
            self.differing + other.differing,
        )


def is_there() -> bool:
    """Whether the environment of Spark is built."""
    return PYTHON.is_file()


def compared(duck: Path, spark: Path) -> Compared:
    """Every table of ``duck`` and every view over them, row by row with ``spark``: same columns, types and rows, as often."""
    tables = rows = differing_rows = 0
    differing = []
    with duckdb.connect(config={"file_search_path": str(duck.parent)}) as connection:  # of the views over accepted rows
        for name, file in (("duck", duck), ("spark", spark)):
            connection.execute(f"attach '{file}' as {name} (read_only)")
        for (table,) in connection.execute(_THERE).fetchall():
            tables += 1
            rows += _one(connection, f"select count(*) from duck.{table}")
            columns = [
                [line[:2] for line in connection.execute(f"describe {side}.{table}").fetchall()]
                for side in ("duck", "spark")
            ]
            missing, added = (
                _one(connection, f"select count(*) from (from {one}.{table} except all from {other}.{table})")
                for one, other in (("duck", "spark"), ("spark", "duck"))
            )
            differing_rows += missing + added
            if missing or added or columns[0] != columns[1]:
                differing.append(table)
    return Compared(tables, rows, differing_rows, tuple(differing))


def demonstration() -> tuple[Compared, bool]:
    """The demonstration run twice, once on each engine: its tables, and whether the publication has the same content."""
    duck = demo_home()
    with new_home(LIKVARD_SPARK_PYTHON=str(PYTHON)) as spark:
        done = spark.likvard("demo")
        if done.returncode:
            raise RuntimeError(
                f"likvard demo on Spark ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        found = compared(_warehouse(duck), _warehouse(spark))
        return found, duck.content_hashes(2027) == spark.content_hashes(2027)


def tables_again(duck: Home) -> Compared:
    """The tables of a home that was run on DuckDB, made again on Spark from the same accepted rows."""
    with new_home() as spark:
        shutil.copytree(duck.path / "pseudonymised" / "accepted", spark.path / "pseudonymised" / "accepted")
        environment = os.environ | {"LIKVARD_HOME": str(spark.path), "LIKVARD_SPARK_PYTHON": str(PYTHON)}
        command = [str(LIKVARD.with_name("likvard-dbt")), "build", "--exclude-resource-type", "unit_test"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"likvard-dbt on Spark ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return compared(_warehouse(duck), _warehouse(spark))


def _warehouse(home: Home) -> Path:
    return home.path / "pseudonymised" / "warehouse.duckdb"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])


def main() -> None:
    """Compare, say what was found. The exit code is non-zero where a row or the publication differs."""
    try:
        found, same = demonstration()
    finally:
        forget()
    print(f"{found.tables} tables, {found.rows:,} rows, {found.differing_rows} differ", *found.differing)
    print("the publication has the same content" if same else "the publication differs")
    raise SystemExit(0 if same and not found.differing else 1)


if __name__ == "__main__":
    main()
