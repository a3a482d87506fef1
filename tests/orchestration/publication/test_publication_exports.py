"""CSV and Excel say what the Parquet says, run nothing, and are the same bytes every time."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import python_calamine
from candidates import candidate, release
from frictionless import Package, system
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.contracts import CONTRACTS
from expectations.contracts.reading import reading_columns, with_publication_id
from orchestration.publication.parquet import read_arrow
from orchestration.publication.text_tables import EXCEL_SV, FORMULA_STARTS, MACHINE, csv_bytes, guarded, with_kronor
from orchestration.publication.workbook import ABOUT_SHEET, COLUMNS_SHEET, NAME, workbook_bytes

HOSTILE = '=HYPERLINK("http://x";"å")'


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = release(candidate(), tmp_path_factory.mktemp("exports") / "published").path
    assert path is not None
    return path


def _table(version: Path, name: str) -> pa.Table:
    return read_arrow(version / "tables" / f"{name}.parquet")


def _csv(path: Path, *, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_the_machine_flavour_holds_every_cell_exactly(version: Path, name: str):
    head, *rows = _csv(version / "tables" / f"{name}.csv", delimiter=",")
    table = _table(version, name)
    assert head == table.column_names == [column.name for column in with_publication_id(CONTRACTS[name])]
    for number, column in enumerate(head):
        for text, value in zip((row[number] for row in rows), table[column].to_pylist(), strict=True):
            if value is None:
                assert text == ""
            elif isinstance(value, bool):
                assert text == str(value).lower()
            elif isinstance(value, date):
                assert date.fromisoformat(text) == value
            else:
                assert type(value)(text) == value


def test_the_swedish_excel_flavour_has_a_mark_semicolons_decimal_commas_and_kronor(version: Path):
    path = version / "excel" / "fct_allocation.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    head, *rows = _csv(path, delimiter=";")
    assert head == [column.name for column in reading_columns(CONTRACTS["fct_allocation"])]
    at = {name: number for number, name in enumerate(head)}
    assert all(re.fullmatch(r"-?\d+,\d{2}", row[at["amount_sek"]]) for row in rows)
    sums = [sum(Decimal(row[at[name]].replace(",", ".")) for row in rows) for name in ("amount_sek", "amount_ore")]
    manifest = json.loads((version / "manifest.json").read_text())
    assert sums[0] * 100 == sums[1] == manifest["content"]["tables"]["fct_allocation"]["control_total_ore"]
    need = _csv(version / "excel" / "fct_need_index.csv", delimiter=";")
    assert {row[need[0].index("is_under_index_minimum")] for row in need[1:]} == {"FALSKT"}


@pytest.mark.parametrize("flavour", [MACHINE, EXCEL_SV], ids=lambda flavour: flavour.name)
@pytest.mark.parametrize("text", [HOSTILE, "+1", "-2", "@sum", "\t=1", "\r=1", '="x"', "-Ö"])
def test_text_that_a_spreadsheet_would_run_is_guarded_and_numbers_are_not(flavour, text: str):
    data = csv_bytes(pa.table({"a": [text], "b": [-1.5], "c": ['a;b,"c"\nd']}), flavour=flavour)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=flavour.delimiter))
    assert rows[1] == ["'" + text, "-1.5".replace(".", flavour.decimal_sign), 'a;b,"c"\nd']


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\x00"))), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_but_for_the_guard_and_nothing_starts_a_formula(texts: list[str | None]):
    data = csv_bytes(pa.table({"a": pa.array(texts, pa.string()), "n": [7] * len(texts)}), flavour=MACHINE)
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    assert [row[0] for row in rows] == ["" if text is None else guarded(text) for text in texts]
    assert not any(row[0].startswith(FORMULA_STARTS) for row in rows)


def test_an_empty_text_is_not_an_empty_cell():
    data = csv_bytes(pa.table({"a": pa.array(["", None])}), flavour=MACHINE)
    assert data == b'a\r\n""\r\n\r\n'


def test_the_workbook_holds_every_table_its_numbers_and_what_columns_mean(version: Path):
    book = python_calamine.CalamineWorkbook.from_path(str(version / NAME))
    assert book.sheet_names == [ABOUT_SHEET, COLUMNS_SHEET, *sorted(CONTRACTS)]
    about = book.get_sheet_by_name(ABOUT_SHEET).to_python()
    assert about[0][0].startswith("Förslag 2027.0.1, inte beslutat.")
    assert about[0][1].startswith("Proposal 2027.0.1, not decided.")
    described = {(row[0], row[1]) for row in book.get_sheet_by_name(COLUMNS_SHEET).to_python()[1:]}
    assert described == {(c.table, column.name) for c in CONTRACTS.values() for column in reading_columns(c)}
    for name, contract in CONTRACTS.items():
        head, *rows = book.get_sheet_by_name(name).to_python()
        shown = with_kronor(_table(version, name), reading_columns(contract))
        assert head == shown.column_names
        for number, column in enumerate(head):
            for cell, value in zip((row[number] for row in rows), shown[column].to_pylist(), strict=True):
                wanted = "" if value is None else float(value) if isinstance(value, Decimal) else value
                assert cell == (pytest.approx(wanted, rel=1e-14) if isinstance(wanted, float) else wanted), (
                    name,
                    column,
                )


def test_nothing_in_the_workbook_is_a_formula_a_link_or_a_time_of_writing(version: Path):
    table = pa.table({column.name: pa.array([HOSTILE]) for column in with_publication_id(CONTRACTS["dim_component"])})
    contracts = [CONTRACTS["dim_component"]]
    about = {"sv": "=1+1", "en": "http://x"}
    data = workbook_bytes({"dim_component": table}, contracts=contracts, about=about)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = "".join(archive.read(name).decode() for name in archive.namelist() if "sheet" in name)
        assert "<f>" not in sheets
        assert "hyperlink" not in sheets.lower()
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert "1980-01-01" in archive.read("docProps/core.xml").decode()
    assert data == workbook_bytes({"dim_component": table}, contracts=contracts, about=about)


def test_two_publishers_write_the_same_bytes(version: Path, tmp_path: Path):
    again = release(candidate(), tmp_path / "elsewhere").path
    assert again is not None
    names = [path.relative_to(version) for path in sorted(version.rglob("*")) if path.is_file()]
    differing = [str(name) for name in names if (again / name).read_bytes() != (version / name).read_bytes()]
    assert set(differing) <= {"published.duckdb", "datapackage.json", "manifest.json"}, "they carry DuckDB's bytes"
    assert {str(name) for name in names} >= {NAME, "excel/school_allocation.csv", "tables/school_allocation.csv"}


def test_the_data_package_is_valid_and_its_files_keep_their_schemas(version: Path):
    package = json.loads((version / "datapackage.json").read_text())
    assert {resource["path"] for resource in package["resources"]} == {
        path.relative_to(version).as_posix() for path in version.rglob("*") if path.suffix in (".csv", ".parquet")
    }
    readable = {**package, "resources": [r for r in package["resources"] if r["format"] == "csv"]}
    with system.use_context(trusted=True):
        report = Package(readable, basepath=str(version)).validate()
    assert report.valid, report.flatten(["type", "note"])[:3]


def test_a_changed_cell_is_no_longer_valid_by_the_package(version: Path, tmp_path: Path):
    package = json.loads((version / "datapackage.json").read_text())
    resource = next(r for r in package["resources"] if r["path"] == "tables/fct_need_index.csv")
    data = (version / resource["path"]).read_bytes()
    (tmp_path / "tables").mkdir()
    (tmp_path / resource["path"]).write_bytes(data.replace(b'"9999",2027', b'"9999",soon', 1))
    with system.use_context(trusted=True):
        report = Package({**package, "resources": [resource]}, basepath=str(tmp_path)).validate()
    assert {kind for (kind,) in report.flatten(["type"])} >= {"type-error", "hash-count"}
