"""Do two factors measure the same thing? Generalised variance inflation and association between factors.

Collinearity makes weights of single factors uncertain; it does not harm the index. Here: level codes of pupils in,
figures out. Not here: what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class Inflation:
    """Of one factor against all others. ``degrees_of_freedom``: levels less one. ``gvif``: det ratio of Fox & Monette
    (1992); infinite where the others determine a level, null where the factor does not vary."""

    degrees_of_freedom: int
    gvif: float

    @property
    def root(self) -> float:
        """GVIF^(1/(2 df)): how much wider intervals become; its square is on the scale of an ordinary VIF."""
        return float("nan") if self.degrees_of_freedom < 1 else float(self.gvif ** (0.5 / self.degrees_of_freedom))


@dataclass(frozen=True, slots=True)
class Association:
    """Of two factors. ``cramers_v``: 0..1, null where one does not vary; ``pupils`` known on both; ``smallest_cell``:
    pupils in the smallest cell of the table of levels that occur; ``degrees_of_freedom`` of that table."""

    pupils: int
    cramers_v: float
    smallest_cell: int
    degrees_of_freedom: int


def inflations(codes: np.ndarray, *, weights: np.ndarray) -> list[Inflation]:
    """One per column of ``codes`` (int, rows × factors, no missing levels; ``weights``: pupils per row)."""
    blocks: list[np.ndarray] = []
    dummies: list[np.ndarray] = []
    width = 0
    for column in codes.T:
        seen = np.unique(column[weights > 0])
        dummies.append(column[:, None] == seen[1:])
        blocks.append(np.arange(width, width + max(0, len(seen) - 1)))
        width += len(blocks[-1])
    x = np.hstack(dummies).astype(float)
    if not x.shape[1]:
        return [Inflation(0, float("nan")) for _ in blocks]
    centred = x - np.average(x, axis=0, weights=weights)
    covariance = centred.T @ (weights[:, None] * centred)
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    return [_inflation(correlation, block) for block in blocks]


def _inflation(correlation: np.ndarray, own: np.ndarray) -> Inflation:
    if not len(own):
        return Inflation(0, float("nan"))
    others = np.setdiff1d(np.arange(len(correlation)), own)
    inside, across = correlation[np.ix_(own, own)], correlation[np.ix_(own, others)]
    left = inside - across @ np.linalg.pinv(correlation[np.ix_(others, others)], rcond=SINGULAR) @ across.T
    unexplained = float(np.linalg.det(left)) if len(others) else float(np.linalg.det(inside))
    if unexplained <= SINGULAR:
        return Inflation(len(own), float("inf"))
    return Inflation(len(own), float(np.linalg.det(inside)) / unexplained)


def association(table: np.ndarray) -> Association:
    """Cramér's V (1946), without correction, of a table of counts (levels × levels, int)."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    pupils = int(table.sum())
    if not pupils or min(table.shape) < 2:
        return Association(pupils, float("nan"), int(table.min()) if pupils else 0, 0)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / pupils
    chi_square = float(((table - expected) ** 2 / expected).sum())
    return Association(
        pupils,
        float(np.sqrt(chi_square / (pupils * (min(table.shape) - 1)))),
        int(table.min()),
        (table.shape[0] - 1) * (table.shape[1] - 1),
    )


def crossed(first: np.ndarray, *, second: np.ndarray, weights: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Pupils per pair of levels, int64, ``sizes[0]`` × ``sizes[1]``."""
    flat = np.bincount(first * sizes[1] + second, weights=weights, minlength=sizes[0] * sizes[1])
    return flat.astype(np.int64).reshape(sizes[0], sizes[1])
