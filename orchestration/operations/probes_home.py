"""Probes of the home: modes of the zones, the key and its ledger, the access log, disk space.

Belongs here: looking, read-only. Does not: what a mode may be (``orchestration.intake.zones``), the key itself.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.intake.access import first_broken_line
from orchestration.intake.key_ledger import key_history
from orchestration.intake.pseudonym import WeakKeyError, fingerprint
from orchestration.intake.zones import ZONES, check_zones
from orchestration.operations.finding import Finding
from orchestration.resources.keys import KeyInDemoError, pseudonym_key
from orchestration.settings import Settings


def zone_findings(found: Settings) -> Iterator[Finding]:
    """Zones that are missing or hold paths open to more people than settled, counted per zone."""
    opened: Counter[str] = Counter()
    for problem in check_zones(found.home):
        zone = problem.path.relative_to(found.home).parts[0]
        if problem.found is None:
            yield Finding("zone_missing", zone)
        else:
            opened[zone] += 1
    for zone, count in sorted(opened.items()):
        yield Finding("zone_open", zone, {"count": count, "mode": f"{ZONES[zone]:04o}"})


def key_findings(found: Settings, *, now: datetime, days: int) -> Iterator[Finding]:
    """A key that cannot be used or is not the home's, and a change of key in the last ``days``."""
    try:
        history = key_history(found.home)
        marks = [(line["fingerprint"], line["event"], datetime.fromisoformat(line["since"])) for line in history]
    except (ValueError, KeyError, TypeError):
        yield Finding("key_ledger", "restricted/keys.jsonl")
        return
    if any(line["replaces"] != before for line, before in zip(history, [None, *(m[0] for m in marks)], strict=False)):
        yield Finding("key_ledger", "restricted/keys.jsonl")
    if marks:
        newest, event, since = marks[-1]
        if event != "first_used" and now - since <= timedelta(days=days):
            yield Finding("key_changed", "restricted/keys.jsonl", {"fingerprint": newest, "event": event})
    try:
        key = pseudonym_key(found)
    except (WeakKeyError, KeyInDemoError) as error:
        yield Finding("key_unusable", "LIKVARD_KEY_FILE", {"problem": type(error).__name__})
        return
    if key is None:
        if marks:
            yield Finding("key_absent", "LIKVARD_KEY_FILE")
    elif marks and fingerprint(key) != marks[-1][0]:
        yield Finding("key_other", "LIKVARD_KEY_FILE", {"fingerprint": fingerprint(key), "expected": marks[-1][0]})


def access_log_findings(found: Settings) -> Iterator[Finding]:
    """An access log whose chain is broken."""
    line = first_broken_line(found.home)
    if line is not None:
        yield Finding("access_log", "restricted/access.jsonl", {"line": line})


def disk_findings(found: Settings, *, least: float) -> Iterator[Finding]:
    """A file system with less than the share ``least`` (0..1) free."""
    usage = shutil.disk_usage(found.home)
    if usage.free < least * usage.total:
        values = {"percent": usage.free * 100 // usage.total, "least": int(least * 100), "free_gb": usage.free // 10**9}
        yield Finding("disk", "home", values)


def free_share(home: Path) -> float:
    """Part of the home's file system that is free, 0..1."""
    usage = shutil.disk_usage(home)
    return usage.free / usage.total
