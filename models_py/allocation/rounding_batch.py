"""Whole kronor for many scenarios at once: largest remainder within whole bounds, every sum exact.

Belongs here: rounding what ``kernel_batch`` solved in floats. Does not: the decided allocation's rounding, which takes
exact amounts (``rounding``). From the first line after the floor everything is integer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models_py.allocation.rounding import listed
from models_py.errors import AllocationError

Floats = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int64]

TOLERANCE = 1e-6
"""Kronor. 10⁻⁹ is less than the last bit of a double above 8.4 million kronor, and would lift whole floors by a krona."""
_MILLION = 1_000_000
_LARGEST = 2.0**32
"""Above it the last bit of a double is no longer below the tolerance."""


def whole_bounds_batch(lower: Floats, *, upper: Floats) -> tuple[Floats, Floats]:
    """ceil(lower - 1e-6) and floor(upper + 1e-6), any shape, -inf and inf kept. Narrow *before* solving."""
    return np.ceil(np.asarray(lower) - TOLERANCE), np.floor(np.asarray(upper) + TOLERANCE)


def round_batch(
    amounts: Floats,
    *,
    school_unit_codes: npt.ArrayLike,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    total: npt.ArrayLike,
) -> Wholes:
    """Whole kronor within the bounds, each row summing to its total: largest remainder, ties to the lower code.

    Parameters
    ----------
    amounts : (S, J) kronor as solved under the same bounds
    school_unit_codes : (J,) the columns' codes, strictly ascending, since their order decides ties
    lower, upper : (J,) or (S, J), whole numbers (``whole_bounds_batch``), -inf and inf for none
    total : (S,) or a number, whole kronor

    Returns
    -------
    (S, J) int64. Remainders are compared in millionths; each amount is less than 1 + 1e-6 from its exact value as long
    as amounts keep their bounds and sum to the total.

    Raises AllocationError for columns out of order, bounds or totals that are not whole, amounts beyond 2³² kronor, and
    when no whole numbers within the bounds have the sum.
    """
    values = np.atleast_2d(np.asarray(amounts, dtype=float))
    scenarios, units = values.shape
    codes = np.asarray(school_unit_codes, dtype=str)
    if codes.shape != (units,) or not (codes[1:] > codes[:-1]).all():
        raise AllocationError(f"school_unit_codes must be {units} different codes in ascending order")
    low, high = (np.broadcast_to(np.asarray(bound, dtype=float), values.shape) for bound in (lower, upper))
    totals = np.broadcast_to(np.atleast_1d(np.asarray(total, dtype=float)), (scenarios,))
    if not (np.isfinite(totals) & (np.floor(totals) == totals)).all():
        raise AllocationError("totals must be whole and finite")
    result = np.empty(values.shape, dtype=np.int64)
    unsolved = []
    for row in range(scenarios):
        whole, left = _round_row(values[row], low[row], high[row], int(totals[row]))
        result[row] = whole
        if left:
            unsolved.append(str(row))
    if unsolved:
        raise AllocationError(f"no whole solution within the bounds for scenarios {listed(unsolved)}")
    return result


def _round_row(amounts: Floats, lower: Floats, upper: Floats, total: int) -> tuple[Wholes, int]:
    """Whole amounts, and what could not be placed (0 when all is well)."""
    if not (np.abs(amounts) < _LARGEST).all():
        raise AllocationError("amounts must be finite and below 2³² kronor; solve larger ones exactly")
    if not ((np.floor(lower) == lower) & (np.floor(upper) == upper)).all():
        raise AllocationError("bounds must be whole; narrow them with whole_bounds_batch before solving")
    floors = np.minimum(np.maximum(np.floor(amounts + TOLERANCE), lower), upper)
    whole: Wholes = floors.astype(np.int64)
    left = total - int(whole.sum())
    if not left:
        return whole, 0
    size = len(amounts)
    # One integer per unit orders by remainder, then by code; all differ, so that a partition is enough.
    remainder = np.rint((amounts - floors) * _MILLION).astype(np.int64)
    order = remainder * size + np.arange(size - 1, -1, -1)
    while left:
        step = 1 if left > 0 else -1
        movable = np.flatnonzero(whole < upper if step > 0 else whole > lower)
        if not len(movable):
            return whole, left
        count = min(abs(left), len(movable))
        if count < len(movable):
            movable = movable[np.argpartition(-step * order[movable], count - 1)[:count]]
        whole[movable] += step
        left -= step * count
    return whole, 0
