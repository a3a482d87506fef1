"""The ledger: one line per act of publication, each with the hash of the line before it.

Belongs here: appending, reading, checking the chain. Does not: clocks (times are passed in), what an act means.
A line counts once its newline stands; a tail without one was torn by a crash and is cut by the next append.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.publication.files import append_line

NAME = "ledger.jsonl"
FIRST = "0" * 64
"""What the first line has for a previous hash."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as read: its lines, the hash of the last one, the bytes they fill, and what is wrong with the chain."""

    entries: tuple[dict[str, Any], ...]
    head_sha256: str
    whole_bytes: int
    problems: tuple[str, ...]

    def find(self, publication_id: str) -> dict[str, Any] | None:
        """The line that published ``publication_id``, if there is one."""
        acts = (e for e in self.entries if e.get("event") == "published" and e.get("publication_id") == publication_id)
        return next(acts, None)


def read(path: Path) -> Ledger:
    """Read ``path`` and check its chain; an absent file is an empty ledger."""
    data = path.read_bytes() if path.exists() else b""
    whole = data.rfind(b"\n") + 1
    entries: list[dict[str, Any]] = []
    problems: list[str] = []
    previous = FIRST
    for number, line in enumerate(data[:whole].split(b"\n")[:-1], start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            problems.append(f"ledger line {number} is no JSON object; restore the ledger from a backup")
        else:
            entries.append(entry)
            if entry.get("previous_sha256") != previous or entry.get("line") != number:
                problems.append(
                    f"ledger line {number} does not follow line {number - 1}; restore the ledger from a backup"
                )
        previous = hashlib.sha256(line).hexdigest()
    return Ledger(tuple(entries), previous, whole, tuple(problems))


def append(path: Path, entry: Mapping[str, Any], *, after: Ledger) -> None:
    """Append ``entry`` as the next line of the ledger as it was read (``after``); the caller holds the lock.

    Raises ValueError where the chain is broken already: a line on top would seem to confirm it.
    """
    if after.problems:
        raise ValueError(f"the ledger's chain is broken: {after.problems[0]}")
    line = {**entry, "line": len(after.entries) + 1, "previous_sha256": after.head_sha256}
    text = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    append_line(path, text.encode(), keep=after.whole_bytes)
