"""Last year's amounts from a file, scored against this year's need and compared with what is proposed.

Belongs here: reading the file (it holds school units, no pupils), matching it with a published year, carrying its amounts
to this year's pupils and budget. Does not: the scores (``models_py.allocation.diagnosis``), layout.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np

from models_py.allocation.diagnosis import Diagnosis, diagnose
from models_py.allocation.rounding import listed
from orchestration.comparison.published_year import ComparisonError, PublishedYear
from orchestration.texts import say

REQUIRED = ("school_unit_code", "pupil_count", "total_kr")
OPTIONAL = ("base_kr",)
LARGEST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class LastYearUnit:
    """Decided amounts of one unit; ``base_ore`` is what did not follow need, or None where the file does not say."""

    pupil_count: int
    total_ore: int
    base_ore: int | None


@dataclass(frozen=True, slots=True, eq=False)
class LastYearDiagnosis:
    """The diagnosis, and what was assumed for it.

    Attributes
    ----------
    carried : factor from last year's amounts, at this year's pupils, to this year's budget
    structural_share : part of last year's money taken to follow need, 0..1
    share_is_assumed : whether that part was assumed, since the file has no base_kr
    """

    diagnosis: Diagnosis
    carried: float
    structural_share: float
    share_is_assumed: bool


def read_last_year(path: Path) -> dict[str, LastYearUnit]:
    """Units by code from a CSV file (comma, semicolon or tab; decimal point or comma; UTF-8).

    Columns school_unit_code, pupil_count, total_kr and, where known, base_kr. Raises ComparisonError naming file, line and
    column for another set of columns, a number that is none, a base part above the total, and a unit given twice.
    """
    if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
        raise ComparisonError(say("no_such_file", file=path.name))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ComparisonError(say("diagnose_not_utf8", file=path.name)) from None
    first = text.partition("\n")[0]
    separator = next((mark for mark in (";", "\t", ",") if mark in first), ",")
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    header = [name.strip().casefold() for name in next(rows, [])]
    if set(REQUIRED) - set(header) or set(header) - {*REQUIRED, *OPTIONAL} or len(set(header)) != len(header):
        raise ComparisonError(
            say("diagnose_columns", file=path.name, columns=", ".join(REQUIRED), optional=OPTIONAL[0])
        )
    found: dict[str, LastYearUnit] = {}
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path.name}:{rows.line_num}"
        if len(row) != len(header):
            raise ComparisonError(say("diagnose_cells", where=where))
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        code = cells["school_unit_code"]
        if not code or code in found:
            raise ComparisonError(say("diagnose_twice", where=where, school=code))
        pupils = _number(cells["pupil_count"], where=where, column="pupil_count", lowest=1)
        total = _ore(cells["total_kr"], where=where, column="total_kr")
        base = _ore(cells["base_kr"], where=where, column="base_kr") if "base_kr" in cells else None
        if pupils != int(pupils):
            raise ComparisonError(say("diagnose_number", where=where, column="pupil_count"))
        if base is not None and base > total:
            raise ComparisonError(say("diagnose_base_above", where=where))
        found[code] = LastYearUnit(int(pupils), total, base)
    return found


def diagnose_last_year(
    year: PublishedYear, *, last_year: dict[str, LastYearUnit], structural_share: float | None = None
) -> LastYearDiagnosis:
    """Score last year's amounts on this year's pupils and need.

    Each unit's amount per pupil of last year meets this year's pupils, and all are scaled to this year's budget, so that
    gains and losses add up to zero. Without base_kr the base part is the published one, scaled so that
    ``structural_share`` of the money (default: the published share) follows need.

    Raises ComparisonError for units that stand in the file or in the publication only, by code and number;
    AllocationError where nothing of last year's money lies beyond the base part.
    """
    codes = year.units.school_unit_code
    last_year = {code: unit for code, unit in last_year.items() if code not in year.left_out}
    strangers, missing = sorted(last_year.keys() - set(codes)), sorted(set(codes) - last_year.keys())
    if strangers or missing:
        raise ComparisonError(
            say(
                "diagnose_unmatched",
                stranger_codes=listed(strangers) if strangers else "0",
                missing_codes=listed(missing) if missing else "0",
            )
        )
    own = [last_year[code] for code in codes]
    pupils = year.units.pupil_count / np.array([unit.pupil_count for unit in own], dtype=float)
    total = np.array([unit.total_ore for unit in own], dtype=float) * pupils
    if not total.sum() > 0:
        raise ComparisonError(say("diagnose_no_money"))
    carried = year.budget_ore / float(total.sum())
    present = total * carried
    given = [unit.base_ore for unit in own]
    is_assumed = None in given or structural_share is not None
    if is_assumed:
        share = year.structural_share if structural_share is None else structural_share
        shape = year.base_ore.astype(float)
        base = shape * ((1 - share) * float(present.sum()) / float(shape.sum()))
    else:
        base = np.array(given, dtype=float) * pupils * carried
    found = diagnose(
        year.units,
        present_ore=present,
        base_ore=base,
        claims_of=lambda index: year.units.pupil_count * index,
        proposal_ore=year.total_ore.astype(float),
    )
    return LastYearDiagnosis(found, carried, 1 - float(base.sum() / present.sum()), is_assumed)


def _number(cell: str, *, where: str, column: str, lowest: int) -> Decimal:
    plain = re.sub(r"[\s\u00a0\u202f]", "", cell).replace(",", ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < lowest:
        raise ComparisonError(say("diagnose_number", where=where, column=column))
    return value


def _ore(cell: str, *, where: str, column: str) -> int:
    ore = _number(cell, where=where, column=column, lowest=0) * 100
    if ore != int(ore):
        raise ComparisonError(say("diagnose_number", where=where, column=column))
    return int(ore)
