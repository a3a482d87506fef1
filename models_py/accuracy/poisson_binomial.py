"""How many of many leavers with different chances fail: the distribution, and the tail beyond what was seen.

Here: the sum of independent yes/no draws with unlike probabilities (Poisson 1837; by discrete Fourier transform: Hong
2013). Not here: what is compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

EXACT_TO = 5_000
"""Leavers up to which the distribution is exact; beyond it a normal with the same mean and variance is as good."""
GROUPS = 200
"""Different probabilities kept; more are joined with their neighbours at their mean, which hardly moves the variance."""


def distribution(share: np.ndarray, trials: np.ndarray) -> np.ndarray:
    """P(0), P(1), … P(Σ trials) for ``trials`` leavers with probability ``share`` each."""
    share, trials = _joined(np.asarray(share, dtype=float), np.asarray(trials, dtype=np.int64))
    size = int(trials.sum())
    half = np.arange((size + 1) // 2 + 1)
    turn = np.exp(2j * np.pi * half / (size + 1))
    value = np.ones(len(half), dtype=complex)
    for p, n in zip(share, trials, strict=True):
        value *= (1.0 - p + p * turn) ** int(n)
    return np.clip(np.fft.irfft(np.conj(value), n=size + 1), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Chance:
    """``p_value``: two-sided, twice the smaller tail with the observed count in both, at most 1. ``low``, ``high``: counts
    that chance makes in 95 of 100, the rest split over both tails."""

    p_value: float
    low: float
    high: float


def chance_of(observed: int, *, share: np.ndarray, trials: np.ndarray, unsure_sd: float = 0.0) -> Chance:
    """What chance says of ``observed``, where the expected sum itself is unsure by ``unsure_sd`` pupils (normal)."""
    if trials.sum() > EXACT_TO:
        mean = float(trials @ share)
        sd = math.sqrt(float(trials @ (share * (1.0 - share))) + unsure_sd**2)
        below, above = stats.norm.cdf((observed + 0.5 - mean) / sd), stats.norm.sf((observed - 0.5 - mean) / sd)
        reach = float(stats.norm.ppf(0.975)) * sd
        return Chance(min(1.0, 2.0 * float(min(below, above))), max(0.0, mean - reach), mean + reach)
    chance, first = distribution(share, trials), 0
    if unsure_sd > 0:
        reach = math.ceil(5.0 * unsure_sd)
        ends = (np.arange(-reach, reach + 2) - 0.5) / unsure_sd
        chance, first = np.convolve(chance, np.diff(stats.norm.cdf(ends))), -reach
    chance = chance / chance.sum()
    at = observed - first
    cumulated = np.cumsum(chance)
    low, high = (np.searchsorted(cumulated, edge) for edge in (0.025, 0.975))
    p = 2.0 * min(float(chance[: at + 1].sum()), float(chance[at:].sum()))
    return Chance(min(1.0, p), max(0.0, float(low) + first), float(high) + first)


def _joined(share: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equal probabilities as one, then neighbours until few groups are left, each at its mean."""
    value, at = np.unique(share, return_inverse=True)
    count = np.bincount(at.reshape(-1), weights=trials).astype(np.int64)
    value, count = value[count > 0], count[count > 0]
    if len(value) <= GROUPS:
        return value, count
    middle = (np.cumsum(count) - count / 2) / count.sum()
    group = np.unique(np.minimum((middle * GROUPS).astype(int), GROUPS - 1), return_inverse=True)[1].reshape(-1)
    pupils = np.bincount(group, weights=count)
    return np.bincount(group, weights=count * value) / pupils, pupils.astype(np.int64)
