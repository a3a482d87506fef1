"""Who gains and who loses when one set of amounts replaces another, on the same pupils.

Belongs here: counts, pupils and the largest change per pupil. Does not: why amounts changed (``change``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_py.allocation.scored_units import ScoredUnits, finite

SMALLEST_CHANGE_ORE = 0.5
"""Less than half an öre is what is left of floats, not a gain."""


@dataclass(frozen=True, slots=True)
class Winners:
    """Gains and losses of whole units, öre per pupil.

    Attributes
    ----------
    gaining_units, losing_units : number of units; the rest is unchanged
    gaining_pupils, losing_pupils : pupils at them
    moved_ore : sum of all gains
    largest_gain_per_pupil_ore, largest_loss_per_pupil_ore : 0 or more; 0 when nobody gains or loses
    largest_gain_unit, largest_loss_unit : its school_unit_code, the lower code in a tie; None when nobody does
    """

    gaining_units: int
    losing_units: int
    gaining_pupils: int
    losing_pupils: int
    moved_ore: float
    largest_gain_per_pupil_ore: float
    largest_gain_unit: str | None
    largest_loss_per_pupil_ore: float
    largest_loss_unit: str | None


def winners_and_losers(units: ScoredUnits, *, new_ore: np.ndarray, old_ore: np.ndarray) -> Winners:
    """Compare two sets of amounts (J,), in öre and in the order of ``units``. Raises AllocationError for their shape."""
    change = finite(new_ore, units=units, what="new_ore") - finite(old_ore, units=units, what="old_ore")
    change = np.where(np.abs(change) < SMALLEST_CHANGE_ORE, 0.0, change)
    gains, loses = change > 0, change < 0
    per_pupil = change / units.pupil_count
    most, least = int(np.argmax(per_pupil)), int(np.argmin(per_pupil))
    return Winners(
        gaining_units=int(gains.sum()),
        losing_units=int(loses.sum()),
        gaining_pupils=int(units.pupil_count[gains].sum()),
        losing_pupils=int(units.pupil_count[loses].sum()),
        moved_ore=float(change[gains].sum()),
        largest_gain_per_pupil_ore=max(0.0, float(per_pupil[most])),
        largest_gain_unit=units.school_unit_code[most] if gains.any() else None,
        largest_loss_per_pupil_ore=max(0.0, -float(per_pupil[least])),
        largest_loss_unit=units.school_unit_code[least] if loses.any() else None,
    )
