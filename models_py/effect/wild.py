"""The wild cluster bootstrap with Webb's six weights: a second opinion on the p-value where schools are few.

Here: the p-value of no effect, the null imposed. Not here: intervals (``cluster``).
Sources: Webb 2014; Cameron, Gelbach & Miller 2008; MacKinnon & Webb 2018.
"""

from __future__ import annotations

import numpy as np

from models_py.effect.panel import EffectPanel, freed, two_way
from models_py.errors import EffectError

WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))
CHUNK_VALUES = 4_000_000
"""Rows × draws held at a time; 32 MB."""


def wild_p_value(panel: EffectPanel, *, draws: int = 999, seed: int) -> float:
    """Two-sided p-value of no effect of the dose: share of draws whose t-statistic reaches the observed one.

    Under no effect the freed outcome is the residual; each school's is turned by one of ±√.5, ±1, ±√1.5.
    Raises ``EffectError`` (``bad_setting``, ``no_variation``).
    """
    if draws < 99:
        raise EffectError(f"draws is {draws}; 99 or more are needed", reason="bad_setting")
    x = freed(panel.dose[:, None], panel)[:, 0]
    y = two_way(panel.outcome, panel)
    observed = _t(x, y[:, None], panel.starts)[0]
    stream = np.random.default_rng(seed)
    reached = 0
    size = max(1, CHUNK_VALUES // len(y))
    for first in range(0, draws, size):
        count = min(size, draws - first)
        drawn = stream.integers(0, 6, size=(count, len(panel.schools)))
        turn = np.where(drawn < 3, WEBB[drawn % 3], -WEBB[drawn % 3])
        again = two_way(y[:, None] * turn.T[panel.school], panel)
        reached += int((np.abs(_t(x, again, panel.starts)) >= abs(observed)).sum())
    return (1 + reached) / (draws + 1)


def _t(x: np.ndarray, y: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Slope over its cluster standard error, per column of ``y``; a constant factor of the error drops out."""
    square = float(x @ x)
    slope = x @ y / square
    scores = np.add.reduceat(x[:, None] * (y - x[:, None] * slope), starts, axis=0)
    error = np.sqrt((scores**2).sum(axis=0)) / square
    return np.asarray(np.divide(slope, error, out=np.zeros_like(slope), where=error > 0))
