"""The intercept of a fit: set last, so that the expected not eligible equal the observed over all schools and years.

Here: the cells it is set by, and the intercept. Not here: slopes.
"""

from __future__ import annotations

import numpy as np

from models_py.need.cells import CellCounts
from models_py.need.design import Design
from models_py.need.fit import Calibration
from models_py.need.logit import recalibrate
from models_py.need.settle import settle_one


def calibration_of(counts: CellCounts) -> Calibration:
    """The cells of all schools, years together."""
    trials = np.bincount(counts.cell, weights=counts.trials, minlength=len(counts.levels))
    # Cells ascend by levels, then year: years of one cell are neighbours.
    first = np.flatnonzero(np.any(np.diff(counts.levels, axis=0, prepend=-1) != 0, axis=1))
    together = np.add.reduceat(trials, first).astype(np.int64)
    return Calibration(counts.levels[first], together, counts.total * counts.step)


def calibrated_intercept(design: Design, *, coefficients: np.ndarray, calibration: Calibration) -> float:
    """The intercept with which the expected not eligible equal the observed, log-odds."""
    score = design.matrix(calibration.levels) @ coefficients
    return settle_one(recalibrate(score, trials=calibration.trials.astype(float), total=calibration.total))
