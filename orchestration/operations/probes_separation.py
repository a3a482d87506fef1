"""Probes of a municipality's place on a host of many: nothing of it is open to another account, or owned by one.

Belongs here: looking, read-only, where ``LIKVARD_SEPARATED`` says that other municipalities share the machine. Does not:
making the place (``hosting``), the zones' own modes (``probes_home``).
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from orchestration.operations.finding import Finding
from orchestration.settings import Settings


def separation_findings(found: Settings) -> Iterator[Finding]:
    """Folders that other accounts can enter or replace, and paths that belong to another account, counted per folder."""
    if not found.separated:
        return
    own = {"home": found.home, "policies": found.policies}
    if found.key_file is not None:
        own["keys"] = found.key_file.parent
    for name, folder in own.items():
        if stat.S_IMODE(folder.stat().st_mode) & 0o007 or any(map(_is_open_above, folder.absolute().parents)):
            yield Finding("separation_open", name)
    foreign = Counter(name for name, folder in own.items() for path in _paths(folder) if _is_foreign(path))
    for name, count in sorted(foreign.items()):
        yield Finding("separation_owner", name, {"count": count})


def _paths(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.rglob("*")


def _is_foreign(path: Path) -> bool:
    found = path.lstat()
    return (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid())


def _is_open_above(folder: Path) -> bool:
    """Whether another account could put another folder in this one's place: it may write there, and no sticky bit stops it."""
    mode = folder.stat().st_mode
    return bool(mode & 0o022) and not mode & stat.S_ISVTX
