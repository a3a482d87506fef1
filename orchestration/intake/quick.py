"""The quick way through a file that proves clean: every line a row of as many cells, nothing garbled, nothing blank.

The proof comes first and is stricter than need be: whatever it cannot exclude goes to the line reader, which gives the
same result, only slower. After the proof a ready-made reader does the work; it never decides about a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from orchestration.intake.errors import RefusalError
from orchestration.intake.headers import HEADER_WITHIN_LINES, Header, header_of
from orchestration.intake.lines import BYTE_ORDER_MARK, MAXIMUM_LINE, is_garbled, pieces, split_cells
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.tables import MAXIMUM_ROWS, MAXIMUM_TEXTS, RawTable, encoded

_BLOCK_BYTES = 1 << 22
_MAXIMUM_RECODED_BYTES = 1 << 26  # becomes up to three times as large in UTF-8
# In UTF-8, how each garbled piece begins.
_SUSPECTS = tuple(
    text.encode()[:size] for text, size in (("\x80", 1), ("Â", 2), ("Ã", 2), ("â", 2), ("†", 1), ("\ufffd", 3))
)
_LF, _CR, _QUOTE, _SPACE = b'\n\r" '
_ALLOWED_LOW = b"\t\n\r"
_DELETE = 0x7F


def read_quickly(content: bytes, *, encoding: str, mapping: SourceMapping) -> RawTable | None:
    """What `read_by_line` gives for a text file, or None where the file does not prove clean.

    Raises `RefusalError` (E-SIZE) where the line reader would.
    """
    if mapping.footnotes is not None:  # lines after the data are told by their words
        return None
    if not encoding.startswith("utf-8") and len(content) > _MAXIMUM_RECODED_BYTES:
        return None
    text = _as_utf8(content, encoding)
    if text.count(b"\n") > MAXIMUM_ROWS:
        return None
    line_end = _line_end(text)
    start = _after_lines(text, HEADER_WITHIN_LINES)
    if line_end is None or start > HEADER_WITHIN_LINES * MAXIMUM_LINE or not _is_ungarbled(text):
        return None
    head = text[:start].decode().removesuffix(line_end).split(line_end)
    try:
        header = header_of(head, mapping=mapping)
    except RefusalError:
        return None  # the line reader refuses it, with all its counts
    start = _after_lines(text, header.index + 1)
    cells = split_cells(head[header.index + 1], header.separator) if len(head) > header.index + 1 else None
    if cells is None or len(cells) < header.width or not _is_regular(text, start, header.separator):
        return None
    try:
        columns = _columns(memoryview(text)[start:], header, width=len(cells))
    except RefusalError as refusal:
        refusal.encoding = encoding
        raise
    if columns is None or _may_hold_other_lines(columns, header):
        return None
    above = [line for line in head[: header.index] if not line.strip(header.separator + " \t\u00a0")]
    row_count = len(columns[next(iter(header.places))])
    physical_rows = header.index + 1 + row_count
    return RawTable(
        encoding=encoding,
        physical_rows=physical_rows,
        header_rows=header.index + 1 - len(above),
        blank_rows=len(above),
        headers=header.names,
        row_numbers=np.arange(header.index + 2, physical_rows + 1, dtype=np.int32),
        columns={name: columns[name] for name in header.places},
        rejected=(),
        unknown_columns=header.unknown_columns,
        absent_columns=tuple(name for name in mapping.columns if name not in header.places),
        open_end_row=None if text.endswith(b"\n") else physical_rows,
    )


def _as_utf8(content: bytes, encoding: str) -> bytes:
    if encoding == "utf-8":
        return content
    if encoding == "utf-8-sig":
        return content[len(BYTE_ORDER_MARK) :]
    return b"".join(text.encode() for text in pieces(content, encoding))


def _line_end(text: bytes) -> str | None:
    """The one line end of the file; None where there are several kinds, or CR alone."""
    returns = text.count(b"\r")
    if returns == 0:
        return "\n"
    return "\r\n" if returns == text.count(b"\n") == text.count(b"\r\n") else None


def _is_ungarbled(text: bytes) -> bool:
    for block in _blocks(text, 0):
        octets = np.frombuffer(block, dtype=np.uint8)
        low = np.count_nonzero(octets < _SPACE)
        if low and low != sum(np.count_nonzero(octets == allowed) for allowed in _ALLOWED_LOW):
            return False
        if (octets == _DELETE).any():
            return False
        if (octets > _DELETE).any():
            piece = block.tobytes()
            if any(sign in piece for sign in _SUSPECTS) and is_garbled(piece.decode()):
                return False
    return True


def _after_lines(text: bytes, count: int) -> int:
    """Where the line after the first `count` begins."""
    place = 0
    for _ in range(count):
        found = text.find(b"\n", place)
        if found < 0:
            return len(text)
        place = found + 1
    return place


def _blocks(text: bytes, start: int) -> Iterator[memoryview]:
    """Pieces of about the same size that end with a line."""
    while start < len(text):
        found = text.find(b"\n", start + _BLOCK_BYTES)
        end = len(text) if found < 0 else found + 1
        yield memoryview(text)[start:end]
        start = end


def _is_regular(text: bytes, start: int, separator: str) -> bool:
    """Whether no line is empty or too long and every quotation mark stands around a whole cell that holds none."""
    if text.startswith(BYTE_ORDER_MARK, start):
        return False  # the ready-made reader would skip it
    for block in _blocks(text, start):
        octets = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(octets == _LF)
        lengths = np.diff(ends, prepend=-1, append=len(octets))  # the last is what follows the last line end
        if lengths.max() > MAXIMUM_LINE or lengths[:-1].min(initial=2) < 2:
            return False
        quotes = np.flatnonzero(octets == _QUOTE)
        if len(quotes) and not _are_around_cells(octets, quotes, ends, ord(separator)):
            return False
    return True


def _are_around_cells(octets: np.ndarray, quotes: np.ndarray, ends: np.ndarray, separator: int) -> bool:
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, octets[opening - 1], _LF)
    after = np.where(closing + 1 < len(octets), octets[np.minimum(closing + 1, len(octets) - 1)], _LF)
    return bool(
        np.isin(before, (separator, _LF)).all()
        and np.isin(after, (separator, _LF, _CR)).all()
        and (np.searchsorted(ends, opening) == np.searchsorted(ends, closing)).all()
    )


def _columns(body: memoryview, header: Header, *, width: int) -> dict[str, pa.DictionaryArray] | None:
    """The mapped columns; None where a row has another number of cells, or something beyond the last header.

    Raises `RefusalError` where the different texts are too many.
    """
    canonical = {place: name for name, place in header.places.items()}
    names = [canonical.get(place, f"{place}") for place in range(width)]
    beyond = names[header.width :]
    wanted = [*header.places, *beyond]
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=pa_csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES),
            parse_options=pa_csv.ParseOptions(
                delimiter=header.separator, double_quote=False, newlines_in_values=False, ignore_empty_lines=False
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:  # its words hold the line
        return None
    columns: dict[str, pa.DictionaryArray] = {}
    texts = 0
    for name in wanted:  # one at a time, so that a file of nothing but different texts is given up early
        columns[name] = encoded(table.column(name))
        table = table.drop_columns([name])
        texts += len(columns[name].dictionary)
        if texts > MAXIMUM_TEXTS:  # the line reader would say the same, with a multiple of the memory
            raise RefusalError("E-SIZE", hint=f"{MAXIMUM_TEXTS}")
    is_empty_beyond = all(columns[name].dictionary.to_pylist() == [""] for name in beyond)
    return columns if is_empty_beyond else None


def _may_hold_other_lines(columns: Mapping[str, pa.DictionaryArray], header: Header) -> bool:
    """Whether a blank line or the header again may be among the rows: such a line shows in every column."""
    marks = header.separator + " \t\u00a0"
    blank = np.bool_(True)
    may_repeat = True
    for name in sorted(header.places, key=lambda name: len(columns[name].dictionary)):  # the cheapest proof first
        texts, indices = columns[name].dictionary, columns[name].indices.to_numpy()
        may_repeat = may_repeat and pc.index(texts, header.cells[header.places[name]]).as_py() >= 0
        is_blank = pc.equal(pc.utf8_trim(texts, characters=marks), "").to_numpy(zero_copy_only=False)
        blank = blank & (is_blank[indices] if is_blank.any() else np.bool_(False))
        if not may_repeat and not np.any(blank):
            return False
    return True
