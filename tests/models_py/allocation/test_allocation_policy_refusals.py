"""A policy that contradicts itself is refused in full words, by its key."""

from __future__ import annotations

from decimal import Decimal

import pytest

from models_py.allocation import AllocationPolicy, BasePolicy, Budget, Component, Sharing, Stage, StructuralPolicy
from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.components.parameters import knots
from models_py.allocation.components.registry import claims_of
from models_py.allocation.cost_types import check_cost_types, check_cost_types_sek
from models_py.allocation.facts import Facts
from models_py.allocation.formula import Formula
from models_py.allocation.guarantees import timetable_level
from models_py.allocation.need_parts import NeedPartsPolicy
from models_py.allocation.stages import STAGE_KINDS
from models_py.errors import AllocationError

ONE = Decimal(1)
PRICED = Budget("price_list")


def component(kind, sharing=None, *, code="x", **parameters):
    return Component(code, kind, COMPONENT_KINDS[kind].parameters(**parameters), Sharing(**(sharing or {})))


def stage(kind, **parameters):
    return Stage("x", kind, STAGE_KINDS[kind](**parameters))


LUMP = component("lump_sum", amount_sek=Decimal(400), code="lump")
REST = component("weights_by_grade", {"money": "rest"}, weights={"1": ONE}, code="rest")
POT = component("structural_linear", {"pot_sek": 100}, code="pot")


HOLD = stage("hold_harmless", component="pot")
GRADED = {"mode": "share_of_budget", "grade_weights": {"1": ONE}}


