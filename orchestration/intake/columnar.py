"""Delivered Parquet files become text cells, within bounds; the library's own words are never passed on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.intake.errors import RefusalError
from orchestration.intake.headers import MAXIMUM_COLUMNS, missing_header_hint
from orchestration.intake.mapping import SourceMapping, normalised_header
from orchestration.intake.tables import MAXIMUM_ROWS, TEXTS, RawTable, combined, encoded

MAXIMUM_UNPACKED_BYTES = 1 << 30


def read_parquet(content: bytes, *, mapping: SourceMapping) -> RawTable:
    """Read a Parquet file; its rows count from 1. Raises `RefusalError` when it is no such file, or too large."""
    known = {normalised_header(text): name for name, column in mapping.columns.items() for text in column.headers}
    try:
        delivered = pq.ParquetFile(pa.BufferReader(content)).schema_arrow.names
        file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=delivered)  # a text in every row stays small
        _check_bounds(file.metadata)
        names = {known[normalised_header(text)]: text for text in delivered if normalised_header(text) in known}
        missing = sorted(name for name, column in mapping.columns.items() if column.required and name not in names)
        if missing:
            raise RefusalError("E-HEADER", hint=missing_header_hint(missing, delivered, mapping=mapping))
        if len(names) < sum(normalised_header(text) in known for text in delivered):
            raise RefusalError("E-HEADER-TWICE")
        table = file.read(columns=list(names.values()))
        columns = {name: _texts(table.column(header)) for name, header in names.items()}
    except (pa.ArrowException, OSError):
        raise RefusalError("E-FORMAT") from None  # the library's own words may hold values
    return RawTable(
        encoding="",
        physical_rows=table.num_rows,
        header_rows=0,
        blank_rows=0,
        headers=names,
        row_numbers=np.arange(1, table.num_rows + 1, dtype=np.int32),
        columns=columns,
        rejected=(),
        unknown_columns=len(delivered) - len(names),
        absent_columns=tuple(name for name in mapping.columns if name not in names),
        open_end_row=None,
    )


def _check_bounds(metadata: pq.FileMetaData) -> None:
    groups = range(metadata.num_row_groups)
    if metadata.num_rows > MAXIMUM_ROWS:
        raise RefusalError("E-SIZE", hint=f"{MAXIMUM_ROWS}")
    if metadata.num_columns > MAXIMUM_COLUMNS:
        raise RefusalError("E-COLUMNS", hint=f"{MAXIMUM_COLUMNS}")
    if sum(metadata.row_group(group).total_byte_size for group in groups) > MAXIMUM_UNPACKED_BYTES:
        raise RefusalError("E-SIZE", hint=f"{MAXIMUM_UNPACKED_BYTES}")


def _texts(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Any column as text; an absent value is an empty text."""
    if pa.types.is_dictionary(column.type):
        return combined(pa.chunked_array([_texts_of_chunk(chunk) for chunk in column.chunks], TEXTS))
    return encoded(pc.fill_null(column.cast(pa.string()), ""))


def _texts_of_chunk(chunk: pa.DictionaryArray) -> pa.DictionaryArray:
    texts = pa.concat_arrays([chunk.dictionary.cast(pa.string()), pa.array([""], pa.string())])
    indices = chunk.indices.fill_null(len(texts) - 1).cast(pa.int32())
    return pa.DictionaryArray.from_arrays(indices, texts)
