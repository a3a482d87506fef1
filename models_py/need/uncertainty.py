"""How sure the index is: intervals from the covariance of the weights, carried to the index by its derivative.

The pupils are a census of the unit, so there is no sampling error in composition: an interval is about the weights.
Belongs here: gradient of the index and intervals of it. Does not: replicates (``replicates``), ends of suppressed shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from models_py.need.fit import NeedFit
from models_py.need.index import need_index
from models_py.need.index_frame import IndexFrame, index_frame
from models_py.need.link import expected, expected_slope
from models_py.need.register import RegisterCells, register_cells, require_share
from models_py.need.scoring import predict_from_counts
from models_py.need.settle import settle_shares

COLUMNS = (
    "school_unit_code",
    "pupil_count",
    "need_index",
    "index_standard_error",
    "interval_lower",
    "interval_upper",
    "index_rule",
    "index_group_code",
)


@dataclass(frozen=True, slots=True, eq=False)
class IndexIntervals:
    """``table``: ``COLUMNS``, one row per unit of the index, ordered by unit; index points.

    ``gradient``: units × terms, index points per unit of each weight.
    """

    table: pd.DataFrame
    gradient: np.ndarray


def index_intervals(
    fit: NeedFit,
    register_counts: pd.DataFrame,
    *,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
    maximum_count_dates: int = 2,
) -> IndexIntervals:
    """Standard error and 95 % interval of every unit's index: first-order propagation of ``fit.covariance``.

    The interval reaches ``fit.widening`` × t(``fit.degrees_of_freedom``) standard errors to both sides, and no lower
    than 0. Members of a small-unit group share theirs. ``register_counts`` and errors as ``predict_from_counts``, index
    settings as ``need_index``; also ``no_need_share``.
    """
    require_share(fit)
    unit_need = predict_from_counts(fit, register_counts).table
    index = need_index(
        unit_need,
        index_minimum_pupils=index_minimum_pupils,
        groups=groups,
        maximum_count_dates=maximum_count_dates,
    )
    frame = index_frame(
        unit_need,
        index_minimum_pupils=index_minimum_pupils,
        groups=groups,
        maximum_count_dates=maximum_count_dates,
    )
    gradient = index_gradient(
        fit, register=register_cells(fit.design, register_counts), frame=frame, unit_need=unit_need
    )
    error = np.sqrt(np.maximum(np.einsum("ut,ts,us->u", gradient, fit.covariance, gradient), 0.0))
    error = settle_shares(error)
    reach = fit.widening * stats.t.ppf(0.975, fit.degrees_of_freedom) * error
    table = index.table[["school_unit_code", "pupil_count", "need_index", "index_rule", "index_group_code"]].copy()
    table["index_standard_error"] = error
    table["interval_lower"] = np.maximum(table["need_index"] - reach, 0.0)
    table["interval_upper"] = table["need_index"] + reach
    gradient.setflags(write=False)
    return IndexIntervals(table[list(COLUMNS)], gradient)


def index_gradient(fit: NeedFit, *, register: RegisterCells, frame: IndexFrame, unit_need: pd.DataFrame) -> np.ndarray:
    """Derivative of the index by each weight: units × terms, index points.

    The intercept moves with the weights (da/db = -Σ n p' x / Σ n p' over the calibration cells), and shares go the same
    way as in the index: mean of the count dates, groups, municipal mean.
    """
    x = fit.design.matrix(register.levels)
    slope = expected_slope(expected(fit.intercept + x @ fit.coefficients, fit.link), fit.link)
    per_date = register.parts @ (slope[:, None] * (x + _intercept_gradient(fit)[None, :]))
    moved = frame.used_shares(frame.spread(register.units, per_date))
    used = frame.used_shares(frame.spread(unit_need, unit_need[["need_share"]].to_numpy()))
    base, base_moved = frame.municipal_mean(used), frame.municipal_mean(moved)
    return 100.0 * (moved - used / base * base_moved[None, :]) / base


def _intercept_gradient(fit: NeedFit) -> np.ndarray:
    if fit.calibration is None:
        return np.zeros(len(fit.coefficients))
    x = fit.design.matrix(fit.calibration.levels)
    share = expected(fit.intercept + x @ fit.coefficients, fit.link)
    weights = fit.calibration.trials * expected_slope(share, fit.link)
    return -(weights @ x) / weights.sum()
