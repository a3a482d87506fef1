"""Lines that the published tables cannot tell rightly, or may not tell, are refused with key and school unit."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from models_py.allocation import AllocationPolicy, BasePolicy, Component, Sharing, Stage, StructuralPolicy, allocate
from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.stages import STAGE_KINDS
from orchestration.publishable import further_components, reason_not_to_publish


def component(code, kind, sharing=None, **parameters):
    return Component(code, kind, COMPONENT_KINDS[kind].parameters(**parameters), Sharing(**(sharing or {})))


HEADS = component("mother_tongue", "per_head", measure="mother_tongue", amount_sek=Decimal(100))
LUMP = component("lump_sum", "lump_sum", amount_sek=Decimal(1000))


def policy(*components, structural=True, guarantees=()):
    return AllocationPolicy(
        base=BasePolicy(mode="price_list", grade_prices_sek={"1": Decimal(50_000)}),
        structural=StructuralPolicy(share=Decimal("0.1")) if structural else None,
        rebase="none",
        components=components,
        guarantees=guarantees,
    )


def reason(of, heads=()):
    units = ["A", "B", "C"]
    enrollment = pd.DataFrame({"school_unit_code": units, "grade": "1", "pupil_count": 100})
    need = pd.DataFrame({"school_unit_code": units, "need_index": 100.0})
    measures = pd.DataFrame({"school_unit_code": units, "mother_tongue": list(heads)}) if heads else None
    return reason_not_to_publish(of, allocate(enrollment=enrollment, need=need, policy=of, measures=measures).lines)


def test_base_linear_structural_part_and_lump_sums_are_published():
    assert reason(policy()) is None
    assert reason(policy(LUMP)) is None


@pytest.mark.parametrize(
    ("heads", "units"), [((10, 0, 12), None), ((9, 10, 0), r"1 \(A\)"), ((1, 3, 10), r"2 \(A, B\)")]
)
def test_a_line_with_fewer_than_ten_heads_is_not_published(heads, units):
    told = reason(policy(HEADS), heads)
    if units is None:
        assert told is None
    else:
        assert told == (
            f"components.mother_tongue: a line would show fewer than 10 heads at school units "
            f"{units.replace(chr(92), '')}; counts of background are published from 10"
        )


def test_a_structural_part_whose_ends_would_be_wrong_is_not_published():
    convex = component("structural_part", "structural_power", {"share": Decimal("0.1")}, exponent=Decimal(2))
    assert "components.structural_part: the published ends" in reason(policy(convex, structural=False))
    bounded = component("structural_part", "structural_linear", {"share": Decimal("0.1")}, highest=Decimal(120))
    assert "components.structural_part: the published ends" in reason(policy(bounded, structural=False))
    floor = Stage(
        "floor", "floor_per_pupil", STAGE_KINDS["floor_per_pupil"](component="structural_part", amount_sek=Decimal(1))
    )
    assert "guarantees.floor: the published ends" in reason(policy(guarantees=(floor,)))
    other = component("convex_part", "structural_power", {"share": Decimal("0.1")}, exponent=Decimal(2))
    assert reason(policy(other)) is None


def test_other_components_are_told_by_the_policys_own_words():
    assert further_components(
        policy(LUMP, HEADS), {"lump_sum": "One per unit."}, known=["base_part", "structural_part"]
    ) == [
        ("lump_sum", "One per unit."),
        ("mother_tongue", "mother_tongue"),
    ]
