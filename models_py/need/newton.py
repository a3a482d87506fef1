"""Newton's method for logits with one intercept per school, drawn towards a known score by a full precision matrix.

Here: the general form of the absorbed logit of ``logit``: an offset per cell, intercepts that may be drawn towards zero,
columns that belong to a row (school × cell) instead of a cell, evidence, and each school's part of the solution. Arrays
in, arrays out. Not here: levels, priors, municipalities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.fit import SchoolBlocks
from models_py.need.logit import DAMPING, ETA_LIMIT, STEP_LIMIT, Rows, outer_sums


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """eta = offset[cell] + intercept[school] + x[cell]·b + extra[row]·c, events ~ binomial(trials, expit(eta)).

    Attributes
    ----------
    rows : trials and events per school × cell, with the cells' columns x
    offset : log-odds, per cell
    extra : rows × columns, what differs between rows of one cell; rows × 0 if nothing does
    precision : columns × columns (those of x, then extra), log-odds⁻², of (b, c) around zero
    school_precision : log-odds⁻², of the intercepts around zero; 0 leaves them free (every school needs both outcomes)
    """

    rows: Rows
    offset: np.ndarray
    extra: np.ndarray
    precision: np.ndarray
    school_precision: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Slopes and intercepts with what belongs to them.

    Attributes
    ----------
    slopes : per column; intercepts : per school
    residuals, weights : per row, s - n·mu and n·mu·(1 - mu)
    cross : schools × columns, Σ w·column per school; block : per school, Σ w + precision
    hessian : columns × columns, with the intercepts absorbed and the precision added
    log_likelihood : Σ s·eta - n·log(1 + exp(eta))
    """

    slopes: np.ndarray
    intercepts: np.ndarray
    residuals: np.ndarray
    weights: np.ndarray
    cross: np.ndarray
    block: np.ndarray
    hessian: np.ndarray
    log_likelihood: float
    iterations: int


def solve(
    problem: Problem, *, start: Solution | None = None, max_iterations: int = 40, tolerance: float = 1e-8
) -> Solution:
    """The mode over slopes and intercepts; ``start``: a solution close by.

    Raises ``NeedError`` (``no_convergence``): without a precision a level can decide the outcome completely.
    """
    rows = problem.rows
    if start is None:
        slopes, intercepts = np.zeros(len(problem.precision)), _start_of_schools(problem)
    else:
        slopes, intercepts = start.slopes, start.intercepts
    for iteration in range(1, max_iterations + 1):
        now = _at(problem, slopes, intercepts, iteration)
        gradient = _columns_times(problem, now.residuals) - problem.precision @ slopes
        school_gradient = rows.by_school(now.residuals) - problem.school_precision * intercepts
        step = np.linalg.solve(now.hessian, gradient - now.cross.T @ (school_gradient / now.block))
        school_step = (school_gradient - now.cross @ step) / now.block
        largest = max(np.abs(step).max(), np.abs(school_step).max())
        scale = STEP_LIMIT / max(largest, STEP_LIMIT)
        slopes, intercepts = slopes + scale * step, intercepts + scale * school_step
        if largest < tolerance:
            return _at(problem, slopes, intercepts, iteration)
    raise NeedError(
        f"the fit did not settle in {max_iterations} iterations; a level probably decides the outcome completely:"
        " use ridge > 0 or merge levels",
        reason="no_convergence",
    )


def with_slopes(problem: Problem, slopes: np.ndarray, *, start: Solution, tolerance: float = 1e-10) -> Solution:
    """The best intercepts beside given slopes. Raises ``NeedError`` (``no_convergence``)."""
    intercepts = start.intercepts
    for iteration in range(1, 41):
        now = _at(problem, slopes, intercepts, iteration)
        gradient = problem.rows.by_school(now.residuals) - problem.school_precision * intercepts
        step = np.clip(gradient / now.block, -STEP_LIMIT, STEP_LIMIT)
        intercepts = intercepts + step
        if np.abs(step).max() < tolerance:
            return _at(problem, slopes, intercepts, iteration)
    raise NeedError("the school intercepts did not settle in 40 iterations", reason="no_convergence")


