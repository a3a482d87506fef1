"""What an attacker would start from: every paid unit with its heads, its price of a point, and whose index it shares."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from models_py.allocation.components.grades import WeightsByGrade
from models_py.allocation.components.heads import PerHead
from models_py.allocation.components.need import StructuralLinear
from models_py.allocation.formula import Budget, Component, Sharing
from models_py.allocation.need_parts import NeedPartsPolicy
from models_py.allocation.need_parts_attack import HeadLine, NeedUnit
from models_py.allocation.need_units import head_components, merged_components, need_units
from models_py.allocation.policy import AllocationPolicy

POLICY = AllocationPolicy(
    budget=Budget("share_of_budget", budget_sek=10_000_000),
    components=(
        Component("base", "weights_by_grade", WeightsByGrade(weights={"4": Decimal(1)}), Sharing(money="rest")),
        Component("linear", "structural_linear", StructuralLinear(), Sharing(share=Decimal("0.1"))),
        Component("arrived", "per_head", PerHead(measure="newly_arrived", amount_sek=Decimal(9000))),
        Component("tongue", "per_head", PerHead(measure="mother_tongue", amount_sek=Decimal(800))),
        Component("premises", "per_head", PerHead(measure="square_metres", amount_sek=Decimal(1200))),
    ),
)
NEED = pd.DataFrame(
    {"school_unit_code": ["a", "b", "c"], "pupil_count": [100, 200, 100], "need_index": [50.0, 100.0, 150.0]}
)
COLUMNS = ["school_unit_code", "component_code", "line_code", "count", "rate_ore", "amount_ore"]
ROWS = [
    ("a", "linear", "need", Fraction(50), Fraction(0), 500_000),
    ("b", "linear", "need", Fraction(200), Fraction(0), 3_000_000),
    ("a", "tongue", "heads", Fraction(30), Fraction(80_000), 2_400_000),
    ("a", "arrived", "year_2", Fraction(12), Fraction(450_000), 5_400_000),
    ("a", "arrived", "year_1", Fraction(25, 2), Fraction(900_000), 11_250_000),
    ("b", "arrived", "year_1", Fraction(11), Fraction(900_000), 9_900_000),
    ("b", "tongue", "heads", Fraction(4), Fraction(80_000), 0),
    ("c", "premises", "heads", Fraction(3), Fraction(120_000), 360_000),
    ("c", "tongue", "heads", Fraction(14), Fraction(-80_000), -1_120_000),
]  # fmt: skip


def of(rows: list[tuple], need: pd.DataFrame = NEED) -> dict[str, NeedUnit]:
    return need_units(
        pd.DataFrame(rows, columns=COLUMNS), need=need, policy=POLICY, share=lambda *_: pytest.fail("a linear part is not paid anew"),
        asked=NeedPartsPolicy(), other_measures=["square_metres"],
    )  # fmt: skip


def test_heads_of_a_background_are_told_from_other_measures():
    formula = POLICY.formula()
    assert head_components(formula) == {"arrived", "tongue", "premises"}
    assert head_components(formula, other_measures=["square_metres"]) == {"arrived", "tongue"}
    assert merged_components(formula, other_measures=["square_metres"]) == {"linear", "arrived", "tongue"}
    assert merged_components(formula) == {"linear", "arrived", "tongue", "premises"}


def test_each_paid_unit_has_its_heads_in_kronor_and_in_order():
    assert of(ROWS) == {
        "a": NeedUnit(
            pupils=100, sek_per_point=0.0, index_group="a",
            heads=(
                HeadLine("arrived", "year_1", Fraction(25, 2), Fraction(9000)),
                HeadLine("arrived", "year_2", Fraction(12), Fraction(4500)),
                HeadLine("tongue", "heads", Fraction(30), Fraction(800)),
            ),
        ),
        "b": NeedUnit(
            pupils=200, sek_per_point=0.0, index_group="b", heads=(HeadLine("arrived", "year_1", Fraction(11), Fraction(9000)),),
        ),
        "c": NeedUnit(pupils=100, sek_per_point=0.0, index_group="c", heads=()),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("count", "slopes"),
    [
        (Fraction(9), [100.0, 300.0, 0.0]),
        (Fraction(1, 2), [100.0, 300.0, 0.0]),
        (Fraction(10), [0.0] * 3),
        (Fraction(0), [0.0] * 3),
    ],
)
def test_what_a_point_is_worth_is_asked_only_where_a_count_is_small(count: Fraction, slopes: list[float]):
    found = of([*ROWS, ("b", "tongue", "spring", count, Fraction(80_000), 720_000)])
    assert [found[unit].sek_per_point for unit in "abc"] == slopes


def test_units_of_one_index_group_share_it_and_the_others_have_their_own():
    found = of(ROWS, NEED.assign(index_group_code=["g1", None, "g1"]))
    assert [found[unit].index_group for unit in "abc"] == ["group g1", "b", "group g1"]


def test_nothing_is_asked_where_no_head_is_paid():
    assert of([row for row in ROWS if row[1] in ("linear", "premises") or not row[-1]]) == {}
    wide = pd.DataFrame(ROWS[-2:-1], columns=COLUMNS)
    other = need_units(
        wide, need=NEED, policy=POLICY, share=lambda *_: pytest.fail("paid anew"), asked=NeedPartsPolicy()
    )
    assert other["c"].heads == (HeadLine("premises", "heads", Fraction(3), Fraction(1200)),)
