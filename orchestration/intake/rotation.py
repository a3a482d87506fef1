"""Changing the key of a home: every delivery is read again, and what cannot be read any more is carried over.

The step from old to new pseudonyms is kept in `restricted/id_succession/keys_<old>_<new>.csv` for as long as retention
allows: until then a follow-up made under the old key can still be joined. A rotation that was broken off is taken up
again by running it again with the same two keys.
"""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.intake.access import note_access
from orchestration.intake.door import (
    accepted_path,
    key_of_reading,
    note_key_of_reading,
    parse_whole,
    read_deliveries,
)
from orchestration.intake.inbox import MappingSet
from orchestration.intake.key_ledger import KeyMismatchError, key_history, note_key
from orchestration.intake.pseudonym import checked_key, fingerprint, pupil_key
from orchestration.intake.store import Delivery, DeliveryStore
from orchestration.intake.succession import apply_translations, load_succession
from orchestration.intake.writing import parquet_bytes, write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES

_HEADER = ["municipality_code", "old_pupil_key", "new_pupil_key"]
_CARRIED = "carried over\x1f"
Steps = dict[tuple[str, str], str]  # (municipality_code, old pseudonym) -> new pseudonym


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did. `carried_deliveries` were purged, so their rows were translated instead of read again."""

    old_fingerprint: str
    new_fingerprint: str
    read_deliveries: int
    carried_deliveries: int
    pupil_keys: int
    path: Path


def rotate_key(home: Path, *, mappings: MappingSet, old: bytes, new: bytes, now: datetime) -> Rotation:
    """Take the home from one key to another. The caller holds the lock of the home.

    Raises `WeakKeyError` for a weak key and `KeyMismatchError` where `old` is not the home's key or both are the same.
    The step list is on disk before the first table changes; the ledger names the new key before it is used.
    """
    prints = fingerprint(checked_key(old)), fingerprint(checked_key(new))
    _check_turn(home, *prints)
    store = DeliveryStore(home)
    holding = [item for item in store.deliveries() if key_of_reading(home, item) in prints]
    purged = [item for item in holding if store.is_purged(item.sha256)]
    note_access(home, "rotate_key", files=sorted({item.sha256 for item in holding}))
    path = keys_path(home, *prints)
    steps = _known_steps(path)
    for delivery in holding:
        if delivery not in purged:
            steps |= _steps_of(store, delivery, home=home, mappings=mappings, keys=(old, new))
    taken = set(steps.values())
    for delivery in purged:
        steps |= _carried_steps(accepted_path(home, delivery), delivery.municipality_code, steps, taken, new)
    _write_steps(path, steps)
    for delivery in purged:
        _carry(home, delivery, steps, to=prints[1])
    shutil.rmtree(
        home / "restricted" / "conflicts", ignore_errors=True
    )  # lists under the old key; the next run writes new
    note_key(home, prints[1], event="rotated", since=now.isoformat())
    report = read_deliveries(home, mappings=mappings, key=new, allow_new_key=True)
    return Rotation(*prints, report.files_read, len(purged), len(steps), path)


def keys_path(home: Path, old_fingerprint: str, new_fingerprint: str) -> Path:
    """Where the step from one key to another is kept."""
    return home / "restricted" / "id_succession" / f"keys_{old_fingerprint}_{new_fingerprint}.csv"


def _check_turn(home: Path, old_print: str, new_print: str) -> None:
    if old_print == new_print:
        raise KeyMismatchError("the old and the new key are the same; make a new one of 32 random bytes")
    history = key_history(home)
    if not history:
        raise KeyMismatchError("no delivery was read with a key here yet; simply use the new one")
    last = history[-1]
    is_broken_off = last["fingerprint"] == new_print and last["replaces"] == old_print
    if last["fingerprint"] != old_print and not is_broken_off:
        raise KeyMismatchError(f"the old key has fingerprint {old_print}, this home's key has {last['fingerprint']}")
    if new_print in {line["fingerprint"] for line in history[:-1]}:
        raise KeyMismatchError("the new key was this home's key before; make a new one of 32 random bytes")


def _steps_of(
    store: DeliveryStore, delivery: Delivery, *, home: Path, mappings: MappingSet, keys: tuple[bytes, bytes]
) -> Steps:
    """Old and new pseudonyms of a delivery's accepted rows, read under both keys, side by side."""
    code = delivery.municipality_code
    mapping = mappings.get((code, delivery.source))
    if mapping is None:
        raise KeyMismatchError(
            f"{delivery.source} of {code} has no mapping file, so its rows cannot follow; restore it"
        )
    corrections = [item for item in store.corrections() if item.corrects == delivery.delivery_id]
    succession = load_succession(home, municipality_code=code)
    before, after = (
        parse_whole(store, delivery, corrections, mapping=mapping, key=key, succession=succession)[0].table
        for key in keys
    )
    if "pupil_key" not in before.schema.names:
        return {}
    pairs = zip(before.column("pupil_key").to_pylist(), after.column("pupil_key").to_pylist(), strict=True)
    return {(code, old): new for old, new in pairs}


def _carried_steps(path: Path, code: str, steps: Steps, taken: set[str], new: bytes) -> Steps:
    """Steps for pupils that stand in purged deliveries only: the new key over the old pseudonym."""
    if not path.is_file():
        return {}
    found = set(pq.read_table(path, columns=["pupil_key"]).column("pupil_key").to_pylist()) - taken
    lost = [old for old in found if (code, old) not in steps]
    return {(code, old): pupil_key(_CARRIED + old, key=new, context=code) for old in lost}


def _carry(home: Path, delivery: Delivery, steps: Steps, *, to: str) -> None:
    """Translate the rows of a purged delivery. Rows that carry new pseudonyms already stay as they are."""
    path = accepted_path(home, delivery)
    if path.is_file():
        known = {old: new for (code, old), new in steps.items() if code == delivery.municipality_code}
        table = apply_translations(pq.read_table(path), known)
        write_bytes(path, parquet_bytes(table), mode=FILE_MODES["pseudonymised"], folder_mode=ZONES["pseudonymised"])
    note_key_of_reading(home, delivery, to)


def _known_steps(path: Path) -> Steps:
    if not path.is_file():
        return {}
    rows = list(csv.reader(path.read_text("utf-8").splitlines()))[1:]
    return {(code, old): new for code, old, new in rows}


def _write_steps(path: Path, steps: Steps) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows([code, old, new] for (code, old), new in sorted(steps.items()))
    write_bytes(path, sink.getvalue().encode(), mode=FILE_MODES["restricted"], folder_mode=ZONES["restricted"])
