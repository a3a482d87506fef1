"""The published tables as CSV, in two flavours: for programs, and for Excel with Swedish settings.

Belongs here: how a cell is written and what is guarded. Does not: which columns a reader gets
(``expectations.contracts.reading``), the files of a version (``seal``).

Text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP ASVS 1.2.10, CWE-1236); numbers are
numbers. An empty cell is nothing between separators, an empty text is ``""``: Python's writer cannot tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from expectations.columns import Column

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")
"""A cell that starts so is run by spreadsheets (OWASP, CSV injection)."""
LINE_END = "\r\n"
"""As RFC 4180 has it."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """One way to write CSV.

    Attributes
    ----------
    folder : where the files of this flavour stand within a version
    mark : bytes before the text; a byte order mark tells Excel that the text is UTF-8
    """

    name: str
    folder: str
    mark: bytes
    delimiter: str
    decimal_sign: str
    true: str
    false: str


MACHINE = Flavour("machine", "tables", b"", ",", ".", "true", "false")
EXCEL_SV = Flavour("excel-sv", "excel", b"\xef\xbb\xbf", ";", ",", "SANT", "FALSKT")


def guarded(text: str) -> str:
    """``text`` that no spreadsheet runs: an apostrophe before what starts like a formula."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def with_kronor(table: pa.Table, columns: tuple[Column, ...]) -> pa.Table:
    """``table`` with the columns readers meet, in order: kronor are derived from whole öre, exactly.

    ``columns`` are those of ``reading_columns``; ``table`` is a published file with ``publication_id``.
    """
    arrays = []
    for column in columns:
        if column.name in table.column_names:
            arrays.append(table[column.name])
        else:
            ore = table[column.name.removesuffix("_sek") + "_ore"].to_pylist()
            kronor = [None if value is None else Decimal(value).scaleb(-2) for value in ore]
            arrays.append(pa.chunked_array([pa.array(kronor, type=pa.decimal128(18, 2))]))
    return pa.table(arrays, names=[column.name for column in columns])


def csv_bytes(table: pa.Table, *, flavour: Flavour) -> bytes:
    """One CSV file with a header; the same table gives the same bytes. Rows keep their order."""
    columns = [[_cell(value, flavour) for value in table[name].to_pylist()] for name in table.column_names]
    head = flavour.delimiter.join(table.column_names)
    lines = [head, *(flavour.delimiter.join(row) for row in zip(*columns, strict=True))]
    return flavour.mark + "".join(line + LINE_END for line in lines).encode()


def _cell(value: Any, flavour: Flavour) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + guarded(value).replace('"', '""') + '"'
    if isinstance(value, bool):
        return flavour.true if value else flavour.false
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", flavour.decimal_sign)
    if isinstance(value, float):
        return repr(value).replace(".", flavour.decimal_sign)
    return str(value)  # integers and ISO dates
