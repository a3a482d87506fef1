"""Pupil-weighted statistics of amounts: cumulative curves, quantiles, a straight line, distance.

Belongs here: plain numbers over arrays, none of which depends on the order of the units. Does not: what they mean for
schools (``equity``, ``diagnosis``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points of a cumulative curve, from (0, 0) to (1, 1); units that tie in rank are one step.

    Attributes
    ----------
    pupil_share, amount_share : (K + 1,) float64, cumulated shares 0..1, ready for a chart
    """

    pupil_share: np.ndarray
    amount_share: np.ndarray

    @property
    def index(self) -> float:
        """1 − Σ ΔN (X_k + X_{k−1}): the Gini when ranked by amount per pupil, else a concentration index (−1..1)."""
        steps = np.diff(self.pupil_share)
        return float(1.0 - np.sum(steps * (self.amount_share[1:] + self.amount_share[:-1])))


@dataclass(frozen=True, slots=True)
class Line:
    """Weighted least squares of y on one x: y = intercept + slope · x; ``residual_sd`` in units of y, weighted."""

    slope: float
    intercept: float
    residual_sd: float


def canonical(*columns: np.ndarray) -> np.ndarray:
    """An order of rows that depends on values only; the first column sorts first. Rows that stay tied are equal."""
    return np.lexsort(columns[::-1])


def cumulative_curve(amount: np.ndarray, *, pupils: np.ndarray, rank: np.ndarray) -> Curve:
    """Cumulated shares of pupils and of ``amount``, units in ascending ``rank``.

    Units of equal rank count together, so that the curve does not hang on which of them comes first. All arrays (J,);
    pupils above zero, and the amounts must have a positive sum.
    """
    order = canonical(rank, pupils, amount)
    starts = _starts(rank[order])
    pupil_sums = np.cumsum(np.add.reduceat(pupils[order], starts))
    amount_sums = np.cumsum(np.add.reduceat(amount[order], starts))
    return Curve(
        pupil_share=np.concatenate([[0.0], pupil_sums / pupil_sums[-1]]),
        amount_share=np.concatenate([[0.0], amount_sums / amount_sums[-1]]),
    )


def quantiles(values: np.ndarray, *, weights: np.ndarray, at: tuple[float, ...]) -> tuple[float, ...]:
    """Weighted quantiles by the midpoint rule: values at (cumulated weight − w / 2) / total, linear between.

    Equal values count as one with their weights together, so splitting a unit in two changes nothing.
    """
    order = canonical(values, weights)
    starts = _starts(values[order])
    weight = np.add.reduceat(weights[order], starts)
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    return tuple(float(q) for q in np.interp(at, middle, values[order][starts]))


def weighted_line(y: np.ndarray, *, x: np.ndarray, weights: np.ndarray) -> Line | None:
    """Weighted least squares of ``y`` on ``x``; None when x does not vary, since then no line is better than another."""
    order = canonical(x, y, weights)
    x, y, share = x[order], y[order], weights[order] / weights[order].sum()
    if x[0] == x[-1]:
        return None
    x_mean, y_mean = float(np.sum(share * x)), float(np.sum(share * y))
    apart = x - x_mean
    slope = float(np.sum(share * apart * (y - y_mean)) / np.sum(share * apart**2))
    residual = y - y_mean - slope * apart
    return Line(slope, y_mean - slope * x_mean, float(np.sqrt(np.sum(share * residual**2))))


def misplaced_share(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """½ Σ |a / Σa − b / Σb| over the last axis: share of a pot that would have to move for one to equal the other."""
    a, b = (amounts / amounts.sum(axis=-1, keepdims=True) for amounts in (first, second))
    return np.asarray(np.abs(a - b).sum(axis=-1) / 2)


def _starts(ordered: np.ndarray) -> np.ndarray:
    """First position of every run of equal values."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