def refused(call) -> str:
    with pytest.raises(AllocationError) as told:
        call()
    return str(told.value)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (
            lambda: Budget("share_of_budget"),
            "base: share_of_budget takes exactly one of base.budget_sek and base.budget_per_pupil_sek",
        ),
        (
            lambda: Budget("share_of_budget", 1, ONE),
            "base: share_of_budget takes exactly one of base.budget_sek and base.budget_per_pupil_sek",
        ),
        (lambda: Budget("price_list", 1), "base: price_list takes no budget; it follows from the prices"),
        (lambda: Budget("vouchers"), "base.mode: 'vouchers' is neither share_of_budget nor price_list"),
        (lambda: Budget("share_of_budget", 1.5), "base.budget_sek: must be whole kronor"),
        (lambda: Budget("share_of_budget", -1), "base.budget_sek: is negative (-1)"),
        (
            lambda: Budget("share_of_budget", budget_per_pupil_sek=Decimal(-1)),
            "base.budget_per_pupil_sek: is negative (-1)",
        ),
        (lambda: Component("x", "lump_sum", POT.parameters), "components.x: lump_sum takes LumpSum"),
        (
            lambda: Component("x", "vouchers", POT.parameters),
            "components.x: 'vouchers' is no kind of component; known: " + ", ".join(sorted(COMPONENT_KINDS)),
        ),
        (
            lambda: component("lump_sum", {"share": ONE}, amount_sek=ONE),
            "components.x.share: 1 is outside 0 <= share < 1",
        ),
        (
            lambda: component("lump_sum", {"pot_sek": 1, "share": Decimal("0.5")}, amount_sek=ONE),
            "components.x: takes one of pot_sek, share and money",
        ),
        (
            lambda: component("lump_sum"),
            "components.x.amount_sek: takes exactly one of amount_sek and phase_amounts_sek",
        ),
        (
            lambda: component("lump_sum", phase_amounts_sek={"p": ONE}, phases={"q": ("1",)}),
            "components.x.phases: must name the phases of phase_amounts_sek",
        ),
        (
            lambda: component("lump_sum", amount_sek=Decimal("NaN")),
            "components.x.amount_sek: NaN is not a finite number",
        ),
        (lambda: component("lump_sum", amount_sek=Decimal(-1)), "components.x.amount_sek: is negative (-1)"),
        (
            lambda: component("lump_sum", amount_sek=0.5),
            "components.x.amount_sek: 0.5 is not exact; give a whole number or Decimal",
        ),
        (
            lambda: component("lump_sum", {"rule": "equal_awards"}, amount_sek=ONE),
            "components.x: rule says how a pot is shared, and there is none",
        ),
        (
            lambda: component("lump_sum", {"pot_sek": 1, "rounding": "rate"}, amount_sek=ONE),
            "components.x: rounding is of given rates; the rate of a pot is solved",
        ),
        (
            lambda: component("central_deduction", {"pot_sek": 1}, amount_sek=1),
            "components.x: central_deduction has no pot, rule, area factor or rounding",
        ),
        (
            lambda: component("central_deduction"),
            "components.x.amount_sek: takes exactly one of amount_sek and budget_share",
        ),
        (
            lambda: component("structural_linear"),
            "components.x: claims of structural_linear are no kronor; give pot_sek, share or money: rest",
        ),
        (
            lambda: component("structural_linear", {"pot_sek": 1}, lowest=Decimal(120), highest=Decimal(80)),
            "components.x.lowest: 120 is above highest 80",
        ),
        (
            lambda: component(
                "structural_pupil_threshold", {"pot_sek": 1}, target_share=Decimal(15), deduction_per_pupil=ONE
            ),
            "components.x.target_share: 15 is above 1; a share, not per cent",
        ),
        (
            lambda: component("posts", pupils_per_post=Decimal(0), correction=ONE, sek_per_post=ONE),
            "components.x.pupils_per_post: is zero",
        ),
        (
            lambda: component("per_head", measure="m"),
            "components.x.amount_sek: takes exactly one of amount_sek and step_amounts_sek",
        ),
        (
            lambda: component("per_head", measure="m", amount_sek=ONE, counts={"spring": Decimal("0.6")}),
            "components.x.counts: the weights of the counts must add up to 1",
        ),
        (
            lambda: component("weights_by_grade", {"money": "rest"}, weights={"11": ONE, "1": ONE}),
            "components.x.weights: grades must be among F, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and values above zero; wrong for 11",
        ),
        (
            lambda: component("weights_by_stage", {"money": "rest"}, weights={"a": ONE}, stages={"b": ("1",)}),
            "components.x.stages: values and stages differ in a, b",
        ),
        (
            lambda: component("weights_by_stage", {"money": "rest"}, weights={"a": ONE}, stages={"a": ("11",)}),
            "components.x.stages: unknown grades 11",
        ),
        (
            lambda: component("prices_by_group", prices_sek={"na": ONE, "ek": ONE}, national_prices_sek={"na": ONE}),
            "components.x.national_prices_sek: na has a price of its own too; the national list is for what the municipality does "
            "not offer",
        ),
        (
            lambda: component("small_school_fixed", amount_sek=ONE, size_limit=5, necessity_measure="km"),
            "components.x.necessity_measure: stands together with necessity_at_least",
        ),
        (lambda: knots({"0": ONE, "half": ONE}), "a curve begins each row at a number; it has 0, half"),
        (
            lambda: claims_of("central_deduction", Facts({}, {}), None, key="components.x"),
            "components.x: central_deduction pays no school unit",
        ),
        (lambda: Stage("x", "hold_harmless", POT.parameters), "guarantees.x: hold_harmless takes HoldHarmless"),
        (
            lambda: Stage("x", "promise_everything", None),
            "guarantees.x: 'promise_everything' is no kind of guarantee; known: " + ", ".join(sorted(STAGE_KINDS)),
        ),
        (lambda: stage("damping", component="pot"), "guarantees.x.down: damping takes down, up or both"),
        (
            lambda: stage("minimum_per_pupil"),
            "guarantees.x.level_sek: takes exactly one of level_sek, stage_levels_sek and timetable_hours",
        ),
        (
            lambda: stage("minimum_per_pupil", stage_levels_sek={"low": ONE}, stages={"high": ("1",)}),
            "guarantees.x.stages: must name the stages of stage_levels_sek",
        ),
        (
            lambda: stage("minimum_per_pupil", timetable_hours=ONE, group_size=ONE),
            "guarantees.x.timetable_hours: stands together with group_size and sek_per_hour",
        ),
        (
            lambda: stage("damping", component="pot", down=Decimal(2)),
            "guarantees.x.down: 2 is above 1; a share, not per cent",
        ),
        (lambda: Formula(PRICED, (LUMP, LUMP)), "component codes must be unique; given twice: lump"),
        (
            lambda: Formula(PRICED, (component("lump_sum", amount_sek=ONE, code="overheads"),)),
            "component codes overheads belong to the engine; choose others",
        ),
        (
            lambda: Formula(
                Budget("share_of_budget", 1),
                (REST, component("weights_by_grade", {"money": "rest"}, weights={"1": ONE}, code="more")),
            ),
            "only one component takes the rest: components.rest, components.more",
        ),
        (
            lambda: Formula(PRICED, (REST,)),
            "components.rest: a price list leaves no rest; give prices, pot_sek or share",
        ),
        (lambda: Formula(PRICED, (LUMP,), (HOLD,)), "guarantees.x: there is no component pot; known: lump"),
        (
            lambda: Formula(PRICED, (LUMP,), (stage("hold_harmless", component="lump"),)),
            "guarantees.x: component lump has no pot that could pay; leave component out to pay on top",
        ),
        (
            lambda: Formula(PRICED, (POT,), (stage("hold_harmless", component="pot", excluded=("pot",)),)),
            "guarantees.x: excludes pot, whose pot is to pay the promise",
        ),
        (lambda: BasePolicy("share_of_budget", budget_sek=1), "base.grade_weights: share_of_budget needs it"),
        (lambda: BasePolicy("price_list"), "base.grade_prices_sek: price_list needs it"),
        (
            lambda: BasePolicy(**GRADED, budget_sek=1, grade_prices_sek={"1": ONE}),
            "base.grade_prices_sek: belongs to price_list only",
        ),
        (
            lambda: BasePolicy("price_list", grade_prices_sek={"1": ONE}, grade_weights={"1": ONE}),
            "base.grade_weights: belongs to share_of_budget only",
        ),
        (
            lambda: BasePolicy("price_list", grade_prices_sek={"1": ONE, "10": ONE, "2": Decimal(0)}),
            "base.grade_prices_sek: grades must be among F, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and values above zero; wrong for 2",
        ),
        (StructuralPolicy, "structural: takes exactly one of structural.share and structural.pot_sek"),
        (lambda: StructuralPolicy(share=ONE), "structural.share: 1 is outside 0 <= share < 1"),
        (lambda: StructuralPolicy(pot_sek=1.5), "structural.pot_sek: must be whole kronor"),
        (lambda: StructuralPolicy(pot_sek=-1), "structural.pot_sek: is negative (-1)"),
        (
            lambda: StructuralPolicy(share=Decimal("0.1"), function="stairs"),
            "structural.function: 'stairs' is not known; known: linear",
        ),
        (
            lambda: AllocationPolicy(budget=PRICED, components=(LUMP,), index_minimum_pupils=0),
            "index.minimum_pupils: must be at least 1",
        ),
        (
            lambda: AllocationPolicy(budget=PRICED, components=(LUMP,), rebase="schools"),
            "index.rebase: 'schools' is neither pupils nor none",
        ),
        (
            lambda: AllocationPolicy(budget=PRICED, components=(LUMP,), count_lag_years=-1),
            "index.count_lag_years: is negative",
        ),
        (lambda: AllocationPolicy(components=(LUMP,)), "base: takes exactly one of base part and budget"),
        (lambda: NeedPartsPolicy(smallest_count=9), "disclosure.threshold: 9 is below 10"),
        (
            lambda: NeedPartsPolicy(narrowest_width=Decimal(0)),
            "disclosure: narrowest_width must be above zero, ordinary_change 0 or more",
        ),
        (
            lambda: NeedPartsPolicy(ordinary_change=Decimal(-1)),
            "disclosure: narrowest_width must be above zero, ordinary_change 0 or more",
        ),
        (
            lambda: timetable_level(hours=-1, group_size=20, cost_per_hour=500),
            "hours and cost_per_hour must be 0 or more, group_size above zero",
        ),
        (
            lambda: timetable_level(hours=800, group_size=0, cost_per_hour=500),
            "hours and cost_per_hour must be 0 or more, group_size above zero",
        ),
        (
            lambda: check_cost_types({"base_part": {"teaching": Decimal("0.9")}}),
            "cost_types.base_part: parts must be from 0 up and add up to 1",
        ),
        (
            lambda: check_cost_types({"base_part": {"vat": ONE}}),
            "cost_types.base_part: unknown vat; known: teaching, learning_tools, pupil_health, meals, premises",
        ),
        (
            lambda: check_cost_types_sek({"base_part": {"meals": Decimal(-1)}}),
            "cost_types_sek.base_part: kronor per pupil must be from 0 up",
        ),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused_by_its_key(build, words):
    assert refused(build) == words
