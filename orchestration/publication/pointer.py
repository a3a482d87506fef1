"""The two names that move: ``proposed`` and ``current`` are links to a version, swapped in one step.

Belongs here: reading and swapping a pointer. Does not: deciding where it may point.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from orchestration.publication.files import sync

PROPOSED, CURRENT = "proposed", "current"
POINTERS = (PROPOSED, CURRENT)
_TARGET = re.compile(r"versions/([0-9]{4}\.[0-9]+\.[0-9]+)")


class PointerError(ValueError):
    """A pointer is not a link to a version; the message says which and what to do."""


def pointed(folder: Path, *, pointer: str) -> str | None:
    """publication_id that ``pointer`` of the year's ``folder`` names; None where it has never been set.

    Raises PointerError for anything but a relative link ``versions/<publication_id>``.
    """
    _known(pointer)
    link = folder / pointer
    if not link.is_symlink():
        if link.exists():
            raise PointerError(
                f"{pointer} in {folder.parent.name}/{folder.name} is no link; restore it from the ledger"
            )
        return None
    match = _TARGET.fullmatch(os.readlink(link))
    if match is None:
        raise PointerError(
            f"{pointer} in {folder.parent.name}/{folder.name} leads out of versions/; restore it from the ledger"
        )
    return match.group(1)


def swap(folder: Path, *, pointer: str, publication_id: str) -> None:
    """Let ``pointer`` name ``publication_id``: a reader sees the old or the new, never none."""
    _known(pointer)
    target = f"versions/{publication_id}"
    if _TARGET.fullmatch(target) is None or not (folder / target).is_dir():
        raise PointerError(f"{publication_id} is no version of {folder.parent.name}/{folder.name}")
    discard_torn(folder)
    fresh = folder / f".{pointer}.new"
    os.symlink(target, fresh)
    os.replace(fresh, folder / pointer)
    sync(folder)


def discard_torn(folder: Path) -> None:
    """Remove links that a crash left before they took their pointer's name; the caller holds the lock."""
    for pointer in POINTERS:
        fresh = folder / f".{pointer}.new"
        if fresh.is_symlink():
            os.unlink(fresh)


def _known(pointer: str) -> None:
    if pointer not in POINTERS:
        raise PointerError(f"unknown pointer {pointer!r}; one of {', '.join(POINTERS)}")
