"""How far a forecast misses: intervals measured on the forecasts that could already be judged.

Belongs here: error² = φ n + δ n² (chance in pupils, and common errors that grow with the school), non-negative (Lawson and
Hanson 1974), and the reach that has covered 95 %. Does not: forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

COVERAGE = 0.95
FEWEST_PAIRS = 20
"""Forecasts that must have been judged before there is an interval."""

NORMAL_REACH = 1.959964
"""Standard deviations of a normal 95 % interval: turns a reach into a spread."""


@dataclass(frozen=True, slots=True)
class Band:
    """Reach of the interval around an expected count n: quantile × sqrt(chance n + common n²), pupils.

    Attributes
    ----------
    chance, common : φ and δ
    quantile : standardised error that ``COVERAGE`` of the judged forecasts stayed within
    pairs : forecasts judged
    """

    chance: float
    common: float
    quantile: float
    pairs: int

    def reach(self, expected: np.ndarray) -> np.ndarray:
        """Pupils to both sides, same shape as ``expected``; a count below one is treated as one."""
        n = np.maximum(expected, 1.0)
        return self.quantile * np.sqrt(self.chance * n + self.common * n**2)


def measured_band(expected: np.ndarray, actual: np.ndarray) -> Band | None:
    """Fit the band to (N,) judged forecasts; None with fewer than ``FEWEST_PAIRS`` of them."""
    told = expected >= 0.5
    n, error = np.maximum(expected[told], 1.0), (actual - expected)[told]
    if len(n) < FEWEST_PAIRS:
        return None
    # Divided by n, so that a few large schools do not decide the chance of all.
    (chance, common), _ = nnls(np.column_stack([np.ones_like(n), n]), error**2 / n)
    if chance == 0 and common == 0:
        return Band(0.0, 0.0, NORMAL_REACH, len(n))
    standard = np.sort(np.abs(error) / np.sqrt(chance * n + common * n**2))
    place = min(len(standard) - 1, int(np.ceil(COVERAGE * (len(standard) + 1))) - 1)
    return Band(float(chance), float(common), float(standard[place]), len(n))
