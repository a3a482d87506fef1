"""Reads an Excel workbook in a process of its own, within limits, and writes its rows as JSON lines. Run by `workbook`.

Standard library and the workbook reader only, so that the process starts quickly. Whatever a hostile workbook does to
it (endless memory, a crash in native code), the door sees an exit code. First line: facts of the book. Then a line per
row: `[sheet, cell, ...]`; a cell is text, a number, true or false; null for a spreadsheet error (`#N/A`).
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time
from xml.etree import ElementTree

NO_READER = 3  # exit code: the workbook reader is not installed, which says nothing about the file
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb"<c\s([^>]*)>")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_IS_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")


def main() -> None:
    """`workbook_child.py MEMORY_BYTES CPU_SECONDS ROWS`: the workbook on standard input, rows on standard output."""
    memory, seconds, most_rows = (int(text) for text in sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not leave the content behind
    content = sys.stdin.buffer.read()
    try:
        from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum  # after the limits
    except ImportError:
        sys.exit(NO_READER)
    book = CalamineWorkbook.from_object(io.BytesIO(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        paths, is_1904 = _parts(archive)
        print(json.dumps({"is_1904": is_1904}))
        for number, sheet in enumerate(book.sheets_metadata):
            if sheet.typ != SheetTypeEnum.WorkSheet or sheet.visible != SheetVisibleEnum.Visible:
                continue
            errors = _error_cells(archive.read(paths[sheet.name])) if sheet.name in paths else {}
            for index, cells in enumerate(book.get_sheet_by_name(sheet.name).iter_rows()):
                if index >= most_rows:
                    break
                bad = errors.get(index, ())
                row = [None if place in bad else _plain(cell) for place, cell in enumerate(cells)]
                print(json.dumps([number, *row]))


def _parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Where each sheet's cells lie in the archive, and whether days are counted from 1904."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id"): item.get("Target", "") for item in relations}
    paths = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_RELATION), "")
        path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if path in archive.namelist():
            paths[sheet.get("name", "")] = path
    properties = book.find(f"{_MAIN}workbookPr")
    return paths, properties is not None and properties.get("date1904") in ("1", "true")


def _error_cells(sheet: bytes) -> dict[int, set[int]]:
    """Row and column (from 0) of cells that hold a spreadsheet error: the reader gives them as empty."""
    found: dict[int, set[int]] = {}
    if _IS_ERROR.search(sheet) is None:
        return found
    for cell in _CELL.finditer(sheet):
        place = _REFERENCE.search(cell[1])
        if place is not None and _IS_ERROR.search(cell[1]):
            found.setdefault(int(place[2]) - 1, set()).add(_column(place[1]))
    return found


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _plain(cell: object) -> str | float | bool:
    if isinstance(cell, str | bool | int | float):
        return cell
    if isinstance(cell, datetime) and cell.time() == time(0):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


if __name__ == "__main__":
    main()
