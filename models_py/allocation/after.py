"""Steps after the components, in the policy's order: minimum per pupil on top, protection, level-up.

Belongs here: each step as lines and a report. Does not: promises that a component's pot pays (``pots``), the arithmetic of
protection and kernel.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from models_py.allocation.comparison import amounts_of, minimum_level, previous_per_pupil
from models_py.allocation.facts import Facts
from models_py.allocation.formula import Stage
from models_py.allocation.infeasible import InfeasibleError
from models_py.allocation.kernel import solve_whole
from models_py.allocation.lines import ORE_PER_SEK, Line, kronor_line, line
from models_py.allocation.pots import StageReport
from models_py.allocation.protection import ProtectedUnit, protect
from models_py.allocation.rules import common_level, level_up
from models_py.errors import AllocationError


def after_components(stage: Stage, *, facts: Facts, so_far: list[Line]) -> tuple[list[Line], StageReport]:
    """Lines and report of one step, given every line before it."""
    if stage.kind == "protection":
        return _protected(stage, facts=facts, so_far=so_far)
    if stage.kind == "level_up":
        return _levelled(stage, facts=facts, so_far=so_far)
    if stage.kind == "minimum_per_pupil":
        return _topped_up(stage, facts=facts, so_far=so_far)
    raise AllocationError(f"{stage.key}: {stage.kind} needs the component whose pot pays it; name it in component")


def _topped_up(stage: Stage, *, facts: Facts, so_far: list[Line]) -> tuple[list[Line], StageReport]:
    asked = stage.parameters
    level = minimum_level(facts, asked, key=stage.key)
    amounts = amounts_of(facts, so_far, without=tuple(asked.excluded or ()))
    top_ups = {
        unit: max(0, math.ceil(level[unit] * pupils - amounts[unit])) for unit, pupils in facts.pupil_count.items()
    }
    lines = [kronor_line(unit, stage.code, "top_up", amount_sek=sek) for unit, sek in top_ups.items() if sek]
    received = {unit: Fraction(sek) for unit, sek in top_ups.items() if sek}
    return lines, StageReport(stage.code, stage.kind, received, {}, on_top_sek=sum(top_ups.values()))


def _protected(stage: Stage, *, facts: Facts, so_far: list[Line]) -> tuple[list[Line], StageReport]:
    asked = stage.parameters
    excluded = tuple(asked.excluded or ())
    formula = amounts_of(facts, so_far)
    compared = amounts_of(facts, so_far, without=excluded)
    outside = {unit: formula[unit] - compared[unit] for unit in formula}
    previous = previous_per_pupil(facts, asked, this_year=outside, key=stage.key)
    minimum = Fraction(asked.minimum_per_pupil_sek or 0)
    units = {
        unit: ProtectedUnit(formula[unit], outside[unit], pupils, previous[unit], minimum * pupils)
        for unit, pupils in facts.pupil_count.items()
    }
    try:
        result = protect(units, guarantee=asked.smallest_change, cap=asked.cap, scale=asked.scale)
    except InfeasibleError as refused:
        raise InfeasibleError(refused.finding, where=stage.key) from None
    lines = []
    for unit, adjustment in result.adjustments.items():
        for code, sek in (("top_up", adjustment.top_up), ("capping", adjustment.capping)):
            if sek:
                lines.append(kronor_line(unit, stage.code, code, amount_sek=sek))
    report = StageReport(
        code=stage.code,
        kind=stage.kind,
        receivers={unit: Fraction(a.top_up) for unit, a in result.adjustments.items() if a.top_up},
        payers={unit: Fraction(-a.capping) for unit, a in result.adjustments.items() if a.capping},
        on_top_sek=result.net,
        multiplier=result.scale,
    )
    return lines, report


def _levelled(stage: Stage, *, facts: Facts, so_far: list[Line]) -> tuple[list[Line], StageReport]:
    asked = stage.parameters
    if asked.own is None:
        own = {unit: Fraction(sek) for unit, sek in amounts_of(facts, so_far).items()}
    else:
        own = facts.measure(asked.own, asked_by=stage.key)
    weights = facts.measure(asked.weights or "pupils", asked_by=stage.key)
    if not own:
        return [], StageReport(stage.code, stage.kind, {}, {})
    solution, lifts = solve_whole(level_up(own, weights=weights), total=asked.pot_sek)
    level = common_level(own, solution.amounts, weights=weights)
    lines = []
    for unit, lift in lifts.items():
        if not lift:
            continue
        has_ore = _whole_ore(own[unit])
        reached = line(
            unit, stage.code, "level",
            count=weights[unit], count_unit=asked.weights or "pupils", rate_ore=level * ORE_PER_SEK,
            amount_ore=lift * ORE_PER_SEK + has_ore,
        )  # fmt: skip
        lines.append(reached)
        if has_ore:
            lines.append(
                line(unit, stage.code, "own_money", count=1, count_unit="units", rate_ore=-has_ore, amount_ore=-has_ore)
            )
    received = {unit: amount for unit, amount in solution.amounts.items() if amount}
    report = StageReport(stage.code, stage.kind, received, {}, on_top_sek=asked.pot_sek)
    return lines, replace(report, multiplier=level)


def _whole_ore(sek: Fraction) -> int:
    return round(sek * ORE_PER_SEK)
