"""A reader that loses no row: bytes of a delivered file become text cells, and every physical line is accounted for.

Ready-made CSV readers swallow lines at an unclosed quote and quote data in their errors. This one reads line by line,
so that a broken line costs itself only; a file that proves clean is read by the ready-made one (`quick`), with the same
result. Cells stay text; meaning is given later. Nothing here knows a municipality.
"""

from __future__ import annotations

import re
from itertools import chain, islice

import numpy as np

from orchestration.intake.columnar import read_parquet
from orchestration.intake.errors import ConservationError, RefusalError
from orchestration.intake.headers import HEADER_WITHIN_LINES, Header, header_of
from orchestration.intake.lines import (
    MAXIMUM_LINE,
    decode,
    encoding_of,
    ends_open,
    is_garbled,
    lines_of,
    physical_lines,
    pieces,
    split_cells,
)
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.quick import read_quickly
from orchestration.intake.tables import MAXIMUM_ROWS, MAXIMUM_TEXTS, RawTable, Rejected, Texts
from orchestration.intake.workbook import WORKBOOK_MARKS, first_rows, read_workbook

MAXIMUM_BYTES = 256 * 1024 * 1024
QUICK_FROM_BYTES = 1 << 16  # below, the proof costs more than it saves
_PREAMBLE_BYTES = 1 << 16
_LOOK_EVERY = 1 << 14  # lines
_PLACE = re.compile(r"[0-9]{4}", re.ASCII)


def read_table(content: bytes, *, mapping: SourceMapping) -> RawTable:
    """Read a file as its mapping says. Raises `RefusalError` for a file that cannot be read as a whole."""
    if len(content) > MAXIMUM_BYTES:
        raise RefusalError("E-SIZE")
    if mapping.format == "parquet":
        table = read_parquet(content, mapping=mapping)
    elif content.startswith(WORKBOOK_MARKS):
        table = read_workbook(content, mapping=mapping)
    else:
        encoding = encoding_of(content, allowed=mapping.encodings)
        is_large = len(content) >= QUICK_FROM_BYTES
        table = read_quickly(content, encoding=encoding, mapping=mapping) if is_large else None
        table = table or read_by_line(content, encoding=encoding, mapping=mapping)
    if table.physical_rows != table.header_rows + table.blank_rows + len(table.row_numbers) + len(table.rejected):
        raise ConservationError(f"{mapping.source}: a physical line is not accounted for")
    return table


def preamble_lines(content: bytes, *, mapping: SourceMapping) -> tuple[str, ...]:
    """The lines above the header, for the period; empty when the file cannot be read so far."""
    if mapping.format == "parquet" or mapping.period.preamble is None:
        return ()
    try:
        if content.startswith(WORKBOOK_MARKS):
            return tuple(" ".join(cells) for cells in first_rows(content, HEADER_WITHIN_LINES))
        text, _ = decode(content[:_PREAMBLE_BYTES], allowed=mapping.encodings, is_part=True)
    except RefusalError:
        return ()
    return tuple(physical_lines(text)[:HEADER_WITHIN_LINES])


def read_by_line(content: bytes, *, encoding: str, mapping: SourceMapping) -> RawTable:
    """Read a text file line by line. `encoding` is one that `encoding_of` has proven. Raises `RefusalError`."""
    lines = lines_of(pieces(content, encoding))
    head = list(islice(lines, HEADER_WITHIN_LINES))
    if not head:
        raise RefusalError("E-EMPTY", encoding=encoding)
    try:
        header = header_of(head, mapping=mapping)
    except RefusalError as refusal:
        refusal.encoding, refusal.physical_rows = encoding, len(head) + sum(1 for _ in islice(lines, MAXIMUM_ROWS))
        raise
    account = _Account(header, mapping)
    for line in chain(head, lines):
        if account.physical_rows == MAXIMUM_ROWS:
            raise RefusalError("E-SIZE", hint=f"{MAXIMUM_ROWS}", encoding=encoding)
        if account.physical_rows % _LOOK_EVERY == 0 and account.texts > MAXIMUM_TEXTS:
            raise RefusalError("E-SIZE", hint=f"{MAXIMUM_TEXTS}", encoding=encoding)
        account.take(line, is_header=account.physical_rows == header.index)
    if mapping.footnotes is not None and mapping.footnotes.required and not account.is_after_data:
        raise RefusalError("E-TRUNCATED", encoding=encoding, physical_rows=account.physical_rows)
    return RawTable(
        encoding=encoding,
        physical_rows=account.physical_rows,
        header_rows=account.header_rows,
        blank_rows=account.blank_rows,
        headers=header.names,
        row_numbers=np.array(account.row_numbers, dtype=np.int32),
        columns={name: column.array() for name, column in account.columns.items()},
        rejected=tuple(account.rejected),
        unknown_columns=header.unknown_columns,
        absent_columns=tuple(name for name in mapping.columns if name not in header.places),
        open_end_row=account.physical_rows if ends_open(content, encoding) else None,
    )


class _Account:
    """Every line of a file goes to exactly one of: header (with preamble and footnotes), blank, accepted, rejected."""

    def __init__(self, header: Header, mapping: SourceMapping) -> None:
        self._header = header
        self._notes = None if mapping.footnotes is None else re.compile(mapping.footnotes.starts_with)
        self._blank_marks = header.separator + " \t\u00a0"
        self._header_line: str | None = None
        self.is_after_data = False
        self.physical_rows = self.header_rows = self.blank_rows = 0
        self.row_numbers: list[int] = []
        self.columns = {name: Texts() for name in header.places}
        self._cells = [(column.add, header.places[name]) for name, column in self.columns.items()]
        self.rejected: list[Rejected] = []
        self._reasons: dict[str, tuple[tuple[str, None]]] = {}  # shared: millions of lines may be bad

    @property
    def texts(self) -> int:
        """Different texts held so far."""
        return sum(map(len, self.columns.values()))

    def take(self, line: str, *, is_header: bool) -> None:
        self.physical_rows += 1
        if is_header:
            self._header_line = line
            self.header_rows += 1
            return
        if self._header_line is not None and self._notes is not None and not self.is_after_data:
            self.is_after_data = self._notes.match(line) is not None
        if not line.strip(self._blank_marks):
            self.blank_rows += 1
        elif self._header_line is None:
            self.header_rows += 1
        else:
            self._take_data(line)

    def _take_data(self, line: str) -> None:
        cells = split_cells(line, self._header.separator) if len(line) <= MAXIMUM_LINE else []
        if self.is_after_data and len(cells or ()) * 2 < self._header.width:
            self.header_rows += 1
        elif (code := self._problem(line, cells)) is not None:
            reasons = self._reasons.setdefault(code, ((code, None),))
            self.rejected.append(Rejected(self.physical_rows, reasons, self._place(line)))
        elif cells is not None:
            self.row_numbers.append(self.physical_rows)
            for add, place in self._cells:
                add(cells[place])

    def _problem(self, line: str, cells: list[str] | None) -> str | None:
        if len(line) > MAXIMUM_LINE:
            return "E-LONG"
        if is_garbled(line):
            return "E-CHARS"
        if cells is None:
            return "E-QUOTE"
        if len(cells) < self._header.width or any(cells[self._header.width :]):
            return "E-WIDTH"
        return "E-HEADER-REPEATED" if line == self._header_line else None

    def _place(self, line: str) -> str | None:
        place = self._header.places.get("municipality_code")
        if place is None:
            return None
        cells = line.split(self._header.separator, place + 1)
        return cells[place] if place < len(cells) and _PLACE.fullmatch(cells[place]) else None
