"""Guarantees as bounds for many scenarios at once, in floats.

Belongs here: floor, cap, absolute minimum, damping and hold-harmless as (S, J) arrays. Does not: the bounds of the
decided allocation (``guarantees``, in fractions), solving.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models_py.allocation.rounding_batch import Floats, whole_bounds_batch
from models_py.errors import AllocationError


def bounds_batch(
    pupils: npt.ArrayLike,
    *,
    beside: npt.ArrayLike = 0.0,
    previous_per_pupil: npt.ArrayLike = np.nan,
    previous_total: npt.ArrayLike = np.nan,
    floor: npt.ArrayLike = 0.0,
    cap: npt.ArrayLike = np.inf,
    minimum: npt.ArrayLike = -np.inf,
    down: npt.ArrayLike = np.inf,
    up: npt.ArrayLike = np.inf,
) -> tuple[Floats, Floats]:
    """Lower and upper bound of each unit's amount from the pot, in whole kronor, every guarantee counted in.

    Parameters
    ----------
    pupils : (J,)
    beside : (J,) or (S, J); kronor outside the pot that the guarantees count in
    previous_per_pupil : (J,) last year's kronor per pupil, price-adjusted; NaN: no baseline, neither damped nor guessed
    previous_total : (J,) kronor that the unit may not fall below in all; NaN: not promised
    floor, cap : (S,) or a number; kronor per pupil from the pot; inf is no cap
    minimum : (J,), (S, J) or a number; kronor per pupil, ``beside`` counted in; -inf is none
    down, up : (S,) or a number; shares of last year's kronor per pupil; inf switches that side off, 0 holds harmless

    Returns
    -------
    lower, upper : (S, J), lower at least 0 and narrowed to whole kronor; they may cross, which ``solve_batch`` refuses

    Raises AllocationError for a negative share, or a cap or floor that is NaN.
    """
    n = np.asarray(pupils, dtype=float)
    money, least = np.asarray(beside, dtype=float), np.asarray(minimum, dtype=float)
    settings = {"floor": floor, "cap": cap, "down": down, "up": up}
    columns = {name: np.atleast_1d(np.asarray(value, dtype=float))[:, None] for name, value in settings.items()}
    if any(np.isnan(value).any() for value in columns.values()) or np.isnan(least).any():
        raise AllocationError("a setting of a guarantee is NaN; inf switches one off")
    if (columns["down"] < 0).any() or (columns["up"] < 0).any():
        raise AllocationError("down and up are shares from 0 up")
    previous = n * np.asarray(previous_per_pupil, dtype=float)
    asked = np.where(np.isnan(previous), -np.inf, previous - money)
    moved = np.where(np.isnan(previous), 0.0, previous)
    total = np.asarray(previous_total, dtype=float)
    fixed = np.maximum(least * n - money, np.where(np.isnan(total), -np.inf, total - money))
    lower = np.maximum(np.maximum(columns["floor"] * n, 0.0), fixed)
    lower = np.maximum(lower, _or(asked - _times(columns["down"], moved), columns["down"], -np.inf))
    allowed = np.where(np.isneginf(asked), np.inf, asked)
    upper = np.minimum(columns["cap"] * n, _or(allowed + _times(columns["up"], moved), columns["up"], np.inf))
    return whole_bounds_batch(lower, upper=upper)


def _times(share: Floats, money: Floats) -> Floats:
    return np.where(np.isinf(share), 0.0, share) * money


def _or(bound: Floats, share: Floats, none: float) -> Floats:
    return np.where(np.isinf(share), none, bound)
