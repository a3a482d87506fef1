"""A pot shared under promises that the pot itself pays: lines for each unit, and what each promise costs whom.

Belongs here: from a formula's promises to bounds, the kernel's award as lines. Does not: the bounds' arithmetic
(``guarantees``), the equation (``kernel``), promises paid on top (``after``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from models_py.allocation.comparison import amounts_of, minimum_level, previous_per_pupil
from models_py.allocation.facts import Facts
from models_py.allocation.feasibility import Award, award
from models_py.allocation.formula import Component, Stage
from models_py.allocation.guarantees import (
    Guarantee,
    cap_per_pupil,
    damping,
    floor_per_pupil,
    hold_harmless,
    minimum_per_pupil,
)
from models_py.allocation.infeasible import InfeasibleError
from models_py.allocation.kernel import Term
from models_py.allocation.lines import (
    ORE_PER_SEK,
    Claims,
    Line,
    kronor_line,
    line,
    lines_of_amounts,
    shared_lines,
    worths,
)
from models_py.allocation.prices import in_order
from models_py.allocation.rounding import exact_sum, half_even
from models_py.allocation.rules import equal_awards, least_squared_unmet, proportional
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True, eq=False)
class StageReport:
    """What one promise or step did, kronor.

    Attributes
    ----------
    receivers, payers : unit to kronor above zero that it has more, or less, because of it; ascending by code
    on_top_sek : kronor that it adds to the total; 0 when the units pay each other
    multiplier : level, scale or λ that was solved, or None
    """

    code: str
    kind: str
    receivers: Mapping[str, Fraction]
    payers: Mapping[str, Fraction]
    on_top_sek: int = 0
    multiplier: Fraction | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SharedPot:
    """Lines of one component and reports of the promises on its pot; ``ore_per_value`` is the price that was solved."""

    lines: list[Line]
    ore_per_value: Fraction
    reports: tuple[StageReport, ...] = ()


def share_pot(
    component: Component, claims: Claims, *, facts: Facts, pot_sek: int, stages: Sequence[Stage], beside: list[Line]
) -> SharedPot:
    """Share ``pot_sek`` kronor; ``beside``: lines of the other components, which promises on whole amounts count in."""
    rule = component.sharing.rule or "proportional"
    worth = worths(claims)
    if pot_sek and not any(worth.values()) and rule == "proportional":
        if component.kind.startswith("structural"):
            raise AllocationError(
                f"{component.key}: a pot of {pot_sek} kr follows need, but every need_index is zero, or gives no claim"
            )
        raise AllocationError(f"{component.key}: {pot_sek} kr to share, but no school unit has a claim on it")
    total = exact_sum(worth.values())
    if rule == "proportional" and not stages:
        price = Fraction(pot_sek * ORE_PER_SEK) / total if total else Fraction(0)
        return SharedPot(shared_lines(component.code, claims, total_sek=pot_sek, ore_per_value=price), price)
    claims = {unit: claims.get(unit, ()) for unit in facts.pupils}
    terms = _terms(rule, worths(claims), facts)
    promises = [_promise(stage, facts=facts, beside=beside) for stage in stages]
    try:
        given = award(terms, pot=pot_sek, guarantees=promises)
    except InfeasibleError as refused:
        named = ", ".join(stage.code for stage in stages)
        where = f"{component.key} under {named}" if named else component.key
        raise InfeasibleError(refused.finding, where=where) from None
    effects = in_order(terms, pot=pot_sek, guarantees=promises) if promises else {}
    reports = tuple(_report(stage, effects[stage.code]) for stage in stages)
    multiplier = given.solution.multiplier or Fraction(0)
    if rule == "proportional":
        return SharedPot(_proportional_lines(component.code, claims, given), multiplier * ORE_PER_SEK, reports)
    return SharedPot(_other_lines(component.code, claims, given, rule=rule, facts=facts), multiplier, reports)


def _terms(rule: str, worth: Mapping[str, Fraction], facts: Facts) -> dict[str, Term]:
    if rule == "least_squared_unmet":
        return least_squared_unmet(worth, pupils=facts.pupil_count)
    if rule == "equal_awards":
        return equal_awards(worth, pupils=facts.pupil_count)
    return proportional(worth)


def _promise(stage: Stage, *, facts: Facts, beside: list[Line]) -> Guarantee:
    pupils, asked = facts.pupil_count, stage.parameters
    if stage.kind == "floor_per_pupil":
        return floor_per_pupil(pupils, amount=asked.amount_sek, name=stage.code)
    if stage.kind == "cap_per_pupil":
        return cap_per_pupil(pupils, amount=asked.amount_sek, name=stage.code)
    excluded = tuple(asked.excluded or ())
    counted_in = amounts_of(facts, beside, without=excluded)
    if stage.kind == "minimum_per_pupil":
        level = minimum_level(facts, asked, key=stage.key)
        return minimum_per_pupil(pupils, level=level, beside=counted_in, name=stage.code)
    previous = previous_per_pupil(facts, asked, this_year={}, key=stage.key)
    if stage.kind == "hold_harmless":
        return hold_harmless(pupils, previous_per_pupil=previous, beside=counted_in, name=stage.code)
    return damping(
        pupils, previous_per_pupil=previous, beside=counted_in, down=asked.down, up=asked.up, name=stage.code
    )


def _report(stage: Stage, effect: Mapping[str, Fraction]) -> StageReport:
    return StageReport(
        code=stage.code,
        kind=stage.kind,
        receivers={unit: change for unit, change in effect.items() if change > 0},
        payers={unit: -change for unit, change in effect.items() if change < 0},
    )


def _proportional_lines(code: str, claims: Claims, given: Award) -> list[Line]:
    """What every claim gets at the common price, and a line with the promise's name where one holds a unit."""
    price = (given.solution.multiplier or Fraction(0)) * ORE_PER_SEK
    at_price, held = {}, []
    for unit, worth in worths(claims).items():
        amount = given.amounts[unit]
        at_price[unit] = amount if unit not in given.held_by else half_even(worth * price / ORE_PER_SEK, decimals=0)
        difference = amount - at_price[unit]
        if difference:
            name = given.held_by[unit][0][0]
            held.append(kronor_line(unit, code, name, amount_sek=difference))
    return lines_of_amounts(code, claims, amounts_sek=at_price, ore_per_value=price) + held


