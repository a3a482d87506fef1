"""The scan proves itself: a canary planted in each form and in each container is found, and nothing else is."""

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import struct
import tarfile
import traceback
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import msgpack
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.canary.containers import KINDS, kind_of
from bench.canary.needles import Needles, harvest
from bench.canary.scan import RESTRICTED, main, needles_of, scan
from orchestration.intake.pseudonym import WeakKeyError
from orchestration.intake.sealed import DoorFailedError, sealed_errors

CANARY = "201203142383"  # of the range that is never issued to people
TEMPORARY = "20120314T123"
KEY = bytes(range(17, 49))
NEEDLES = Needles(frozenset({CANARY, TEMPORARY}), key=KEY)
LONG, SHORT = f"{CANARY[:8]}-{CANARY[8:]}", f"{CANARY[2:8]}-{CANARY[8:]}"

FORMS = {
    "12 digits": CANARY,
    "12 digits among others": f"7{CANARY}5",
    "dashed": LONG,
    "dashed, ten": SHORT,
    "a hundred years old": SHORT.replace("-", "+"),
    "with a space": SHORT.replace("-", " "),
    "ten digits": CANARY[2:],
    "backwards": CANARY[::-1],
    "backwards, dashed": LONG[::-1],
    "backwards, ten": CANARY[:1:-1],
    "backwards, ten, dashed": SHORT[::-1],
    "temporary": TEMPORARY,
    "temporary, short": TEMPORARY[2:],
    "temporary, dashed": "20120314-T123",
    "temporary, backwards": TEMPORARY[::-1],
    "key": KEY,
    "key, backwards": KEY[::-1],
    "key, hex": KEY.hex(),
    "key, HEX": KEY.hex().upper(),
    "key, base64": base64.b64encode(KEY).decode(),
    "key, base64 for addresses": base64.urlsafe_b64encode(KEY).decode(),
    "key, base64 inside": base64.b64encode(b"a" + KEY + b"zz").decode(),
    "key, base64 inside, shifted": base64.b64encode(b"ab" + KEY + b"z").decode(),
    "key, as Python shows it": repr(KEY),
    "key, as a list": json.dumps(list(KEY)),
    "number": struct.pack("<Q", int(CANARY)),
    "number, big-endian, off by three": b"abc" + struct.pack(">Q", int(CANARY)),
    "wide": CANARY.encode("utf-16-le"),
    "wide, dashed": LONG.encode("utf-16"),
    "escaped": "".join(f"\\u00{ord(letter):02x}" for letter in LONG),
}


def written(folder: Path, content: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_is_found_in_every_form(tmp_path, form):
    text = FORMS[form]
    content = text if isinstance(text, bytes) else text.encode()
    written(tmp_path, b"before " + content + b" after")
    report = scan([tmp_path], needles=NEEDLES)
    assert report.hits
    assert not report.is_clean
    assert CANARY not in str(report)
    assert KEY.hex() not in str(report)


@pytest.mark.parametrize(
    "harmless",
    [
        "201203142384", "20120314-2384", "1203142384", "2012-03-14 23:83", f"8{CANARY[2:]}", f"{CANARY[2:]}8", CANARY[:-1],
        KEY[:-1].hex(), "20120314T124", "a1b2c3d4" * 20,
    ],
)  # fmt: skip
def test_what_is_no_canary_is_not_found(tmp_path, harmless):
    written(tmp_path, f"x {harmless} y".encode())
    assert scan([tmp_path], needles=NEEDLES).is_clean


# One planter per container: it hides a text so that the container's own bytes do not show it.


def parquet(text: str) -> bytes:
    sink = io.BytesIO()
    table = pa.table({"n": list(range(500)), "text": [f"row {n}" for n in range(499)] + [text]})
    pq.write_table(table, sink, compression="zstd", write_statistics=False)
    return sink.getvalue()


def parquet_number(text: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(
        pa.table({"n": pa.array([int(text)] * 50 + list(range(999)), pa.int64())}),
        sink,
        compression="gzip",
        write_statistics=False,
    )
    return sink.getvalue()


def parquet_nested(text: str) -> bytes:
    sink = io.BytesIO()
    rows = [[{"a": text, "b": b"\x00"}]] * 3
    pq.write_table(pa.table({"list": rows}), sink, compression="gzip", write_statistics=False)
    return sink.getvalue()


def parquet_binary(text: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"blob": [zlib.compress(text.encode() * 3)]}), sink, write_statistics=False)
    return sink.getvalue()


