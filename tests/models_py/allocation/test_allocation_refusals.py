"""Money that cannot be shared is refused in full words: what, where, how many, the first few, and what to do."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from models_py.allocation import (
    AllocationPolicy,
    BasePolicy,
    Budget,
    Component,
    Sharing,
    Stage,
    StructuralPolicy,
    allocate,
)
from models_py.allocation.components import COMPONENT_KINDS
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


def paid(
    *components, budget=PRICED, guarantees=(), pupils=(("A", "1", 10), ("B", "1", 20)), index=(90.0, 110.0), **facts
):
    policy = AllocationPolicy(budget=budget, components=components, guarantees=guarantees, rebase="none")
    enrollment = pd.DataFrame(list(pupils), columns=["school_unit_code", "grade", "pupil_count"])
    need = None if index is None else pd.DataFrame({"school_unit_code": ["A", "B"], "need_index": index})
    return allocate(enrollment=enrollment, need=need, policy=policy, **facts)


def table(**columns):
    return pd.DataFrame({"school_unit_code": ["A", "B"], **columns})


def supplement(unit="A", reference="d1", amount=1000):
    return pd.DataFrame([(unit, reference, amount)], columns=["school_unit_code", "reference", "amount_sek"])


BASELINE = table(pupil_count=[10, 20], total_sek=[1000, 2000])
CELLS = pd.DataFrame([("A", 0.5, 10)], columns=["school_unit_code", "need_share", "pupil_count"])
BY_PUPILS = component(
    "structural_pupil_threshold", {"pot_sek": 1}, target_share=Decimal("0.15"), deduction_per_pupil=Decimal(0)
)
HOLD = stage("hold_harmless", component="pot")


def short_form(**structural):
    """The short form of a policy: its keys in errors are those of its own sections."""
    base = BasePolicy("share_of_budget", budget_sek=100, grade_weights={"1": ONE})
    asked = AllocationPolicy(base=base, structural=StructuralPolicy(**structural), rebase="none")
    enrollment = pd.DataFrame({"school_unit_code": ["A"], "grade": ["1"], "pupil_count": [10]})
    need = pd.DataFrame({"school_unit_code": ["A"], "need_index": [0.0 if "share" in structural else 100.0]})
    return allocate(enrollment=enrollment, need=need, policy=asked)


def refused(call) -> str:
    with pytest.raises(AllocationError) as told:
        call()
    return str(told.value)


@pytest.mark.parametrize(
    ("pay", "words"),
    [
        (
            lambda: paid(POT, index=None),
            "the policy has a structural part by index, and no need is given; deliver the index",
        ),
        (
            lambda: paid(POT, index=(0.0, 0.0)),
            "components.pot: a pot of 100 kr follows need, but every need_index is zero, or gives no claim",
        ),
        (
            lambda: paid(
                component("weights_by_grade", {"pot_sek": 100}, weights={"1": ONE, "2": ONE}),
                pupils=(("A", "3", 1),),
                index=None,
            ),
            "components.x has no value for a grade that has pupils: grade 3: school units 1 (A); give the grade a value",
        ),
        (
            lambda: paid(component("central_deduction", budget_share=Decimal("0.1")), LUMP),
            "components.x: a share of the budget, and a price list has none; give amount_sek",
        ),
        (
            lambda: paid(component("central_deduction", amount_sek=2000), REST, budget=Budget("share_of_budget", 1000)),
            "x: deductions of 2000 kr are larger than the budget (1000)",
        ),
        (
            lambda: paid(
                LUMP,
                component("weights_by_grade", {"share": Decimal("0.6")}, weights={"1": ONE}, code="p"),
                component("weights_by_grade", {"share": Decimal("0.4")}, weights={"1": ONE}, code="q"),
            ),
            "shares of p, q add up to 1; below 1 is possible",
        ),
        (
            lambda: paid(LUMP, budget=Budget("share_of_budget", 1000)),
            "components cost 200 kr less than the 1000 kr distributed (lump 800); let one component take the rest (money: rest), "
            "or mend the amounts",
        ),
        (
            lambda: paid(LUMP, REST, budget=Budget("share_of_budget", 700)),
            "components.lump.pot_sek (800) is larger than the budget (700)",
        ),
        (
            lambda: paid(component("per_head", measure="newly", amount_sek=ONE)),
            "components.x reads the measure newly, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(component("per_head", measure="newly", amount_sek=ONE), measures=table(heads=[1, 2])),
            "components.x reads the measure newly, which is not delivered; delivered: heads, need_index",
        ),
        (
            lambda: paid(component("per_head", measure="newly", amount_sek=ONE), measures=table(newly=[1, None])),
            "components.x reads the measure newly, which has no value for school units 1 (B); deliver 0 where nothing is meant",
        ),
        (
            lambda: paid(component("per_head", measure="newly", amount_sek=ONE), measures=table(newly=[1, -2])),
            "measures.newly of school unit B: must be a number from 0 up",
        ),
        (
            lambda: paid(LUMP, measures=table(need_index=[1, 2])),
            "measures: need_index comes with pupils and need; leave it out here",
        ),
        (
            lambda: paid(LUMP, measures=table(organiser_type=[1, 2])),
            "measures: organiser_type: who runs a school unit is not a measure (School Act 10 kap. 38 §: same grounds)",
        ),
        (
            lambda: paid(LUMP, measures=pd.concat([table(m=[1, 2])] * 2)),
            "measures must have one row per school_unit_code; more than one for school units 2 (A, B)",
        ),
        (
            lambda: paid(LUMP, measures=pd.DataFrame({"m": [1]})),
            "measures lacks the columns school_unit_code; it has m",
        ),
        (
            lambda: paid(LUMP, baseline=BASELINE.drop(columns="total_sek")),
            "baseline lacks the columns total_sek; it has school_unit_code, pupil_count",
        ),
        (
            lambda: paid(LUMP, supplements=supplement("C")),
            "supplements are given to school units without pupils: 1 (C)",
        ),
        (
            lambda: paid(LUMP, supplements=supplement(amount=Decimal("0.5"))),
            "supplements.amount_sek of d1: must be whole kronor",
        ),
        (
            lambda: paid(LUMP, supplements=pd.concat([supplement()] * 2)),
            "supplements must have one row per reference; more than one for school units 1 (A)",
        ),
        (
            lambda: paid(POT, guarantees=(HOLD,)),
            "guarantees.x promises against last year, and no baseline is delivered; give last year's decided amounts",
        ),
        (
            lambda: paid(POT, guarantees=(HOLD,), baseline=BASELINE, predecessors={"B": ("A", "Z")}),
            "guarantees.x: predecessors of school unit B without a baseline: 1 (Z)",
        ),
        (
            lambda: paid(
                POT,
                guarantees=(
                    stage("minimum_per_pupil", component="pot", stage_levels_sek={"low": ONE}, stages={"low": ("2",)}),
                ),
            ),
            "guarantees.x.stages: no stage holds grade 1 of school unit A",
        ),
        (
            lambda: paid(
                LUMP,
                guarantees=(stage("protection", smallest_change=Decimal("0.5"), cap=Decimal("9")),),
                baseline=BASELINE,
            ),
            "guarantees.x: top-ups cost 3700, gains above the cap are 0 (3700 short; no gain is above the cap), for school units "
            "2 (A, B)",
        ),
        (
            lambda: paid(BY_PUPILS),
            "components.x reads pupils by predicted share, and only means of school units are delivered; a mean hides whom the "
            "threshold is about",
        ),
        (
            lambda: paid(
                BY_PUPILS,
                risk_cells=CELLS,
            ),
            "components.x: no pupils by predicted share for school units B",
        ),
        (
            lambda: paid(component("posts", measure="km", pupils_per_post=ONE, correction=ONE, sek_per_post=ONE)),
            "components.x reads the measure km, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(component("structural_steps", measure="km", steps={"0": ONE})),
            "components.x reads the measure km, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(component("structural_linear", {"pot_sek": 1}, measure="km")),
            "components.x reads the measure km, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(component("state_grant", measure="grant_sek"), LUMP),
            "components.x reads the measure grant_sek, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(component("prices_by_grade", prices_sek={"2": ONE})),
            "components.x has no value for a grade that has pupils: grade 1: school units 2 (A, B); give the grade a value",
        ),
        (
            lambda: paid(
                component(
                    "small_school_fixed", amount_sek=ONE, size_limit=50, necessity_measure="km", necessity_at_least=ONE
                )
            ),
            "components.x reads the measure km, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(component("prices_by_grade", {"area_factor": "area"}, prices_sek={"1": ONE})),
            "components.x reads the measure area, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(LUMP, guarantees=(stage("level_up", pot_sek=10, own="own_sek"),)),
            "guarantees.x reads the measure own_sek, which is not delivered; delivered: need_index",
        ),
        (
            lambda: paid(LUMP, guarantees=(stage("level_up", pot_sek=10, weights="heads"),)),
            "guarantees.x reads the measure heads, which is not delivered; delivered: need_index",
        ),
    ],
)
def test_money_that_cannot_be_shared_is_refused_with_what_to_do(pay, words):
    assert refused(pay) == words
