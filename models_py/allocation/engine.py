"""Carry out a formula: from facts to lines, in the order that the policy gives.

Belongs here: totals, the order of work, and what must add up. Does not: kinds (``components``, ``stages``), sharing a pot
(``pots``), steps after the components (``after``). Nothing here sees who runs a school unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from models_py.allocation.after import after_components
from models_py.allocation.components import claims_of
from models_py.allocation.facts import Facts
from models_py.allocation.formula import Component, Formula, Stage
from models_py.allocation.lines import (
    ORE_PER_SEK,
    Claims,
    Line,
    in_whole_ore,
    priced_total_sek,
    shared_lines,
)
from models_py.allocation.pots import SharedPot, StageReport, share_pot
from models_py.allocation.rounding import exact_sum, half_even
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a formula gives.

    Attributes
    ----------
    lines : of every component and step inside the total
    outside : lines shown beside, never in a sum
    deducted_sek : component_code to kronor taken before distribution
    budget_sek : whole kronor over all lines inside
    totals_sek : component_code to kronor, inside components in order
    prices_ore : component_code to öre per unit of value, given or solved
    reports : one per promise and step, in order
    """

    lines: list[Line]
    outside: list[Line]
    deducted_sek: dict[str, int]
    budget_sek: int
    totals_sek: dict[str, int]
    prices_ore: dict[str, Fraction]
    reports: tuple[StageReport, ...]


def run(formula: Formula, facts: Facts) -> Outcome:
    """Lines of every unit. Raises AllocationError before any money is shared when totals do not fit."""
    inside = [each for each in formula.components if each.place == "inside"]
    claims = {each.code: _claims(each, facts) for each in inside}
    deducted, distributed = _deducted(formula, facts)
    totals = _totals(formula, inside, claims, distributed)
    if sum(totals.values()) and not facts.pupils:
        raise AllocationError(f"{sum(totals.values())} kr to share, but no school unit has pupils on the count date")
    bounding = {each.code: [s for s in formula.stages if s.bounds == each.code] for each in inside}
    shared: dict[str, SharedPot] = {}
    for component in sorted(inside, key=lambda each: bool(bounding[each.code])):  # stable: promises see what is beside
        beside = [line for pot in shared.values() for line in pot.lines]
        shared[component.code] = _shared(
            component, claims[component.code], facts, totals[component.code], bounding[component.code], beside
        )
    lines = [line for each in inside for line in shared[each.code].lines]
    reports = [report for each in inside for report in shared[each.code].reports]
    for stage in _steps(formula):
        added, report = after_components(stage, facts=facts, so_far=lines)
        lines = [*lines, *added]
        reports.append(report)
    _on_top_is_paid(formula, reports)
    order = [stage.code for stage in formula.stages]
    return Outcome(
        lines=lines,
        outside=_outside(formula, facts),
        deducted_sek=deducted,
        budget_sek=sum(totals.values()) + sum(report.on_top_sek for report in reports),
        totals_sek=totals,
        prices_ore={code: pot.ore_per_value for code, pot in shared.items()},
        reports=tuple(sorted(reports, key=lambda report: order.index(report.code))),
    )


def _claims(component: Component, facts: Facts) -> Claims:
    claims = claims_of(component.kind, facts, component.parameters, key=component.key)
    sharing = component.sharing
    if sharing.area_factor is not None:
        factor = facts.measure(sharing.area_factor, asked_by=component.key)
        claims = {u: tuple(replace(c, value=c.value * factor[u]) for c in own) for u, own in claims.items()}
    return in_whole_ore(claims) if sharing.rounding == "rate" else claims


def _deducted(formula: Formula, facts: Facts) -> tuple[dict[str, int], int | None]:
    """Kronor taken before distribution, and what is distributed; None in a price list, whose total follows."""
    budget = formula.budget
    total: int | None = budget.budget_sek
    if budget.budget_per_pupil_sek is not None:
        total = half_even(Fraction(budget.budget_per_pupil_sek) * sum(facts.pupil_count.values()), decimals=0)
    deducted = {}
    for component in formula.components:
        if component.place != "before":
            continue
        asked = component.parameters
        if asked.amount_sek is not None:
            deducted[component.code] = asked.amount_sek
        elif total is None:
            raise AllocationError(f"{component.key}: a share of the budget, and a price list has none; give amount_sek")
        else:
            deducted[component.code] = half_even(Fraction(asked.budget_share) * total, decimals=0)
    if total is None:
        return deducted, None
    taken = sum(deducted.values())
    if taken > total:
        raise AllocationError(f"{', '.join(deducted)}: deductions of {taken} kr are larger than the budget ({total})")
    return deducted, total - taken


