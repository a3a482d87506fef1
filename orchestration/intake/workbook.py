"""Excel workbooks become text cells like those of a text file: same rows, same account. The reading is `workbook_child`.

A workbook is first judged by its table of contents, then read in a process with limits of its own. Numbers become text
as Excel shows them with fifteen digits; a code that was saved as a number and lost its zeros is too short and says so.
"""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from orchestration.intake.errors import RefusalError
from orchestration.intake.headers import HEADER_WITHIN_LINES, Header, find_header
from orchestration.intake.lines import is_garbled
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.tables import MAXIMUM_ROWS, RawTable, Rejected, Texts
from orchestration.intake.workbook_child import NO_READER

ZIP_MARK, OLD_MARK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # xlsx; xls, or one with a password
WORKBOOK_MARKS = (ZIP_MARK, OLD_MARK)

MAXIMUM_UNPACKED_BYTES = 200 * 1024 * 1024
MAXIMUM_RATIO = 100
MAXIMUM_PARTS = 2_000
CHILD_MEMORY_BYTES = 2 * 1024 * 1024 * 1024  # of address space; what is in use is about a third
CHILD_SECONDS = 120

_CHILD = Path(__file__).with_name("workbook_child.py")
_EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}  # the first as it counts from March 1900 on
_SERIAL_DAYS = range(30_000, 80_000)  # 1982 to 2119, or four years later

_Cell = str | float | bool | None


def read_workbook(content: bytes, *, mapping: SourceMapping) -> RawTable:
    """Read the one sheet that has the header; rows count from 1 as in Excel. Raises `RefusalError`.

    E-FORMAT for what is no readable xlsx, E-SIZE beyond the bounds, E-SHEETS where two sheets have the header.
    """
    if mapping.footnotes is not None:
        raise RefusalError("E-FORMAT", hint="csv")
    found: list[tuple[Header, list[list[_Cell]]]] = []
    refusals: list[RefusalError] = []
    is_1904, sheets = _sheets(content)
    for rows in sheets:
        head = [[_text(cell) for cell in cells] for cells in rows[:HEADER_WITHIN_LINES]]
        try:
            found.append((find_header({"": head}, mapping=mapping), rows))
        except RefusalError as refusal:
            refusal.physical_rows = len(rows)
            refusals.append(refusal)
    if not sheets:
        raise RefusalError("E-EMPTY")
    if not found:
        raise refusals[0]
    if len(found) > 1:
        raise RefusalError("E-SHEETS", physical_rows=sum(len(rows) for _, rows in found))
    header, rows = found[0]
    return _account(rows, header, mapping=mapping, is_1904=is_1904, unused_sheets=len(sheets) - 1)


def first_rows(content: bytes, count: int) -> Iterator[list[str]]:
    """The first rows of every sheet as text. Raises `RefusalError`."""
    for rows in _sheets(content)[1]:
        yield from ([_text(cell) for cell in cells] for cells in rows[:count])


