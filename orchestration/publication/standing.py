"""What stands for one municipality and year, as the ledger says; and finishing what a crash left half done.

Belongs here: approvals that count, the decided version in force, numbers of the next one. Does not: allowing an act.
The ledger is the truth of ``current``: its last line that moved the pointer, published or rolled back. An act writes its
line first and swaps the pointer after, so whoever comes next can finish it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.publication import ledger as ledgers
from orchestration.publication import seal as sealing
from orchestration.publication.act import Approval
from orchestration.publication.ledger import Ledger
from orchestration.publication.pointer import CURRENT, pointed, swap
from orchestration.publication.publish import record
from orchestration.publication.verify import verify_files

DECIDED_ID = re.compile(r"([0-9]{4})\.([1-9][0-9]*)\.(0|[1-9][0-9]*)")
PROPOSAL_ID = re.compile(r"([0-9]{4})\.0\.([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Approvals:
    """Approvals of one content: those that count, and how many were given over a version that no longer stands."""

    counting: tuple[Approval, ...]
    outdated: int


def year_of(publication_id: str) -> int:
    """The funding year of an id ``YEAR.r.c``. Raises LookupError for anything else."""
    match = DECIDED_ID.fullmatch(publication_id) or PROPOSAL_ID.fullmatch(publication_id)
    if match is None:
        raise LookupError(f"{publication_id!r} is no publication id; one is YEAR.REVISION.CORRECTION, such as 2027.0.1")
    return int(match[1])


def version_of(root: Path, *, municipality_code: str, publication_id: str) -> Path:
    """The folder of a version. Raises LookupError where there is none."""
    path = root / municipality_code / str(year_of(publication_id)) / sealing.VERSIONS / publication_id
    if not path.is_dir():
        raise LookupError(
            f"{municipality_code} has no publication {publication_id}; `likvard status` lists what stands"
        )
    return path


def current_by(ledger: Ledger, *, funding_year: int) -> str | None:
    """The decided version in force by the ledger; None before the first."""
    moves = [entry for entry in ledger.entries if _moves_current(entry, funding_year)]
    return str(moves[-1]["publication_id"]) if moves else None


def approvals_of(ledger: Ledger, *, content_sha256: str, funding_year: int) -> Approvals:
    """The approvals of exactly this content, one per person.

    An approval is given over what stands; when ``current`` has moved since, it no longer counts and must be given anew.
    """
    counting: dict[str, Approval] = {}
    outdated = 0
    for entry in ledger.entries:
        if _moves_current(entry, funding_year):
            outdated, counting = outdated + len(counting), {}
        elif (entry.get("event"), entry.get("funding_year"), entry.get("content_sha256")) == (
            "approved",
            funding_year,
            content_sha256,
        ):
            given = Approval(entry["actor"], entry["role"], bool(entry["is_demo"]), entry["line"])
            counting.setdefault(given.person, given)
    return Approvals(tuple(counting.values()), outdated)


def next_decided(folder: Path, *, revision_type: str | None, current: str | None) -> str:
    """The id that a decision takes: R1–R3 raise the revision, C the correction of the version in force.

    Raises ValueError where the kind of revision does not fit what stands.
    """
    taken = [match for path in (folder / sealing.VERSIONS).glob("*") if (match := DECIDED_ID.fullmatch(path.name))]
    numbers = [(int(match[2]), int(match[3])) for match in taken]
    standing = DECIDED_ID.fullmatch(current) if current else None
    if standing is None:
        if revision_type is not None:
            raise ValueError(
                f"{revision_type} revises what is decided, and nothing is for {folder.name}; leave it out the first time"
            )
        return f"{folder.name}.1.0"
    if revision_type is None:
        raise ValueError(f"{current} stands; say what kind of revision this is: R1, R2, R3 or C")
    if revision_type == "C":
        revision = int(standing[2])
        return f"{folder.name}.{revision}.{max(c for r, c in numbers if r == revision) + 1}"
    return f"{folder.name}.{max(r for r, _ in numbers) + 1}.0"


def settle(folder: Path, *, actor: str, now: datetime) -> tuple[str, ...]:
    """Finish earlier acts of the year's ``folder``; the caller holds the lock. Returns the decided ids completed.

    A decided version without a ledger line was audited and renamed before a crash: it gets its line when it is whole.
    Then ``current`` is set to what the ledger says.
    """
    path = folder.parent / ledgers.NAME
    completed = []
    for version in _by_number(folder):
        if ledgers.read(path).find(version.name) is None and not verify_files(version):
            record(folder.parent, version, actor=actor, now=now, recovered=True)
            completed.append(version.name)
        sealing.close(version)
    current = current_by(ledgers.read(path), funding_year=int(folder.name))
    if current is not None and pointed(folder, pointer=CURRENT) != current:
        swap(folder, pointer=CURRENT, publication_id=current)
        completed.append(current)
    return tuple(dict.fromkeys(completed))


def _by_number(folder: Path) -> list[Path]:
    found = [
        (match, path) for path in (folder / sealing.VERSIONS).glob("*") if (match := DECIDED_ID.fullmatch(path.name))
    ]
    return [path for _, path in sorted(found, key=lambda one: (int(one[0][2]), int(one[0][3])))]


def _moves_current(entry: dict, funding_year: int) -> bool:
    return entry.get("funding_year") == funding_year and entry.get("pointer") == CURRENT
