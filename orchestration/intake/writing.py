"""Atomic writes with fixed modes, and Parquet with the same bytes for the same rows. What is written is not judged.

A crash leaves the part it was writing beside its target; `remove_torn` takes such parts away, for in the restricted zone
one may be a copy of a delivered file that no rule of retention knows.
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.zones import make_folder

ROW_GROUP_ROWS = 65_536  # fixed: bytes must not depend on a library's default
_PART = ".part-"


def write_bytes(path: Path, content: bytes, *, mode: int, folder_mode: int) -> None:
    """Write `content` to `path` at once: readers see the old file or the whole new one, never a part.

    Raises OSError, which names the file.
    """
    make_folder(path.parent, mode=folder_mode)
    handle, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)  # created 0600, private from the first byte
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
    except OSError as error:  # a full disk names no file
        error.filename = error.filename or str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def remove_torn(home: Path) -> None:
    """Remove what a crash of the door left half written. The caller holds the lock of the home.

    An inbox is left alone: what begins with a dot there may be a file that is being sent.
    """
    for zone in ("restricted", "pseudonymised"):
        for folder in sorted(path for path in (home / zone).iterdir() if path.is_dir() and path.name != "inbox"):
            for part in sorted(folder.rglob(f"{_PART}*")):
                part.unlink()


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