def check_bounds(content: bytes) -> None:
    """Judge a workbook by its table of contents alone. Raises `RefusalError` (E-FORMAT, E-SIZE)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise RefusalError("E-FORMAT", hint="xlsx, csv") from None
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAXIMUM_PARTS or unpacked > MAXIMUM_UNPACKED_BYTES or unpacked > MAXIMUM_RATIO * len(content):
        raise RefusalError("E-SIZE")
    if not any(part.filename == "xl/workbook.xml" for part in parts) or any(part.flag_bits & 1 for part in parts):
        raise RefusalError("E-FORMAT", hint="xlsx, csv")


def _sheets(content: bytes) -> tuple[bool, list[list[list[_Cell]]]]:
    """Whether days count from 1904, and the rows of every visible sheet that has something in it."""
    if content.startswith(OLD_MARK):
        raise RefusalError("E-FORMAT", hint="xlsx, csv")
    check_bounds(content)
    limits = (str(CHILD_MEMORY_BYTES), str(CHILD_SECONDS), str(MAXIMUM_ROWS + 1))
    done = subprocess.run(  # its standard error may hold values: it goes nowhere
        [sys.executable, "-I", str(_CHILD), *limits],
        check=False,
        input=content,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if done.returncode == NO_READER:
        raise ModuleNotFoundError("python-calamine is not installed; run `make environment`")
    if done.returncode != 0:
        raise RefusalError("E-SIZE" if done.returncode < 0 else "E-FORMAT", hint="xlsx, csv")
    lines = done.stdout.splitlines()
    is_1904 = json.loads(lines[0])["is_1904"]
    sheets: dict[int, list[list[_Cell]]] = {}
    for line in lines[1:]:
        number, *cells = json.loads(line)
        sheets.setdefault(number, []).append(cells)
    if any(len(rows) > MAXIMUM_ROWS for rows in sheets.values()):
        raise RefusalError("E-SIZE", hint=f"{MAXIMUM_ROWS}")
    return is_1904, [rows for rows in sheets.values() if any(_text(cell).strip() for row in rows for cell in row)]


def _account(
    rows: Sequence[Sequence[_Cell]], header: Header, *, mapping: SourceMapping, is_1904: bool, unused_sheets: int
) -> RawTable:
    columns = {name: Texts() for name in header.places}
    is_date = {name: mapping.columns[name].type == "date" for name in header.places}
    row_numbers: list[int] = []
    rejected: list[Rejected] = []
    header_rows = blank_rows = 0
    for index, cells in enumerate(rows):
        texts = [_text(cell) for cell in cells]
        if not any(text.strip() for text in texts):
            blank_rows += 1
        elif index <= header.index:
            header_rows += 1
        elif reasons := _problems(cells, texts, header):
            rejected.append(Rejected(index + 1, reasons))
        else:
            row_numbers.append(index + 1)
            for name, place in header.places.items():
                columns[name].add(_day(cells[place], is_1904=is_1904) if is_date[name] else texts[place])
    return RawTable(
        encoding="xlsx",
        physical_rows=len(rows),
        header_rows=header_rows,
        blank_rows=blank_rows,
        headers=header.names,
        row_numbers=np.array(row_numbers, dtype=np.int32),
        columns={name: column.array() for name, column in columns.items()},
        rejected=tuple(rejected),
        unknown_columns=header.unknown_columns,
        absent_columns=tuple(name for name in mapping.columns if name not in header.places),
        open_end_row=None,
        unused_sheets=unused_sheets,
    )


def _problems(cells: Sequence[_Cell], texts: list[str], header: Header) -> tuple[tuple[str, str | None], ...]:
    errors = [("E-CELL", header.names[name]) for name, place in header.places.items() if cells[place] is None]
    if errors:
        return tuple(errors)
    if any("\n" in texts[place] or "\r" in texts[place] for place in header.places.values()):
        return (("E-CHARS", None),)
    if any(is_garbled(text) for text in texts):
        return (("E-CHARS", None),)
    if any(text.strip() for text in texts[header.width :]):
        return (("E-WIDTH", None),)
    return (("E-HEADER-REPEATED", None),) if tuple(texts) == header.cells else ()


def _text(cell: _Cell) -> str:
    """A cell as text: whole numbers without decimals, others with a decimal comma, at most fifteen digits."""
    if cell is None:
        return "#"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if math.isfinite(cell) and cell == int(cell) and abs(cell) < 1e15:
        return str(int(cell))
    return format(cell, ".15g").replace(".", ",")


def _day(cell: _Cell, *, is_1904: bool) -> str:
    """A cell of a date column as text: a bare serial number is a day by the workbook's own epoch."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell in _SERIAL_DAYS:
        return (_EPOCHS[is_1904] + timedelta(days=int(cell))).isoformat()
    return _text(cell)
