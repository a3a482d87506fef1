"""Numerical core of the pooled logit: one intercept for everybody, solved on cells alone.

Here: arrays in, arrays out; cells for the slopes, schools × cells for how sure they are. Not here: tables, names, and
intercepts per school (``logit``, ``random_intercept``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.fit import SchoolBlocks
from models_py.need.logit import ETA_LIMIT, STEP_LIMIT, Rows, outer_sums, require_identified


@dataclass(frozen=True, slots=True, eq=False)
class CommonFit:
    """Solution: slopes of the columns of x, the mean of every cell, and the negative second derivative with ridge."""

    slopes: np.ndarray
    mean: np.ndarray
    hessian: np.ndarray
    iterations: int


def fit_common(
    x: np.ndarray,
    *,
    trials: np.ndarray,
    events: np.ndarray,
    penalty: np.ndarray,
    max_iterations: int = 30,
    tolerance: float = 1e-8,
) -> CommonFit:
    """Maximise the binomial likelihood of cells with ridge ``penalty`` per column; the last column is the intercept.

    Parameters
    ----------
    x : cells × columns
    trials, events : per cell

    Raises ``NeedError``: ``not_identified``, ``no_convergence`` (a level decides the outcome completely).
    """
    slopes = np.zeros(x.shape[1])
    slopes[-1] = np.log((events.sum() + 0.5) / (trials.sum() - events.sum() + 0.5))
    for iteration in range(1, max_iterations + 1):
        mean = expit(np.clip(x @ slopes, -ETA_LIMIT, ETA_LIMIT))
        hessian = x.T @ ((trials * mean * (1.0 - mean))[:, None] * x) + np.diag(penalty)
        if iteration == 1:
            require_identified(hessian)
        step = np.linalg.solve(hessian, x.T @ (events - trials * mean) - penalty * slopes)
        largest = np.abs(step).max()
        slopes = slopes + min(1.0, STEP_LIMIT / largest if largest > 0 else 1.0) * step
        if largest < tolerance:
            mean = expit(np.clip(x @ slopes, -ETA_LIMIT, ETA_LIMIT))
            hessian = x.T @ ((trials * mean * (1.0 - mean))[:, None] * x) + np.diag(penalty)
            return CommonFit(slopes, mean, hessian, iteration)
    raise NeedError(
        f"the pooled fit did not settle in {max_iterations} iterations; a level probably decides the outcome"
        " completely: use ridge > 0 or merge levels",
        reason="no_convergence",
    )


def common_blocks(rows: Rows, *, mean: np.ndarray, penalty: np.ndarray) -> SchoolBlocks:
    """Scores and Hessian of each school at the common intercept; ``mean`` per cell. Columns are those of ``rows.x``."""
    expected = mean[rows.cell]
    scores = rows.spread(rows.events - rows.trials * expected) @ rows.x
    return SchoolBlocks(scores, outer_sums(rows, rows.trials * expected * (1.0 - expected)), np.diag(penalty))
