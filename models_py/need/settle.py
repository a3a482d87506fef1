"""Where floating point stops: estimates and shares are kept to decimals that every processor agrees on.

A sum of floats depends, in its last bits, on the number of threads and on the processor. Money and hashes must not. So
estimates are rounded once, far below their uncertainty, and everything after them is computed from the rounded values:
shares to a billionth, and the index from those shares with exactly rounded sums.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ESTIMATE_DECIMALS = 10
"""Log-odds; the arithmetic differs by some 1e-14 between machines, the standard errors are above 1e-3."""

SHARE_DECIMALS = 9
"""Need shares 0..1; a billionth is a ten-thousandth of an index point at most."""

BESIDE_DECIMALS = 6
"""Index points, deviances, shares and standard errors that steer nothing."""


def settle(values: np.ndarray) -> np.ndarray:
    """Estimates (log-odds) rounded to ``ESTIMATE_DECIMALS``; a new array."""
    return np.round(np.asarray(values), ESTIMATE_DECIMALS) + 0.0  # floats, no negative zero


def settle_one(value: float) -> float:
    """One estimate (log-odds) rounded to ``ESTIMATE_DECIMALS``."""
    return float(settle(np.array([value]))[0])


def settle_shares(values: np.ndarray) -> np.ndarray:
    """Shares 0..1 rounded to ``SHARE_DECIMALS``; nulls stay null."""
    return np.round(np.asarray(values, dtype=float), SHARE_DECIMALS)


def settle_beside(table: pd.DataFrame) -> pd.DataFrame:
    """A table that stands beside the index, its floats rounded to ``BESIDE_DECIMALS``: far above what the last bits of
    sums, products and roots differ by between machines, far below what anyone reads."""
    floats = table.select_dtypes("float").columns
    return table.assign(**{name: np.round(table[name].to_numpy(), BESIDE_DECIMALS) + 0.0 for name in floats})
