"""Single steps on disk: what stands is whole and closed, what a crash left is finished or taken away."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from pathlib import Path

import pytest

from orchestration.publication import files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\x00\r\n" * 100_000)
    assert files.file_sha256(path) == hashlib.sha256(b"\x00\r\n" * 100_000).hexdigest()


def test_a_folder_has_its_mode_whatever_the_umask_and_so_have_its_new_parents(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        files.make_directory(tmp_path / "a" / "b" / "c")
        files.make_directory(tmp_path / "hidden", mode=files.HIDDEN_MODE)
    finally:
        os.umask(before)
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/c")] == [0o755] * 3
    assert mode(tmp_path / "hidden") == 0o700


def test_a_folder_that_stands_keeps_its_mode_and_one_that_a_crash_left_hidden_gets_it(tmp_path: Path) -> None:
    for name, given, wanted in (("closed", 0o555, 0o555), ("crashed", 0o700, 0o755), ("shared", 0o775, 0o775)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(given)
        files.make_directory(tmp_path / name)
        assert mode(tmp_path / name) == wanted, name
    files.make_directory(tmp_path / "crashed", mode=files.HIDDEN_MODE)
    assert mode(tmp_path / "crashed") == 0o755


def test_a_new_file_is_whole_read_only_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write_new(path, b"first")
    assert (path.read_bytes(), mode(path)) == (b"first", 0o444)
    with pytest.raises(FileExistsError):
        files.write_new(path, b"second")
    assert path.read_bytes() == b"first"


def test_bytes_that_the_system_takes_in_parts_are_all_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    files.write_new(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_a_line_stands_after_what_is_kept_and_a_torn_tail_goes(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    files.append_line(path, b"one", keep=0)
    assert (path.read_bytes(), mode(path)) == (b"one\n", 0o644)
    path.write_bytes(b"one\ntorn tail that is longer")
    files.append_line(path, b"two", keep=4)
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_line_that_cannot_be_made_durable_is_taken_back_and_the_error_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines"
    files.append_line(path, b"one", keep=0)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as told:
        files.append_line(path, b"two", keep=4)
    assert told.value.filename == str(path)
    assert path.read_bytes() == b"one\n"
    with pytest.raises(OSError, match="No space left") as told:
        files.sync(tmp_path)
    assert told.value.filename == str(tmp_path)


def test_a_staged_folder_is_taken_away_sealed_or_not_and_nothing_beside_it(tmp_path: Path) -> None:
    inner = tmp_path / "staged" / "tables" / "deep"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent, inner.parent.parent):
        (folder / "file").write_text("x")
        folder.chmod(files.SEALED_MODE)
    (tmp_path / "beside").write_text("x")
    files.remove_tree(tmp_path / "staged")
    files.remove_tree(tmp_path / "staged")
    assert [path.name for path in tmp_path.iterdir()] == ["beside"]


def test_empty_folders_go_up_to_where_something_stands_or_the_root(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "file").write_text("x")
    files.remove_empty(tmp_path / "a" / "b" / "c", up_to=tmp_path)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["file"]
    (tmp_path / "d" / "e").mkdir(parents=True)
    files.remove_empty(tmp_path / "d" / "e", up_to=tmp_path / "d")
    assert (tmp_path / "d").is_dir()
    assert not (tmp_path / "d" / "e").exists()
    files.remove_empty(tmp_path / "gone" / "never", up_to=tmp_path)
    assert tmp_path.is_dir()


def test_a_folder_is_held_alone_until_it_is_let_go(tmp_path: Path) -> None:
    other = os.open(tmp_path, os.O_RDONLY)
    try:
        with files.lock(tmp_path), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)
