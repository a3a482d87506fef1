"""Opening what hides text: one container becomes the named pieces inside it, to any depth. Nothing is searched here.

Told by their first bytes, never by their name. A container that cannot be opened raises: unread is not clean. A piece is
text or bytes; a column of a table is one piece, a value a line. The bytes of the container itself are searched besides.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickletools
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import msgpack
import pyarrow as pa
import pyarrow.parquet as pq

MAXIMUM_BYTES = 1 << 30  # of one opened stream; more is refused, and so reported
BATCH_ROWS = 65_536

Piece = tuple[str, bytes]


class ContainerError(Exception):
    """A container that was recognised and could not be read to its end."""


def kind_of(content: bytes, name: str = "") -> str | None:
    """What the bytes are, or None where they hide nothing. `name` is asked only for MessagePack, which has no mark."""
    for kind, mark in _MARKS.items():
        if content.startswith(mark):
            return kind
    if content[8:12] == b"DUCK":
        return "duckdb"
    if content[257:262] == b"ustar":
        return "tar"
    if content[:1] == b"\x78" and content[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda") and _begins_zlib(content):
        return "zlib"
    if content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and content.endswith(b"."):
        return "pickle"
    return "msgpack" if name.endswith((".msgpack", ".mpk")) else None


def _begins_zlib(content: bytes) -> bool:
    """Two bytes are a weak mark ("x^" begins a formula): the first block must unpack as well."""
    try:
        zlib.decompressobj().decompress(content[:4096], 1)
    except zlib.error:
        return False
    return True


def pieces(content: bytes, *, kind: str, path: Path | None = None) -> Iterator[Piece]:
    """The pieces of a container. `path` is where it lies, for databases with a journal beside them."""
    try:
        yield from _OPENERS[kind](content, path)
    except ContainerError:
        raise
    except Exception as error:  # the library's own words may hold what was found
        raise ContainerError(f"{kind}: {type(error).__name__}") from None


def columns(table: pa.Table) -> Iterator[Piece]:
    """Each column as text, a value a line; values that are bytes or nested come out whole, binary ones as pieces."""
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            yield from ((f"{name}[{at}]", value) for at, value in enumerate(column.to_pylist()) if value)
            continue
        try:
            texts = column.cast(pa.string()).to_pylist()
        except (pa.ArrowException, NotImplementedError):
            texts = [repr(value) for value in column.to_pylist()]
        yield name, "\n".join(text for text in texts if text is not None).encode()


def _parquet(content: bytes, _: Path | None) -> Iterator[Piece]:
    file = pq.ParquetFile(pa.BufferReader(content))
    yield "schema", f"{file.schema_arrow}\n{file.metadata.metadata}".encode()
    for at, batch in enumerate(file.iter_batches(batch_size=BATCH_ROWS)):
        yield from ((f"{name}#{at}", piece) for name, piece in columns(pa.Table.from_batches([batch])))


def _duckdb(content: bytes, path: Path | None) -> Iterator[Piece]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.duckdb")
        copy.write_bytes(content)
        if path is not None and (journal := path.with_name(f"{path.name}.wal")).is_file():
            shutil.copyfile(journal, copy.with_name(f"{copy.name}.wal"))
        with closing(duckdb.connect(str(copy), config={"access_mode": "READ_ONLY", "threads": 1})) as database:
            for catalogue in ("tables", "views", "columns"):  # names, comments, SQL
                found = database.sql(f"select * from duckdb_{catalogue}() where not internal").to_arrow_table()
                yield from ((f"{catalogue}.{name}", piece) for name, piece in columns(found))
            names = database.execute(
                "select schema_name, table_name from duckdb_tables() where not internal"
            ).fetchall()
            for schema, table in names:
                for batch in database.sql(f"select * from {_quoted(schema)}.{_quoted(table)}").to_arrow_reader(
                    BATCH_ROWS
                ):
                    found_columns = columns(pa.Table.from_batches([batch]))
                    yield from ((f"{schema}.{table}.{name}", piece) for name, piece in found_columns)


def _sqlite(content: bytes, path: Path | None) -> Iterator[Piece]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.db")
        copy.write_bytes(content)
        for end in ("-wal", "-journal"):
            if path is not None and (journal := path.with_name(path.name + end)).is_file():
                shutil.copyfile(journal, copy.with_name(copy.name + end))
        with closing(sqlite3.connect(copy)) as database:
            database.text_factory = bytes
            names = [row[0].decode() for row in database.execute("select name from sqlite_master where type = 'table'")]
            yield (
                "sqlite_master",
                b"\n".join(row[0] or b"" for row in database.execute("select sql from sqlite_master")),
            )
            for table in names:
                texts: list[bytes] = []
                for row in database.execute(f"select * from {_quoted(table)}"):
                    for value in row:
                        if isinstance(value, bytes) and kind_of(value) is not None:
                            yield f"{table}[]", value
                        elif value is not None:
                            texts.append(value if isinstance(value, bytes) else str(value).encode())
                yield table, b"\n".join(texts)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _zip(content: bytes, _: Path | None) -> Iterator[Piece]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield "names", "\n".join(f"{info.filename} {info.comment!r}" for info in archive.infolist()).encode()
        if sum(info.file_size for info in archive.infolist()) > MAXIMUM_BYTES:
            raise ContainerError("zip: too large")
        yield from ((info.filename, archive.read(info)) for info in archive.infolist() if not info.is_dir())


def _tar(content: bytes, _: Path | None) -> Iterator[Piece]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for member in archive:
            yield "names", f"{member.name} {member.linkname} {member.uname}".encode()
            if member.isfile() and (file := archive.extractfile(member)) is not None:
                yield member.name, file.read()


def _stream(opened: Callable[[io.BytesIO], Any]) -> Callable[[bytes, Path | None], Iterator[Piece]]:
    def pieces_of(content: bytes, _: Path | None) -> Iterator[Piece]:
        with opened(io.BytesIO(content)) as file:
            inside = file.read(MAXIMUM_BYTES + 1)
        if len(inside) > MAXIMUM_BYTES:
            raise ContainerError("stream: too large")
        yield "", inside

    return pieces_of


def _zstd(content: bytes, _: Path | None) -> Iterator[Piece]:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as file:
        yield "", file.read()


def _zlib(content: bytes, _: Path | None) -> Iterator[Piece]:
    machine = zlib.decompressobj()
    yield "", machine.decompress(content, MAXIMUM_BYTES)
    if not machine.eof:
        raise ContainerError("zlib: not whole")
    if machine.unused_data:
        yield "after", machine.unused_data


def _pdf(content: bytes, _: Path | None) -> Iterator[Piece]:
    """Streams unpacked, and the text that operators show: strings of one array belong together, hexadecimal ones too.

    Text that is written as numbers of a font's glyphs is not turned back into letters.
    """
    for at, match in enumerate(re.finditer(rb"stream\r?\n(.*?)\r?\n?endstream", content, re.DOTALL)):
        inside = match[1]
        if kind_of(inside) == "zlib":
            inside = zlib.decompressobj().decompress(inside, MAXIMUM_BYTES)
        yield f"stream {at}", inside
        shown = [
            _shown(array) for array in re.findall(rb"\[([^\]]*)\]\s*TJ|((?:\([^)]*\)|<[0-9A-Fa-f\s]*>))\s*Tj", inside)
        ]
        yield f"text {at}", b"\n".join(shown)


def _shown(found: tuple[bytes, bytes]) -> bytes:
    parts = []
    for literal, hexadecimal in re.findall(rb"\(([^)]*)\)|<([0-9A-Fa-f\s]*)>", found[0] or found[1]):
        digits = b"".join(hexadecimal.split()).decode()
        parts.append(literal or bytes.fromhex(digits + "0" * (len(digits) % 2)))
    return b"".join(parts)


def _msgpack(content: bytes, _: Path | None) -> Iterator[Piece]:
    whole = msgpack.unpackb(content, raw=False, strict_map_key=False, timestamp=1)
    yield "", json.dumps(whole, default=str, ensure_ascii=False).encode()


def _pickle(content: bytes, _: Path | None) -> Iterator[Piece]:
    """The arguments of the pickle's own instructions, read and never carried out."""
    texts = []
    for number, (_operation, argument, _position) in enumerate(pickletools.genops(content)):
        if isinstance(argument, bytes | bytearray):
            yield f"bytes {number}", bytes(argument)
        elif argument is not None:
            texts.append(str(argument))
    yield "", "\n".join(texts).encode()


_MARKS = {
    "parquet": b"PAR1",
    "sqlite": b"SQLite format 3\0",
    "zip": b"PK\x03\x04",
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\0",
    "zstd": b"\x28\xb5\x2f\xfd",
    "pdf": b"%PDF-",
}
_OPENERS: dict[str, Callable[[bytes, Path | None], Iterator[Piece]]] = {
    "parquet": _parquet,
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "zip": _zip,
    "tar": _tar,
    "gzip": _stream(gzip.open),
    "bzip2": _stream(bz2.open),
    "xz": _stream(lzma.open),
    "zstd": _zstd,
    "zlib": _zlib,
    "pdf": _pdf,
    "msgpack": _msgpack,
    "pickle": _pickle,
}
KINDS = tuple(_OPENERS)
