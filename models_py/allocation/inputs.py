"""Check what an allocation is given, and turn it into exact numbers.

Belongs here: refusing tables that cannot be paid on, with the school units concerned. Does not: any sharing of money.
Organiser type is not read, here or anywhere in this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import pandas as pd

from models_py.allocation.rounding import exact_sum, listed
from models_py.errors import AllocationError

if TYPE_CHECKING:
    from models_py.allocation.policy import AllocationPolicy

MEAN_INDEX_TOLERANCE = Fraction(1, 10**6)
"""Index points by which the pupil-weighted mean of a re-based index (kept at 1e-9 where it is made) may miss 100."""


@dataclass(frozen=True, slots=True)
class CheckedUnits:
    """School units to be paid, ascending by code, and those that are not.

    Attributes
    ----------
    pupils : unit to grade to pupils, grades with pupils only
    need_index : unit to index, exactly the number delivered (mean 100); empty where a formula has no index
    unpaid : (school_unit_code, reason_code) of units without pupils, ascending
    """

    pupils: Mapping[str, Mapping[str, int]]
    need_index: Mapping[str, Fraction]
    unpaid: tuple[tuple[str, str], ...]

    @property
    def pupil_count(self) -> dict[str, int]:
        """Pupils F-9 per paid unit."""
        return {unit: sum(grades.values()) for unit, grades in self.pupils.items()}


def checked_units(*, enrollment: pd.DataFrame, need: pd.DataFrame | None, policy: AllocationPolicy) -> CheckedUnits:
    """Pupils and index of one municipality's units in one funding year; see ``allocate`` for tables and errors."""
    counted = _pupils(enrollment)
    if need is None:
        return _without_index(counted)
    index = _need_index(need)
    strangers = sorted(index.keys() - counted.keys())
    if strangers:
        raise AllocationError(
            f"need has an index without enrollment for school units {listed(strangers)}; "
            "use the same count date in both"
        )
    paid = {
        unit: {g: n for g, n in grades.items() if n} for unit, grades in sorted(counted.items()) if any(grades.values())
    }
    without = [unit for unit in paid if unit not in index]
    if without:
        raise AllocationError(
            f"need has no index for school units with pupils {listed(without)}; "
            "give each an index or an index rule before money is shared"
        )
    units = CheckedUnits(
        pupils=paid,
        need_index={unit: index[unit] for unit in paid},
        unpaid=tuple((unit, "no_pupils") for unit in sorted(counted) if unit not in paid),
    )
    _same_pupils_as_the_index(need, units)
    _small_units_are_merged(need, units, policy)
    _index_is_rebased(units, policy)
    return units


def _without_index(counted: dict[str, dict[str, int]]) -> CheckedUnits:
    paid = {unit: {g: n for g, n in grades.items() if n} for unit, grades in sorted(counted.items())}
    return CheckedUnits(
        pupils={unit: grades for unit, grades in paid.items() if grades},
        need_index={},
        unpaid=tuple((unit, "no_pupils") for unit, grades in paid.items() if not grades),
    )


def _pupils(enrollment: pd.DataFrame) -> dict[str, dict[str, int]]:
    columns_are_there(enrollment, "enrollment", ("school_unit_code", "grade", "pupil_count"))
    one_row_per(enrollment, "enrollment", ["school_unit_code", "grade"])
    values = enrollment["pupil_count"]
    wrong = values.isna() | (values < 0) | (values % 1 != 0)
    if wrong.any():
        raise AllocationError(
            "enrollment.pupil_count must be whole and not negative; it is not for school units "
            f"{listed(sorted(set(enrollment.loc[wrong, 'school_unit_code'])))}"
        )
    counted: dict[str, dict[str, int]] = {}
    for unit, grade, count in zip(enrollment["school_unit_code"], enrollment["grade"], values, strict=True):
        counted.setdefault(str(unit), {})[str(grade)] = int(count)
    return counted


def _need_index(need: pd.DataFrame) -> dict[str, Fraction]:
    columns_are_there(need, "need", ("school_unit_code", "need_index"))
    one_row_per(need, "need", ["school_unit_code"])
    values = need["need_index"]
    wrong = values.isna() | ~(values >= 0) | (values == float("inf"))
    if wrong.any():
        raise AllocationError(
            "need.need_index must be a number from 0 up; it is not for school units "
            f"{listed(sorted(set(need.loc[wrong, 'school_unit_code'])))}"
        )
    return {str(unit): Fraction(value) for unit, value in zip(need["school_unit_code"], values.tolist(), strict=True)}


def _same_pupils_as_the_index(need: pd.DataFrame, units: CheckedUnits) -> None:
    """An index counted on other pupils than the money would be re-based on the wrong weights."""
    if "pupil_count" not in need:
        return
    behind = dict(zip(need["school_unit_code"].astype(str), need["pupil_count"], strict=True))
    differing = [unit for unit, count in units.pupil_count.items() if behind[unit] != count]
    if differing:
        raise AllocationError(
            f"need.pupil_count differs from enrollment for school units {listed(differing)}; "
            "both must be counted on the later count date"
        )


def _small_units_are_merged(need: pd.DataFrame, units: CheckedUnits, policy: AllocationPolicy) -> None:
    """Public money reveals an index, so a small unit must not be paid by its own."""
    if "index_rule" not in need or len(units.pupils) < 2:
        return
    own = set(need.loc[need["index_rule"] == "own", "school_unit_code"].astype(str))
    bare = [unit for unit, count in units.pupil_count.items() if unit in own and count < policy.index_minimum_pupils]
    if bare:
        raise AllocationError(
            f"school units {listed(bare)} have fewer than index.minimum_pupils "
            f"({policy.index_minimum_pupils}) pupils but an index of their own; merge them first"
        )


def _index_is_rebased(units: CheckedUnits, policy: AllocationPolicy) -> None:
    if policy.rebase != "pupils" or not units.pupils:
        return
    count = units.pupil_count
    mean = exact_sum(count[unit] * units.need_index[unit] for unit in count) / sum(count.values())
    if abs(mean - 100) > MEAN_INDEX_TOLERANCE:
        raise AllocationError(
            f"index.rebase is 'pupils', but the pupil-weighted mean of need_index is {float(mean):.6f} "
            "over the school units to be paid; re-base it to 100, or decide index.rebase: none"
        )


def columns_are_there(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in table]
    if missing:
        raise AllocationError(
            f"{name} lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}"
        )


def one_row_per(table: pd.DataFrame, name: str, keys: list[str]) -> None:
    empty = table[keys].isna().any(axis=1)
    if empty.any():
        raise AllocationError(f"{name} has {int(empty.sum())} rows without {' or '.join(keys)}")
    twice = table.duplicated(keys, keep=False)
    if twice.any():
        raise AllocationError(
            f"{name} must have one row per {', '.join(keys)}; more than one for school units "
            f"{listed(sorted(set(table.loc[twice, 'school_unit_code'].astype(str))))}"
        )