def log_evidence(problem: Problem, solution: Solution) -> float:
    """Log of the data's probability with slopes and intercepts integrated out (Laplace), up to what no precision changes.

    Needs ``school_precision`` > 0 and a positive definite ``precision``.
    """
    penalty = solution.slopes @ problem.precision @ solution.slopes
    penalty += problem.school_precision * (solution.intercepts @ solution.intercepts)
    volume = np.linalg.slogdet(problem.precision)[1] - np.linalg.slogdet(solution.hessian)[1]
    return float(solution.log_likelihood - 0.5 * penalty + 0.5 * volume - 0.5 * np.log(solution.block).sum())


def blocks_at(problem: Problem, solution: Solution) -> SchoolBlocks:
    """Each school's part of gradient and Hessian, its intercept absorbed; scores centred over schools.

    At the solution the schools' scores sum to the pull of the precision. Centred, every school carries an equal share
    of that pull, so that weights that sum to the number of schools reproduce the solution when they are all one.
    """
    rows, extra = problem.rows, problem.extra
    mean = solution.cross / solution.block[:, None]
    # The intercepts are at their best, so moving them adds nothing to the first derivative.
    scores = np.hstack([rows.spread(solution.residuals) @ rows.x, _by_school(rows, extra, solution.residuals)])
    own, added = rows.x.shape[1], extra.shape[1]
    hessians = np.empty((rows.schools, own + added, own + added))
    hessians[:, :own, :own] = outer_sums(rows, solution.weights)
    for k in range(added):
        weighted = solution.weights * extra[:, k]
        hessians[:, :own, own + k] = hessians[:, own + k, :own] = rows.spread(weighted) @ rows.x
        hessians[:, own:, own + k] = _by_school(rows, extra, weighted)
    hessians -= solution.cross[:, :, None] * mean[:, None, :]
    return SchoolBlocks(scores - scores.mean(axis=0), hessians, problem.precision)


def _start_of_schools(problem: Problem) -> np.ndarray:
    """Observed against expected log-odds, half a pupil added to each side."""
    rows = problem.rows
    trials, events = rows.by_school(rows.trials), rows.by_school(rows.events)
    expected = rows.by_school(rows.trials * expit(problem.offset)[rows.cell])
    return np.log((events + 0.5) / (trials - events + 0.5)) - np.log((expected + 0.5) / (trials - expected + 0.5))


def _at(problem: Problem, slopes: np.ndarray, intercepts: np.ndarray, iteration: int) -> Solution:
    rows, x, extra = problem.rows, problem.rows.x, problem.extra
    own, added = x.shape[1], extra.shape[1]
    eta = (problem.offset + x @ slopes[:own])[rows.cell] + intercepts[rows.school] + extra @ slopes[own:]
    eta = np.clip(eta, -ETA_LIMIT, ETA_LIMIT)
    mean = expit(eta)
    weights = rows.trials * mean * (1.0 - mean)
    block = rows.by_school(weights) + max(problem.school_precision, DAMPING)
    cross = np.hstack([rows.spread(weights) @ x, _by_school(rows, extra, weights)])
    hessian = problem.precision - cross.T @ (cross / block[:, None])
    hessian[:own, :own] += x.T @ (rows.by_cell(weights)[:, None] * x)
    for k in range(added):
        column = _columns_times(problem, weights * extra[:, k])
        hessian[:, own + k] += column
        hessian[own + k, :own] += column[:own]
    log_likelihood = float((rows.events * eta - rows.trials * np.logaddexp(0.0, eta)).sum())
    residuals = rows.events - rows.trials * mean
    return Solution(slopes, intercepts, residuals, weights, cross, block, hessian, log_likelihood, iteration)


def _columns_times(problem: Problem, values: np.ndarray) -> np.ndarray:
    """Σ over rows of a row value times each column."""
    return np.concatenate([problem.rows.x.T @ problem.rows.by_cell(values), problem.extra.T @ values])


def _by_school(rows: Rows, extra: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Σ of a row value times each extra column, schools × columns."""
    sums = [rows.by_school(values * extra[:, k]) for k in range(extra.shape[1])]
    return np.column_stack(sums) if sums else np.empty((rows.schools, 0))
