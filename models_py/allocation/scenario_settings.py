"""What a scenario is: one way to share, and what all scenarios of a set have in common.

Belongs here: frozen settings and the conditions under which they make sense. Does not: computing amounts
(``scenarios``), reading files of scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from models_py.allocation.claim_functions import ClaimFunction, Number
from models_py.allocation.scored_units import ScoredUnits, finite
from models_py.errors import AllocationError

Rule = Literal["proportional", "min_sq_unmet", "equal_award"]


@dataclass(frozen=True, slots=True, eq=False)
class GivenClaims:
    """Claims computed elsewhere (a threshold on pupils, posts, …) by school_unit_code; öre when ``in_ore``."""

    claims: Mapping[str, Fraction]
    in_ore: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One way to share.

    Attributes
    ----------
    name : unique in its set
    claim : claim function, or claims given
    structural_share : 0 <= share < 1 of budget; or ``pot_ore`` : öre. Exactly one
    rule : 'proportional'; 'min_sq_unmet' (same shortfall per pupil) and 'equal_award' (same amount per pupil, at most
        the claim) need claims in öre
    floor_per_pupil_ore, cap_per_pupil_ore : bounds of the structural part per pupil; None for 0 and no cap
    largest_loss_share, largest_gain_share : bounds of the total per pupil against ``ScenarioInputs.previous_per_pupil_ore``
        (price-adjusted); a unit without a previous amount has neither. None for no bound
    """

    name: str
    claim: ClaimFunction | GivenClaims
    structural_share: Number | None = None
    pot_ore: int | None = None
    rule: Rule = "proportional"
    floor_per_pupil_ore: Number | None = None
    cap_per_pupil_ore: Number | None = None
    largest_loss_share: Number | None = None
    largest_gain_share: Number | None = None

    def __post_init__(self) -> None:
        if (self.structural_share is None) == (self.pot_ore is None):
            raise AllocationError(f"scenario {self.name}: takes exactly one of structural_share and pot_ore")
        if self.structural_share is not None and not 0 <= self.structural_share < 1:
            raise AllocationError(
                f"scenario {self.name}: structural_share {self.structural_share} is outside 0 <= s < 1"
            )
        if self.rule not in ("proportional", "min_sq_unmet", "equal_award"):
            raise AllocationError(f"scenario {self.name}: rule {self.rule!r} is not known")
        if self.rule != "proportional" and not self.claim.in_ore:
            raise AllocationError(
                f"scenario {self.name}: {self.rule} compares claims with kronor; choose a claim in öre (a price per "
                "point, or cost-based)"
            )
        limits = ("pot_ore", "floor_per_pupil_ore", "cap_per_pupil_ore", "largest_loss_share", "largest_gain_share")
        negative = [name for name in limits if (value := getattr(self, name)) is not None and value < 0]
        if negative:
            raise AllocationError(f"scenario {self.name}: {', '.join(negative)} must not be negative")

    @property
    def is_bounded(self) -> bool:
        limits = (self.floor_per_pupil_ore, self.cap_per_pupil_ore, self.largest_loss_share, self.largest_gain_share)
        return any(limit is not None for limit in limits)


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioInputs:
    """What all scenarios share; every array (J,) in the order of ``units``.

    Attributes
    ----------
    base_ore : what follows pupils and grades. ``share_of_budget``: its sum is the whole budget and it is scaled to what
        the pot leaves; ``price_list``: it is paid as it is, and the pot comes on top
    base_mode : as in the policy
    previous_per_pupil_ore : last year's total per pupil, price-adjusted; NaN for a new unit; None when no scenario asks
    present_ore : totals that gains and losses are counted against; None: the same scenario's money with its pot flat
        per pupil
    claims_ore : what would be enough, for coverage; None: relative coverage (see ``equity_measures``)
    """

    units: ScoredUnits
    base_ore: np.ndarray
    base_mode: Literal["share_of_budget", "price_list"] = "share_of_budget"
    previous_per_pupil_ore: np.ndarray | None = None
    present_ore: np.ndarray | None = None
    claims_ore: np.ndarray | None = None

    def __post_init__(self) -> None:
        base = finite(self.base_ore, units=self.units, what="base_ore")
        if base.ndim != 1 or (base < 0).any() or not base.any():
            raise AllocationError("base_ore: needs one amount per school unit, none negative and not all zero")
        if self.base_mode not in ("share_of_budget", "price_list"):
            raise AllocationError(f"base_mode: {self.base_mode!r} is neither share_of_budget nor price_list")
