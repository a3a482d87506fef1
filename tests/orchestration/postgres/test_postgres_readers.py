"""The command sends and asks; the address is never told; an ODBC client reads what the Parquet says."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from lacking import lacking
from typer.testing import CliRunner

from bench.postgres_server import PASSWORD, Server
from orchestration.cli import app
from orchestration.publication.postgres.connection import PostgresError, connected, read_url
from orchestration.settings import settings

UNREACHABLE = "host=/nowhere/at/all dbname=x user=hemlig password=hemligt"


@pytest.fixture
def command(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Calls ``likvard`` with a home that has the two municipalities and an address in a file."""
    file = tmp_path / "postgres.url"
    home = tmp_path / "home"
    home.mkdir()
    (home / "published").symlink_to(two)
    monkeypatch.setenv("LIKVARD_HOME", str(home))
    monkeypatch.setenv("LIKVARD_POSTGRES_URL_FILE", str(file))

    def call(*arguments: str, url: str | None = None):
        if url is not None:
            file.unlink(missing_ok=True)
            file.write_text(url + "\n")
            file.chmod(0o400)
        settings.cache_clear()
        return CliRunner().invoke(app, ["postgres", *arguments])

    yield call
    settings.cache_clear()


def test_the_command_sends_and_then_finds_everything_as_published(command, empty: psycopg.Connection, server: Server):
    url = server.url(empty.info.dbname)
    sent = command("publish", url=url)
    assert (sent.exit_code, sent.output.count("loaded")) == (0, 2), sent.output
    assert "2 publications in schema published" in sent.output
    assert command("publish").output.count("there already") == 2
    assert command("verify").exit_code == 0
    empty.execute("DELETE FROM pub_0780_2027_0_1.rule_result")
    found = command("verify")
    assert found.exit_code == 3
    assert "rule_result" in found.output
    assert PASSWORD not in sent.output + found.output


def test_no_address_and_no_server_are_wrong_use_and_the_address_is_never_told(command, monkeypatch, tmp_path: Path):
    silent = command("publish", url=UNREACHABLE)
    assert silent.exit_code == 2
    assert "LIKVARD_POSTGRES_URL_FILE" in silent.output
    assert "heml" not in silent.output
    assert "nowhere" not in silent.output
    monkeypatch.delenv("LIKVARD_POSTGRES_URL_FILE")
    assert command("verify").exit_code == 2


@pytest.mark.parametrize("wrong", ["postgresql://hemlig:hemligt@[", "host=x heml", "port=heml"])
def test_an_address_that_cannot_be_read_is_not_told(wrong: str):
    with pytest.raises(PostgresError) as caught, connected(wrong):
        pass
    assert "heml" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_wrong_password_is_named_as_the_cause(server: Server):
    wrong = server.url("postgres", password="fel lösen")
    with pytest.raises(PostgresError, match="refused user or password") as caught, connected(wrong):
        pass
    assert "fel lösen" not in str(caught.value)


def test_a_file_that_others_may_read_or_that_holds_no_line_is_refused(tmp_path: Path):
    file = tmp_path / "url"
    file.write_text("postgresql://x/y\n")
    file.chmod(0o440)
    with pytest.raises(PostgresError, match="others may read it"):
        read_url(file)
    file.chmod(0o600)
    assert read_url(file) == "postgresql://x/y"
    for text in ("", "\n", "one\ntwo\n"):
        file.write_text(text)
        with pytest.raises(PostgresError, match="one line"):
            read_url(file)
    with pytest.raises(PostgresError, match="no such file"):
        read_url(tmp_path / "missing")


@pytest.fixture
def odbc(server: Server, connection: psycopg.Connection):
    """The views through the driver that Excel and Qlik use, as a user who may only read."""
    try:
        import pyodbc
    except ImportError:  # the package is there, the library that it loads is not
        lacking("unixODBC")
    driver = next((name for name in pyodbc.drivers() if "PostgreSQL" in name and "Unicode" in name), None)
    if driver is None:
        lacking("the ODBC driver of PostgreSQL")
    connection.execute("DROP ROLE IF EXISTS excel; CREATE ROLE excel LOGIN PASSWORD 'e' IN ROLE bi_reader")
    words = f"Driver={{{driver}}};Servername={server.folder};Database={connection.info.dbname};UID=excel;PWD=e"
    with pyodbc.connect(words, readonly=True) as opened:
        yield opened


def test_an_odbc_client_reads_letters_decimals_dates_and_sums_as_the_parquet_has_them(odbc, two: Path):
    wide = pd.concat(
        pd.read_parquet(two / code / "2027" / "proposed" / "tables" / "school_allocation.parquet")
        for code in ("0780", "9999")
    ).sort_values(["municipality_code", "school_unit_code"])
    rows = odbc.execute(
        'SELECT "Skolenhet", "Tilldelning (kr)", "Behovsindex" FROM published.school_allocation_sv '
        'ORDER BY "Kommunkod", "Skolenhetskod"'
    ).fetchall()
    assert [row[0] for row in rows] == wide["school_unit_name"].tolist()
    assert any("Ä" in row[0] for row in rows)
    assert [row[1] for row in rows] == wide["total_sek"].tolist()
    assert all(isinstance(row[1], Decimal) for row in rows)
    assert [row[2] for row in rows] == [None if pd.isna(value) else value for value in wide["need_index"]]
    (day,) = odbc.execute("SELECT min(count_date) FROM published.dim_year").fetchone()
    assert day == datetime.date(2026, 10, 15)
    columns = [column.column_name for column in odbc.cursor().columns(table="fct_allocation", schema="published")]
    assert {"amount_ore", "amount_sek", "publication_status"} <= set(columns)
