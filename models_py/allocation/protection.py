"""A protection percentage paid for by capped gains: the minimum funding guarantee with capping and scaling.

Belongs here: top-ups of those who fell too far, reductions of those who gained above a cap, the scale that balances
them. Does not: bounds inside a pot (``guarantees``), which lump sums are excluded (amounts of the caller).

Source: the School and Early Years Finance (England) Regulations 2021, schedule 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from models_py.allocation.infeasible import GainsTooSmall, InfeasibleError
from models_py.allocation.kernel import Term, solve_whole
from models_py.allocation.rounding import Number, exact, exact_sum, listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True)
class ProtectedUnit:
    """One unit's comparison, kronor.

    Attributes
    ----------
    formula : this year's amount before the guarantee; excluded : the part of it outside the comparison
    pupils : this year's; previous_per_pupil : last year's (budget - excluded) / pupils, None for no baseline
    minimum : kronor in all below which no capping may press the unit
    """

    formula: Number
    excluded: Number
    pupils: int
    previous_per_pupil: Number | None
    minimum: Number = 0


@dataclass(frozen=True, slots=True)
class Adjustment:
    """top_up ≥ 0 and capping ≤ 0 in whole kronor; change per pupil as a share, None without a baseline."""

    change: Fraction | None
    top_up: int
    capping: int


@dataclass(frozen=True, slots=True)
class Protection:
    """Adjustments by unit, ascending; scale 0..1 as used; net = Σ adjustments in kronor, 0 when the scale is solved."""

    adjustments: Mapping[str, Adjustment]
    scale: Fraction
    net: int


def protect(
    units: Mapping[str, ProtectedUnit], *, guarantee: Number, cap: Number | None, scale: Number | None = None
) -> Protection:
    """Lift everyone to the guarantee; take ``scale`` of the gains above the cap.

    Parameters
    ----------
    guarantee : smallest allowed change of kronor per pupil, a share: Decimal("-0.005") allows a fall of half a per cent
    cap : change above which gains are reduced, at least the guarantee; None: no unit is capped
    scale : 0..1, the part of the excess that is taken; None: solved, so that reductions pay for exactly the top-ups

    top-up = (guarantee - change) u_prev n, rounded up to whole kronor; reduction = scale (change - cap) u_prev n, but
    never below ``minimum`` kronor in all (nor, as cap ≥ guarantee, below the guarantee). A given scale rounds each
    reduction down; a solved one shares the top-ups exactly by largest remainder. Units without a baseline are neither.

    Raises InfeasibleError with gains_below_top_ups when even all excess gains do not pay; AllocationError for a cap
    below the guarantee, a scale outside 0..1, or a baseline or pupils that are not above zero.
    """
    least = exact(guarantee)
    most = None if cap is None else exact(cap)
    if least <= -1 or (most is not None and most < least):
        raise AllocationError("the guarantee must lie above -1, and the cap not below the guarantee")
    compared = {code: unit for code, unit in sorted(units.items()) if unit.previous_per_pupil is not None}
    _positive(compared)
    changes = {code: _change(unit) for code, unit in compared.items()}
    money = {code: exact(unit.previous_per_pupil or 0) * unit.pupils for code, unit in compared.items()}
    top_ups = {c: math.ceil((least - change) * money[c]) for c, change in changes.items() if change < least}
    excess = {c: (change - most) * money[c] for c, change in changes.items() if most is not None and change > most}
    room = {code: max(Fraction(0), exact(compared[code].formula) - exact(compared[code].minimum)) for code in excess}
    if scale is None:
        used, taken = _solved(excess, room, pay_for=top_ups)
    else:
        used = exact(scale)
        if not 0 <= used <= 1:
            raise AllocationError("scale must lie in 0..1")
        taken = {code: math.floor(min(used * excess[code], room[code])) for code in excess}
    adjustments = {
        code: Adjustment(changes.get(code), top_ups.get(code, 0), -taken.get(code, 0)) for code in sorted(units)
    }
    return Protection(adjustments, used, sum(top_ups.values()) - sum(taken.values()))


def _solved(
    excess: Mapping[str, Fraction], room: Mapping[str, Fraction], *, pay_for: Mapping[str, int]
) -> tuple[Fraction, dict[str, int]]:
    """The kernel with β = excess: λ is the scale, and at most 1 because nobody gives more than the excess."""
    cost = sum(pay_for.values())
    takeable = {code: min(excess[code], room[code]) for code in excess}
    available = sum(math.floor(amount) for amount in takeable.values())
    if cost > available:
        gains = exact_sum(takeable.values())
        needed = cost / gains if gains else None
        raise InfeasibleError(GainsTooSmall(cost, available, cost - available, needed, tuple(sorted(pay_for))))
    if not cost:
        return Fraction(0), dict.fromkeys(excess, 0)
    solution, taken = solve_whole({c: Term(beta=excess[c], upper=takeable[c]) for c in excess}, total=cost)
    assert solution.multiplier is not None  # a cost that is available means excess above zero
    return min(solution.multiplier, Fraction(1)), taken


def _change(unit: ProtectedUnit) -> Fraction:
    new = (exact(unit.formula) - exact(unit.excluded)) / unit.pupils
    return new / exact(unit.previous_per_pupil or 0) - 1


def _positive(compared: Mapping[str, ProtectedUnit]) -> None:
    wrong = [c for c, unit in compared.items() if unit.pupils <= 0 or exact(unit.previous_per_pupil or 0) <= 0]
    if wrong:
        raise AllocationError(
            f"school units {listed(wrong)} have a baseline or pupils that are not above zero; "
            "give None for a unit without a baseline"
        )
