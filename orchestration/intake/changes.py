"""Which rows a newer delivery changed: rows of the one it replaces against its own. Counts leave, rows do not.

Rows are compared by all their values but their place in the file. What is alike is taken out first; what remains is
paired by key: a pair is a changed row, the rest was added or removed. Lists name keys (pseudonyms) and row numbers and
belong in the restricted zone.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.schemas import ROW_KEYS
from orchestration.intake.store import Delivery
from orchestration.intake.writing import write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES

_PLACE = ("delivery_id", "row_number", "period")


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows of the newer delivery = added + changed + unchanged; of the older = removed + changed + unchanged."""

    delivery_id: str
    replaced_delivery_id: str
    source: str
    municipality_code: str
    period: str
    added_rows: int
    removed_rows: int
    changed_rows: int
    unchanged_rows: int


def row_changes(older: pa.Table, newer: pa.Table, *, source: str) -> tuple[list[dict], int]:
    """What differs, in order of place, and how many rows are alike.

    Each difference: `change` (added, removed, changed), `key`, `row` in the newer file, `earlier_row` in the older, and
    for a changed row the names of the `columns` that differ. A pupil is one key, wherever the pupil goes to school.
    """
    keys = ROW_KEYS[source]
    keys = ("pupil_key",) if "pupil_key" in keys else ("municipality_code", *keys)
    names = [name for name in newer.schema.names if name not in _PLACE]
    before, after = _rows(older, names), _rows(newer, names)
    alike = Counter(values for _, values in before) & Counter(values for _, values in after)
    unchanged = alike.total()
    left: defaultdict[tuple, tuple[list, list]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((before, after)):
        spare = alike.copy()
        for number, values in rows:
            if spare[values]:
                spare[values] -= 1
            else:
                left[tuple(values[names.index(name)] for name in keys)][side].append((number, values))
    found: list[dict] = []
    for key, (gone, come) in left.items():
        named = dict(zip(keys, key, strict=True))
        paired = min(len(gone), len(come))
        for (earlier, old), (row, new) in zip(gone[:paired], come[:paired], strict=True):
            columns = [name for name, was, now in zip(names, old, new, strict=True) if was != now]
            found.append({"change": "changed", "key": named, "row": row, "earlier_row": earlier, "columns": columns})
        found += [{"change": "added", "key": named, "row": row, "earlier_row": None} for row, _ in come[paired:]]
        found += [{"change": "removed", "key": named, "row": None, "earlier_row": row} for row, _ in gone[paired:]]
    found.sort(key=lambda item: (item["row"] is None, item["row"] or item["earlier_row"]))
    return found, unchanged


def keep_changes(home: Path, *, older: Path, newer: Path, replaced: Delivery, delivery: Delivery) -> Changes:
    """Compare two accepted files, write the list into the restricted zone, give back the counts."""
    found, unchanged = row_changes(pq.read_table(older), pq.read_table(newer), source=delivery.source)
    content = "".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in found).encode()
    path = changes_path(home, delivery)
    write_bytes(path, content, mode=FILE_MODES["restricted"], folder_mode=ZONES["restricted"])
    counted = Counter(item["change"] for item in found)
    return Changes(
        delivery_id=delivery.delivery_id,
        replaced_delivery_id=replaced.delivery_id,
        source=delivery.source,
        municipality_code=delivery.municipality_code,
        period=delivery.period,
        added_rows=counted["added"],
        removed_rows=counted["removed"],
        changed_rows=counted["changed"],
        unchanged_rows=unchanged,
    )


def changes_path(home: Path, delivery: Delivery) -> Path:
    """Where the list of a delivery's changes lies, one JSON object a line."""
    return home / "restricted" / "changes" / f"{delivery.delivery_id}.jsonl"


def _rows(table: pa.Table, names: list[str]) -> list[tuple[int, tuple]]:
    columns = [table.column(name).to_pylist() for name in names]
    return list(zip(table.column("row_number").to_pylist(), zip(*columns, strict=True), strict=True))
