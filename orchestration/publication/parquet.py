"""Deterministic Parquet: the same table gives the same bytes with the same writer.

Belongs here: options of the file, descriptions carried in it, reading it back. Does not: order and types of rows
(``canonical``).
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import Contract

ROW_GROUP_SIZE = 65_536


def parquet_bytes(table: pa.Table, *, contract: Contract) -> bytes:
    """One Parquet file: fixed row groups, snappy, format 2.6, no pandas or Arrow schema (they carry writer versions).

    The descriptions of table and columns travel as key-value metadata ``likvard`` (JSON, sorted keys): Parquet has no
    field for them, and Arrow's own would need the Arrow schema.
    """
    words = {
        "table": contract.table,
        "grain": {"en": contract.grain_en, "sv": contract.grain_sv},
        "primary_key": list(contract.keys),
        "columns": {c.name: {"en": c.en, "sv": c.sv, "unit": c.unit} for c in contract.columns},
    }
    buffer = io.BytesIO()
    plain = table.replace_schema_metadata(None)
    with pq.ParquetWriter(buffer, plain.schema, version="2.6", compression="snappy", store_schema=False) as writer:
        writer.write_table(plain, row_group_size=ROW_GROUP_SIZE)
        writer.add_key_value_metadata({"likvard": json.dumps(words, sort_keys=True, ensure_ascii=False)})
    return buffer.getvalue()


def read_arrow(path: Path) -> pa.Table:
    """The file as Arrow, exactly as it stands on disk; threads cost more than they save on files of a municipality."""
    return pq.ParquetFile(io.BytesIO(path.read_bytes())).read(use_threads=False)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A data frame that keeps what Arrow holds: Decimals, dates, and integers also beside empty cells."""
    return table.to_pandas(date_as_object=True, integer_object_nulls=True)


def read_table(path: Path) -> pd.DataFrame:
    """A published table as a data frame."""
    return to_frame(read_arrow(path))
