"""Forgetting by rule: delivered files and lists of rows in the restricted zone, once they have been kept long enough.

What stays: side-cars (sender, time, hash, source, period), the ledgers with their counts, the access log, and the
accepted, pseudonymised rows, which have a retention of their own. What was never read is kept and reported: a file
nobody counted must not vanish.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.intake.access import note_access
from orchestration.intake.changes import changes_path
from orchestration.intake.door import known_counts, quarantine_path
from orchestration.intake.key_ledger import key_history
from orchestration.intake.rotation import keys_path
from orchestration.intake.store import Delivery, DeliveryStore


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What has been kept long enough. `contents` are hashes; `files` are lists and copies in the inbox.

    `unread_deliveries` are old enough but were never read, so they stay.
    """

    contents: tuple[str, ...]
    files: tuple[Path, ...]
    unread_deliveries: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to forget."""
        return not self.contents and not self.files


def plan_purge(home: Path, *, now: datetime, months: int) -> PurgePlan:
    """What the rule lets go: contents whose every delivery and correction was received `months` ago or earlier."""
    store, last = DeliveryStore(home), months_before(now.date(), months)
    everything = store.everything()
    by_content: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in everything:
        by_content[delivery.sha256].append(delivery)
    due, unread = [], 0
    for sha256, deliveries in by_content.items():
        if store.is_purged(sha256) or any(_day(item.received) > last for item in deliveries):
            continue
        not_read = [item for item in deliveries if item.corrects is None and known_counts(home, item) is None]
        unread += len(not_read)
        if not not_read:
            due.append(sha256)
    gone = {sha256 for sha256 in by_content if store.is_purged(sha256)} | set(due)
    files = [path for item in everything if item.sha256 in gone for path in _lists(home, item)]
    files += [path for path in _under(home, "inbox") if hashlib.sha256(path.read_bytes()).hexdigest() in gone]
    files += [path for path in _under(home, "conflicts") if _is_due(path.parent.name, last)]
    for line in key_history(home):
        if line["event"] == "rotated" and _day(line["since"]) <= last:
            files.append(keys_path(home, line["replaces"], line["fingerprint"]))
    return PurgePlan(tuple(sorted(due)), tuple(sorted({path for path in files if path.is_file()})), unread)


def purge(home: Path, plan: PurgePlan, *, now: datetime) -> None:
    """Carry a plan out: lists and copies first, contents last, logged before. The caller holds the lock of the home."""
    note_access(home, "purge", files=plan.contents)
    for path in plan.files:
        path.unlink(missing_ok=True)
    store = DeliveryStore(home)
    for sha256 in plan.contents:
        store.purge(sha256, when=now)


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month; the month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _lists(home: Path, delivery: Delivery) -> tuple[Path, ...]:
    name = f"rejected_{delivery.delivery_id}.csv"
    return (quarantine_path(home, delivery), changes_path(home, delivery), home / "restricted" / "rejects" / name)


def _under(home: Path, folder: str) -> list[Path]:
    found = (home / "restricted" / folder).rglob("*")
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _is_due(text: str, last: date) -> bool:
    try:
        return date.fromisoformat(text) <= last
    except ValueError:
        return False


def _day(text: str) -> date:
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
