"""Which kinds of components there are: name, parameters, function, and how money may meet them.

Belongs here: the one list. Does not: arithmetic. A new kind is a dataclass, a function and a row here; policy files, their
JSON Schema and errors follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from models_py.allocation.components import grades, groups, heads, need, outside, small
from models_py.allocation.components.parameters import Share, WholeSek
from models_py.allocation.facts import Facts
from models_py.allocation.lines import Claims
from models_py.errors import AllocationError

Place = Literal["inside", "before", "outside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralDeduction:
    """Kronor, or a share of the budget, kept for common purposes before anything is distributed."""

    amount_sek: WholeSek | None = None
    budget_share: Share | None = None

    def problems(self) -> tuple[str, ...]:
        if (self.amount_sek is None) == (self.budget_share is None):
            return ("amount_sek: takes exactly one of amount_sek and budget_share",)
        return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind.

    Attributes
    ----------
    parameters : its dataclass
    claims : function of facts, parameters and policy key; None where a kind pays no unit
    place : 'inside' the total, taken 'before' it is distributed, or shown 'outside' it
    priced : whether its claims are kronor, so that it can be paid without a pot
    shareable : whether a pot can be shared by its claims
    """

    parameters: type
    claims: Callable[..., Claims] | None
    place: Place = "inside"
    priced: bool = True
    shareable: bool = True


COMPONENT_KINDS: dict[str, Kind] = {
    "weights_by_grade": Kind(grades.WeightsByGrade, grades.by_grade, priced=False),
    "prices_by_grade": Kind(grades.PricesByGrade, grades.by_grade),
    "weights_by_stage": Kind(grades.WeightsByStage, grades.by_stage, priced=False),
    "prices_by_stage": Kind(grades.PricesByStage, grades.by_stage),
    "weights_by_group": Kind(groups.WeightsByGroup, groups.by_group, priced=False),
    "prices_by_group": Kind(groups.PricesByGroup, groups.by_group),
    "lump_sum": Kind(grades.LumpSum, grades.lump_sum),
    "per_head": Kind(heads.PerHead, heads.per_head),
    "structural_linear": Kind(need.StructuralLinear, need.structural, priced=False),
    "structural_threshold": Kind(need.StructuralThreshold, need.structural, priced=False),
    "structural_power": Kind(need.StructuralPower, need.structural, priced=False),
    "structural_steps": Kind(need.StructuralSteps, need.structural_stepped),
    "structural_brackets": Kind(need.StructuralBrackets, need.structural),
    "structural_price_per_point": Kind(need.StructuralPricePerPoint, need.structural),
    "structural_cost_based": Kind(need.StructuralCostBased, need.structural),
    "structural_pupil_threshold": Kind(need.StructuralPupilThreshold, need.structural_pupil_threshold, priced=False),
    "posts": Kind(need.Posts, need.posts),
    "small_school_log": Kind(small.SmallSchoolLog, small.small_school_log),
    "small_school_linear": Kind(small.SmallSchoolLinear, small.small_school_linear),
    "small_school_sparsity": Kind(small.SmallSchoolSparsity, small.small_school_sparsity),
    "small_school_fixed": Kind(small.SmallSchoolFixed, small.small_school_fixed),
    "small_school_model": Kind(small.SmallSchoolModel, small.small_school_model),
    "central_deduction": Kind(CentralDeduction, None, place="before", shareable=False),
    "individual_supplements": Kind(
        outside.IndividualSupplements, outside.individual_supplements, place="outside", shareable=False
    ),
    "state_grant": Kind(outside.StateGrant, outside.state_grant, place="outside", shareable=False),
}


def kind_of(name: str, *, key: str) -> Kind:
    """The kind called ``name``. Raises AllocationError with the known ones."""
    if name not in COMPONENT_KINDS:
        raise AllocationError(f"{key}: {name!r} is no kind of component; known: {', '.join(sorted(COMPONENT_KINDS))}")
    return COMPONENT_KINDS[name]


def claims_of(kind: str, facts: Facts, parameters: Any, *, key: str) -> Claims:
    """What units claim by a component, a mapping with every line's count and value."""
    function = kind_of(kind, key=key).claims
    if function is None:
        raise AllocationError(f"{key}: {kind} pays no school unit")
    return function(facts, parameters, key=key)
