"""What pupils bring by grade, and what a unit has because it is a unit.

Belongs here: base part by grade or stage, lump sums. Does not: need, size (``small``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from models_py.allocation.components.parameters import (
    GradesByName,
    Sek,
    SekByGrade,
    SekByName,
    WeightByGrade,
    WeightByName,
    of_grades,
)
from models_py.allocation.facts import Facts
from models_py.allocation.lines import Claim, Claims, counted
from models_py.allocation.rounding import listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsByGrade:
    """Pupils × weight of their grade, for a pot or the rest of a budget."""

    weights: WeightByGrade


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesByGrade:
    """Pupils × kronor of their grade."""

    prices_sek: SekByGrade


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsByStage:
    """Pupils × weight of their stage; a stage is a list of grades."""

    weights: WeightByName
    stages: GradesByName

    def problems(self) -> Iterator[str]:
        yield from _same_stages(self.weights, self.stages)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesByStage:
    """Pupils × kronor of their stage."""

    prices_sek: SekByName
    stages: GradesByName

    def problems(self) -> Iterator[str]:
        yield from _same_stages(self.prices_sek, self.stages)


@dataclass(frozen=True, slots=True, kw_only=True)
class LumpSum:
    """Kronor per unit, or by the year groups that it offers in each phase: (Σ years × amount) / Σ years."""

    amount_sek: Sek | None = None
    phase_amounts_sek: SekByName | None = None
    phases: GradesByName | None = None

    def problems(self) -> Iterator[str]:
        if (self.amount_sek is None) == (self.phase_amounts_sek is None):
            yield "amount_sek: takes exactly one of amount_sek and phase_amounts_sek"
        elif (self.phase_amounts_sek or {}).keys() != (self.phases or {}).keys():
            yield "phases: must name the phases of phase_amounts_sek"


def by_grade(facts: Facts, parameters: WeightsByGrade | PricesByGrade, *, key: str) -> Claims:
    """A line per grade with pupils."""
    given = parameters.weights if isinstance(parameters, WeightsByGrade) else parameters.prices_sek
    values = {grade: Fraction(value) for grade, value in given.items()}
    _all_grades(facts, values.keys(), key=key)
    return {
        unit: tuple(Claim(f"grade_{g}", counted(n), "pupils", values[g]) for g, n in grades.items())
        for unit, grades in facts.pupils.items()
    }


def by_stage(facts: Facts, parameters: WeightsByStage | PricesByStage, *, key: str) -> Claims:
    """A line per stage with pupils."""
    given = parameters.weights if isinstance(parameters, WeightsByStage) else parameters.prices_sek
    stage_of = of_grades(parameters.stages, key=f"{key}.stages")
    _all_grades(facts, stage_of.keys(), key=f"{key}.stages")
    claims = {}
    for unit, grades in facts.pupils.items():
        count: dict[str, int] = {}
        for grade, pupils in grades.items():
            count[stage_of[grade]] = count.get(stage_of[grade], 0) + pupils
        claims[unit] = tuple(
            Claim(f"stage_{stage}", counted(count[stage]), "pupils", Fraction(weight))
            for stage, weight in given.items()
            if stage in count
        )
    return claims


def lump_sum(facts: Facts, parameters: LumpSum, *, key: str) -> Claims:
    """One line: the unit itself, or a line per phase counted in its part of the unit's year groups."""
    if parameters.amount_sek is not None:
        one = (Claim("lump_sum", Fraction(1), "units", Fraction(parameters.amount_sek)),)
        return dict.fromkeys(facts.pupils, one)
    assert parameters.phases is not None
    assert parameters.phase_amounts_sek is not None  # held by LumpSum.problems
    phase_of = of_grades(parameters.phases, key=f"{key}.phases")
    claims = {}
    for unit in facts.pupils:
        offered = facts.grades_offered(unit)
        strange = sorted(offered - phase_of.keys())
        if strange:
            raise AllocationError(f"{key}.phases: no phase holds grade {', '.join(strange)} of school unit {unit}")
        years = {phase: sum(phase_of[g] == phase for g in offered) for phase in parameters.phases}
        claims[unit] = tuple(
            Claim(
                f"phase_{phase}",
                counted(Fraction(years[phase], len(offered))),
                "units",
                Fraction(parameters.phase_amounts_sek[phase]),
            )
            for phase in parameters.phases
            if years[phase]
        )
    return claims


def _same_stages(values: Mapping[str, object], stages: Mapping[str, object]) -> Iterator[str]:
    apart = sorted(values.keys() ^ stages.keys())
    if apart:
        yield f"stages: values and stages differ in {', '.join(apart)}"


def _all_grades(facts: Facts, valued: Collection[str], *, key: str) -> None:
    missing: dict[str, list[str]] = {}
    for unit, grades in facts.pupils.items():
        for grade in grades:
            if grade not in valued:
                missing.setdefault(grade, []).append(unit)
    if missing:
        told = "; ".join(f"grade {grade}: school units {listed(missing[grade])}" for grade in sorted(missing))
        raise AllocationError(f"{key} has no value for a grade that has pupils: {told}; give the grade a value")
