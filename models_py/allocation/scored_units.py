"""School units with pupils and need, as arrays in one order: ascending code.

Belongs here: the checked table that scenarios, measures and diagnosis share, and aligning further values with it.
Does not: money, or anything that knows who organises a school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.allocation.rounding import listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True, eq=False)
class ScoredUnits:
    """Units with pupils, ascending by code; every array has one value per unit and cannot be written to.

    Attributes
    ----------
    school_unit_code : tuple of J codes
    pupil_count : (J,) int64, at least 1
    need_index : (J,) float64, 0 or more; 100 is the municipality's average pupil when re-based
    need_share : (J,) float64 0..1, expected share not eligible; or None
    """

    school_unit_code: tuple[str, ...]
    pupil_count: np.ndarray
    need_index: np.ndarray
    need_share: np.ndarray | None = None

    def align(self, values: Mapping[str, float], *, what: str) -> np.ndarray:
        """``values`` by code as a (J,) float64 array. Raises AllocationError unless exactly these units have one."""
        known = set(self.school_unit_code)
        missing, strangers = sorted(known - values.keys()), sorted(values.keys() - known)
        if missing or strangers:
            raise AllocationError(
                f"{what}: no value for school units {listed(missing)}, unknown school units {listed(strangers)}; "
                "give each unit with pupils exactly one"
            )
        return finite(np.array([float(values[unit]) for unit in self.school_unit_code]), units=self, what=what)


def scored_units(table: pd.DataFrame) -> ScoredUnits:
    """Units of one municipality from any order of rows; units without pupils are left out.

    ``table``: school_unit_code, pupil_count, need_index and, where known, need_share. Raises AllocationError for a
    missing column, a unit twice, counts that are not whole or are negative, an index or share that is missing or out of
    range, and for a table without pupils.
    """
    columns = ["school_unit_code", "pupil_count", "need_index"]
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise AllocationError(f"scored units: columns {absent} are missing; deliver them")
    rows = table.assign(school_unit_code=table["school_unit_code"].astype(str)).sort_values("school_unit_code")
    codes = rows["school_unit_code"].to_numpy(dtype=object)
    _refuse(rows["school_unit_code"].duplicated().to_numpy(), codes, "appear twice; give each once")
    pupils = pd.to_numeric(rows["pupil_count"]).to_numpy(dtype=float, na_value=np.nan)
    whole = np.isfinite(pupils) & (pupils >= 0) & (pupils == np.floor(pupils))
    _refuse(~whole, codes, "have a pupil_count that is not a whole number from 0 up")
    kept = pupils > 0
    if not kept.any():
        raise AllocationError("scored units: no school unit has pupils; nothing can be shared or measured")
    columns_of_need = {"need_index": np.inf} | ({"need_share": 1.0} if "need_share" in rows else {})
    need = {}
    for name, highest in columns_of_need.items():
        values = pd.to_numeric(rows[name]).to_numpy(dtype=float, na_value=np.nan)
        wrong = kept & ~(np.isfinite(values) & (values >= 0) & (values <= highest))
        _refuse(wrong, codes, f"have a {name} that is missing or out of range")
        need[name] = _fixed(values[kept])
    return ScoredUnits(school_unit_code=tuple(codes[kept]), pupil_count=_fixed(pupils[kept].astype(np.int64)), **need)


def finite(values: np.ndarray, *, units: ScoredUnits, what: str) -> np.ndarray:
    """``values`` as float64 with one finite number per unit in the last axis, or AllocationError."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape[-1:] != (len(units.school_unit_code),):
        raise AllocationError(
            f"{what}: shape {numbers.shape} does not end in the number of school units, {len(units.school_unit_code)}"
        )
    bad = ~np.isfinite(numbers)
    if bad.any():
        where = np.flatnonzero(bad.reshape(-1, numbers.shape[-1]).any(axis=0))
        raise AllocationError(
            f"{what}: not a number for school units {listed([units.school_unit_code[j] for j in where])}"
        )
    return numbers


def _refuse(wrong: np.ndarray, codes: np.ndarray, because: str) -> None:
    if wrong.any():
        raise AllocationError(f"scored units: school units {listed(sorted(set(codes[wrong])))} {because}")


def _fixed(values: np.ndarray) -> np.ndarray:
    values.setflags(write=False)
    return values
