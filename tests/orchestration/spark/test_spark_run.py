"""What a build on Spark leaves and takes: no rows beside the warehouse, all tables or none. Spark itself is measured by a claim."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.settings import Settings
from orchestration.spark import run
from orchestration.spark.rows import show_rows, take_tables

WANTED = frozenset({"marts.fct_one", "rules.rule_two"})
STAND_IN = """#!{python}
import sys, pathlib
import pyarrow as pa, pyarrow.parquet as pq
folder = pathlib.Path(sys.argv[3])
seen = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet"))
for table in {tables}:
    pathlib.Path(folder, "tables", table).mkdir(parents=True)
    pq.write_table(pa.table({{"seen": seen}}), folder / "tables" / table / "part-0.parquet")
sys.exit({code})
"""


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with one accepted row and a warehouse from before."""
    for name in ("LIKVARD_HOME", "DBT_PROJECT_DIR", "DBT_TARGET_PATH"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(run, "_tables_of_the_project", lambda: WANTED)
    accepted = tmp_path / "pseudonymised" / "accepted"
    row(accepted / "enrollment" / "_schema.parquet", [])
    row(accepted / "enrollment" / "enrollment-1.parquet", ["p1"])
    row(accepted / "_deliveries.parquet", ["d1"])
    with duckdb.connect(str(tmp_path / "pseudonymised" / "warehouse.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.fct_one as select 'before' as seen")
    return Settings(home=tmp_path, spark_python=tmp_path / "python")


def row(path: Path, values: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"pupil_key": pa.array(values, pa.string())}), path)


def stand_in(found: Settings, *, tables: tuple[str, ...], code: int = 0) -> None:
    """A program in Spark's place, which writes these tables."""
    assert found.spark_python is not None
    found.spark_python.write_text(STAND_IN.format(python=sys.executable, tables=tables, code=code))
    found.spark_python.chmod(0o700)


def views(arguments: Sequence[str]) -> int:
    """dbt's place on DuckDB: a view over what came, in the home that the environment names."""
    assert "config.materialized:view" in arguments
    with duckdb.connect(str(Path(os.environ["LIKVARD_HOME"], "pseudonymised", "warehouse.duckdb"))) as connection:
        connection.execute("create view marts.all_rows as select seen from marts.fct_one")
    return 0


def seen(found: Settings) -> list[str]:
    with duckdb.connect(str(found.warehouse), read_only=True) as connection:
        return [name for (name,) in connection.execute("select seen from marts.fct_one").fetchall()]


def test_spark_sees_every_accepted_file_under_a_name_it_does_not_pass_over(found: Settings, tmp_path: Path):
    show_rows(found.accepted, into=tmp_path / "rows")
    names = sorted(str(path.relative_to(tmp_path / "rows")) for path in (tmp_path / "rows").rglob("*.parquet"))
    assert names == ["deliveries/deliveries.parquet", "enrollment/enrollment-1.parquet", "enrollment/schema.parquet"]


def test_a_whole_build_becomes_the_warehouse_and_leaves_no_row_beside_it(found: Settings):
    stand_in(found, tables=("marts.db/fct_one", "rules.db/rule_two"))
    assert run.on_spark(found, ["build"], on_duckdb=views) == 0
    assert seen(found) == [
        "rows/deliveries/deliveries.parquet", "rows/enrollment/enrollment-1.parquet", "rows/enrollment/schema.parquet",
    ]  # fmt: skip
    assert sorted(path.name for path in found.warehouse.parent.iterdir()) == ["accepted", "warehouse.duckdb"]


def test_views_stand_over_the_tables_that_came_and_without_them_the_warehouse_is_as_it_was(found: Settings):
    stand_in(found, tables=("marts.db/fct_one", "rules.db/rule_two"))
    assert run.on_spark(found, ["build"], on_duckdb=lambda arguments: 1) == 1
    assert seen(found) == ["before"]
    assert run.on_spark(found, ["build"], on_duckdb=views) == 0
    with duckdb.connect(str(found.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.all_rows").fetchone() == (3,)


def test_a_failed_build_leaves_the_warehouse_as_it_was_and_no_row_beside_it(found: Settings):
    stand_in(found, tables=("marts.db/fct_one", "rules.db/rule_two"), code=1)
    assert run.on_spark(found, ["build"], on_duckdb=views) == 1
    assert seen(found) == ["before"]
    assert sorted(path.name for path in found.warehouse.parent.iterdir()) == ["accepted", "warehouse.duckdb"]


def test_a_build_of_some_models_is_refused_and_the_warehouse_stands(found: Settings):
    stand_in(found, tables=("marts.db/fct_one",))
    with pytest.raises(LookupError, match=r"1 of 2 tables, not rules\.rule_two"):
        run.on_spark(found, ["build", "--select", "fct_one"], on_duckdb=views)
    assert seen(found) == ["before"]
    assert not (found.home / "pseudonymised" / run.BUILD).exists()


def test_a_shared_folder_is_used_as_the_workers_name_it_and_nothing_else_in_it_is_touched(
    found: Settings, tmp_path: Path
):
    bucket, other_name = tmp_path / "bucket", tmp_path / "as-the-workers-see-it"
    bucket.mkdir()
    other_name.symlink_to(bucket)
    (bucket / "of somebody else").write_text("")
    stand_in(found, tables=("marts.db/fct_one", "rules.db/rule_two"))
    shared = found.model_copy(update={"spark_folder": bucket, "spark_seen_as": f"{other_name}/"})
    assert run.on_spark(shared, ["build"], on_duckdb=views) == 0
    assert len(seen(found)) == 3
    assert [path.name for path in bucket.iterdir()] == ["of somebody else"]


def test_types_come_back_as_they_were_written(tmp_path: Path):
    written = pa.table({"n": pa.array([1], pa.int32()), "share": [0.5], "name": ["å"], "is_active": [True]})
    folder = tmp_path / "tables" / "marts.db" / "fct_one"
    folder.mkdir(parents=True)
    pq.write_table(written, folder / "part-0.parquet")
    take_tables(tmp_path / "tables", wanted={"marts.fct_one"}, warehouse=tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("describe marts.fct_one").fetchall()
        assert [line[:2] for line in found] == [
            ("n", "INTEGER"), ("share", "DOUBLE"), ("name", "VARCHAR"), ("is_active", "BOOLEAN"),
        ]  # fmt: skip
        assert connection.execute("from marts.fct_one").fetchall() == [(1, 0.5, "å", True)]