def _other_lines(code: str, claims: Claims, given: Award, *, rule: str, facts: Facts) -> list[Line]:
    """Claims in full and what is short of them, or equal awards; per pupil where no bound holds the unit."""
    lines = []
    level = (given.solution.multiplier or Fraction(0)) * ORE_PER_SEK
    free = set(given.solution.free)
    for unit, worth in worths(claims).items():
        amount, pupils = given.amounts[unit], facts.pupil_count[unit]
        if rule == "equal_awards" and unit in free:
            lines.append(
                line(
                    unit,
                    code,
                    "award",
                    count=pupils,
                    count_unit="pupils",
                    rate_ore=level,
                    amount_ore=amount * ORE_PER_SEK,
                )
            )
            continue
        claimed = half_even(worth, decimals=0)
        own = {unit: claims[unit]}
        lines += lines_of_amounts(code, own, amounts_sek={unit: claimed}, ore_per_value=Fraction(ORE_PER_SEK))
        difference = amount - claimed
        if rule == "least_squared_unmet" and unit in free:
            lines.append(
                line(
                    unit, code, "unmet",
                    count=pupils, count_unit="pupils", rate_ore=level, amount_ore=difference * ORE_PER_SEK,
                )
            )  # fmt: skip
        elif difference:
            name = given.held_by[unit][0][0] if unit in given.held_by else "bound"
            lines.append(kronor_line(unit, code, name, amount_sek=difference))
    return lines
