"""Writing so that a crash leaves the old or the new, never a half.

Belongs here: the few system calls of a publication, each in one place, where the tests make them fail.
Does not: what is written.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

FILE_MODE, DIRECTORY_MODE, SEALED_MODE, HIDDEN_MODE = 0o444, 0o755, 0o555, 0o700


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def make_directory(path: Path, *, mode: int = DIRECTORY_MODE) -> None:
    """Create ``path`` and its missing parents with ``mode``, whatever the umask, and make the new names durable.

    A folder that a crash left hidden, between its creation and its mode, gets its mode now.
    """
    if not path.is_dir():
        if not path.parent.is_dir():
            make_directory(path.parent)
        with contextlib.suppress(FileExistsError):  # another publisher was first
            os.mkdir(path, HIDDEN_MODE)
    if stat.S_IMODE(path.stat().st_mode) == HIDDEN_MODE != mode:
        os.chmod(path, mode)
        sync(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet: O_EXCL, all bytes, fsync, read-only."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with _naming(path):
            _write_all(descriptor, data)
            os.fchmod(descriptor, FILE_MODE)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_line(path: Path, line: bytes, *, keep: int) -> None:
    """Cut ``path`` to its first ``keep`` bytes (a torn tail of a crash goes), append ``line``, fsync.

    On an error the file is cut back, so that a reader meets whole lines only; a crash leaves a tail without newline.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        with _naming(path):
            os.fchmod(descriptor, 0o644)
            os.ftruncate(descriptor, keep)
            os.lseek(descriptor, keep, os.SEEK_SET)
            try:
                _write_all(descriptor, line + b"\n")
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, keep)
                raise
    finally:
        os.close(descriptor)
    sync(path.parent)


def sync(path: Path) -> None:
    """fsync a file or a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with _naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_tree(path: Path) -> None:
    """Remove a staged folder, sealed or not; nothing happens where there is none."""
    if not path.is_dir():
        return
    for folder, _, _ in os.walk(path):
        os.chmod(folder, HIDDEN_MODE)
    for folder, names, files in os.walk(path, topdown=False):
        for name in files:
            os.unlink(Path(folder) / name)
        for name in names:
            os.rmdir(Path(folder) / name)
    os.rmdir(path)


def remove_empty(path: Path, *, up_to: Path) -> None:
    """Remove ``path`` and its parents below ``up_to`` while they are empty."""
    while path != up_to and path.is_dir() and not any(path.iterdir()):
        os.rmdir(path)
        path = path.parent


@contextlib.contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold ``root`` alone (flock on the folder itself); it dies with the process, so no lock is ever stale."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error of an open descriptor say which file it concerns; the system does not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
