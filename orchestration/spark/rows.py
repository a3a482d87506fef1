"""What crosses between the home and Spark: accepted rows out, finished tables back.

Belongs here: files and folders in the form that each side reads. Does not: starting Spark, SQL that decides anything.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

import duckdb


def show_rows(accepted: Path, *, into: Path) -> None:
    """Lay out the accepted rows so that Spark sees them: a folder per source, no name that begins with ``_``.

    Spark passes over files that begin with ``_``; the door gives such a name to the empty file that holds a source's columns,
    and to its own lists. Files are linked where the file system can, else copied.
    """
    for file in sorted(accepted.glob("_*.parquet")):
        _link(file, into / file.stem.lstrip("_") / file.name.lstrip("_"))
    for file in sorted(accepted.glob("*/*.parquet")):
        _link(file, into / file.parent.name / file.name.lstrip("_"))


def take_tables(tables: Path, *, wanted: Collection[str], warehouse: Path) -> None:
    """Make the new file ``warehouse`` of the tables that Spark wrote (``<schema>.db/<table>/*.parquet``), those in ``wanted``.

    Raises LookupError where a wanted table (``schema.table``) is missing.
    """
    folders = {name: tables / f"{name.replace('.', '.db/')}" for name in sorted(wanted)}
    missing = [name for name, folder in folders.items() if not any(folder.glob("*.parquet"))]
    if missing:
        first = ", ".join(missing[:3])
        raise LookupError(
            f"Spark wrote {len(wanted) - len(missing)} of {len(wanted)} tables, not {first}; build all models, without --select"
        )
    with duckdb.connect(str(warehouse), config={"threads": 2}) as connection:
        for schema in sorted({name.split(".")[0] for name in wanted}):
            connection.execute(f"create schema {schema}")
        for name, folder in folders.items():
            connection.read_parquet(str(folder / "*.parquet")).create(name)


def _link(file: Path, name: Path) -> None:
    name.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, name)
    except OSError:  # another file system, or one without links
        shutil.copyfile(file, name)
