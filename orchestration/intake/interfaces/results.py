"""The statistics as the table the door reads: the same file, column for column, as the published long table.

There is one national table of results. What was fetched is laid over the newest one: figures of the same unit, metric
and year are replaced, all others stay. So a fetch of one municipality takes nothing from the rest of the country.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.inbox import MappingSet, receive
from orchestration.intake.interfaces.planned import Figure
from orchestration.intake.schemas import NATIONAL
from orchestration.intake.store import DeliveryStore, Receipt
from orchestration.intake.writing import parquet_bytes

SOURCE = "skolverket_results"
COLUMNS = ("skolenhetskod", "metric", "lasar", "value", "valueType")
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])

Row = tuple[str | None, ...]


def deliver(figures: Iterable[Figure], *, home: Path, mappings: MappingSet, sender: str, received: datetime) -> Receipt:
    """Hand the table to the door as a delivery of `skolverket_results`; the door types it as any other.

    The same figures again are `already_received`. The caller holds the lock of the home.
    """
    table = overlaid(newest_table(home), figures)
    return receive(
        parquet_bytes(table),
        home=home,
        mapping=mappings[NATIONAL, SOURCE],
        municipality_code=NATIONAL,
        file_name=f"skolverket_api_results_{received.date().isoformat()}.parquet",
        sender=sender,
        received=received,
    )


def overlaid(earlier: pa.Table | None, figures: Iterable[Figure]) -> pa.Table:
    """`earlier` with the figures laid over it, ordered by unit, metric and year.

    A figure without a year says that there is none yet; it goes when its unit and metric are fetched again.
    """
    new = {
        (f.school_unit_code, f.metric, f.school_year): (
            f.school_unit_code,
            f.metric,
            f.school_year,
            f.value,
            f.value_type,
        )
        for f in figures
    }
    fetched = {key[:2] for key in new}
    kept: list[Row] = []
    if earlier is not None:
        for row in zip(*(earlier.column(name).to_pylist() for name in COLUMNS), strict=True):
            if row[:3] not in new and not (row[2] is None and row[:2] in fetched):
                kept.append(row)
    rows = sorted([*kept, *new.values()], key=lambda row: tuple((text is not None, text or "") for text in row))
    return pa.table(
        [pa.array(column, pa.string()) for column in zip(*rows, strict=True)] if rows else [[]] * 5, schema=SCHEMA
    )


def newest_table(home: Path) -> pa.Table | None:
    """The newest delivered table of results that can be read, with all its columns as text; None before the first."""
    store = DeliveryStore(home)
    for delivery in reversed(store.deliveries()):
        if delivery.source != SOURCE or (content := store.content(delivery)) is None:
            continue
        try:
            table = pq.read_table(pa.BufferReader(content))
            if set(COLUMNS) - {"valueType"} <= set(table.column_names):
                return _as_text(table)
        except pa.ArrowException:
            continue  # a file the door refused, too; the one before it stands
    return None


def _as_text(table: pa.Table) -> pa.Table:
    columns = [
        table.column(name).cast(pa.string()) if name in table.column_names else pa.nulls(table.num_rows, pa.string())
        for name in COLUMNS
    ]
    return pa.table(columns, schema=SCHEMA)
