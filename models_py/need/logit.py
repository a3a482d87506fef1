"""Numerical core of the logits on school × cell counts: Newton with absorbed intercepts, jackknife covariance, recalibration.

Here: arrays in, arrays out. The columns of a cell are kept once, however many schools have it; what belongs to a school
and a cell is a sparse matrix. Sums run over sorted rows in one thread, so equal input gives equal bits. Not here:
tables, levels, names.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.fit import SchoolBlocks

STEP_LIMIT = 3.0  # log-odds; a longer Newton step from a poor start can overshoot into saturation
ETA_LIMIT = 30.0  # beyond this the variance underflows
DAMPING = 1e-4  # keeps the school block invertible while all its weights are nearly zero; vanishes at the solution


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of school × cell: ``x`` cells × columns; ``school`` (ascending) and ``cell`` per row; trials and events."""

    x: np.ndarray
    school: np.ndarray
    cell: np.ndarray
    trials: np.ndarray
    events: np.ndarray

    @property
    def schools(self) -> int:
        return int(self.school[-1]) + 1

    def by_school(self, values: np.ndarray) -> np.ndarray:
        """Sum of a row value per school."""
        return np.bincount(self.school, weights=values)

    def by_cell(self, values: np.ndarray) -> np.ndarray:
        """Sum of a row value per cell."""
        return np.bincount(self.cell, weights=values, minlength=len(self.x))

    def spread(self, values: np.ndarray) -> csr_array:
        """A row value as schools × cells, to be multiplied with columns of cells."""
        ends = np.searchsorted(self.school, np.arange(self.schools + 1))
        return csr_array((values, self.cell, ends), shape=(self.schools, len(self.x)))


@dataclass(frozen=True, slots=True, eq=False)
class AbsorbedFit:
    """Solution of the fixed-effects logit: slopes, and the rows' weights n·mu·(1-mu) and residuals s-n·mu at it."""

    slopes: np.ndarray
    weights: np.ndarray
    residuals: np.ndarray
    iterations: int


def fit_absorbed(rows: Rows, *, penalty: np.ndarray, max_iterations: int = 30, tolerance: float = 1e-8) -> AbsorbedFit:
    """Maximise the binomial likelihood with one intercept per school and ridge ``penalty`` (per column) on the slopes.

    Every school must have both outcomes.
    Raises ``NeedError``: ``not_identified`` (collinear columns without ridge), ``no_convergence`` (separation).
    """
    x, school, cell = rows.x, rows.school, rows.cell
    school_events, school_trials = rows.by_school(rows.events), rows.by_school(rows.trials)
    intercepts = np.log((school_events + 0.5) / (school_trials - school_events + 0.5))
    slopes = np.zeros(x.shape[1])
    for iteration in range(1, max_iterations + 1):
        mean = expit(np.clip(intercepts[school] + (x @ slopes)[cell], -ETA_LIMIT, ETA_LIMIT))
        weights, residuals = rows.trials * mean * (1.0 - mean), rows.events - rows.trials * mean
        block = rows.by_school(weights) + DAMPING
        cross = rows.spread(weights) @ x
        hessian = x.T @ (rows.by_cell(weights)[:, None] * x) + np.diag(penalty) - cross.T @ (cross / block[:, None])
        if iteration == 1:
            require_identified(hessian)
        gradient = x.T @ rows.by_cell(residuals) - penalty * slopes
        school_gradient = rows.by_school(residuals)
        step = np.linalg.solve(hessian, gradient - cross.T @ (school_gradient / block))
        school_step = (school_gradient - cross @ step) / block
        largest = max(np.abs(step).max(), np.abs(school_step).max())
        scale = STEP_LIMIT / max(largest, STEP_LIMIT)
        slopes, intercepts = slopes + scale * step, intercepts + scale * school_step
        if largest < tolerance:
            mean = expit(np.clip(intercepts[school] + (x @ slopes)[cell], -ETA_LIMIT, ETA_LIMIT))
            return AbsorbedFit(slopes, rows.trials * mean * (1.0 - mean), rows.events - rows.trials * mean, iteration)
    raise NeedError(
        f"the fit did not settle in {max_iterations} iterations; a level probably decides the outcome completely:"
        " use ridge > 0 or merge levels",
        reason="no_convergence",
    )


def within_blocks(rows: Rows, *, weights: np.ndarray, residuals: np.ndarray, penalty: np.ndarray) -> SchoolBlocks:
    """Scores and Hessian of each school, columns centred at the school's weighted mean (its intercept is absorbed)."""
    block = rows.by_school(weights)
    cross = rows.spread(weights) @ rows.x
    mean = cross / block[:, None]
    scores = rows.spread(residuals) @ rows.x - mean * rows.by_school(residuals)[:, None]
    hessians = outer_sums(rows, weights) - cross[:, :, None] * mean[:, None, :]
    return SchoolBlocks(scores, hessians, np.diag(penalty))


def row_blocks(
    x: np.ndarray, *, weights: np.ndarray, residuals: np.ndarray, starts: np.ndarray, penalty: np.ndarray
) -> SchoolBlocks:
    """The same for rows × columns without absorbed intercepts; ``starts`` holds the first row of each cluster."""
    scores = np.add.reduceat(x * residuals[:, None], starts)
    bounds = np.append(starts, len(x))
    hessians = np.stack([x[a:b].T @ (weights[a:b, None] * x[a:b]) for a, b in pairwise(bounds)])
    return SchoolBlocks(scores, hessians, np.diag(penalty))


def outer_sums(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Σ w x x' per school: schools × columns × columns."""
    columns = rows.x.shape[1]
    upper = np.triu_indices(columns)
    halves = rows.spread(weights) @ (rows.x[:, upper[0]] * rows.x[:, upper[1]])
    full = np.empty((rows.schools, columns, columns))
    full[:, upper[0], upper[1]] = halves
    full[:, upper[1], upper[0]] = halves
    return full


def jackknife_of_blocks(blocks: SchoolBlocks) -> np.ndarray:
    """CR3: (J-1)/J · Σ d d', d = -(H - H_j)⁻¹ s_j; every school left out once, by one Newton step.

    Valid with few schools, where the plain sandwich is too narrow (Bell & McCaffrey 2002; MacKinnon & Webb 2018).
    Raises ``NeedError`` (``not_identified``) if leaving out one school makes a column vanish and there is no ridge.
    """
    left = blocks.hessians.sum(axis=0) + blocks.penalty - blocks.hessians
    try:
        deltas = -np.linalg.solve(left, blocks.scores[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        raise NeedError(
            "one school alone carries a level, so its uncertainty cannot be estimated; use ridge > 0 or merge levels",
            reason="not_identified",
        ) from None
    clusters = len(blocks.scores)
    return (clusters - 1) / clusters * deltas.T @ deltas


def recalibrate(score: np.ndarray, *, trials: np.ndarray, total: float) -> float:
    """The one intercept a* with Σ n·expit(a* + score) = total, log-odds. ``total`` lies between 0 and Σ n."""
    reach = float(np.abs(score).max()) + ETA_LIMIT
    return float(
        brentq(lambda a: float((trials * expit(a + score)).sum() - total), -reach, reach, xtol=1e-13, rtol=1e-14)
    )


def require_identified(hessian: np.ndarray) -> None:
    """Raise ``NeedError`` (``not_identified``) unless the columns can be told apart."""
    eigenvalues = np.linalg.eigvalsh(hessian)
    if eigenvalues[0] <= 1e-10 * eigenvalues[-1]:
        raise NeedError(
            "the columns cannot be told apart within schools; use ridge > 0 or leave out a factor",
            reason="not_identified",
        )
