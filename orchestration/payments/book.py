"""What the ledger says of a year's runs: prepared, approved, released; and finishing what a crash left half done.

Belongs here: reading acts out of the ledger, the lines that have been paid, repairing links. Does not: allowing an act.
A run is paid when its ``released`` line stands in the ledger. The line comes first and the link after it, so whoever comes
next can finish.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from models_py.payment import PaymentLine, in_order, refuse_broken
from orchestration.payments import record
from orchestration.payments.places import RELEASED, RUNS, Place
from orchestration.publication import ledger as ledgers
from orchestration.publication.act import Approval
from orchestration.publication.files import make_directory, sync
from orchestration.publication.ledger import Ledger
from orchestration.publication.seal import close


class BookError(ValueError):
    """The ledger or a released run is not as it was; nothing is paid until it is restored from a backup."""


def released_ids(ledger: Ledger, *, funding_year: int) -> list[str]:
    """Released runs of a year, in order."""
    return [
        e["run_id"] for e in ledger.entries if (e.get("event"), e.get("funding_year")) == ("released", funding_year)
    ]


def act_of(ledger: Ledger, *, event: str, run_id: str) -> dict[str, Any] | None:
    """The ledger's line of one act on one run."""
    found = (e for e in ledger.entries if e.get("event") == event and e.get("run_id") == run_id)
    return next(found, None)


def approvals_of(ledger: Ledger, *, run_id: str, manifest_sha256: str, over: str | None) -> tuple[Approval, ...]:
    """Approvals that count: of exactly these bytes, given over the release that still is the last; one per person."""
    counting: dict[str, Approval] = {}
    for entry in ledger.entries:
        asked = (entry.get("event"), entry.get("run_id"), entry.get("manifest_sha256"), entry.get("over"))
        if asked == ("approved", run_id, manifest_sha256, over):
            given = Approval(entry["actor"], entry["role"], bool(entry["is_demo"]), entry["line"])
            counting.setdefault(given.person, given)
    return tuple(counting.values())


def manifest_sha256(run: Path) -> str:
    """Hash of a sealed run's manifest: what approvals and the release are bound to."""
    return hashlib.sha256((run / record.NAME).read_bytes()).hexdigest()


def paid_lines(place: Place, ledger: Ledger) -> tuple[PaymentLine, ...]:
    """Every line that has been released in the year, read from the sealed runs.

    Raises BookError where the chain is broken, a released run is not the one that was released, or a key was paid twice.
    """
    if ledger.problems:
        raise BookError(ledger.problems[0])
    lines: list[PaymentLine] = []
    for run_id in released_ids(ledger, funding_year=place.funding_year):
        run, entry = place.run(run_id), act_of(ledger, event="released", run_id=run_id) or {}
        problems = record.verify_run(run)
        if not problems and manifest_sha256(run) != entry["manifest_sha256"]:
            problems = [f"{run_id}: the manifest is not the one that was released"]
        if problems:
            raise BookError(f"{problems[0]}; restore {run_id} from a backup")
        lines += record.lines_of(run)
    refuse_broken(lines)
    return in_order(lines)


def finish(place: Place, *, now: datetime, actor: str) -> tuple[str, ...]:
    """Finish earlier acts; the caller holds the lock. Returns the runs that something was completed for.

    A sealed run without a ledger line was verified before its rename: it gets its line. A released run gets its link.
    """
    completed = []
    for run_id in place.run_ids():
        close(place.run(run_id))
        ledger = ledgers.read(place.ledger)
        if act_of(ledger, event="prepared", run_id=run_id) is None and not record.verify_run(place.run(run_id)):
            note_prepared(place, run_id, actor=actor, user=actor, now=now, is_recovered=True)
            completed.append(run_id)
    for run_id in released_ids(ledgers.read(place.ledger), funding_year=place.funding_year):
        if not place.released(run_id).is_symlink():
            link(place, run_id)
            completed.append(run_id)
    return tuple(completed)


def note_prepared(
    place: Place, run_id: str, *, actor: str, user: str, now: datetime, is_recovered: bool = False
) -> None:
    """The ledger's line of a run that has been sealed."""
    run, ledger = place.run(run_id), ledgers.read(place.ledger)
    manifest = record.load(run)
    entry = {
        "event": "prepared",
        "time": now.isoformat(timespec="seconds"),
        "actor": actor,
        "user": user,
        "run_id": run_id,
        "funding_year": place.funding_year,
        "publication_id": manifest["publication_id"],
        "manifest_sha256": manifest_sha256(run),
        "recovered": is_recovered,
    }
    ledgers.append(place.ledger, entry, after=ledger)


def link(place: Place, run_id: str) -> None:
    """Let the finance system see a released run, in one step."""
    folder = place.folder / RELEASED
    make_directory(folder)
    fresh = folder / f".{run_id}.new"
    fresh.unlink(missing_ok=True)
    os.symlink(f"../{RUNS}/{run_id}", fresh)
    os.replace(fresh, place.released(run_id))
    sync(folder)
