"""A reader that loses no row: bytes of a delivered file become text cells, and every physical line is accounted for.

Ready-made CSV readers swallow lines at an unclosed quote and quote data in their errors. This one reads line by line,
so that a broken line costs itself only. Cells stay text; meaning is given later. Nothing here knows a municipality.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.errors import ConservationError, RefusalError
from orchestration.intake.mapping import SourceMapping, normalised_header

MAXIMUM_BYTES = 256 * 1024 * 1024
MAXIMUM_LINE = 100_000  # characters
MAXIMUM_COLUMNS = 1_000
HEADER_WITHIN_LINES = 50

_LINE_ENDS = re.compile(r"\r\n|\n|\r")  # and nothing else: str.splitlines() also splits inside cells
_GARBLED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\u2028\u2029]"  # control characters, the replacement character
    "|Ã[¥¤¶©¼…„–\x84\x85\x96]|â€"  # UTF-8 that was read as another encoding and saved again
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not accepted: physical line, reason codes with the header they concern, and the text of its
    municipality cell where the file has one and it has the form of a code."""

    row: int
    reasons: tuple[tuple[str, str | None], ...]
    municipality_hint: str | None = None
    is_place_certain: bool = False  # the row had its right cells, so the hint stands in the right column


@dataclass(frozen=True, slots=True)
class RawTable:
    """A read file. `columns` holds the texts of accepted lines by canonical name, aligned with `row_numbers`.

    physical_rows = header_rows + blank_rows + len(row_numbers) + len(rejected). Preamble and footnotes are header rows.
    `open_end_row` is the last line where it has no line end: if that row is bad, the file was cut off.
    """

    encoding: str
    physical_rows: int
    header_rows: int
    blank_rows: int
    headers: Mapping[str, str]  # canonical name -> header as delivered
    row_numbers: Sequence[int]
    columns: Mapping[str, Sequence[str]]
    rejected: tuple[Rejected, ...]
    unknown_columns: int
    absent_columns: tuple[str, ...]
    open_end_row: int | None


def read_table(content: bytes, *, mapping: SourceMapping) -> RawTable:
    """Read a file as its mapping says. Raises `RefusalError` for a file that cannot be read as a whole."""
    if len(content) > MAXIMUM_BYTES:
        raise RefusalError("E-SIZE")
    table = _read_parquet(content, mapping) if mapping.format == "parquet" else _read_text(content, mapping)
    if table.physical_rows != table.header_rows + table.blank_rows + len(table.row_numbers) + len(table.rejected):
        raise ConservationError(f"{mapping.source}: a physical line is not accounted for")
    return table


def preamble_lines(content: bytes, *, mapping: SourceMapping) -> tuple[str, ...]:
    """The lines above the header, for the period; empty when the file cannot be read so far."""
    if mapping.format == "parquet":
        return ()
    try:
        text, _ = decode(content[: 1 << 16], allowed=mapping.encodings, is_part=True)
    except RefusalError:
        return ()
    return tuple(physical_lines(text)[:HEADER_WITHIN_LINES])


