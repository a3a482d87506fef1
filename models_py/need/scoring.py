"""From a fit to the need of every school unit: cells are scored once, pupils are counted in.

Here: the expected share per unit and count date over all pupils in the register. Not here: index, money, estimation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.design import Factor, level_codes
from models_py.need.distinct import distinct_cells
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
    """Need per unit: mean of the expected share over all pupils enrolled, not over leavers.

    ``register_counts``: municipality_code, count_date, school_unit_code, the factor columns, pupil_count. Composition
    is a census, so nothing is shrunk towards a mean. Raises ``NeedError`` for unknown levels and faulty counts.
    """
    need_share_of = partial(predicted_share, fit)
    table, means, codes_and_pupils = unit_means(fit.design.factors, register_counts, value=need_share_of)
    table.insert(3, "basis", "pupil_level")
    table["need_share"] = settle_shares(means)
    table["need_share_lower"] = np.nan
    table["need_share_upper"] = np.nan
    return UnitNeed(table, _unfitted(fit, *codes_and_pupils))


def unit_means(
    factors: tuple[Factor, ...], register_counts: pd.DataFrame, *, value: Callable[[np.ndarray], np.ndarray]
) -> tuple[pd.DataFrame, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Pupil-weighted mean per unit of what ``value`` says of cells (int, cells × factors), each cell scored once.

    Returns the units (``UNIT_KEYS``, pupil_count), their means, and the rows' level codes with their pupils.
    """
    names = [factor.name for factor in factors]
    counts = canonical_counts(
        register_counts, keys=[*UNIT_KEYS, *names], counts=["pupil_count"], what="register counts"
    )
    codes = level_codes(counts, factors)
    pupils = counts["pupil_count"].to_numpy(dtype=float)
    cells, cell_of_row = distinct_cells(codes, factors)
    of_rows = value(cells)[cell_of_row]
    starts = starts_of(*(counts[key] for key in UNIT_KEYS))
    unit_pupils = np.add.reduceat(pupils, starts)
    table = counts.iloc[starts][list(UNIT_KEYS)].reset_index(drop=True)
    table["pupil_count"] = unit_pupils.astype(np.int64)
    return table, np.add.reduceat(pupils * of_rows, starts) / unit_pupils, (codes, pupils)


def predicted_share(fit: NeedFit, levels: np.ndarray) -> np.ndarray:
    """Expected share not eligible of cells (int, cells × factors, positions in ``Factor.levels``), 0..1.

    Points added straight to a share can leave 0..1 and are clipped there; log-odds cannot. Raises ``NeedError``
    (``no_need_share``) for a fit of merit value: points of merit are not a share of pupils, and have no index.
    """
    if fit.outcome != "not_eligible":
        raise NeedError(
            f"the fit is of {fit.outcome}, which has no need share; fit not_eligible for the index",
            reason="no_need_share",
        )
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
