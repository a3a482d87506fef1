"""The simulated dose: what each year's formula would give the composition of one fixed base year.

What a unit receives follows its pupils, and pupils explain results; what the formula gives fixed pupils changes only when
the formula does. Here: the dose, and how much a unit was exposed to the change. Not here: the formulas' own money.
Source: the simulated instrument of Currie & Gruber 1996.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from models_py.effect.panel import EffectPanel
from models_py.errors import EffectError

Formula = Callable[[np.ndarray], np.ndarray]
"""Need index of units → kkr per pupil and year."""


def linear_formula(kkr_per_index_point: float) -> Formula:
    """Money in proportion to the index."""
    return lambda index: kkr_per_index_point * index


def simulated_dose(base: pd.DataFrame, *, formulas: Mapping[int, Formula]) -> pd.DataFrame:
    """``base``: school_unit_code and need_index of the base year. Returns school_unit_code, result_year, dose_kkr.

    Raises ``EffectError``: ``duplicate_key``, ``empty_value``, ``no_formula``.
    """
    if not formulas:
        raise EffectError("no year has a formula; name the formula of every year", reason="no_formula")
    if base["school_unit_code"].duplicated().any():
        raise EffectError("a school unit stands twice in the base year; one row each", reason="duplicate_key")
    index = base["need_index"].to_numpy(dtype=float)
    if not np.isfinite(index).all():
        raise EffectError(
            f"{int((~np.isfinite(index)).sum())} school units have no index in the base year; leave them out",
            reason="empty_value",
        )
    parts = [
        pd.DataFrame({"school_unit_code": base["school_unit_code"], "result_year": year, "dose_kkr": formula(index)})
        for year, formula in sorted(formulas.items())
    ]
    return pd.concat(parts).sort_values(["school_unit_code", "result_year"], ignore_index=True)


def exposure(panel: EffectPanel, *, first_year: int) -> np.ndarray:
    """Per school: mean dose from ``first_year`` on less mean dose before, kkr per pupil; NaN without years on a side."""
    after = np.array(panel.years)[panel.year] >= first_year
    means = []
    for side in (after, ~after):
        count = np.bincount(panel.school, weights=side, minlength=len(panel.schools))
        total = np.bincount(panel.school, weights=panel.dose * side, minlength=len(panel.schools))
        means.append(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))
    return np.asarray(means[0] - means[1])
