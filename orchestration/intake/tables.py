"""What reading a file gives, whoever read it: accepted lines as columns of text, and an account of all the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

MAXIMUM_ROWS = 2_000_000  # physical lines; all pupils of the country's compulsory schools are a good million
MAXIMUM_TEXTS = 4_000_000  # different texts over all columns: what a reader holds in memory

TEXTS = pa.dictionary(pa.int32(), pa.string())


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
    """A read file. `columns` holds the texts of accepted lines by canonical name, aligned with `row_numbers`: each
    distinct text once, in order of first appearance, and an index per row.

    physical_rows = header_rows + blank_rows + len(row_numbers) + len(rejected). Preamble and footnotes are header rows.
    `open_end_row` is the last line where it has no line end: if that row is bad, the file was cut off.
    """

    encoding: str
    physical_rows: int
    header_rows: int
    blank_rows: int
    headers: Mapping[str, str]  # canonical name -> header as delivered
    row_numbers: np.ndarray  # int32
    columns: Mapping[str, pa.DictionaryArray]
    rejected: tuple[Rejected, ...]
    unknown_columns: int
    absent_columns: tuple[str, ...]
    open_end_row: int | None
    unused_sheets: int = 0  # sheets of a workbook with something in them, beside the one that was read


class Texts:
    """A column of text while it is gathered: a distinct text is kept once, which holds memory down."""

    __slots__ = ("_codes", "_places")

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._codes: list[int] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, text: str) -> None:
        """Append one cell."""
        self._codes.append(self._places.setdefault(text, len(self._places)))

    def array(self) -> pa.DictionaryArray:
        """The cells gathered so far."""
        return pa.DictionaryArray.from_arrays(pa.array(self._codes, pa.int32()), pa.array(self._places, pa.string()))


def texts_of(cells: Sequence[str]) -> pa.DictionaryArray:
    """A column of text from its cells."""
    column = Texts()
    for cell in cells:
        column.add(cell)
    return column.array()


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of plain text, each different text once."""
    return _whole(column).dictionary_encode()


def combined(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The chunks of a column of texts, each with its own different texts, as one."""
    return _whole(column.unify_dictionaries())


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
