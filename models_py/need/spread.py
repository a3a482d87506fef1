"""How unevenly a level is spread over school units, and how much of that chance alone would do.

Even pupils dealt at random leave units with different shares, the more so the smaller they are; only what goes beyond
that is a systematic difference. Here: arrays of counts in, figures out. Not here: tables, names, privacy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """One value per level, shares 0..1; null without two units or where all or none of the pupils have the level.

    Attributes
    ----------
    sd : pupil-weighted standard deviation of the units' shares
    chance_sd : what it would be, as a root mean square, if pupils were dealt to the units at random
    systematic_sd : √max(0, sd² - chance_sd²)
    dissimilarity : ½ Σ|m_j/M - f_j/F|, the share who would have to change unit (Duncan & Duncan 1955)
    chance_dissimilarity : its expectation if pupils were dealt at random (Carrington & Troske 1997)
    """

    sd: np.ndarray
    chance_sd: np.ndarray
    systematic_sd: np.ndarray
    dissimilarity: np.ndarray
    chance_dissimilarity: np.ndarray


def spread_over_units(have: np.ndarray, *, known: np.ndarray) -> Spread:
    """``have``: int, units × levels, pupils with the level; ``known``: int, per unit, pupils whose level is known.

    Dealing at random is drawing without replacement: a unit's count is hypergeometric with the totals held.
    """
    used = known > 0
    have, known = have[used], known[used]
    units, total = len(known), int(known.sum())
    with_level = have.sum(axis=0)
    without = total - with_level
    null = (with_level == 0) | (without == 0) | (units < 2)
    safe_with, safe_without = np.where(null, 1, with_level), np.where(null, 1, without)
    mean = with_level / max(total, 1)
    variance = (known[:, None] * (have / known[:, None] - mean) ** 2).sum(axis=0) / max(total, 1)
    chance = mean * (1.0 - mean) * (units - 1) / max(total - 1, 1)
    scale = total / (2.0 * safe_with * safe_without)
    apart = np.abs(have - known[:, None] * mean).sum(axis=0) * scale
    by_chance = mean_deviation(total, marked=with_level[None, :], drawn=known[:, None]).sum(axis=0) * scale
    figures = (np.sqrt(variance), np.sqrt(chance), np.sqrt(np.maximum(0.0, variance - chance)), apart, by_chance)
    return Spread(*(np.where(null, np.nan, figure) for figure in figures))


def mean_deviation(total: int, *, marked: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """E|X - EX| of the marked among ``drawn`` of ``total`` without replacement (Diaconis & Zabell 1991)."""
    marked, drawn = np.broadcast_arrays(marked, drawn)
    above = np.floor(marked * drawn / total) + 1
    return 2.0 * above * (total - marked - drawn + above) / total * hypergeom.pmf(above, total, marked, drawn)


def weighted_correlation(first: np.ndarray, *, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pearson's correlation of every column of ``first`` (units × levels) with ``second`` (per unit, or likewise).

    Null with fewer than three units or where a side is constant.
    """
    second = second if second.ndim == 2 else second[:, None]
    total = weights.sum()
    if len(weights) < 3 or total <= 0:
        return np.full(first.shape[1], np.nan)
    share = (weights / total)[:, None]
    a, b = first - (share * first).sum(axis=0), second - (share * second).sum(axis=0)
    product = np.sqrt((share * a**2).sum(axis=0) * (share * b**2).sum(axis=0))
    constant = product <= 1e-15
    return np.where(constant, np.nan, (share * a * b).sum(axis=0) / np.where(constant, 1.0, product))