def workbook(text: str) -> bytes:
    """What a spreadsheet program writes, as far as a reader needs: shared strings and a sheet."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{text * 2}</t></si><si><t>{text}</t></si></sst>")
        archive.writestr("xl/worksheets/sheet1.xml", '<worksheet><c t="s"><v>1</v></c></worksheet>')
    return sink.getvalue()


def pdf(show: Callable[[str], str]) -> Callable[[str], bytes]:
    def made(text: str) -> bytes:
        stream = zlib.compress(f"BT /F1 12 Tf {show(text)} ET".encode() * 3)
        return b"%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream\nendobj\n%%EOF\n"

    return made


def database(text: str, *, folder: Path, where: str) -> bytes:
    path = folder / f"{where}.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("create schema hidden")
        connection.execute("create table hidden.t as select i, 'row ' || i as text from range(5000) as r(i)")
        if where == "cell":
            connection.execute("insert into hidden.t values (1, ?)", [text])
        elif where == "number":
            connection.execute("insert into hidden.t values (?, 'x')", [int(text)])
        elif where == "comment":
            connection.execute(f"comment on table hidden.t is '{text}'")
        else:
            connection.execute(f"create view hidden.v as select '{text}' as text")
        connection.execute("force checkpoint")
    return path.read_bytes()


def sqlite(text: str, *, folder: Path, pack: bool) -> bytes:
    path = folder / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table events (id integer, body)")
        connection.execute(
            "insert into events values (1, ?)", [zlib.compress(text.encode() * 3) if pack else int(text)]
        )
        connection.commit()
    return path.read_bytes()


def tar(text: str) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        inner = gzip.compress(text.encode() * 3)
        member = tarfile.TarInfo("inner.gz")
        member.size = len(inner)
        archive.addfile(member, io.BytesIO(inner))
    return sink.getvalue()


def nested(text: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/table.parquet", parquet(text))
    return gzip.compress(sink.getvalue())


PLANTERS: dict[str, tuple[str, Callable[[str, Path], bytes]]] = {
    "parquet": ("parquet", lambda text, _: parquet(text)),
    "parquet, number": ("parquet", lambda text, _: parquet_number(text)),
    "parquet, nested": ("parquet", lambda text, _: parquet_nested(text)),
    "parquet, packed cell": ("parquet", lambda text, _: parquet_binary(text)),
    "workbook": ("zip", lambda text, _: workbook(text)),
    "gzip": ("gzip", lambda text, _: gzip.compress(text.encode() * 3)),
    "bzip2": ("bzip2", lambda text, _: bz2.compress(text.encode())),
    "xz": ("xz", lambda text, _: lzma.compress(text.encode() * 9)),
    "zstd": ("zstd", lambda text, _: pa.Codec("zstd").compress(text.encode() * 9, asbytes=True)),
    "zlib": ("zlib", lambda text, _: zlib.compress(text.encode() * 3)),
    "tar with gzip": ("tar", lambda text, _: tar(text)),
    "pdf": ("pdf", lambda text, _: pdf(lambda t: f"({t}) Tj")(text)),
    "pdf, kerned": ("pdf", lambda text, _: pdf(lambda t: f"[({t[:3]}) -20 ({t[3:7]}) 3 ({t[7:]})] TJ")(text)),
    "pdf, hexadecimal": ("pdf", lambda text, _: pdf(lambda t: f"<{t.encode().hex()}> Tj")(text)),
    "duckdb": ("duckdb", lambda text, folder: database(text, folder=folder, where="cell")),
    "duckdb, number": ("duckdb", lambda text, folder: database(text, folder=folder, where="number")),
    "duckdb, comment": ("duckdb", lambda text, folder: database(text, folder=folder, where="comment")),
    "duckdb, view": ("duckdb", lambda text, folder: database(text, folder=folder, where="view")),
    "sqlite, packed": ("sqlite", lambda text, folder: sqlite(text, folder=folder, pack=True)),
    "sqlite, number": ("sqlite", lambda text, folder: sqlite(text, folder=folder, pack=False)),
    "msgpack": ("msgpack", lambda text, _: msgpack.packb({"rows": [1, int(text), "x"]})),
    "pickle": ("pickle", lambda text, _: pickle.dumps({"row": int(text)}, protocol=4)),
    "a table in a zip in a gzip": ("gzip", lambda text, _: nested(text)),
}


@pytest.fixture
def workshop(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("workshop")


@pytest.mark.parametrize("planter", PLANTERS)
def test_a_canary_is_found_in_every_container(tmp_path, workshop, planter):
    kind, plant = PLANTERS[planter]
    path = written(tmp_path, plant(CANARY, workshop), "it.msgpack" if kind == "msgpack" else "it.bin")
    report = scan([tmp_path], needles=NEEDLES)
    assert kind_of(path.read_bytes(), path.name) == kind
    assert report.containers[kind] >= 1
    assert report.unread == ()
    assert report.hits, planter


@pytest.mark.parametrize("planter", PLANTERS)
def test_the_same_container_without_a_canary_is_clean(tmp_path, workshop, planter):
    kind, plant = PLANTERS[planter]
    written(tmp_path, plant("201203142384", workshop), "it.msgpack" if kind == "msgpack" else "it.bin")
    report = scan([tmp_path], needles=NEEDLES)
    assert report.is_clean, str(report)


def test_every_kind_of_container_has_a_canary_of_its_own():
    assert {kind for kind, _ in PLANTERS.values()} == set(KINDS)


@pytest.mark.parametrize("planter", [name for name, (kind, _) in PLANTERS.items() if kind not in ("pdf", "tar")])
def test_a_container_that_cannot_be_opened_is_not_called_clean(tmp_path, workshop, planter):
    kind, plant = PLANTERS[planter]
    whole = plant(CANARY, workshop)
    cut = len(whole) // 2
    written(
        tmp_path, whole[:cut] + (b"." if kind == "pickle" else b""), "it.msgpack" if kind == "msgpack" else "it.bin"
    )
    report = scan([tmp_path], needles=NEEDLES)
    assert not report.is_clean
    assert report.unread or report.hits


def test_a_name_and_a_link_are_read_too(tmp_path):
    written(tmp_path, b"", f"elev_{CANARY}.txt")
    (tmp_path / "link").symlink_to(f"/nowhere/{SHORT}")
    assert len(scan([tmp_path], needles=NEEDLES).hits) >= 2


def test_a_journal_beside_a_database_is_read_with_it(tmp_path):
    path = tmp_path / "live.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table t (body)")
        connection.execute("insert into t values (?)", [zlib.compress(CANARY.encode() * 3)])
        connection.commit()
        report = scan([path], needles=NEEDLES)
    assert [hit.inside for hit in report.hits] == ["t[] > zlib"]


def test_containers_without_end_are_reported(tmp_path):
    content = CANARY.encode()
    for _ in range(12):
        content = gzip.compress(content)
    written(tmp_path, content)
    assert "deeper" in scan([tmp_path], needles=NEEDLES).unread[0]


def test_nothing_scanned_is_not_clean_and_a_missing_folder_is_an_error(tmp_path):
    assert not scan([tmp_path], needles=NEEDLES).is_clean
    with pytest.raises(FileNotFoundError):
        scan([tmp_path / "absent"], needles=NEEDLES)


def test_identities_are_taken_from_the_files_that_were_delivered(tmp_path):
    written(
        tmp_path,
        f"Personnummer;Namn\r\n{LONG};x\r\n{CANARY[2:]};y\r\n{TEMPORARY};z\r\n20120314-2384;wrong\r\n".encode("cp1252"),
    )
    written(tmp_path, "20130101-2385\t1".encode("utf-16"), "wide")
    found = harvest(tmp_path, reference=date(2026, 10, 15))
    assert {CANARY, TEMPORARY} <= found
    assert len(found - {CANARY, TEMPORARY}) <= 1


def test_a_home_is_scanned_by_its_own_deliveries_but_for_the_restricted_zone(tmp_path, monkeypatch, capsys):
    (tmp_path / RESTRICTED).mkdir()
    written(tmp_path / RESTRICTED, CANARY.encode(), "delivered.csv")
    written(tmp_path, b"nothing", "log.txt")
    monkeypatch.setattr("sys.argv", ["scan", str(tmp_path)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    written(tmp_path, zlib.compress(SHORT.encode()), "log.z")
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    assert "log.z" in capsys.readouterr().out
    assert needles_of(tmp_path, key=None).identities == {CANARY}


# The border that keeps an error's words inside the door.


def test_an_error_leaves_the_door_without_its_words():
    def fail() -> None:
        try:
            raise KeyError(LONG)
        except KeyError as inner:
            raise ValueError(f"row {CANARY}") from inner

    with pytest.raises(DoorFailedError) as found:
        sealed_errors(fail)()
    whole = "".join(traceback.format_exception(found.value))
    assert CANARY not in whole
    assert LONG not in whole
    assert "ValueError in" in str(found.value)
    assert "fail, line" in str(found.value)
    assert found.value.__cause__ is None
    assert found.value.__context__ is None


def test_an_error_worded_in_the_door_passes_as_it_is():
    def refuse(key: bytes) -> bytes:
        raise WeakKeyError(f"the key has {len(key)} bytes")

    with pytest.raises(WeakKeyError, match="3 bytes"):
        sealed_errors(refuse)(b"abc")
    assert sealed_errors(bytes.upper)(b"abc") == b"ABC"
