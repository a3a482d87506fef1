"""``published.xlsx``: the published tables for Excel, with a page that says what this is and one that describes columns.

Belongs here: sheets, number formats, widths. Does not: figures; a workbook holds numbers with 15 digits, the exact ones
stand in Parquet and CSV.

The bytes are fixed: no time, no user, no temporary names. Text stays text: nothing in a cell is a formula or a link.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from expectations.columns import Column
from expectations.contracts import CONTRACT_VERSION, Contract
from expectations.contracts.reading import reading_columns
from expectations.labels import swedish_label
from orchestration.publication.text_tables import with_kronor

NAME = "published.xlsx"
ABOUT_SHEET, COLUMNS_SHEET = "Om · About", "Kolumner · Columns"
_FIXED = datetime(1980, 1, 1)
"""The oldest time a zip can tell; a real one would make every file differ."""
_NOTES = (
    ("Kontraktets version", "Contract version", CONTRACT_VERSION),
    ("Kolumnerna beskrivs på bladet", "Columns are described on the sheet", COLUMNS_SHEET),
    (
        "Siffror i Excel har 15 siffrors noggrannhet; exakta tal finns i Parquet och CSV",
        "Numbers in Excel have 15 digits; exact ones are in Parquet and CSV",
        "",
    ),
)
_HEADS = (
    "Tabell · Table",
    "Kolumn · Column",
    "Svenskt namn",
    "Typ · Type",
    "Enhet · Unit",
    "Betydelse",
    "Meaning",
    "Källa · Source",
)
_YEARS = frozenset({"funding_year", "result_year_first", "result_year_last"})
_WIDEST, _MARGIN = 60, 2


def workbook_bytes(tables: Mapping[str, pa.Table], *, contracts: Sequence[Contract], about: Mapping[str, str]) -> bytes:
    """The workbook. ``tables`` are the published files by name, ``about`` the sentence on what this is, per language."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": about["sv"], "comments": about["en"], "created": _FIXED, "author": "likvard"})
        book.set_calc_mode("manual")  # nothing to calculate, and no question when the file is closed
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        _about(book.add_worksheet(ABOUT_SHEET), about, head=head, wrapped=wrapped)
        _dictionary(book.add_worksheet(COLUMNS_SHEET), contracts, head=head, wrapped=wrapped)
        formats: dict[str, Format] = {}
        for contract in contracts:
            columns = reading_columns(contract)
            for form in {_number_format(column) for column in columns} - set(formats):
                formats[form] = book.add_format({"num_format": form})
            _table(
                book.add_worksheet(contract.table),
                with_kronor(tables[contract.table], columns),
                columns,
                head=head,
                formats=formats,
                key_width=len(contract.keys),
            )
    return buffer.getvalue()


def _about(sheet: Worksheet, about: Mapping[str, str], *, head: Format, wrapped: Format) -> None:
    sheet.set_column(0, 1, 70)
    for column, language in enumerate(("sv", "en")):
        sheet.write_string(0, column, about[language], head)
    for row, (swedish, english, value) in enumerate(_NOTES, start=2):
        for column, words in enumerate((swedish, english)):
            sheet.write_string(row, column, f"{words}: {value}" if value else f"{words}.", wrapped)


def _dictionary(sheet: Worksheet, contracts: Sequence[Contract], *, head: Format, wrapped: Format) -> None:
    for column, words in enumerate(_HEADS):
        sheet.write_string(0, column, words, head)
    row = 0
    for contract in contracts:
        for one in reading_columns(contract):
            row += 1
            told = (contract.table, one.name, swedish_label(one.name), one.type, one.unit, one.sv, one.en, one.source)
            for column, words in enumerate(told):
                sheet.write_string(row, column, words, wrapped)
    for column, width in enumerate((24, 28, 36, 14, 14, 60, 60, 24)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, row, len(_HEADS) - 1)


def _table(
    sheet: Worksheet,
    table: pa.Table,
    columns: Sequence[Column],
    *,
    head: Format,
    formats: Mapping[str, Format],
    key_width: int,
) -> None:
    for number, column in enumerate(columns):
        sheet.write_string(0, number, column.name, head)
        form = formats[_number_format(column)]
        values = table[column.name].to_pylist()
        for row, value in enumerate(values, start=1):
            _write(sheet, row, number, value, form)
        longest = max((len(value) for value in values if isinstance(value, str)), default=10)
        sheet.set_column(number, number, min(_WIDEST, max(len(column.name), longest) + _MARGIN))
    sheet.freeze_panes(1, min(key_width, 3))
    sheet.autofilter(0, 0, max(table.num_rows, 1), len(columns) - 1)


def _write(sheet: Worksheet, row: int, column: int, value: Any, form: Format) -> None:
    if value is None:
        return
    if isinstance(value, str):
        sheet.write_string(row, column, value, form)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, form)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, form)
    else:
        sheet.write_number(row, column, float(value) if isinstance(value, Decimal) else value, form)


def _number_format(column: Column) -> str:
    """How a column shows its numbers; Excel replaces the separators by those of the reader's country."""
    if column.type == "text":
        return "@"
    if column.type == "date":
        return "yyyy-mm-dd"
    if column.type == "bool" or column.name in _YEARS:
        return "0"
    if column.type in ("int32", "int64"):
        return "#,##0"
    if column.type == "decimal(18,2)":
        return "#,##0.00"
    if column.type.startswith("decimal"):
        return "#,##0.00####"
    if column.unit.startswith("share"):
        return "0.0%"
    return "#,##0.0" if column.unit == "index" else "#,##0.0000"
