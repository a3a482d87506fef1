"""Putting a backup back: checked whole before anything is written, and into an empty home only.

Belongs here: reading the list, checking every byte against it, the home in one rename. Does not: making one (``backup``).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.intake.zones import create_zones
from orchestration.operations.backup import (
    HOME,
    KEY,
    LAYOUT,
    LIST,
    LIST_SHA256,
    POINTER,
    POLICIES,
    BackupError,
    discard,
    sealed_problems,
)
from orchestration.settings import Settings

MOST_TOLD = 3

Entries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a backup.

    Attributes
    ----------
    problems : publications and payments that do not verify, as the backup itself already said
    policies : ``restored`` into an empty folder; ``same`` as those that stand; ``differ``, and were left alone
    key : whether a key lies in the backup; it is never put anywhere
    """

    files: int
    problems: tuple[str, ...]
    policies: str
    has_restricted: bool
    has_key: bool


def restore_backup(found: Settings, folder: Path) -> Restored:
    """Make the home of the settings from the backup ``folder``.

    Raises BackupError for a backup that is torn or altered, and for a home that holds anything: nothing is written then.
    """
    home = found.home
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        raise BackupError(f"{home} is not empty; a backup is put back into an empty home only. Move it away first")
    told = check_backup(folder)
    entries: Entries = told["entries"]
    part = home.with_name(f".{home.name}.restoring")
    discard(part)
    part.mkdir(mode=0o750, parents=True)
    try:
        files = _put(folder, entries, under=HOME, target=part)
        problems = sealed_problems(part)
        if new := sorted(set(problems) - set(told["problems"])):
            raise BackupError(
                f"{len(new)} publications or payments do not verify after copying: {_first(new)}. Nothing was put back"
            )
        create_zones(part)
        if home.exists():
            home.rmdir()
        part.rename(home)
    except BaseException:
        discard(part)
        raise
    policies = _policies(folder, entries, found.policies)
    return Restored(files, tuple(problems), policies, bool(told["holds"]["restricted"]), bool(told["holds"]["key"]))


def check_backup(folder: Path) -> dict[str, Any]:
    """The list of a whole backup. Raises BackupError where it is torn, altered, or of another layout."""
    try:
        content = (folder / LIST).read_bytes()
        stated = (folder / LIST_SHA256).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BackupError(f"{folder} is no whole backup: {LIST} or {LIST_SHA256} is missing. Use another one") from None
    if hashlib.sha256(content).hexdigest() != stated:
        raise BackupError(f"{folder}: {LIST} is not the one that was written. Use another backup")
    told = json.loads(content)
    if told["layout"] != LAYOUT:
        raise BackupError(
            f"{folder} has layout {told['layout']}, this program reads {LAYOUT}; use the version that wrote it"
        )
    problems = _differences(folder, told["entries"])
    if problems:
        raise BackupError(
            f"{folder} is torn or altered in {len(problems)} places: {_first(problems)}. Use another backup"
        )
    return told


def _differences(folder: Path, entries: Entries) -> list[str]:
    problems = []
    for name, entry in sorted(entries.items()):
        parts = PurePosixPath(name).parts
        if not parts or parts[0] not in (HOME, POLICIES, KEY) or ".." in parts:
            problems.append(f"{name} leads out of the backup")
            continue
        path = folder / name
        if entry["type"] == "link":
            pointer = path.is_symlink() and os.readlink(path) == entry["target"]
            if not pointer or not POINTER.fullmatch(entry["target"]):
                problems.append(f"{name} is not the pointer that was copied")
        elif entry["type"] == "folder":
            if path.is_symlink() or not path.is_dir():
                problems.append(f"{name} is missing")
        elif path.is_symlink() or not path.is_file():
            problems.append(f"{name} is missing")
        elif _sha256(path) != entry["sha256"]:
            problems.append(f"{name} has changed")
    stand = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    problems += [f"{name} was not copied there" for name in sorted(stand - set(entries) - {LIST, LIST_SHA256})]
    return problems


def _put(folder: Path, entries: Entries, *, under: str, target: Path) -> int:
    """Copy what lies ``under`` a part of the backup, with the modes it had. Returns the number of files."""
    own = {name: entry for name, entry in sorted(entries.items()) if name.startswith(f"{under}/")}
    files = 0
    for name, entry in own.items():
        path = target / name.removeprefix(f"{under}/")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if entry["type"] == "folder":
            path.mkdir(mode=0o700, exist_ok=True)
        elif entry["type"] == "link":
            path.symlink_to(entry["target"])
        else:
            shutil.copyfile(folder / name, path)
            if _sha256(path) != entry["sha256"]:
                raise BackupError(f"{name} changed while it was read; use another backup")
            path.chmod(entry["mode"])
            files += 1
    for name, entry in reversed(own.items()):  # the innermost first: a closed folder takes no files
        if entry["type"] == "folder":
            (target / name.removeprefix(f"{under}/")).chmod(entry["mode"])
    return files


def _policies(folder: Path, entries: Entries, policies: Path) -> str:
    """Put the policies where there are none; those that stand are compared and left alone: they are decisions."""
    if not policies.exists() or not any(policies.iterdir()):
        policies.mkdir(parents=True, exist_ok=True)
        _put(folder, entries, under=POLICIES, target=policies)
        return "restored"
    copied = {
        name.removeprefix(f"{POLICIES}/"): entry["sha256"]
        for name, entry in entries.items()
        if name.startswith(f"{POLICIES}/") and entry["type"] == "file"
    }
    stand = {p.relative_to(policies).as_posix(): _sha256(p) for p in sorted(policies.rglob("*")) if p.is_file()}
    return "same" if copied == stand else "differ"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _first(problems: list[str]) -> str:
    return "; ".join(problems[:MOST_TOLD])
