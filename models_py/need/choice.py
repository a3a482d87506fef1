"""Which estimator suits the schools at hand. Here: the choice by size. Not here: the estimators, factors, priors."""

from __future__ import annotations

from typing import Literal

import numpy as np

from models_py.need.cells import CellCounts

SMALL_SCHOOL_LEAVERS = 60
"""An intercept per school inflates the slopes where it rests on few leavers (incidental parameters, Neyman & Scott
1948): simulated 1.19 × at 8 per school, 1.07 × at 24, 1.03 × at 60; with a random intercept .99-1.01 × at each."""


def median_leavers(counts: CellCounts) -> float:
    """Median over schools of the leavers in the years counted."""
    return float(np.median(np.add.reduceat(counts.trials, counts.starts)))


def choose_estimator(counts: CellCounts) -> Literal["within_school", "between_within"]:
    """``between_within`` where the median school has fewer than 60 leavers in the years counted."""
    return "between_within" if median_leavers(counts) < SMALL_SCHOOL_LEAVERS else "within_school"
