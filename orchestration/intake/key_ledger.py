"""Which keys a home was read with: fingerprints, in order. It catches a wrong key before it splits every pupil in two.

`restricted/keys.jsonl`, appended to only. It outlives the pseudonymised zone: also a home whose tables were deleted
refuses another home's key.
"""

from __future__ import annotations

import json
from collections.abc import Set
from pathlib import Path
from typing import Literal

from orchestration.intake.writing import write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES

Event = Literal["first_used", "rotated", "renewed"]


class KeyMismatchError(ValueError):
    """The key is missing, or another than the one earlier deliveries were read with. Never holds a key."""


def ledger_path(home: Path) -> Path:
    """Where the fingerprints of a home's keys lie."""
    return home / "restricted" / "keys.jsonl"


def key_history(home: Path) -> tuple[dict, ...]:
    """Every key in order: `fingerprint`, `event`, `since`, `replaces`."""
    path = ledger_path(home)
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines()) if path.is_file() else ()


def note_key(home: Path, fingerprint: str, *, event: Event, since: str) -> None:
    """Append a key to the ledger unless it is the newest already."""
    history = key_history(home)
    if history and history[-1]["fingerprint"] == fingerprint:
        return
    replaces = history[-1]["fingerprint"] if history else None
    entry = {"fingerprint": fingerprint, "event": event, "since": since, "replaces": replaces}
    content = "".join(f"{json.dumps(line)}\n" for line in (*history, entry)).encode()
    write_bytes(ledger_path(home), content, mode=FILE_MODES["restricted"], folder_mode=ZONES["restricted"])


def check_and_note(home: Path, fingerprint: str, *, earlier: Set[str], since: str, allow_new_key: bool) -> None:
    """Refuse a key that is not the home's. `earlier`: fingerprints that readings of deliveries have on record.

    Raises `KeyMismatchError` unless `allow_new_key`; then the new key is noted as the home's.
    """
    history = key_history(home)
    others = (set(earlier) | {line["fingerprint"] for line in history[-1:]}) - {fingerprint}
    if others and not allow_new_key:
        raise KeyMismatchError(
            f"the key has fingerprint {fingerprint}, earlier deliveries were read with {', '.join(sorted(others))}; "
            "with another key every pupil would become two; use the earlier key, or change it with `likvard key rotate`"
        )
    note_key(home, fingerprint, event="renewed" if history else "first_used", since=since)
