"""What a read delivery gives cause to say: findings per municipality with a severity. Counts only, no files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.intake.mapping import SourceMapping
from orchestration.intake.schemas import NATIONAL, ROW_KEYS
from orchestration.intake.tables import Rejected

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`row_count` rows (columns, for findings about columns) of one municipality for one reason."""

    municipality_code: str
    reason_code: str
    severity: Severity
    row_count: int

    def as_dict(self) -> dict[str, str | int]:
        return asdict(self)


def judge(
    table: pa.Table,
    *,
    rejected: Sequence[Rejected],
    notes: Mapping[tuple[str, str], int],
    absent_columns: int,
    unknown_columns: int,
    unused_sheets: int = 0,
    mapping: SourceMapping,
    municipality_code: str,
) -> tuple[Finding, ...]:
    """Findings of one accepted delivery, in a fixed order.

    Rejected rows: critical above the source's share of that municipality's rows, and always where a row is a school
    unit; else a warning. Keys that stand twice: critical above the source's share of keys, and always for school
    units. `municipality_code` is the delivery's (`0000` for national ones); it also takes rows of unknown place.
    """
    findings: list[Finding] = []
    accepted = _rows_by_place(table)
    places = [_place(row, municipality_code, accepted) for row in rejected]
    lost = Counter(places)
    reasons = Counter((place, row.reasons[0][0]) for place, row in zip(places, rejected, strict=True))
    for (place, code), count in reasons.items():
        share = lost[place] / (lost[place] + accepted[place])
        is_critical = mapping.one_row_per_unit or share > mapping.rejected_share_critical
        findings.append(Finding(place, code, "critical" if is_critical else "warning", count))
    for place, (surplus, keys) in _duplicates(table, mapping).items():
        is_critical = mapping.one_row_per_unit or surplus > mapping.duplicate_share_critical * keys
        findings.append(Finding(place, "D-DUPLICATE", "critical" if is_critical else "warning", surplus))
    findings += [Finding(place, code, "info", count) for (place, code), count in notes.items()]
    if absent_columns:
        findings.append(Finding(municipality_code, "D-COLUMN-ABSENT", "warning", absent_columns))
    if unknown_columns:
        findings.append(Finding(municipality_code, "I-COLUMN-UNKNOWN", "info", unknown_columns))
    if unused_sheets:
        findings.append(Finding(municipality_code, "I-SHEET-UNUSED", "info", unused_sheets))
    return tuple(sorted(findings))


def refusal(code: str, *, municipality_code: str, rows: int) -> Finding:
    """The finding of a refused file: critical for its municipality, for all where the file is national (`0000`).

    A file whose rows could not be counted counts as one: a finding of nothing would be overlooked.
    """
    return Finding(municipality_code, code, "critical", max(rows, 1))


def _place(row: Rejected, municipality_code: str, accepted: Mapping[str, int]) -> str:
    """A rejected row's municipality: its own where that can be told, else the delivery's.

    In a broken line the cell may have slipped: a code seen nowhere else in the file is not trusted then, since a wrong
    one would hide the row from everybody.
    """
    if municipality_code != NATIONAL or row.municipality_hint is None:
        return municipality_code
    return row.municipality_hint if row.is_place_certain or row.municipality_hint in accepted else municipality_code


def _duplicates(table: pa.Table, mapping: SourceMapping) -> dict[str, tuple[int, int]]:
    """Per municipality with doubled keys: (rows beyond the first of their key, distinct keys)."""
    first, *others = ROW_KEYS[mapping.source]
    counts = pc.value_counts(table.column(first))
    doubled = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    if len(doubled) == 0:
        return {}
    keys = ["municipality_code", first, *others]
    suspects = table.select(keys).filter(pc.is_in(table.column(first), value_set=doubled))
    groups = suspects.group_by(keys).aggregate([([], "count_all")])
    surplus: Counter[str] = Counter()
    for row in groups.filter(pc.greater(groups.column("count_all"), 1)).to_pylist():
        surplus[row["municipality_code"]] += row["count_all"] - 1
    rows = _rows_by_place(table)
    return {place: (count, rows[place] - count) for place, count in surplus.items()}


def _rows_by_place(table: pa.Table) -> Counter[str]:
    return Counter(
        {item["values"]: item["counts"] for item in pc.value_counts(table.column("municipality_code")).to_pylist()}
    )
