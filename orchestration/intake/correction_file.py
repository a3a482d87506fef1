"""The file in which a school mends its rejected rows: made here, read back here. What mending does is `corrections`.

One shape whatever the delivery was: UTF-8 with a byte order mark, `;` between cells, the delivery's own header, and two
columns in front: the row's number in the delivery (its header names the delivery) and what is wrong. A cell that a
spreadsheet would run as a formula gets an apostrophe in front, which is taken away again on the way back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.intake.errors import Language, RefusalError, catalogue
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.reader import HEADER_WITHIN_LINES, decode, physical_lines, read_table, split_cells

WITHHELD = frozenset({"E-PROTECTED", "E-LONG", "E-HEADER-REPEATED"})
"""Rows that leave in no file: protected identities never, endless lines and repeated headers have nothing to mend."""

_ROW_OF = "likvard: row of "
_NOTE = {"sv": "Att rätta", "en": "To mend"}
_FORMULA = re.compile(
    r"'*[=+\-@\t\r\x00＝＋－＠]"
)  # also behind apostrophes, so that the guard can be taken off exactly
_SEPARATORS = (";", ",", "\t")


@dataclass(frozen=True, slots=True)
class RejectFile:
    """A file to be mended with so many rows. Holds identities: for the restricted zone."""

    content: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class MendedFile:
    """A file that came back: the delivery it mends, the delivery's header, and cells by row number.

    `unplaced_rows` are lines without a row number, or with one that another line of the file has too.
    """

    delivery_id: str
    header: tuple[str, ...]
    rows: Mapping[int, tuple[str, ...]]
    unplaced_rows: int


def guarded(cell: str) -> str:
    """The cell as it may stand in a file for spreadsheets; `unguarded` gives back exactly what went in."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put there; other cells unchanged."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def reject_file(
    content: bytes,
    *,
    delivery_id: str,
    mapping: SourceMapping,
    reasons: Mapping[int, Sequence[tuple[str, str | None]]],
    language: Language = "sv",
) -> RejectFile:
    """The rejected rows of a delivery as a file to be mended. `reasons`: row number -> (code, header)."""
    shown = {row: why for row, why in sorted(reasons.items()) if not WITHHELD & {code for code, _ in why}}
    header, cells = rows_as_delivered(content, mapping=mapping, rows=tuple(shown))
    width = max([len(header), *map(len, cells.values())])
    words = catalogue()
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=";", lineterminator="\r\n")
    writer.writerow([f"{_ROW_OF}{delivery_id}", _NOTE[language], *header, *[""] * (width - len(header))])
    for row, why in shown.items():
        note = ", ".join(f"{header or ''}: {words[code][language]} ({code})".removeprefix(": ") for code, header in why)
        padded = [*cells.get(row, ()), *[""] * (width - len(cells.get(row, ())))]
        writer.writerow([str(row), guarded(note), *map(guarded, padded)])
    return RejectFile(sink.getvalue().encode("utf-8-sig"), rows=len(shown))


def corrected_delivery(content: bytes) -> str | None:
    """The delivery whose rejected rows this file mends; None for any other file. Looks at the first line only."""
    try:
        text, _ = decode(content[:4096], allowed=("utf-8", "utf-16", "cp1252"), is_part=True)
    except RefusalError:
        return None
    first = text.partition("\n")[0].strip().lstrip('"')
    if not first.startswith(_ROW_OF):
        return None
    match = re.match(r"[0-9a-z_-]+", first.removeprefix(_ROW_OF))
    return match[0] if match else None


def read_mended(content: bytes) -> MendedFile:
    """Read a file that came back, also as a spreadsheet saves it (`,` or tab, other encodings).

    Raises `RefusalError` where it can be read no more.
    """
    text, _ = decode(content, allowed=("utf-8", "utf-16", "cp1252"))
    lines = physical_lines(text)
    for separator in _SEPARATORS:
        header = split_cells(lines[0], separator) if lines else None
        if header and len(header) > 2 and header[0].strip().startswith(_ROW_OF):
            break
    else:
        raise RefusalError("E-HEADER")
    rows: dict[int, tuple[str, ...]] = {}
    doubled: set[int] = set()
    unplaced = 0
    for line in lines[1:]:
        if not line.strip(f"{separator} \t"):
            continue
        cells = split_cells(line, separator) or line.split(separator)
        number = int(cells[0]) if re.fullmatch(r"[0-9]{1,9}", cells[0].strip()) else None
        if number is None or number in rows or number in doubled:
            unplaced += 1
            if number in rows:  # which of the two is meant cannot be known
                doubled.add(number)
                del rows[number]
                unplaced += 1
            continue
        rows[number] = tuple(unguarded(cell) for cell in cells[2:])
    return MendedFile(header[0].strip().removeprefix(_ROW_OF), tuple(header[2:]), rows, unplaced)


def as_delivered(mended: MendedFile, *, rows: Sequence[int]) -> bytes:
    """The named rows under the delivery's header, to be read by `flat` of its mapping: line 2 is `rows[0]`."""
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=";", lineterminator="\n")
    writer.writerow(mended.header)
    writer.writerows(mended.rows[row] for row in rows)
    return sink.getvalue().encode()


def flat(mapping: SourceMapping) -> SourceMapping:
    """The mapping as it applies to a mended file: same columns, this module's shape."""
    shape = {"format": "csv", "separators": (";",), "encodings": ("utf-8",), "footnotes": None}
    return mapping.model_copy(update=shape)


def rows_as_delivered(
    content: bytes, *, mapping: SourceMapping, rows: Sequence[int]
) -> tuple[list[str], dict[int, list[str]]]:
    """The header and the cells of the named rows. Broken lines of a text file are split as they stand."""
    raw = read_table(content, mapping=mapping)
    if mapping.format != "csv":
        places = {int(number): place for place, number in enumerate(raw.row_numbers)}
        columns = list(raw.headers)
        found = {row: [str(raw.columns[name][places[row]]) for name in columns] for row in rows if row in places}
        return [raw.headers[name] for name in columns], found
    text, _ = decode(content, allowed=mapping.encodings)
    lines = physical_lines(text)
    wanted = set(raw.headers.values())
    for separator in mapping.separators:
        for line in lines[:HEADER_WITHIN_LINES]:
            header = split_cells(line, separator)
            if header is not None and wanted <= {cell.strip() for cell in header}:
                cells = {row: split_cells(lines[row - 1], separator) for row in rows}
                return header, {row: found or lines[row - 1].split(separator) for row, found in cells.items()}
    raise RefusalError("E-HEADER")