def _totals(
    formula: Formula, inside: list[Component], claims: dict[str, Claims], distributed: int | None
) -> dict[str, int]:
    """Whole kronor per component, before a krona is shared."""
    totals: dict[str, int] = {}
    for component in inside:
        sharing = component.sharing
        if sharing.pot_sek is not None:
            totals[component.code] = sharing.pot_sek
        elif sharing.is_priced:
            totals[component.code] = priced_total_sek(claims[component.code])
        elif sharing.share is not None and distributed is not None:
            totals[component.code] = half_even(distributed * Fraction(sharing.share), decimals=0)
        if distributed is not None and totals.get(component.code, 0) > distributed:
            raise AllocationError(
                f"{component.where('pot_sek')} ({totals[component.code]}) is larger than the budget ({distributed})"
            )
    if distributed is None:
        return _price_list(inside, totals)
    reserved = sum(stage.parameters.pot_sek for stage in _steps(formula) if stage.kind == "level_up")
    left = distributed - sum(totals.values()) - reserved
    resting = [each for each in inside if each.sharing.takes_rest]
    if left < 0 or (left and not resting):
        told = ", ".join(f"{code} {sek}" for code, sek in totals.items())
        side = "more than" if left < 0 else "less than"
        raise AllocationError(
            f"components cost {abs(left)} kr {side} the {distributed} kr distributed ({told}); "
            "let one component take the rest (money: rest), or mend the amounts"
        )
    return {each.code: left if each.sharing.takes_rest else totals[each.code] for each in inside}


def _price_list(inside: list[Component], totals: dict[str, int]) -> dict[str, int]:
    """A share in a price list comes on top of what the prices cost: pot / (prices + pots) is the share."""
    shares = {each.code: Fraction(each.sharing.share) for each in inside if each.sharing.share is not None}
    together = exact_sum(shares.values())
    if together >= 1:
        raise AllocationError(f"shares of {', '.join(shares)} add up to {float(together):g}; below 1 is possible")
    known = sum(totals.values())
    solved = {code: half_even(known * share / (1 - together), decimals=0) for code, share in shares.items()}
    return {each.code: solved[each.code] if each.code in solved else totals[each.code] for each in inside}


def _shared(
    component: Component, claims: Claims, facts: Facts, total_sek: int, stages: list[Stage], beside: list[Line]
) -> SharedPot:
    if component.sharing.is_priced:
        price = Fraction(ORE_PER_SEK)
        return SharedPot(shared_lines(component.code, claims, total_sek=total_sek, ore_per_value=price), price)
    return share_pot(component, claims, facts=facts, pot_sek=total_sek, stages=stages, beside=beside)


def _steps(formula: Formula) -> list[Stage]:
    return [stage for stage in formula.stages if stage.bounds is None and stage.kind != "de_delegation"]


def _on_top_is_paid(formula: Formula, reports: list[StageReport]) -> None:
    """A budget is a total: what comes on top of it must be paid by somebody named."""
    if formula.budget.mode == "price_list":
        return
    keys = {stage.code: stage.key for stage in formula.stages}
    for report in reports:
        if report.on_top_sek and report.kind != "level_up":
            raise AllocationError(
                f"{keys[report.code]}: costs {report.on_top_sek} kr on top of the budget for school units "
                f"{', '.join([*report.receivers][:5])}; name the component whose pot pays, solve the scale, or use a price list"
            )


def _outside(formula: Formula, facts: Facts) -> list[Line]:
    lines = []
    for component in formula.components:
        if component.place == "outside":
            claims = claims_of(component.kind, facts, component.parameters, key=component.key)
            total = priced_total_sek(claims)
            price = Fraction(ORE_PER_SEK)
            lines += shared_lines(component.code, claims, total_sek=total, ore_per_value=price)
    return lines
