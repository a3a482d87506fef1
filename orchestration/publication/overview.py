"""Everything published under one root, verified: versions, ledgers, pointers.

Belongs here: asking ``verify`` of all versions, and the pointers of the ledger. Does not: repairing, layout of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.publication import ledger as ledgers
from orchestration.publication import seal as sealing
from orchestration.publication.pointer import CURRENT, PROPOSED, PointerError, pointed
from orchestration.publication.publish import newest_proposal
from orchestration.publication.standing import current_by
from orchestration.publication.verify import verify


@dataclass(frozen=True, slots=True)
class Checked:
    """One version or one year's pointers, and what is wrong there."""

    municipality_code: str
    funding_year: int
    what: str
    problems: tuple[str, ...]


def verify_all(
    root: Path, *, municipality_code: str | None = None, funding_year: int | None = None
) -> Iterator[Checked]:
    """Verify every version under ``root`` and what its pointers name, in order of municipality, year and id."""
    for folder in sorted(root.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9][0-9][0-9]")):
        code, year = folder.parent.name, int(folder.name)
        if municipality_code not in (None, code) or funding_year not in (None, year):
            continue
        versions = sorted((folder / sealing.VERSIONS).glob("*"), key=_number)
        for version in versions:
            yield Checked(code, year, version.name, tuple(verify(version)))
        yield Checked(code, year, f"{PROPOSED}, {CURRENT}", (*pointer_problems(folder).values(), *_unfinished(folder)))


def pointer_problems(folder: Path) -> dict[str, str]:
    """Pointer of the year's ``folder`` -> what is wrong with it: none where each names what ledger and versions say."""
    newest = newest_proposal(folder)
    ledger = ledgers.read(folder.parent / ledgers.NAME)
    expected = {
        PROPOSED: newest.name if newest else None,
        CURRENT: current_by(ledger, funding_year=int(folder.name)),
    }
    problems: dict[str, str] = {}
    for pointer, wanted in expected.items():
        try:
            found = pointed(folder, pointer=pointer)
        except PointerError as error:
            problems[pointer] = str(error)
            continue
        if found != wanted:
            problems[pointer] = (
                f"{pointer} names {found or 'nothing'}, the ledger and the versions say {wanted or 'nothing'}"
            )
        elif found is not None and not (folder / sealing.VERSIONS / found).is_dir():
            problems[pointer] = f"{pointer} names {found}, which is no version here; restore it from a backup"
    return problems


def _unfinished(folder: Path) -> list[str]:
    if not (folder / sealing.STAGING).exists():
        return []
    return [f"{sealing.STAGING} holds a version that was never finished; the next act removes it"]


def _number(version: Path) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in version.name.split("."))
