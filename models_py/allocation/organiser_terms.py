"""The only place where it matters who runs a school unit: what is added or taken back after need and base are decided.

Belongs here: administration and VAT of independent organisers, VAT on individual supplements, de-delegation. Does not:
need, base, pots, promises; nothing here changes an amount that is decided before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from models_py.allocation.formula import Stage
from models_py.allocation.lines import ORE_PER_SEK, Line, line
from models_py.allocation.rounding import exact_sum, half_even, listed, round_to_total
from models_py.errors import AllocationError

OverheadMethod = Literal["compound_add_on", "additive", "gross_up", "gross_up_joint"]
OrganiserType = Literal["municipal", "independent"]
METHODS = ("compound_add_on", "additive", "gross_up", "gross_up_joint")
OVERHEADS = "overheads"
"""component_code of administration and VAT."""


@dataclass(frozen=True, slots=True)
class OverheadPolicy:
    """Administration and VAT of independent organisers (Skolförordningen 14 kap. 4 §).

    Attributes
    ----------
    method : how "3 % of the basic amount" and "6 % of the whole grant" are read on underlying cost C:
        compound_add_on C(1+a)(1+v); additive C(1+a+v); gross_up C/(1-a)/(1-v); gross_up_joint C/(1-a-v)
    administration_share, vat_share : a and v, 0.03 and 0.06 in the ordinance
    """

    method: OverheadMethod
    administration_share: Decimal
    vat_share: Decimal

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise AllocationError(f"overheads.method: {self.method!r} is not known; known: {', '.join(METHODS)}")
        if min(self.administration_share, self.vat_share) < 0 or self.administration_share + self.vat_share >= 1:
            raise AllocationError("overheads: shares must be from 0 up and together below 1")

    def rates(self) -> tuple[Fraction, Fraction]:
        """Administration and VAT per krona of underlying cost, exact."""
        a, v = Fraction(self.administration_share), Fraction(self.vat_share)
        if self.method == "compound_add_on":
            return a, v * (1 + a)
        if self.method == "additive":
            return a, v
        if self.method == "gross_up":
            before_vat = 1 / (1 - a)
            return before_vat - 1, before_vat / (1 - v) - before_vat
        whole = 1 / (1 - a - v)
        return a * whole, v * whole


def overhead_lines(
    totals_sek: Mapping[str, int], *, organiser_types: Mapping[str, OrganiserType], policy: OverheadPolicy
) -> list[Line]:
    """Lines ``administration`` and ``vat`` of units with an independent organiser, counted in kronor of their amount.

    ``totals_sek``: decided kronor per unit, structural part included. Their sum per unit is whole kronor, half-even.
    """
    _all_known(totals_sek, organiser_types)
    administration, vat = policy.rates()
    lines = []
    for unit in sorted(totals_sek):
        if organiser_types[unit] != "independent" or not totals_sek[unit]:
            continue
        whole = half_even(totals_sek[unit] * (administration + vat), decimals=0)
        ore = round_to_total({"administration": administration, "vat": vat}, whole * ORE_PER_SEK)
        for code, rate in (("administration", administration), ("vat", vat)):
            lines.append(
                line(
                    unit, OVERHEADS, code,
                    count=totals_sek[unit], count_unit="sek", rate_ore=rate * ORE_PER_SEK, amount_ore=ore[code],
                )
            )  # fmt: skip
    return lines


def supplement_vat_lines(
    supplements_sek: Mapping[str, int], *, organiser_types: Mapping[str, OrganiserType], policy: OverheadPolicy
) -> list[Line]:
    """VAT on individual supplements of independent organisers; beside the total, like the supplements themselves."""
    _all_known(supplements_sek, organiser_types)
    rate = Fraction(policy.vat_share)
    if policy.method.startswith("gross_up"):
        rate = rate / (1 - rate)
    return [
        line(
            unit, "individual_supplements", "vat", count=sek, count_unit="sek", rate_ore=rate * ORE_PER_SEK,
            amount_ore=half_even(sek * rate, decimals=0) * ORE_PER_SEK,
        )
        for unit, sek in sorted(supplements_sek.items())
        if organiser_types[unit] == "independent" and sek
    ]  # fmt: skip


def de_delegation_lines(
    pupils: Mapping[str, int], *, organiser_types: Mapping[str, OrganiserType], stage: Stage
) -> list[Line]:
    """Negative lines, one per service, of the group that buys its services together."""
    _all_known(pupils, organiser_types)
    lines = []
    for unit in sorted(pupils):
        if organiser_types[unit] != stage.parameters.group:
            continue
        prices = {name: Fraction(sek) for name, sek in stage.parameters.services_sek.items()}
        whole = half_even(exact_sum(prices.values()) * pupils[unit], decimals=0)
        ore = round_to_total(prices, whole * ORE_PER_SEK)
        lines += [
            line(
                unit, stage.code, name, count=pupils[unit], count_unit="pupils", rate_ore=-price * ORE_PER_SEK,
                amount_ore=-ore[name],
            )
            for name, price in prices.items()
        ]  # fmt: skip
    return lines


def _all_known(units: Mapping[str, int], organiser_types: Mapping[str, OrganiserType]) -> None:
    unknown = sorted(units.keys() - organiser_types.keys())
    if unknown:
        raise AllocationError(f"no organiser type is known for school units {listed(unknown)}; deliver it")
    strange = sorted({str(kind) for kind in organiser_types.values()} - {"municipal", "independent"})
    if strange:
        raise AllocationError(f"organiser types are municipal and independent, not {', '.join(strange)}")
