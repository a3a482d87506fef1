"""Atomic writes with fixed modes, and Parquet with the same bytes for the same rows. What is written is not judged."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.zones import make_folder

ROW_GROUP_ROWS = 65_536  # fixed: bytes must not depend on a library's default


def write_bytes(path: Path, content: bytes, *, mode: int, folder_mode: int) -> None:
    """Write `content` to `path` at once: readers see the old file or the whole new one, never a part."""
    make_folder(path.parent, mode=folder_mode)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)  # created 0600, private from the first byte
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def parquet_bytes(table: pa.Table) -> bytes:
    """The table as Parquet: fixed row groups and compression, no pandas or Arrow metadata."""
    sink = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(None),
        sink,
        row_group_size=ROW_GROUP_ROWS,
        compression="zstd",
        store_schema=False,
        version="2.6",
    )
    return sink.getvalue()
