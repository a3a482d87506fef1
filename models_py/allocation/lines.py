"""Lines of an allocation: count × rate + rounding = amount, exactly, in whole kronor per component and school unit.

Belongs here: turning counted claims into lines, with a given total or with given rates. Does not: what is counted
(``components``), which total (``engine``), input checks (``inputs``).
Count and rate are quantised to six decimals *first*; the amount of a component per school unit is whole kronor; what is
left is the rounding, so that the equation holds exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from models_py.allocation.rounding import Exact, as_decimal, exact_sum, half_even, largest_remainder, round_to_total
from models_py.errors import AllocationError

MICRO = 10**6
"""Counts and rates are kept in millionths."""
ORE_PER_SEK = 100
RateRounding = Literal["line", "rate"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of ``fct_allocation`` without municipality and year; amounts, rate and rounding in öre."""

    school_unit_code: str
    component_code: str
    line_code: str
    count: Decimal
    count_unit: str
    rate_ore: Decimal
    rounding_ore: Decimal
    amount_ore: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What one line counts.

    Attributes
    ----------
    count : in millionths already (``counted``), 0 or more
    value : kronor per count, or a weight where a pot is shared
    """

    line_code: str
    count: Fraction
    count_unit: str
    value: Fraction

    @property
    def worth(self) -> Fraction:
        """count × value."""
        return self.count * self.value


Claims = Mapping[str, tuple[Claim, ...]]
"""school_unit_code to its claims; a unit without any is left out of the component."""


def counted(value: Exact) -> Fraction:
    """``value`` rounded half-even to six decimals: the number that is published and that the money is shared by."""
    return Fraction(half_even(value, decimals=6), MICRO)


def worths(claims: Claims) -> dict[str, Fraction]:
    """Σ count × value per unit."""
    return {unit: exact_sum(claim.worth for claim in own) for unit, own in claims.items()}


def priced_total_sek(claims: Claims) -> int:
    """What claims at prices in kronor cost together: whole kronor, half-even."""
    return half_even(exact_sum(worths(claims).values()), decimals=0)


def in_whole_ore(claims: Claims) -> dict[str, tuple[Claim, ...]]:
    """Prices rounded half-even to whole öre before they meet the counts: what a rounding of the *rate* means."""
    return {
        unit: tuple(
            Claim(c.line_code, c.count, c.count_unit, Fraction(half_even(c.value, decimals=2), ORE_PER_SEK))
            for c in own
        )
        for unit, own in claims.items()
    }


def shared_lines(
    component: str, claims: Claims, *, total_sek: int, ore_per_value: Fraction, where: str = ""
) -> list[Line]:
    """Lines whose amounts share ``total_sek`` kronor in proportion to the claims, at ``ore_per_value`` × value a count."""
    worth = worths(claims)
    if total_sek and not any(worth.values()):
        said = where or component
        raise AllocationError(f"{said}: {total_sek} kr to share, but no school unit has a claim on it")
    return lines_of_amounts(
        component, claims, amounts_sek=round_to_total(worth, total_sek), ore_per_value=ore_per_value
    )


def lines_of_amounts(
    component: str, claims: Claims, *, amounts_sek: Mapping[str, int], ore_per_value: Fraction
) -> list[Line]:
    """Lines of units whose amounts are known; within a unit öre follow the claims by largest remainder."""
    lines = []
    for unit, own in claims.items():
        amounts = _within(own, amounts_sek[unit] * ORE_PER_SEK)
        lines += [
            line(
                unit,
                component,
                claim.line_code,
                count=claim.count,
                count_unit=claim.count_unit,
                rate_ore=ore_per_value * claim.value,
                amount_ore=amounts[claim.line_code],
            )
            for claim in own
        ]
    return lines


def line(
    unit: str,
    component: str,
    code: str,
    *,
    count: Exact,
    count_unit: str,
    rate_ore: Exact,
    amount_ore: int,
) -> Line:
    """One line; count and rate are quantised here, and the rounding is what then is left of ``amount_ore``."""
    count_micro, rate_micro = half_even(count, decimals=6), half_even(rate_ore, decimals=6)
    for name, micro in (("count", count_micro), ("rate_ore", rate_micro)):
        if abs(micro) >= 10**18:
            raise AllocationError(f"{component}/{code} of school unit {unit}: {name} does not fit decimal(18,6)")
    return Line(
        school_unit_code=unit,
        component_code=component,
        line_code=code,
        count=as_decimal(count_micro, decimals=6),
        count_unit=count_unit,
        rate_ore=as_decimal(rate_micro, decimals=6),
        rounding_ore=as_decimal(amount_ore * MICRO * MICRO - count_micro * rate_micro, decimals=12),
        amount_ore=amount_ore,
    )


def kronor_line(unit: str, component: str, code: str, *, amount_sek: int) -> Line:
    """A difference in kronor as a line of its own: 1 × the amount."""
    ore = amount_sek * ORE_PER_SEK
    return line(unit, component, code, count=1, count_unit="units", rate_ore=ore, amount_ore=ore)


def totals_sek(lines: list[Line], *, components: frozenset[str] | None = None) -> dict[str, int]:
    """Whole kronor per unit of ``components`` (all when None), ascending by unit."""
    totals: dict[str, int] = {}
    for each in sorted(lines, key=lambda one: one.school_unit_code):
        if components is None or each.component_code in components:
            totals[each.school_unit_code] = totals.get(each.school_unit_code, 0) + each.amount_ore
    return {unit: ore // ORE_PER_SEK for unit, ore in totals.items()}


def _within(own: tuple[Claim, ...], total_ore: int) -> dict[str, int]:
    weights = {claim.line_code: claim.worth for claim in own}
    if total_ore and not any(weights.values()):  # an amount without a claim, such as a guaranteed floor
        weights = {claim.line_code: Fraction(1) for claim in own}
    if total_ore >= 0:
        return round_to_total(weights, total_ore)
    worth = exact_sum(weights.values())
    return largest_remainder({code: weight * total_ore / worth for code, weight in weights.items()})