def decode(content: bytes, *, allowed: Sequence[str], is_part: bool = False) -> tuple[str, str]:
    """Strict decoding: a byte order mark decides, else UTF-8, else CP1252; returns text and the encoding's name.

    `is_part` allows the last character to be cut. Raises `RefusalError`: E-ENCODING, or E-TRUNCATED where the whole is
    UTF-8 but for a last character cut in two (read as CP1252 it would pass with garbled letters).
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16", allowed, is_part), "utf-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return _decoded(content, "utf-8-sig", allowed, is_part), "utf-8-sig"
    try:
        return _decoded(content, "utf-8", allowed, is_part), "utf-8"
    except RefusalError as refusal:
        if refusal.code == "E-TRUNCATED":
            raise
        return _decoded(content, "cp1252", allowed, is_part), "cp1252"


def physical_lines(text: str) -> list[str]:
    """Lines ended by CRLF, LF or CR; the empty piece after a last line end is no line."""
    lines = text.split("\n") if "\r" not in text else _LINE_ENDS.split(text)
    return lines[:-1] if lines[-1] == "" else lines


def split_cells(line: str, separator: str) -> list[str] | None:
    """The cells of one line, None where a quote is not closed. Without quotes a split gives what csv gives."""
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return None


def _decoded(content: bytes, encoding: str, allowed: Sequence[str], is_part: bool) -> str:
    if encoding.removesuffix("-sig") not in allowed:
        raise RefusalError("E-ENCODING")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        is_cut = error.reason in ("unexpected end of data", "truncated data") and error.end == len(content)
        start = error.start
        is_cut = is_cut and (encoding != "utf-8" or not content[:start].isascii())  # ASCII and one letter: CP1252
    if is_cut and is_part:
        return content[:start].decode(encoding)
    raise RefusalError("E-TRUNCATED" if is_cut and start > 0 else "E-ENCODING")


@dataclass(frozen=True, slots=True)
class _Header:
    index: int
    separator: str
    width: int  # cells up to the last named one
    places: Mapping[str, int]
    names: Mapping[str, str]
    unknown_columns: int
    line: str


def _read_text(content: bytes, mapping: SourceMapping) -> RawTable:
    text, encoding = decode(content, allowed=mapping.encodings)
    lines = physical_lines(text) if text else []
    has_open_end = bool(text) and not text.endswith(("\n", "\r"))
    if not lines:
        raise RefusalError("E-EMPTY", encoding=encoding)
    header = _find_header(lines, mapping, encoding)
    notes_from = _footnotes_from(lines, header, mapping, encoding)
    is_garbled = _GARBLED.search(text) is not None
    blank_marks = header.separator + " \t\u00a0"
    header_rows, blank_rows = 1, 0
    row_numbers: list[int] = []
    rows: list[list[str]] = []
    rejected: list[Rejected] = []
    for index, line in enumerate(lines):
        if not line.strip(blank_marks):
            blank_rows += 1
        elif index < header.index:
            header_rows += 1
        elif index > header.index:
            cells = split_cells(line, header.separator) if len(line) <= MAXIMUM_LINE else []
            if index >= notes_from and len(cells or ()) * 2 < header.width:
                header_rows += 1
            elif (code := _row_problem(line, cells, header, is_garbled)) is not None:
                rejected.append(Rejected(index + 1, ((code, None),), _municipality_hint(line, header)))
            else:
                row_numbers.append(index + 1)
                rows.append(cells or [])
    return RawTable(
        encoding=encoding,
        physical_rows=len(lines),
        header_rows=header_rows,
        blank_rows=blank_rows,
        headers=header.names,
        row_numbers=row_numbers,
        columns={name: [row[place] for row in rows] for name, place in header.places.items()},
        rejected=tuple(rejected),
        unknown_columns=header.unknown_columns,
        absent_columns=tuple(name for name in mapping.columns if name not in header.places),
        open_end_row=len(lines) if has_open_end else None,
    )


def _row_problem(line: str, cells: list[str] | None, header: _Header, is_garbled: bool) -> str | None:
    if len(line) > MAXIMUM_LINE:
        return "E-LONG"
    if is_garbled and _GARBLED.search(line):
        return "E-CHARS"
    if cells is None:
        return "E-QUOTE"
    if len(cells) < header.width or any(cells[header.width :]):
        return "E-WIDTH"
    return "E-HEADER-REPEATED" if line == header.line else None


def _municipality_hint(line: str, header: _Header) -> str | None:
    place = header.places.get("municipality_code")
    cells = line.split(header.separator)
    if place is None or place >= len(cells):
        return None
    return cells[place] if re.fullmatch(r"[0-9]{4}", cells[place]) else None


def _find_header(lines: list[str], mapping: SourceMapping, encoding: str) -> _Header:
    known = {normalised_header(text): name for name, column in mapping.columns.items() for text in column.headers}
    required = {name for name, column in mapping.columns.items() if column.required}
    best: tuple[int, set[str], list[str]] = (0, required, [])
    for separator in mapping.separators:
        for index, line in enumerate(lines[:HEADER_WITHIN_LINES]):
            cells = split_cells(line, separator) if len(line) <= MAXIMUM_LINE else None
            if cells is None or len(cells) > MAXIMUM_COLUMNS:
                continue
            names = [known.get(normalised_header(cell)) for cell in cells]
            found = {name for name in names if name is not None}
            if required <= found:
                if len(found) < sum(name is not None for name in names):
                    raise RefusalError("E-HEADER-TWICE", encoding=encoding, physical_rows=len(lines))
                places = {name: place for place, name in enumerate(names) if name is not None}
                width = max(place for place, cell in enumerate(cells) if cell.strip()) + 1
                return _Header(
                    index=index,
                    separator=separator,
                    width=width,
                    places=places,
                    names={name: cells[place].strip() for name, place in places.items()},
                    unknown_columns=sum(
                        name is None and cell.strip() != "" for name, cell in zip(names, cells, strict=True)
                    ),
                    line=line,
                )
            if len(found) > best[0]:
                unknown = [cell for cell, name in zip(cells, names, strict=True) if name is None]
                best = (len(found), required - found, unknown)
    hint = missing_header_hint(sorted(best[1]), best[2], mapping=mapping)
    raise RefusalError("E-HEADER", hint=hint, encoding=encoding, physical_rows=len(lines))


def missing_header_hint(missing: Iterable[str], unknown: Sequence[str], *, mapping: SourceMapping) -> str:
    """`"Årskurs" (nearest in the file: "Arskurs")` for each missing column.

    A file without headers has pupils in its first line: a delivered text is named only when it is much like the header
    looked for and holds no long number.
    """
    candidates = {normalised_header(text): text.strip() for text in unknown if not re.search(r"\d{3}", text)}
    hints = []
    for name in missing:
        header = mapping.columns[name].headers[0]
        near = difflib.get_close_matches(normalised_header(header), candidates, n=1, cutoff=0.7)
        hints.append(f'"{header}"' + (f' (nearest in the file: "{candidates[near[0]]}")' if near else ""))
    return ", ".join(hints)


def _footnotes_from(lines: list[str], header: _Header, mapping: SourceMapping, encoding: str) -> int:
    if mapping.footnotes is None:
        return len(lines)
    pattern = re.compile(mapping.footnotes.starts_with)
    start = next((at for at in range(header.index + 1, len(lines)) if pattern.match(lines[at])), None)
    if start is None:
        if mapping.footnotes.required:
            raise RefusalError("E-TRUNCATED", encoding=encoding, physical_rows=len(lines))
        return len(lines)
    return start


def _read_parquet(content: bytes, mapping: SourceMapping) -> RawTable:
    known = {normalised_header(text): name for name, column in mapping.columns.items() for text in column.headers}
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        groups = range(file.metadata.num_row_groups)
        if sum(file.metadata.row_group(group).total_byte_size for group in groups) > 4 * MAXIMUM_BYTES:
            raise RefusalError("E-SIZE")
        delivered = file.schema_arrow.names
        names = {known[normalised_header(text)]: text for text in delivered if normalised_header(text) in known}
        missing = sorted(name for name, column in mapping.columns.items() if column.required and name not in names)
        if missing:
            raise RefusalError("E-HEADER", hint=missing_header_hint(missing, delivered, mapping=mapping))
        if len(names) < sum(normalised_header(text) in known for text in delivered):
            raise RefusalError("E-HEADER-TWICE")
        table = file.read(columns=list(names.values()))
        columns = {
            name: ["" if text is None else text for text in table.column(header).cast(pa.string()).to_pylist()]
            for name, header in names.items()
        }
    except (pa.ArrowException, OSError):
        raise RefusalError("E-FORMAT") from None  # the library's own words may hold values
    return RawTable(
        encoding="",
        physical_rows=table.num_rows,
        header_rows=0,
        blank_rows=0,
        headers=names,
        row_numbers=range(1, table.num_rows + 1),
        columns=columns,
        rejected=(),
        unknown_columns=len(delivered) - len(names),
        absent_columns=tuple(name for name in mapping.columns if name not in names),
        open_end_row=None,
    )
