"""How much of a redistribution is signal, and how sure each unit's kronor are, from draws of the index.

Belongs here: comparing allocations over draws. Does not: drawing coefficients (the need model), the kernel (passed in).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from models_py.allocation.scored_units import ScoredUnits, finite
from models_py.allocation.weighted import misplaced_share
from models_py.errors import AllocationError

Allocate = Callable[[np.ndarray], np.ndarray]
"""Index (B, J) to öre (B, J): claims and kernel, without damping; every row adds up to the same pot."""

FEWEST_REPLICATES = 100


@dataclass(frozen=True, slots=True)
class SignalShare:
    """What the draws say about a redistribution.

    Attributes
    ----------
    signal_share : 0..1, 1 = all that is redistributed is signal, 0 = none can be shown; None when nothing is redistributed
    raw : the same before it is cut off at 0
    redistributed_share : of the pot, at the index used
    misplaced_share : mean share of the pot that lies elsewhere in a draw
    monte_carlo_error : standard error of ``raw`` from the number of draws
    replicates : number of draws
    """

    signal_share: float | None
    raw: float | None
    redistributed_share: float
    misplaced_share: float
    monte_carlo_error: float | None
    replicates: int


def signal_share(units: ScoredUnits, *, index_replicates: np.ndarray, allocate: Allocate) -> SignalShare:
    """1 − E[misplaced share between a draw and the index used] / redistributed share of the same pot.

    Noise moves money too: with few schools it inflates what is redistributed, and this figure is then too high.

    Parameters
    ----------
    index_replicates : (B, J), B at least 100: indices from draws of the coefficients, each re-based like the index used
    allocate : index (B, J) to öre (B, J); called with the draws and with the index used

    Raises AllocationError for too few or misshapen draws, and when ``allocate`` does not keep the pot.
    """
    drawn, used = _allocated(units, index_replicates, allocate)
    pupils = units.pupil_count
    redistributed = float(misplaced_share(used, pupils.astype(float)))
    moved = misplaced_share(drawn, used)
    mean = float(moved.mean())
    if redistributed <= 0:
        return SignalShare(None, None, redistributed, mean, None, len(moved))
    raw = 1 - mean / redistributed
    error = float(moved.std(ddof=1)) / np.sqrt(len(moved)) / redistributed
    return SignalShare(max(0.0, raw), raw, redistributed, mean, float(error), len(moved))


def krona_intervals(
    units: ScoredUnits,
    *,
    index_replicates: np.ndarray,
    allocate: Allocate,
    degrees_of_freedom: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """Interval of every unit's amount from the uncertainty of the weights; the pupils are a census.

    Amount ± t × standard deviation over the draws, from 0 up (percentiles cover too little with few schools: Cameron,
    Gelbach and Miller 2008).

    Parameters
    ----------
    index_replicates, allocate : as ``signal_share``
    degrees_of_freedom : schools behind the coefficients − 1

    Returns
    -------
    school_unit_code, amount_ore, standard_error_ore, lower_ore, upper_ore (float), more_than_flat_share (0..1 of the
    draws in which the unit gets more than its pupils' share of the pot; a tie counts half)
    """
    if degrees_of_freedom < 1 or not 0 < level < 1:
        raise AllocationError(f"intervals: degrees_of_freedom {degrees_of_freedom} or level {level} is out of range")
    drawn, used = _allocated(units, index_replicates, allocate)
    flat = units.pupil_count * (used.sum() / units.pupil_count.sum())
    error = drawn.std(axis=0, ddof=1)
    reach = stats.t.ppf((1 + level) / 2, degrees_of_freedom) * error
    difference = np.where(np.isclose(drawn, flat, rtol=1e-12, atol=0.0), 0.0, drawn - flat)
    return pd.DataFrame(
        {
            "school_unit_code": list(units.school_unit_code),
            "amount_ore": used,
            "standard_error_ore": error,
            "lower_ore": np.maximum(0.0, used - reach),
            "upper_ore": used + reach,
            "more_than_flat_share": (np.sign(difference).mean(axis=0) + 1) / 2,
        }
    )


def _allocated(units: ScoredUnits, replicates: np.ndarray, allocate: Allocate) -> tuple[np.ndarray, np.ndarray]:
    """Amounts of the draws (B, J) and of the index used (J,)."""
    index = finite(replicates, units=units, what="index_replicates")
    if index.ndim != 2 or len(index) < FEWEST_REPLICATES or (index < 0).any():
        raise AllocationError(
            f"index_replicates: needs at least {FEWEST_REPLICATES} draws (rows) of an index from 0 up; shape {index.shape}"
        )
    amounts = finite(allocate(np.vstack([units.need_index, index])), units=units, what="allocated amounts")
    pots = amounts.sum(axis=1)
    if len(amounts) != len(index) + 1 or not pots[0] > 0 or np.abs(pots / pots[0] - 1).max() > 1e-9:
        raise AllocationError("allocate must give one row per draw, each adding up to the same pot above zero")
    return amounts[1:], amounts[0]
