"""Numerical core of the random-intercept logit: intercepts of schools drawn from one normal distribution.

The likelihood is approximated as Laplace did it (Breslow & Clayton 1993; Bates et al. 2015): every school's intercept
at its mode, with the curvature there. Slopes and variance maximise that approximation. Here: arrays in, arrays out.
Not here: tables, names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.fit import SchoolBlocks
from models_py.need.logit import ETA_LIMIT, STEP_LIMIT, Rows, outer_sums, require_identified

SMALLEST_VARIANCE, LARGEST_VARIANCE = 1e-4, 25.0  # log-odds²; at the floor the schools do not differ
START_VARIANCE = 0.1
SETTLING = 2  # iterations before the variance moves: until then intercepts are far from their modes


@dataclass(frozen=True, slots=True, eq=False)
class RandomInterceptFit:
    """``slopes``: the columns of x, then those of the school columns. ``variance``: of the intercepts, log-odds²."""

    slopes: np.ndarray
    variance: float
    blocks: SchoolBlocks
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Everything at one point: per school the curvature, its slope in the intercept, and sums over columns."""

    gradient: np.ndarray
    hessian: np.ndarray
    scores: np.ndarray
    cross: np.ndarray
    block: np.ndarray
    residual: np.ndarray
    weight: np.ndarray
    skew: np.ndarray
    row_weight: np.ndarray


def fit_random_intercept(
    rows: Rows,
    *,
    school_columns: np.ndarray,
    penalty: np.ndarray,
    max_iterations: int = 200,
    tolerance: float = 1e-10,
) -> RandomInterceptFit:
    """Maximise the Laplace likelihood with ridge ``penalty`` (columns of x, then school columns).

    ``school_columns``: schools × columns, the same for all pupils of a school; the first is a column of ones. Schools
    with one outcome only take part. Raises ``NeedError``: ``not_identified``, ``no_convergence``, ``schools_decide``
    (the variance runs away).
    """
    own = rows.x.shape[1]
    slopes = np.zeros(own + school_columns.shape[1])
    slopes[own] = np.log((rows.events.sum() + 0.5) / (rows.trials.sum() - rows.events.sum() + 0.5))
    intercepts, variance = np.zeros(rows.schools), START_VARIANCE
    for iteration in range(1, max_iterations + 1):
        point = _at(rows, school_columns, slopes, intercepts, variance, penalty)
        if iteration == 1:
            require_identified(point.hessian)
        pull = point.residual - intercepts / variance
        step = np.linalg.solve(point.hessian, point.gradient - point.cross.T @ (pull / point.block))
        school_step = (pull - point.cross @ step) / point.block
        moved = variance if iteration <= SETTLING else _variance(point, intercepts)
        largest = max(np.abs(step).max(), np.abs(school_step).max())
        scale = STEP_LIMIT / max(largest, STEP_LIMIT)
        slopes, intercepts = slopes + scale * step, intercepts + scale * school_step
        settled = largest < tolerance and abs(np.log(moved / variance)) < tolerance
        variance = moved
        if settled and iteration > SETTLING:
            if variance >= LARGEST_VARIANCE:
                raise NeedError(
                    "schools differ as if each decided the outcome alone; background cannot be weighed against that:"
                    " check the outcome, or pool more years",
                    reason="schools_decide",
                )
            point = _at(rows, school_columns, slopes, intercepts, variance, penalty)
            hessians = _stacked(rows, school_columns, point.row_weight, point.cross, point.weight)
            hessians -= point.cross[:, :, None] * (point.cross / point.block[:, None])[:, None, :]
            return RandomInterceptFit(
                slopes, variance, SchoolBlocks(point.scores, hessians, np.diag(penalty)), iteration
            )
    raise NeedError(
        f"the random-intercept fit did not settle in {max_iterations} iterations; a level probably decides the outcome"
        " completely: use ridge > 0 or merge levels",
        reason="no_convergence",
    )


def _at(
    rows: Rows,
    school_columns: np.ndarray,
    slopes: np.ndarray,
    intercepts: np.ndarray,
    variance: float,
    penalty: np.ndarray,
) -> _Point:
    x, own = rows.x, rows.x.shape[1]
    level = intercepts + school_columns @ slopes[own:]
    mean = expit(np.clip(level[rows.school] + (x @ slopes[:own])[rows.cell], -ETA_LIMIT, ETA_LIMIT))
    weights, residuals = rows.trials * mean * (1.0 - mean), rows.events - rows.trials * mean
    skews = weights * (1.0 - 2.0 * mean)  # how fast the weights change with the linear predictor
    weight, residual, skew = rows.by_school(weights), rows.by_school(residuals), rows.by_school(skews)
    block = weight + 1.0 / variance
    cross = np.hstack([rows.spread(weights) @ x, weight[:, None] * school_columns])
    bent = np.hstack([rows.spread(skews) @ x, skew[:, None] * school_columns])
    # Laplace: -½ log of the curvature, which moves with the slopes and with the mode they imply.
    correction = -0.5 * (bent - cross * (skew / block)[:, None]) / block[:, None]
    scores = np.hstack([rows.spread(residuals) @ x, residual[:, None] * school_columns]) + correction
    mixed = cross[:, :own].T @ school_columns
    whole = np.block(
        [
            [x.T @ (rows.by_cell(weights)[:, None] * x), mixed],
            [mixed.T, school_columns.T @ (weight[:, None] * school_columns)],
        ]
    )
    hessian = whole + np.diag(penalty) - cross.T @ (cross / block[:, None])
    return _Point(scores.sum(axis=0) - penalty * slopes, hessian, scores, cross, block, residual, weight, skew, weights)


def _variance(point: _Point, intercepts: np.ndarray) -> float:
    """The variance with the highest Laplace likelihood around the present weights.

    With R_j the residual a school would have without an intercept, its mode is R t/(1 + W t). The likelihood's slope in
    t is Σ R²/(1+Wt)² - W/(1+Wt) - K R t/(1+Wt)³: the fixed point of t = mean(a² + 1/D - K a/D²), found at once.
    """
    weight, skew = point.weight, point.skew
    alone = point.residual + weight * intercepts

    def slope(log_variance: float) -> float:
        variance = np.exp(log_variance)
        shrunk = 1.0 + weight * variance
        return float(((alone / shrunk) ** 2 - weight / shrunk - skew * alone * variance / shrunk**3).sum())

    low, high = np.log(SMALLEST_VARIANCE), np.log(LARGEST_VARIANCE)
    if slope(low) <= 0:
        return SMALLEST_VARIANCE
    if slope(high) >= 0:
        return LARGEST_VARIANCE
    return float(np.exp(brentq(slope, low, high, xtol=1e-13, rtol=1e-14)))


def _stacked(
    rows: Rows, school_columns: np.ndarray, weights: np.ndarray, cross: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Σ w z z' per school over both kinds of columns."""
    own, width = rows.x.shape[1], cross.shape[1]
    full = np.empty((rows.schools, width, width))
    full[:, :own, :own] = outer_sums(rows, weights)
    mixed = cross[:, :own, None] * school_columns[:, None, :]
    full[:, :own, own:] = mixed
    full[:, own:, :own] = mixed.transpose(0, 2, 1)
    full[:, own:, own:] = weight[:, None, None] * school_columns[:, :, None] * school_columns[:, None, :]
    return full
