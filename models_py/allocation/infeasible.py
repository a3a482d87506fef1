"""Why money cannot be shared as asked, as data: kind, figures and school units.

Belongs here: the findings and the one exception that carries them. Does not: words for a reader (a caller has the
finding's figures and its own texts), the search for what would be feasible (``guarantees``, ``kernel``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from models_py.allocation.rounding import Exact, listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True)
class FloorAboveCap:
    """School units whose lower bound lies above their upper bound; no amount at all would do for them."""

    kind: ClassVar[str] = "floor_above_cap"
    school_unit_codes: tuple[str, ...]

    def __str__(self) -> str:
        return f"the floor is above the cap for school units {listed(list(self.school_unit_codes))}"


@dataclass(frozen=True, slots=True)
class FloorsExceedPot:
    """The floors alone cost more than the pot.

    Attributes
    ----------
    sum_floors, pot, shortage : kronor; shortage = sum_floors - pot > 0
    x_min : smallest feasible damping as a share 0..1, rounded up to a step so that whole kronor suffice; None when no
        damping takes part or none would do
    school_unit_codes : units with a floor above zero, largest floor first
    """

    kind: ClassVar[str] = "floors_exceed_pot"
    sum_floors: Exact
    pot: Exact
    shortage: Exact
    x_min: Fraction | None
    school_unit_codes: tuple[str, ...]

    def __str__(self) -> str:
        way_out = "" if self.x_min is None else f"; a fall of at least {float(self.x_min):.4f} must be allowed"
        return (
            f"the floors sum to {_number(self.sum_floors)}, {_number(self.shortage)} more than the "
            f"{_number(self.pot)} to share, for school units {listed(list(self.school_unit_codes))}{way_out}"
        )


@dataclass(frozen=True, slots=True)
class CapsBelowPot:
    """The caps leave money that nobody may get; kronor, unallocatable = pot - sum_caps > 0."""

    kind: ClassVar[str] = "caps_below_pot"
    sum_caps: Exact
    pot: Exact
    unallocatable: Exact
    school_unit_codes: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"the caps sum to {_number(self.sum_caps)}, which leaves {_number(self.unallocatable)} of the "
            f"{_number(self.pot)} to share without a taker, for school units {listed(list(self.school_unit_codes))}"
        )


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """The pot lies outside what the terms can add up to, because units that take no part in the sharing are fixed.

    Attributes
    ----------
    pot, lowest, highest : the pot and the attainable range; None where it has no end
    fixed : units with β = 0, which absorb no money
    """

    kind: ClassVar[str] = "pot_out_of_reach"
    pot: Exact
    lowest: Exact | None
    highest: Exact | None
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        low = "no lower end" if self.lowest is None else f"at least {_number(self.lowest)}"
        high = "no upper end" if self.highest is None else f"at most {_number(self.highest)}"
        told = f"; fixed, because nothing is shared by them: {listed(list(self.fixed))}" if self.fixed else ""
        return f"{_number(self.pot)} cannot be shared: the amounts add up to {low}, {high}{told}"


@dataclass(frozen=True, slots=True)
class GainsTooSmall:
    """Capped gains do not pay for the top-ups, even taken whole; kronor.

    Attributes
    ----------
    top_ups : kronor that the guarantee costs
    excess_gains : kronor above the cap that may be taken
    shortage : top_ups - excess_gains > 0
    scale : top_ups / excess_gains > 1; None without any gain above the cap
    """

    kind: ClassVar[str] = "gains_below_top_ups"
    top_ups: int
    excess_gains: int
    shortage: int
    scale: Fraction | None
    school_unit_codes: tuple[str, ...]

    def __str__(self) -> str:
        needed = "no gain is above the cap" if self.scale is None else f"a scale of {float(self.scale):.4f} is needed"
        return (
            f"top-ups cost {self.top_ups}, gains above the cap are {self.excess_gains} ({self.shortage} short; {needed}), "
            f"for school units {listed(list(self.school_unit_codes))}"
        )


Finding = FloorAboveCap | FloorsExceedPot | CapsBelowPot | OutOfReach | GainsTooSmall


class InfeasibleError(AllocationError):
    """Refused before any money is shared. ``finding`` holds kind, figures and units; ``reason`` is its kind."""

    def __init__(self, finding: Finding, *, where: str = "") -> None:
        super().__init__(f"{where}: {finding}" if where else str(finding), reason=finding.kind)
        self.finding = finding


def _number(value: Exact) -> str:
    return str(value) if Fraction(value).denominator == 1 else f"{float(value):.2f}"
