"""Numerical core of the within-school logit: Newton with absorbed intercepts, jackknife covariance, recalibration.

Here: arrays in, arrays out. Rows are sorted by school; ``starts`` holds the first row of each school. Not here: tables,
levels, names. Plain ``numpy`` sums over sorted rows, so equal input gives equal bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from models_py.errors import NeedError

STEP_LIMIT = 3.0  # log-odds; a longer Newton step from a poor start can overshoot into saturation
ETA_LIMIT = 30.0  # beyond this the variance underflows
DAMPING = 1e-4  # keeps the school block invertible while all its weights are nearly zero; vanishes at the solution


@dataclass(frozen=True, slots=True, eq=False)
class AbsorbedFit:
    """Solution of the fixed-effects logit: slopes, and the rows' weights n·mu·(1-mu) and residuals s-n·mu at it."""

    slopes: np.ndarray
    weights: np.ndarray
    residuals: np.ndarray
    iterations: int


def fit_absorbed(
    x: np.ndarray,
    *,
    trials: np.ndarray,
    events: np.ndarray,
    starts: np.ndarray,
    penalty: np.ndarray,
    max_iterations: int = 30,
    tolerance: float = 1e-8,
) -> AbsorbedFit:
    """Maximise the binomial likelihood with one intercept per school and ridge ``penalty`` (per column) on the slopes.

    ``x`` rows × columns without intercept; ``trials`` and ``events`` per row. Every school must have both outcomes.
    Raises ``NeedError``: ``not_identified`` (collinear columns without ridge), ``no_convergence`` (separation).
    """
    school = _school_of_row(starts, len(x))
    school_events, school_trials = np.add.reduceat(events, starts), np.add.reduceat(trials, starts)
    intercepts = np.log((school_events + 0.5) / (school_trials - school_events + 0.5))
    slopes = np.zeros(x.shape[1])
    for iteration in range(1, max_iterations + 1):
        mean = expit(np.clip(intercepts[school] + x @ slopes, -ETA_LIMIT, ETA_LIMIT))
        weights, residuals = trials * mean * (1.0 - mean), events - trials * mean
        block = np.add.reduceat(weights, starts) + DAMPING
        cross = np.add.reduceat(weights[:, None] * x, starts)
        hessian = x.T @ (weights[:, None] * x) + np.diag(penalty) - cross.T @ (cross / block[:, None])
        if iteration == 1:
            _require_identified(hessian)
        gradient = x.T @ residuals - penalty * slopes
        school_gradient = np.add.reduceat(residuals, starts)
        step = np.linalg.solve(hessian, gradient - cross.T @ (school_gradient / block))
        school_step = (school_gradient - cross @ step) / block
        largest = max(np.abs(step).max(), np.abs(school_step).max())
        scale = min(1.0, STEP_LIMIT / largest) if largest > 0 else 1.0
        slopes, intercepts = slopes + scale * step, intercepts + scale * school_step
        if largest < tolerance:
            mean = expit(np.clip(intercepts[school] + x @ slopes, -ETA_LIMIT, ETA_LIMIT))
            return AbsorbedFit(slopes, trials * mean * (1.0 - mean), events - trials * mean, iteration)
    raise NeedError(
        f"the fit did not settle in {max_iterations} iterations; a level probably decides the outcome completely:"
        " use ridge > 0 or merge levels",
        reason="no_convergence",
    )


def within_covariance(
    x: np.ndarray, *, weights: np.ndarray, residuals: np.ndarray, starts: np.ndarray, penalty: np.ndarray
) -> np.ndarray:
    """CR3 covariance of the slopes: one-step jackknife over schools, columns centred at the school's weighted mean.

    Valid with few schools, where the plain sandwich is too narrow (Bell & McCaffrey 2002; MacKinnon & Webb 2018).
    """
    school_weight = np.add.reduceat(weights, starts)[:, None]
    centred = x - (np.add.reduceat(weights[:, None] * x, starts) / school_weight)[_school_of_row(starts, len(x))]
    return jackknife_covariance(centred, weights=weights, residuals=residuals, starts=starts, penalty=penalty)


def jackknife_covariance(
    x: np.ndarray, *, weights: np.ndarray, residuals: np.ndarray, starts: np.ndarray, penalty: np.ndarray
) -> np.ndarray:
    """(J-1)/J · Σ d d', d = -(H - H_j)⁻¹ s_j: every cluster left out once, by one Newton step.

    Raises ``NeedError`` (``not_identified``) if leaving out one cluster makes a column vanish and there is no ridge.
    """
    scores = np.add.reduceat(x * residuals[:, None], starts)
    bounds = np.append(starts, len(x))
    blocks = np.stack([x[a:b].T @ (weights[a:b, None] * x[a:b]) for a, b in pairwise(bounds)])
    left = blocks.sum(axis=0) + np.diag(penalty) - blocks
    try:
        deltas = -np.linalg.solve(left, scores[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        raise NeedError(
            "one school alone carries a level, so its uncertainty cannot be estimated; use ridge > 0 or merge levels",
            reason="not_identified",
        ) from None
    clusters = len(starts)
    return (clusters - 1) / clusters * deltas.T @ deltas


def recalibrate(score: np.ndarray, *, trials: np.ndarray, events: np.ndarray) -> float:
    """The one intercept a* with Σ n·expit(a* + score) = Σ s, log-odds. Needs both outcomes in the sum."""
    total, reach = events.sum(), float(np.abs(score).max()) + ETA_LIMIT
    return float(
        brentq(lambda a: float((trials * expit(a + score)).sum() - total), -reach, reach, xtol=1e-13, rtol=1e-14)
    )


def _school_of_row(starts: np.ndarray, rows: int) -> np.ndarray:
    return np.repeat(np.arange(len(starts)), np.diff(np.append(starts, rows)))


def _require_identified(hessian: np.ndarray) -> None:
    eigenvalues = np.linalg.eigvalsh(hessian)
    if eigenvalues[0] <= 1e-10 * eigenvalues[-1]:
        raise NeedError(
            "the columns cannot be told apart within schools; use ridge > 0 or leave out a factor",
            reason="not_identified",
        )
