"""``published.duckdb``: the version's tables in one file that a BI tool opens, each column described.

Belongs here: writing and auditing that file. Does not: the promise of equal bytes; DuckDB's files are not
byte-stable, so this one is recorded by its hash and never compared between runs.

The file is written with storage version v1.0.0 and the default block size. DuckDB 2.0's own storage is unreadable for
every 1.x client, and blocks of 16 KiB (a file a tenth the size) for 1.0: tried with clients 1.0.0 and 1.4.0.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from expectations.contracts import Contract
from orchestration.publication.files import FILE_MODE, sync

NAME = "published.duckdb"
STORAGE_VERSION = "v1.0.0"
ABOUT = "about_this_publication"
"""Table with a row per language: what the file is, first of all whether it is a proposal or a demonstration."""


def write_duckdb(
    path: Path, *, tables: Path, contracts: Sequence[Contract], about: Mapping[str, str]
) -> dict[str, int]:
    """Write ``path`` (which must not exist) from the Parquet files in ``tables``, with comments in English and Swedish.

    ``about`` maps language to text. Returns the rows of each table, read back from the closed file. Raises OSError, which
    names the file, where DuckDB cannot write it.
    """
    if path.exists():
        raise FileExistsError(f"{path.name} exists; a version is written once")
    try:
        return _write(path, tables=tables, contracts=contracts, about=about)
    except duckdb.Error as error:  # a full disk is told as a broken transaction, and no file is named
        raise OSError(errno.EIO, f"DuckDB could not write it ({error})", str(path)) from error


def _write(path: Path, *, tables: Path, contracts: Sequence[Contract], about: Mapping[str, str]) -> dict[str, int]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute(f"ATTACH {_text(path)} AS published (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE published")
        connection.execute("BEGIN")
        connection.execute(f"CREATE TABLE {ABOUT} (language VARCHAR, description VARCHAR)")
        connection.executemany(f"INSERT INTO {ABOUT} VALUES (?, ?)", [list(row) for row in sorted(about.items())])
        for contract in contracts:
            _load(connection, contract, tables / f"{contract.table}.parquet", about=about)
        connection.execute("COMMIT")
        connection.execute("USE memory")
        connection.execute("DETACH published")
        os.chmod(path, FILE_MODE)
        sync(path)
        connection.execute(f"ATTACH {_text(path)} AS published (READ_ONLY)")
        counts = " UNION ALL ".join(f"SELECT '{c.table}', count(*) FROM published.{c.table}" for c in contracts)
        return dict(connection.execute(counts).fetchall())


def _load(
    connection: duckdb.DuckDBPyConnection, contract: Contract, parquet: Path, *, about: Mapping[str, str]
) -> None:
    connection.execute(f"CREATE TABLE {contract.table} AS SELECT * FROM read_parquet({_text(parquet)})")
    words = f"{contract.grain_en} / {contract.grain_sv} {about['en']} / {about['sv']}"
    comments = [f"COMMENT ON TABLE {contract.table} IS {_text(words)}"]
    for column in contract.columns:
        unit = f" [{column.unit}]" if column.unit else ""
        comments.append(
            f'COMMENT ON COLUMN {contract.table}."{column.name}" IS {_text(f"{column.en} / {column.sv}{unit}")}'
        )
    connection.execute(";".join(comments))


def _text(value: str | Path) -> str:
    """A value as an SQL literal: COMMENT and ATTACH take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"
