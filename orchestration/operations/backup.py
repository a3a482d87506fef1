"""A copy of the home that can be put back: what it holds, written so that a half one is never taken for a whole one.

Belongs here: choosing, copying, the list with hashes. Does not: putting back (``restore``), locks of the home (the caller
holds ``alone_in``). By default: publications, payments, hand-over tables, policies and the fingerprints of keys.
Deliveries and pseudonymised rows are personal data and go along only when asked; a key only when asked for by itself. The
copy is not encrypted: the place it lies in must be.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models_py.errors import LikvardError
from orchestration.intake.key_ledger import ledger_path
from orchestration.operations.probes_published import versions
from orchestration.payments.soundness import unsound
from orchestration.publication.files import lock
from orchestration.publication.verify import verify
from orchestration.settings import Settings

LIST, LIST_SHA256 = "BACKUP.json", "BACKUP.sha256"
HOME, POLICIES, KEY = "home", "policies", "key"
PLAIN_ZONES = ("published", "payments", "aggregate")
PERSONAL_ZONES = ("restricted", "pseudonymised")
LAYOUT = 1
POINTER = re.compile(r"versions/[0-9]{4}\.[0-9]+\.[0-9]+|\.\./runs/[0-9]{4}-[0-9]{2}\.[0-9]+")
"""Where a link of a home may lead; there are no others."""
_PASSED_OVER = (".staging", ".part-", ".rerun-")
"""Names of what is being written; nothing under them is anybody's yet."""


class BackupError(LikvardError):
    """A backup that cannot be made or put back; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A written backup: its folder, files, bytes, and publications and payments in it that did not verify."""

    folder: Path
    files: int
    bytes: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """One path to copy, and its name in the backup."""

    path: Path
    name: str


def write_backup(found: Settings, folder: Path, *, now: datetime, restricted: bool, key: bool) -> Backup:
    """Copy the home into ``folder``, which must not exist yet; it appears under its name when it is whole.

    Publications and payment runs are verified on the way: damaged ones are copied and named, since the rest is worth keeping.
    Raises BackupError for a folder that is there or lies in the home, a home without publications and deliveries, a key
    that is not set, and a file that changed while it was copied.
    """
    folder = folder.expanduser().absolute()
    part = folder.with_name(f".{folder.name}.part")
    _check_place(found, folder)
    if key and found.key_file is None:
        raise BackupError("LIKVARD_KEY_FILE is not set, so there is no key to copy")
    if not found.published.is_dir():
        raise BackupError(f"{found.home}: there is nothing to copy; LIKVARD_HOME names the home")
    discard(part)
    part.mkdir(mode=0o700, parents=True)
    with lock(found.published):
        problems = sealed_problems(found.home)
        entries = {source.name: _copy(source, part) for source in _sources(found, restricted=restricted, key=key)}
    told = {
        "layout": LAYOUT,
        "made": now.isoformat(timespec="seconds"),
        "is_demo": found.is_demo,
        "holds": {"restricted": restricted, "key": key},
        "problems": problems,
        "entries": entries,
    }
    content = (json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    _write(part / LIST, content)
    _write(part / LIST_SHA256, f"{hashlib.sha256(content).hexdigest()}\n".encode())
    for directory, _, _ in os.walk(part):
        _sync(Path(directory))
    part.rename(folder)
    _sync(folder.parent)
    sizes = [entry["bytes"] for entry in entries.values() if entry["type"] == "file"]
    return Backup(folder, len(sizes), sum(sizes), tuple(problems))


def sealed_problems(home: Path) -> list[str]:
    """What is wrong with publications and payments below ``home``, in words that hold in a copy of it too."""
    problems = [problem for version in versions(home / "published") for problem in verify(version)]
    paid = (one for one in unsound(home / "payments") if one.kind in ("run", "ledger", "link"))
    return problems + [f"{one.path.relative_to(home).as_posix()}: {one.problem}" for one in paid]


def discard(folder: Path) -> None:
    """Remove a folder with what it holds, sealed publications too; nothing happens where there is none."""
    if not folder.is_dir():
        return
    for directory, _, _ in os.walk(folder):
        os.chmod(directory, 0o700)
    shutil.rmtree(folder)


def _check_place(found: Settings, folder: Path) -> None:
    if folder.exists() or folder.is_symlink():
        raise BackupError(f"{folder} is there already; a backup gets a folder of its own")
    for root in (found.home, found.policies):
        if folder.is_relative_to(root):
            raise BackupError(f"{folder} lies in {root}, which it would copy; choose a place on another disk")


def _sources(found: Settings, *, restricted: bool, key: bool) -> Iterator[_Source]:
    zones = PLAIN_ZONES + (PERSONAL_ZONES if restricted else ())
    for zone in zones:
        yield from _below(found.home / zone, f"{HOME}/{zone}")
    fingerprints = ledger_path(found.home)
    if not restricted and fingerprints.is_file():
        yield _Source(fingerprints.parent, f"{HOME}/restricted")
        yield _Source(fingerprints, f"{HOME}/restricted/{fingerprints.name}")
    if found.is_demo:
        yield _Source(found.demo_marker, f"{HOME}/{found.demo_marker.name}")
    yield from _below(found.policies, POLICIES)
    if key and found.key_file is not None:
        yield _Source(found.key_file, f"{KEY}/{found.key_file.name}")


def _below(root: Path, name: str) -> Iterator[_Source]:
    if not root.is_dir():
        return
    yield _Source(root, name)
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if not any(part.startswith(_PASSED_OVER) for part in inside.parts):
            yield _Source(path, f"{name}/{inside.as_posix()}")


def _copy(source: _Source, part: Path) -> dict[str, Any]:
    """Copy one path and say what it is. Folders stay open to the owner in the copy; their mode stands in the list."""
    target, before = part / source.name, source.path.lstat()
    mode = stat.S_IMODE(before.st_mode)
    if stat.S_ISLNK(before.st_mode):
        link = os.readlink(source.path)
        if POINTER.fullmatch(link) is None:
            raise BackupError(f"{source.name} is a link that is no pointer of a publication; put a file there instead")
        target.symlink_to(link)
        return {"type": "link", "target": link}
    if stat.S_ISDIR(before.st_mode):
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {"type": "folder", "mode": mode}
    if not stat.S_ISREG(before.st_mode):
        raise BackupError(f"{source.name} is neither file, folder nor link; move it out of the home")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = source.path.read_bytes()
    after = source.path.lstat()
    if (after.st_mtime_ns, after.st_size, after.st_ino) != (before.st_mtime_ns, len(content), before.st_ino):
        raise BackupError(f"{source.name} changed while it was copied; wait for the run that writes it, then try again")
    _write(target, content)
    return {"type": "file", "mode": mode, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
