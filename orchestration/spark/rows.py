"""What crosses between the home and Spark: accepted rows out, finished tables back.

Belongs here: files and folders in the form that each side reads. Does not: starting Spark, SQL that decides anything.
"""

from __future__ import annotations

import os
import shutil
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


def take_tables(tables: Path, *, warehouse: Path) -> tuple[str, ...]:
    """Make ``warehouse`` of the tables that Spark wrote (``<schema>.db/<table>/*.parquet``); returns their names, sorted.

    The old warehouse stands until the new one is whole. Raises FileNotFoundError where Spark wrote no table.
    """
    folders = sorted(folder for folder in tables.glob("*.db/*") if any(folder.glob("*.parquet")))
    if not folders:
        raise FileNotFoundError(f"Spark wrote no table in {tables}; look into dbt's log")
    unfinished = warehouse.with_name(f".{warehouse.name}.part")
    unfinished.unlink(missing_ok=True)
    names = []
    with duckdb.connect(str(unfinished), config={"threads": 2}) as connection:
        for folder in folders:
            schema, table = folder.parent.stem, folder.name
            connection.execute(f'create schema if not exists "{schema}"')
            rows = connection.read_parquet(str(folder / "*.parquet"))
            rows.create(f'"{schema}"."{table}"')
            names.append(f"{schema}.{table}")
    os.replace(unfinished, warehouse)
    return tuple(names)


def _link(file: Path, name: Path) -> None:
    name.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, name)
    except OSError:  # another file system, or one without links
        shutil.copyfile(file, name)
