"""Conflicts between enrollments, listed for each unit concerned, in the restricted zone. Counts are the warehouse's.

What is a conflict and which row counts is decided in `int_enrollment__conflicts`; here it is only told to those who
must look: `restricted/conflicts/<municipality>/<count date>/<unit>.csv`, one file a unit, each row on the lists of both
units. A list names row numbers and pseudonyms; the municipality finds the pupil by the row of the delivery.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.intake.correction_file import guarded
from orchestration.intake.writing import write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES
from orchestration.warehouse_file import opened

_COLUMNS = (
    "conflict_kind",
    "school_unit_code",
    "delivery_id",
    "delivery_row_number",
    "pupil_key",
    "grade",
    "valid_from",
    "valid_to",
    "is_counted",
    "excluded_rule",
    "other_school_unit_code",
    "other_row_number",
)
_COUNTED = ("conflict_kind", "school_unit_code", "other_school_unit_code", "row_count", "pupil_count", "counted_here")


@dataclass(frozen=True, slots=True)
class ConflictCount:
    """How many rows and pupils of one unit stand in one kind of conflict with another unit (None: no other)."""

    municipality_code: str
    count_date: date
    conflict_kind: str
    school_unit_code: str
    other_school_unit_code: str | None
    row_count: int
    pupil_count: int
    counted_here: int


def conflict_counts(warehouse: Path, *, count_dates: tuple[date, ...]) -> tuple[ConflictCount, ...]:
    """The counts of some count dates, in order. Raises FileNotFoundError where no warehouse was built."""
    rows = _query(
        warehouse,
        f"select municipality_code, count_date, {', '.join(_COUNTED)} from marts.fct_enrollment_conflicts "
        f"where count_date in ({', '.join('?' for _ in count_dates)}) order by all",
        count_dates,
    )
    return tuple(ConflictCount(*row) for row in rows)


def write_conflict_lists(home: Path, *, warehouse: Path) -> tuple[Path, ...]:
    """Write every unit's list anew from the warehouse; lists of conflicts that are no more disappear.

    Dates the warehouse has no enrollment for keep their lists: retention lets those go.
    """
    dates = _query(warehouse, "select distinct municipality_code, count_date from staging.stg_municipality__enrollment")
    rows = _query(
        warehouse,
        f"select municipality_code, count_date, {', '.join(_COLUMNS)} from intermediate.int_enrollment__conflicts "
        "order by all",
    )
    lists: defaultdict[Path, list[tuple]] = defaultdict(list)
    root = home / "restricted" / "conflicts"
    for code, day, *row in rows:
        told = dict(zip(_COLUMNS, row, strict=True))
        units = {told["school_unit_code"]}
        if told["conflict_kind"].startswith("unit_code_"):  # of a pair the other row brings the other unit itself
            units |= {told["other_school_unit_code"]} - {None}
        for unit in units:
            lists[root / code / day.isoformat() / f"{unit}.csv"].append(tuple(row))
    for code, day in dates:
        shutil.rmtree(root / code / day.isoformat(), ignore_errors=True)
    for path, own in sorted(lists.items()):
        write_bytes(path, _content(own), mode=FILE_MODES["restricted"], folder_mode=ZONES["restricted"])
    return tuple(sorted(lists))


def _content(rows: list[tuple]) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([guarded("" if value is None else str(value)) for value in row] for row in rows)
    return sink.getvalue().encode("utf-8-sig")


def _query(warehouse: Path, sql: str, parameters: tuple = ()) -> list[tuple]:
    with opened(warehouse) as connection:
        return connection.execute(sql, list(parameters)).fetchall()
