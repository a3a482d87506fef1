"""The log of restricted reads: who looked into which delivered content, when and for what. Only ever appended to.

One JSON object a line in `restricted/access.jsonl`; each names the hash of the line before, so that a line taken out or
altered shows. It holds hashes of files and counts, never anything a file says. The clock and the operating system's
user are read here on purpose: a caller must not be able to say who or when.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from orchestration.intake.zones import ZONES, make_folder

Action = Literal["read", "export_rejects", "list_conflicts", "rotate_key", "purge"]

_MODE = 0o600
_FIRST = "0" * 64
_MOST_LINE_BYTES = 4096


def log_path(home: Path) -> Path:
    """Where the log of a home lies."""
    return home / "restricted" / "access.jsonl"


def note_access(home: Path, action: Action, *, files: Iterable[str], rows: int | None = None) -> None:
    """Append a line per file (its SHA-256), on disk before this returns: what is read has been logged."""
    path = log_path(home)
    make_folder(path.parent, mode=ZONES["restricted"])
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, _MODE)
    with os.fdopen(handle, "r+b") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        previous = _last_hash(log)
        for file in files:
            entry = {"at": datetime.now(UTC).isoformat(), "who": _user(), "action": action, "file": file}
            line = json.dumps(entry | ({} if rows is None else {"rows": rows}) | {"previous": previous}).encode()
            log.write(line + b"\n")
            previous = hashlib.sha256(line).hexdigest()
        log.flush()
        os.fsync(log.fileno())


def entries(home: Path) -> tuple[dict, ...]:
    """All lines of the log in order; none where nothing was read yet."""
    path = log_path(home)
    return tuple(json.loads(line) for line in path.read_bytes().splitlines()) if path.is_file() else ()


def first_broken_line(home: Path) -> int | None:
    """Number (from 1) of the first line that does not follow from the one before it; None when the chain holds.

    A log cut off at its end cannot be told from a shorter one: keep a copy of the last line elsewhere for that.
    """
    path, previous = log_path(home), _FIRST
    for number, line in enumerate(path.read_bytes().splitlines() if path.is_file() else (), 1):
        try:
            is_next = json.loads(line)["previous"] == previous
        except (ValueError, KeyError, TypeError):
            is_next = False
        if not is_next:
            return number
        previous = hashlib.sha256(line).hexdigest()
    return None


def _last_hash(log) -> str:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - _MOST_LINE_BYTES))
    lines = log.read().splitlines()
    log.seek(0, os.SEEK_END)
    return hashlib.sha256(lines[-1]).hexdigest() if lines else _FIRST


def _user() -> str:
    """The user's name, or the number where the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
