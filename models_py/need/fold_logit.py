"""Pooled logits for choosing factors: one per fold, all folds at once, on the marginal cells of the factors tried.

A pooled logit is good enough to say which factors tell something, and cheap; weights for money are estimated within
schools. Here: collapse, Newton over stacked folds, held-out deviance. Not here: which factors are tried, or chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.folds import Folds
from models_py.need.logit import ETA_LIMIT, STEP_LIMIT

DEVIANCE_DECIMALS = 6
"""Held-out deviances are kept to these decimals, so that ties and choices are the same on every processor."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldFit:
    """``slopes``: folds × columns, an intercept, one column per year, then the factors' dummies in the order tried.
    ``deviances``: per fold, -2 log-likelihood of what it holds out (Σ over pupils)."""

    slopes: np.ndarray
    deviances: np.ndarray


def varying_factors(counts: CellCounts) -> tuple[int, ...]:
    """Positions of the factors with two or more levels among the leavers; the others cannot tell anything."""
    seen = np.bincount(counts.cell, weights=counts.trials, minlength=len(counts.levels)) > 0
    return tuple(position for position in range(len(counts.factors)) if np.ptp(counts.levels[seen, position]) > 0)


def fit_folds(
    counts: CellCounts,
    *,
    folds: Folds,
    columns: Sequence[int],
    ridge: float,
    start: np.ndarray | None = None,
    max_iterations: int = 50,
) -> FoldFit:
    """Fit a pooled logit without each fold and score the fold.

    Parameters
    ----------
    columns : positions in ``counts.factors``
    ridge : > 0, per dummy, log-odds⁻²; also on the years, which each have a column, so that a cohort left out is scored
        at the mean level of the others, and a level nobody else has as the baseline
    start : folds × columns, slopes of the same model with fewer factors; the new ones start at zero

    Raises ``NeedError``: ``bad_setting``, ``no_convergence``.
    """
    if not ridge > 0:
        raise NeedError(f"ridge is {ridge}; choosing factors needs one above zero", reason="bad_setting")
    cells, x = _marginal_cells(counts, columns)
    held_trials, held_events = _collapse(folds.trials, cells, len(x)), _collapse(folds.events, cells, len(x))
    trials, events = held_trials.sum(axis=0) - held_trials, held_events.sum(axis=0) - held_events
    penalty = np.r_[0.0, np.full(x.shape[1] - 1, ridge)]
    slopes = np.zeros((len(trials), x.shape[1]))
    if start is None:
        total, sums = trials.sum(axis=1), events.sum(axis=1)
        slopes[:, 0] = np.log((sums + 0.5) / (total - sums + 0.5))
    else:
        slopes[:, : start.shape[1]] = start
    for _ in range(max_iterations):
        mean = expit(np.clip(slopes @ x.T, -ETA_LIMIT, ETA_LIMIT))
        gradient = (events - trials * mean) @ x - penalty * slopes
        hessian = _weighted_squares(x, trials * mean * (1.0 - mean)) + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        largest = np.abs(step).max(axis=1)
        slopes = slopes + step * np.minimum(1.0, STEP_LIMIT / np.maximum(largest, STEP_LIMIT))[:, None]
        if largest.max() < 1e-6:  # quadratic convergence: what is left is its square
            return FoldFit(slopes, _deviances(slopes @ x.T, held_trials, held_events))
    raise NeedError(
        f"the validation fits did not settle in {max_iterations} iterations; use a larger ridge",
        reason="no_convergence",
    )


def _marginal_cells(counts: CellCounts, columns: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Marginal cell of every cell, and the columns of the marginal cells: intercept, years, dummies of the factors."""
    code = counts.year.copy()
    for column in columns:
        code = code * len(counts.factors[column].levels) + counts.levels[:, column]
    _, first, cells = np.unique(code, return_index=True, return_inverse=True)
    parts = [np.ones((len(first), 1)), counts.year[first][:, None] == np.arange(len(counts.years))]
    for column in columns:
        level = counts.levels[first, column]
        parts.append(level[:, None] == np.unique(level)[1:])
    return cells, np.hstack(parts).astype(float)


def _collapse(held: np.ndarray, cells: np.ndarray, count: int) -> np.ndarray:
    """Folds × cells to folds × marginal cells; whole numbers, so sums are exact."""
    return np.stack([np.bincount(cells, weights=row, minlength=count) for row in held])


def _weighted_squares(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Σ w x x' per fold: folds × columns × columns."""
    across = np.ascontiguousarray(x.T)
    return np.stack([(across * row) @ x for row in weights])


def _deviances(score: np.ndarray, trials: np.ndarray, events: np.ndarray) -> np.ndarray:
    score = np.clip(score, -ETA_LIMIT, ETA_LIMIT)
    likelihood = (events * score - trials * np.logaddexp(0.0, score)).sum(axis=1)
    return np.round(-2.0 * likelihood, DEVIANCE_DECIMALS)
