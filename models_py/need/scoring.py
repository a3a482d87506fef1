"""From a within-school fit to the need of every school unit: cells are scored once, pupils are counted in.

Here: the expected share per unit and count date over all pupils in the register. Not here: index, money, estimation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from models_py.need.design import level_codes
from models_py.need.fit import NeedFit
from models_py.need.settle import settle_shares
from models_py.need.tables import canonical_counts, starts_of

UNIT_KEYS = ("municipality_code", "count_date", "school_unit_code")


@dataclass(frozen=True, slots=True)
class UnfittedLevel:
    """A level among the pupils that the fit could not estimate, what it was scored as, and how many pupils have it."""

    factor: str
    level: str
    scored_as: str
    pupils: int


@dataclass(frozen=True, slots=True, eq=False)
class UnitNeed:
    """``table``: municipality_code, count_date, school_unit_code, basis, pupil_count, need_share (0..1, null = no
    composition known), need_share_lower/_upper (both ends of suppressed shares; null where nothing bounds them)."""

    table: pd.DataFrame
    unfitted_levels: tuple[UnfittedLevel, ...] = ()


def predict_from_counts(fit: NeedFit, register_counts: pd.DataFrame) -> UnitNeed:
    """Need per unit: mean of expit(intercept + x'b) over all pupils enrolled, not over leavers.

    ``register_counts``: municipality_code, count_date, school_unit_code, the factor columns, pupil_count. Composition
    is a census, so nothing is shrunk towards a mean. Raises ``NeedError`` for unknown levels and faulty counts.
    """
    factors = fit.design.factors
    names = [factor.name for factor in factors]
    counts = canonical_counts(
        register_counts, keys=[*UNIT_KEYS, *names], counts=["pupil_count"], what="register counts"
    )
    codes = level_codes(counts, factors)
    pupils = counts["pupil_count"].to_numpy(dtype=float)
    cells, cell_of_row = np.unique(codes, axis=0, return_inverse=True)
    share = predicted_share(fit, cells)[cell_of_row.reshape(-1)]
    starts = starts_of(*(counts[key] for key in UNIT_KEYS))
    unit_pupils = np.add.reduceat(pupils, starts)
    table = counts.iloc[starts][list(UNIT_KEYS)].reset_index(drop=True)
    table["basis"] = "pupil_level"
    table["pupil_count"] = unit_pupils.astype(np.int64)
    table["need_share"] = settle_shares(np.add.reduceat(pupils * share, starts) / unit_pupils)
    table["need_share_lower"] = np.nan
    table["need_share_upper"] = np.nan
    return UnitNeed(table, _unfitted(fit, codes, pupils))


def predicted_share(fit: NeedFit, levels: np.ndarray) -> np.ndarray:
    """Expected share not eligible of cells (int, cells × factors, positions in ``Factor.levels``), 0..1.

    Points added straight to a share can leave 0..1 and are clipped there; log-odds cannot.
    """
    score = fit.intercept + fit.design.matrix(levels) @ fit.coefficients
    return expit(score) if fit.link == "logit" else np.clip(score, 0.0, 1.0)


def _unfitted(fit: NeedFit, codes: np.ndarray, pupils: np.ndarray) -> tuple[UnfittedLevel, ...]:
    position = {factor.name: (column, factor) for column, factor in enumerate(fit.design.factors)}
    found = []
    for term in fit.design.dropped:
        column, factor = position[term.factor]
        count = int(pupils[codes[:, column] == factor.levels.index(term.level)].sum())
        if count:
            found.append(UnfittedLevel(term.factor, term.level, fit.design.scored_as(factor, term.level), count))
    return tuple(found)
