"""Last year's money per pupil as a policy compares with it: what is taken off, and at which year's value.

Belongs here: exclusions by component, this year's levels. Does not: succession and prices (``baseline``), promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from models_py.allocation.baseline import baseline_per_pupil
from models_py.allocation.components.parameters import of_grades
from models_py.allocation.facts import Facts
from models_py.allocation.guarantees import timetable_level
from models_py.allocation.lines import Line, totals_sek
from models_py.allocation.rounding import exact_sum, listed
from models_py.errors import AllocationError


def previous_per_pupil(
    facts: Facts, parameters: Any, *, this_year: Mapping[str, int], key: str
) -> dict[str, Fraction | None]:
    """Kronor per pupil last year, comparable with this year's; None for a unit without a baseline.

    ``this_year``: kronor per unit of the excluded components this year, used where the policy takes these off.
    """
    if not facts.previous:
        raise AllocationError(
            f"{key} promises against last year, and no baseline is delivered; give last year's decided amounts"
        )
    factor = parameters.price_factor if parameters.price_factor is not None else 1
    excluded = tuple(parameters.excluded or ())
    by_this_year = getattr(parameters, "excluded_of", None) == "this_year"
    result: dict[str, Fraction | None] = {}
    for unit in facts.pupils:
        olds = facts.groups_of(unit)
        unknown = [old for old in olds if old not in facts.previous]
        if unknown:
            raise AllocationError(f"{key}: predecessors of school unit {unit} without a baseline: {listed(unknown)}")
        if by_this_year:
            off = {old: Fraction(this_year.get(unit, 0) if old == olds[0] else 0) for old in olds}
        else:
            off = {old: _last_years(facts, old, excluded, key=key) for old in olds}
        result |= baseline_per_pupil(
            {old: facts.previous[old].total_sek for old in olds},
            pupils={old: facts.previous[old].pupils for old in olds},
            excluded=off,
            price_factor=factor,
            units={unit: olds},
        )
    return result


def _last_years(facts: Facts, unit: str, excluded: tuple[str, ...], *, key: str) -> Fraction:
    parts = facts.previous[unit].components_sek
    absent = [code for code in excluded if code not in parts]
    if absent:
        raise AllocationError(
            f"{key} takes {', '.join(absent)} off last year's money, and the baseline does not tell it apart; "
            f"deliver the column {absent[0]}_sek"
        )
    return exact_sum(parts[code] for code in excluded)


def amounts_of(facts: Facts, lines: list[Line], *, without: tuple[str, ...] = ()) -> dict[str, int]:
    """Kronor per unit of all lines but those of the named components; 0 for a unit without any."""
    kept = [line for line in lines if line.component_code not in without]
    return dict.fromkeys(facts.pupils, 0) | totals_sek(kept)


def minimum_level(facts: Facts, parameters: Any, *, key: str) -> dict[str, Fraction]:
    """Kronor per pupil that a unit must have; weighted by its pupils where levels are by stage."""
    if parameters.timetable_hours is not None:
        level = timetable_level(
            hours=parameters.timetable_hours,
            group_size=parameters.group_size,
            cost_per_hour=parameters.sek_per_hour,
        )
        return dict.fromkeys(facts.pupils, level)
    if parameters.level_sek is not None:
        return dict.fromkeys(facts.pupils, Fraction(parameters.level_sek))
    stage_of = of_grades(parameters.stages, key=f"{key}.stages")
    levels = {}
    for unit, grades in facts.pupils.items():
        strange = sorted(grades.keys() - stage_of.keys())
        if strange:
            raise AllocationError(f"{key}.stages: no stage holds grade {', '.join(strange)} of school unit {unit}")
        money = exact_sum(n * Fraction(parameters.stage_levels_sek[stage_of[g]]) for g, n in grades.items())
        levels[unit] = money / sum(grades.values())
    return levels
