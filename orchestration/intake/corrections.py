"""Corrections: rows that were rejected, mended and sent again, join the accepted rows of the delivery they belong to.

A correction replaces nothing. Its rows keep the number they had in the delivery, and for every correction
`rejected before = mended + still rejected`. A correction belongs to one delivery and is superseded with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from orchestration.intake.correction_file import (
    WITHHELD,
    as_delivered,
    corrected_delivery,
    flat,
    read_mended,
    rows_as_delivered,
)
from orchestration.intake.errors import ConservationError, DoorError, RefusalError
from orchestration.intake.findings import judge
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.parse import SHOWN_PROBLEMS, Parsed, RowCounts, parse_delivery
from orchestration.intake.reader import Rejected
from orchestration.intake.store import Delivery, DeliveryStore, Receipt


@dataclass(frozen=True, slots=True)
class Mending:
    """What one correction did: `rejected_before = mended_rows + still_rejected_rows`.

    `unplaced_rows` of the correction are lines that name no row that was rejected; they change nothing.
    """

    correction_id: str
    delivery_id: str
    sha256: str
    rejected_before: int
    mended_rows: int
    still_rejected_rows: int
    unplaced_rows: int
    refusal_code: str | None = None

    def __post_init__(self) -> None:
        if self.rejected_before != self.mended_rows + self.still_rejected_rows:
            raise ConservationError(f"{self.correction_id}: rejected before are not mended + still rejected")


def receive_correction(
    content: bytes, *, home: Path, municipality_code: str | None, file_name: str, sender: str, received: datetime
) -> Receipt | DoorError:
    """Keep a mended file with the delivery it belongs to; a `DoorError` where there is none of this municipality.

    `municipality_code` None leaves the choice to the file itself (a person loads it by hand).
    """
    store, delivery_id = DeliveryStore(home), corrected_delivery(content)
    known = {item.delivery_id: item for item in store.deliveries()}
    base = known.get(delivery_id or "")
    if base is None or municipality_code not in (None, base.municipality_code):
        return DoorError(file=file_name, code="D-CORRECTION")
    return store.put(
        content,
        source=base.source,
        municipality_code=base.municipality_code,
        period=base.period,
        file_name=file_name,
        sender=sender,
        received=received,
        corrects=base.delivery_id,
    )


def mend(
    parsed: Parsed,
    *,
    content: bytes | None,
    corrections: Sequence[tuple[Delivery, bytes | None]],
    delivery: Delivery,
    mapping: SourceMapping,
    key: bytes | None,
) -> tuple[Parsed, tuple[Mending, ...]]:
    """The delivery with its corrections in order of arrival; each sees what the ones before it left rejected.

    `content` is the delivery's own: a row that comes back as it was delivered is not mended, even where the file's new
    shape (quotes, width) would let it pass. A delivery refused as a whole has no rejected rows to mend: it must be sent
    again.
    """
    mendings = []
    rows = [row.row for row in parsed.rejected] if corrections and content is not None else []
    _, delivered = rows_as_delivered(content or b"", mapping=mapping, rows=rows) if rows else ([], {})
    unchanged = {row: _trimmed(cells) for row, cells in delivered.items()}
    for correction, mended in corrections:
        parsed, mending = _mend_once(
            parsed, correction, mended, unchanged=unchanged, delivery=delivery, mapping=mapping, key=key
        )
        mendings.append(mending)
    return parsed, tuple(mendings)


def judged_again(
    parsed: Parsed, *, table: pa.Table, rejected: tuple[Rejected, ...], delivery: Delivery, mapping: SourceMapping
) -> Parsed:
    """The delivery with other accepted and rejected rows: counts and what is found follow."""
    counts = parsed.counts
    kept = tuple(
        item for item in parsed.findings if item.reason_code[0] == "I" or item.reason_code == "D-COLUMN-ABSENT"
    )
    found = judge(
        table,
        rejected=rejected,
        notes={},
        absent_columns=0,
        unknown_columns=0,
        mapping=mapping,
        municipality_code=delivery.municipality_code,
    )
    problems = tuple(
        DoorError(file=delivery.file_name, code=code, row=row.row, column=column)
        for row in rejected[:SHOWN_PROBLEMS]
        for code, column in row.reasons[:1]
    )
    return replace(
        parsed,
        table=table,
        rejected=rejected,
        counts=RowCounts(
            counts.physical_rows, counts.header_rows, counts.blank_rows, table.num_rows, len(rejected)
        ),  # does not add up: raises
        findings=tuple(sorted((*kept, *found))),
        problems=problems,
    )


def _mend_once(
    parsed: Parsed,
    correction: Delivery,
    content: bytes | None,
    *,
    unchanged: Mapping[int, tuple[str, ...]],
    delivery: Delivery,
    mapping: SourceMapping,
    key: bytes | None,
) -> tuple[Parsed, Mending]:
    def told(mended_rows: int, unplaced_rows: int, refusal_code: str | None = None) -> Mending:
        before = len(parsed.rejected)
        left = before - mended_rows
        names = (correction.delivery_id, delivery.delivery_id, correction.sha256)
        return Mending(*names, before, mended_rows, left, unplaced_rows, refusal_code)

    if content is None:
        return parsed, told(0, 0, "E-STORE")
    try:
        file = read_mended(content)
    except RefusalError as error:
        return parsed, told(0, 0, error.code)
    waiting = {row.row: row for row in parsed.rejected if not WITHHELD & {code for code, _ in row.reasons}}
    placed = set(file.rows) & set(waiting)
    unplaced = file.unplaced_rows + len(file.rows) - len(placed)
    rows = sorted(row for row in placed if _trimmed(file.rows[row]) != unchanged.get(row))
    if not rows:
        return parsed, told(0, unplaced)
    again = parse_delivery(as_delivered(file, rows=rows), delivery=delivery, mapping=flat(mapping), key=key)
    if again.refusal_code not in (None, "E-EMPTY"):
        return parsed, told(0, unplaced, again.refusal_code)
    places = dict(enumerate(rows, 2))
    numbers = [places[line] for line in again.table.column("row_number").to_pylist()]
    mended = again.table.set_column(
        again.table.schema.get_field_index("row_number"),
        again.table.schema.field("row_number"),
        pa.array(numbers, pa.int32()),
    )
    table = pa.concat_tables([parsed.table, mended]).sort_by("row_number").combine_chunks()
    still = {row.row: row for row in parsed.rejected if row.row not in set(numbers)}
    still |= {places[row.row]: replace(row, row=places[row.row]) for row in again.rejected}
    rejected = tuple(still[row] for row in sorted(still))
    result = judged_again(parsed, table=table, rejected=rejected, delivery=delivery, mapping=mapping)
    return result, told(len(numbers), unplaced)


def _trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    """The cells without what a spreadsheet adds or takes at the end of a line."""
    kept = [cell.strip() for cell in cells]
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)
