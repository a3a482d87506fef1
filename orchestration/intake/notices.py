"""What a person should hear of a look at the inboxes: files known already, rows a newer file changed, rows mended.

Facts and counts only, kept in `pseudonymised/door/notices.json` until the next look; the words are put to them where
they are shown. No key, no cell, and names of files without long numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from orchestration.intake.door import DoorReport
from orchestration.intake.errors import safe_name
from orchestration.intake.inbox import Sweep
from orchestration.intake.store import Delivery
from orchestration.intake.writing import write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES

Kind = Literal["received_again", "replaced", "corrected"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say about one file; `counts` by name, as the kind has them."""

    kind: Kind
    file: str
    source: str
    municipality_code: str
    period: str
    counts: tuple[tuple[str, int], ...] = ()


def notices(taken: Sweep, report: DoorReport) -> tuple[Notice, ...]:
    """What is new since the look before."""
    again = [item for item in taken.receipts if item.note == "already_received" and item.is_news]
    found = [_notice("received_again", item.delivery, file_name=item.file_name) for item in again]
    outcomes = {item.delivery.delivery_id: item for item in report.outcomes}
    for changes in report.changes:
        if changes.delivery_id in report.read_now:
            rows = {name: getattr(changes, f"{name}_rows") for name in ("added", "removed", "changed", "unchanged")}
            found.append(_notice("replaced", outcomes[changes.delivery_id].delivery, **rows))
    for delivery_id in sorted(report.read_now):
        for mending in outcomes[delivery_id].mendings:
            rows = {"mended": mending.mended_rows, "still": mending.still_rejected_rows, "lost": mending.unplaced_rows}
            found.append(_notice("corrected", outcomes[delivery_id].delivery, **rows))
    return tuple(found)


def keep_notices(home: Path, found: Iterable[Notice]) -> None:
    """Keep the notices of the newest look in place of those of the one before."""
    content = json.dumps([asdict(item) for item in found], ensure_ascii=False, indent=1).encode()
    write_bytes(_path(home), content, mode=FILE_MODES["pseudonymised"], folder_mode=ZONES["pseudonymised"])


def kept_notices(home: Path) -> tuple[Notice, ...]:
    """The notices of the newest look; none where nobody looked yet."""
    path = _path(home)
    lines = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return tuple(Notice(**{**line, "counts": tuple((name, rows) for name, rows in line["counts"])}) for line in lines)


def _notice(kind: Kind, delivery: Delivery, *, file_name: str = "", **counts: int) -> Notice:
    place = (delivery.source, delivery.municipality_code, delivery.period)
    return Notice(kind, safe_name(file_name or delivery.file_name), *place, tuple(counts.items()))


def _path(home: Path) -> Path:
    return home / "pseudonymised" / "door" / "notices.json"
