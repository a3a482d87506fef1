"""The door's ledgers as tables: deliveries, findings, corrections, changes. Counts and codes only; nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.intake.changes import Changes
from orchestration.intake.schemas import DELIVERIES, FINDINGS

if TYPE_CHECKING:
    from orchestration.intake.door import Outcome

_TEXT, _INT = pa.string(), pa.int32()
_PLACE = [("source", _TEXT), ("municipality_code", _TEXT), ("period", _TEXT)]

CHANGES = pa.schema(
    [
        ("delivery_id", _TEXT),
        ("replaced_delivery_id", _TEXT),
        *_PLACE,
        *((f"{what}_rows", _INT) for what in ("added", "removed", "changed", "unchanged")),
    ]
)

CORRECTIONS = pa.schema(
    [
        ("correction_id", _TEXT),
        ("delivery_id", _TEXT),
        *_PLACE,
        ("sha256", _TEXT),
        ("rejected_before", _INT),  # = mended_rows + still_rejected_rows
        ("mended_rows", _INT),
        ("still_rejected_rows", _INT),
        ("unplaced_rows", _INT),
        ("refusal_code", _TEXT),
    ]
)


def ledger_tables(outcomes: Sequence[Outcome], changes: Sequence[Changes]) -> Mapping[str, pa.Table]:
    """All ledgers by name; each has its columns also where it has no rows."""
    return {
        "_deliveries": _deliveries_table(outcomes),
        "_findings": _findings_table(outcomes),
        "_corrections": _corrections_table(outcomes),
        "_changes": pa.Table.from_pylist([asdict(item) for item in changes], schema=CHANGES),
    }


def _corrections_table(outcomes: Sequence[Outcome]) -> pa.Table:
    rows = [
        {
            "source": item.delivery.source,
            "municipality_code": item.delivery.municipality_code,
            "period": item.delivery.period,
            **asdict(mending),
        }
        for item in outcomes
        for mending in item.mendings
    ]
    return pa.Table.from_pylist(rows, schema=CORRECTIONS)


def _deliveries_table(outcomes: Sequence[Outcome]) -> pa.Table:
    rows = [
        {
            "delivery_id": item.delivery.delivery_id,
            "source": item.delivery.source,
            "municipality_code": item.delivery.municipality_code,
            "period": item.delivery.period,
            "received_number": item.delivery.received_number,
            "sha256": item.delivery.sha256,
            "encoding": item.encoding,
            "status": item.status,
            "refusal_code": item.refusal_code,
            **asdict(item.counts),
            "is_latest": item.is_latest,
        }
        for item in outcomes
    ]
    return pa.Table.from_pylist(rows, schema=DELIVERIES)


def _findings_table(outcomes: Sequence[Outcome]) -> pa.Table:
    """Findings of all deliveries. What concerns a replaced delivery stands as `info`: it blocks nobody any more."""
    rows = [
        {
            "delivery_id": item.delivery.delivery_id,
            "source": item.delivery.source,
            "municipality_code": finding.municipality_code,
            "period": item.delivery.period,
            "reason_code": finding.reason_code,
            "severity": finding.severity if item.is_latest else "info",
            "row_count": finding.row_count,
        }
        for item in outcomes
        for finding in item.findings
    ]
    return pa.Table.from_pylist(rows, schema=FINDINGS)
