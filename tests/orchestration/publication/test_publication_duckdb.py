"""``published.duckdb``: readable by clients of 1.x, equal to the Parquet, described, honest about what it is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from candidates import candidate, release

from expectations.contracts import CONTRACTS
from orchestration.publication.duckdb_file import ABOUT, NAME, write_duckdb


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = release(candidate(background=True), tmp_path_factory.mktemp("duckdb") / "published").path
    assert path is not None
    return path


@pytest.fixture
def connection(version: Path):
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{version / NAME}' AS published (READ_ONLY)")
        connection.execute("USE published")
        yield connection


def test_every_table_equals_its_parquet(connection: duckdb.DuckDBPyConnection, version: Path) -> None:
    for name in CONTRACTS:
        file = f"read_parquet('{version}/tables/{name}.parquet')"
        for one, other in ((name, file), (file, name)):
            assert connection.execute(f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}").fetchall() == []
        assert connection.execute(f"SELECT count(*) FROM {name}").fetchone() != (0,)


def test_the_storage_is_that_of_the_first_stable_client(connection: duckdb.DuckDBPyConnection) -> None:
    (tags,) = connection.execute(
        "SELECT tags FROM duckdb_databases() WHERE database_name = 'published'"
    ).fetchone() or ({},)
    assert tags["storage_version"].startswith("v1.0.0")
    (block_size,) = connection.execute(
        "SELECT block_size FROM pragma_database_size() WHERE database_name = 'published'"
    ).fetchone() or (0,)
    assert block_size == 262_144, "client 1.0 reads no other"


def test_every_table_and_column_is_described_in_both_languages(connection: duckdb.DuckDBPyConnection) -> None:
    columns = dict(
        connection.execute(
            "SELECT table_name || '.' || column_name, comment FROM duckdb_columns() WHERE database_name = 'published'"
        ).fetchall()
    )
    for contract in CONTRACTS.values():
        for column in contract.columns:
            assert f"{column.en} / {column.sv}" in columns[f"{contract.table}.{column.name}"]
    assert columns["fct_allocation.amount_ore"].endswith("[öre]")
    tables = dict(
        connection.execute(
            "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'published'"
        ).fetchall()
    )
    assert "Proposal 2027.0.1" in tables["fct_allocation"]
    assert "Förslag 2027.0.1" in tables["fct_allocation"]


def test_the_file_says_that_it_is_a_proposal_and_a_demonstration(connection: duckdb.DuckDBPyConnection) -> None:
    about = dict(connection.execute(f"SELECT language, description FROM {ABOUT}").fetchall())
    assert about["sv"].startswith("Förslag 2027.0.1, inte beslutat.")
    assert "Demonstration" in about["sv"]
    assert about["en"].startswith("Proposal 2027.0.1, not decided.")
    assert "Demonstration" in about["en"]


def test_a_quote_in_a_folder_name_is_no_sql(version: Path, tmp_path: Path) -> None:
    folder = tmp_path / "skolans' data"
    folder.mkdir()
    contracts = [CONTRACTS["dim_year"]]
    rows = write_duckdb(folder / NAME, tables=version / "tables", contracts=contracts, about={"sv": "a'b", "en": "c"})
    assert rows == {"dim_year": 1}
    with pytest.raises(FileExistsError, match="written once"):
        write_duckdb(folder / NAME, tables=version / "tables", contracts=contracts, about={"sv": "a", "en": "c"})


def test_a_file_that_duckdb_cannot_write_is_an_error_that_names_it(version: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent" / NAME
    contracts = [CONTRACTS["fct_allocation"]]
    with pytest.raises(OSError, match="DuckDB could not write it") as told:
        write_duckdb(absent, tables=version / "tables", contracts=contracts, about={"sv": "s", "en": "e"})
    assert told.value.filename == str(absent)
