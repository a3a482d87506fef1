"""Support for small and remote school units: size is a cost, not a need.

Belongs here: one kind per form of support, each behind a test of necessity where the policy has one. Does not: the
tapers (``tapers``). The same conditions hold for every unit, whoever runs it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from models_py.allocation.components.parameters import (
    GradesByName,
    Km,
    Measure,
    Number,
    Pupils,
    Sek,
    SekPerPupil,
    Share,
    of_grades,
)
from models_py.allocation.facts import Facts
from models_py.allocation.lines import Claim, Claims, counted
from models_py.allocation.tapers import linear_weight, log_taper, sparsity, tapered


@dataclass(frozen=True, slots=True, kw_only=True)
class Necessity:
    """Necessity test: ``necessity_measure`` (such as distance to the nearest other unit) of at least a number."""

    necessity_measure: Measure | None = None
    necessity_at_least: Number | None = None

    def problems(self) -> Iterator[str]:
        if (self.necessity_measure is None) != (self.necessity_at_least is None):
            yield "necessity_measure: stands together with necessity_at_least"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSchoolLog(Necessity):
    """rate × n × ln(size_limit / n): no cliff, nothing from size_limit."""

    rate_sek: SekPerPupil
    size_limit: Pupils


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSchoolLinear(Necessity):
    """maximum up to full_size pupils, fading to nothing at size_limit."""

    maximum_sek: Sek
    full_size: Pupils
    size_limit: Pupils


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSchoolSparsity(Necessity):
    """maximum × taper on mean year group × taper on distance, behind a gate on both."""

    maximum_sek: Sek
    year_group_threshold: Number
    distance_measure: Measure
    distance_threshold: Km
    distance_gate: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSchoolFixed(Necessity):
    """A fixed amount below a size."""

    amount_sek: Sek
    size_limit: Pupils


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSchoolModel(Necessity):
    """What a model school of the same stages costs in whole groups, less what its pupils bring."""

    stages: GradesByName
    group_size: Pupils
    sek_per_group: Sek
    brought_per_pupil_sek: SekPerPupil


def small_school_log(facts: Facts, parameters: SmallSchoolLog, *, key: str) -> Claims:
    def amount(unit: str) -> Fraction:
        size = facts.pupil_count[unit]
        return log_taper(size, rate=parameters.rate_sek, size_limit=parameters.size_limit)

    return _supported(facts, parameters, amount, key=key)


def small_school_linear(facts: Facts, parameters: SmallSchoolLinear, *, key: str) -> Claims:
    def amount(unit: str) -> Fraction:
        weight = linear_weight(facts.pupil_count[unit], full=parameters.full_size, zero=parameters.size_limit)
        return tapered(parameters.maximum_sek, weights=(weight,))

    return _supported(facts, parameters, amount, key=key)


def small_school_sparsity(facts: Facts, parameters: SmallSchoolSparsity, *, key: str) -> Claims:
    distance = facts.measure(parameters.distance_measure, asked_by=key)

    def amount(unit: str) -> Fraction:
        return sparsity(
            year_group_size=Fraction(facts.pupil_count[unit], len(facts.grades_offered(unit))),
            size_threshold=parameters.year_group_threshold,
            distance=distance[unit],
            distance_threshold=parameters.distance_threshold,
            maximum=parameters.maximum_sek,
            distance_gate=parameters.distance_gate,
        )

    return _supported(facts, parameters, amount, key=key)


def small_school_fixed(facts: Facts, parameters: SmallSchoolFixed, *, key: str) -> Claims:
    def amount(unit: str) -> Fraction:
        return Fraction(parameters.amount_sek) if facts.pupil_count[unit] < parameters.size_limit else Fraction(0)

    return _supported(facts, parameters, amount, key=key)


def small_school_model(facts: Facts, parameters: SmallSchoolModel, *, key: str) -> Claims:
    stage_of = of_grades(parameters.stages, key=f"{key}.stages")

    def amount(unit: str) -> Fraction:
        per_stage: dict[str, int] = {}
        for grade, count in facts.pupils[unit].items():
            stage = stage_of.get(grade, grade)
            per_stage[stage] = per_stage.get(stage, 0) + count
        groups = sum(math.ceil(Fraction(count, parameters.group_size)) for count in per_stage.values())
        brought = facts.pupil_count[unit] * Fraction(parameters.brought_per_pupil_sek)
        return max(Fraction(0), groups * Fraction(parameters.sek_per_group) - brought)

    return _supported(facts, parameters, amount, key=key)


def _supported(facts: Facts, parameters: Necessity, amount: Callable[[str], Fraction], *, key: str) -> Claims:
    """One line of whole weight per supported unit; the amount itself is the rate, in kronor."""
    needed = dict.fromkeys(facts.pupils, True)
    if parameters.necessity_measure is not None and parameters.necessity_at_least is not None:
        at_least = Fraction(parameters.necessity_at_least)
        values = facts.measure(parameters.necessity_measure, asked_by=key)
        needed = {unit: value >= at_least for unit, value in values.items()}
    claims: dict[str, tuple[Claim, ...]] = {}
    for unit in facts.pupils:
        sek = counted(amount(unit)) if needed[unit] else Fraction(0)
        claims[unit] = (Claim("support", Fraction(1), "units", sek),) if sek else ()
    return claims
