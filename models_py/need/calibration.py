"""The intercept of a fit: set last, so that the expected outcome equals the observed over all schools and years.

Here: the cells it is set by, and the intercept. Not here: slopes.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from models_py.need.cells import CellCounts
from models_py.need.design import Design
from models_py.need.fit import Calibration, Link, Outcome
from models_py.need.logit import recalibrate
from models_py.need.settle import settle_one


def calibration_of(counts: CellCounts) -> Calibration:
    """The cells of all schools, years together."""
    trials = np.bincount(counts.cell, weights=counts.trials, minlength=len(counts.levels))
    # Cells ascend by levels, then year: years of one cell are neighbours.
    first = np.flatnonzero(np.any(np.diff(counts.levels, axis=0, prepend=-1) != 0, axis=1))
    together = np.add.reduceat(trials, first).astype(np.int64)
    return Calibration(counts.levels[first], together, counts.total * counts.step)


def calibrated_intercept(
    design: Design,
    *,
    coefficients: np.ndarray,
    calibration: Calibration,
    link: Link = "logit",
    outcome: Outcome = "not_eligible",
) -> float:
    """The intercept with which the expected sum of the outcome equals the observed: log-odds, or points of the outcome.

    Points of a share are clipped to 0..1 before they are added up, as they are when scored; points of merit never.
    """
    score = design.matrix(calibration.levels) @ coefficients
    trials = calibration.trials
    if link == "logit":
        return settle_one(recalibrate(score, trials=trials, total=calibration.total))
    if outcome == "not_eligible":
        return settle_one(clipped_intercept(score, trials=trials, total=calibration.total))
    return settle_one((calibration.total - float(trials @ score)) / float(trials.sum()))


def clipped_intercept(score: np.ndarray, *, trials: np.ndarray, total: float) -> float:
    """The intercept a with Σ n·clip(a + score, 0, 1) = total; ``total`` lies strictly between 0 and Σ n."""
    reach = float(np.abs(score).max()) + 1.0

    def excess(intercept: float) -> float:
        return float((trials * np.clip(intercept + score, 0.0, 1.0)).sum() - total)

    return float(brentq(excess, -reach, reach, xtol=1e-14, rtol=1e-14))
