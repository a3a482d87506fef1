"""What one sum leaves open: the interval of every member of a sum whose members are known within ends.

Belongs here: sums that share no member with another sum, where the linear programme of ``attack`` has a closed form. Does
not: tables that are divided twice (``attack``).
"""

from __future__ import annotations

import numpy as np


def within_sum(
    lower: np.ndarray, upper: np.ndarray, *, total_lower: float, total_upper: float
) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of each of n members that agree with their ends and with the ends of their sum.

    Parameters
    ----------
    lower, upper : n; a member that may be any number has an infinite end
    total_lower, total_upper : ends of the sum

    For one equation between boxes the ends found by letting all other members go to their ends are exact. A member that
    nothing agrees with has a lower end above its upper one.
    """
    return (
        np.maximum(lower, total_lower - _others(upper)),
        np.minimum(upper, total_upper - _others(lower)),
    )


def _others(ends: np.ndarray) -> np.ndarray:
    """Sum of all other members' ends; infinite where another one's is."""
    far = ~np.isfinite(ends)
    known = np.where(far, 0.0, ends)
    rest = known.sum() - known
    if not far.any():
        return rest
    return np.where(far.sum() - far > 0, ends[far][0], rest)
