"""Who runs a school unit decides what is added on top of need and base, and nothing before it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from models_py.allocation.cost_types import by_cost_type, check_cost_types
from models_py.allocation.formula import Stage
from models_py.allocation.organiser_terms import (
    METHODS,
    OverheadPolicy,
    de_delegation_lines,
    overhead_lines,
    supplement_vat_lines,
)
from models_py.allocation.shares import line_table
from models_py.allocation.stages import DeDelegation
from models_py.errors import AllocationError

READINGS = {"compound_add_on": 109_180, "additive": 109_000, "gross_up": 109_673, "gross_up_joint": 109_890}
TYPES = {"A": "independent", "B": "municipal"}


def policy(method):
    return OverheadPolicy(method, administration_share=Decimal("0.03"), vat_share=Decimal("0.06"))


@pytest.mark.parametrize("method", METHODS)
def test_the_four_readings_of_three_and_six_per_cent_on_100_000(method):
    lines = overhead_lines({"A": 100_000, "B": 100_000}, organiser_types=TYPES, policy=policy(method))
    assert {line.school_unit_code for line in lines} == {"A"}, "a municipal unit has neither"
    assert 100_000 + sum(line.amount_ore for line in lines) / 100 == READINGS[method]
    for line in lines:
        assert Fraction(line.count) * Fraction(line.rate_ore) + Fraction(line.rounding_ore) == line.amount_ore
    whole = sum(line.amount_ore for line in lines)
    assert whole % 100 == 0


@pytest.mark.parametrize(
    ("method", "administration", "vat"),
    [
        ("additive", 3000, 6000),
        ("compound_add_on", 3000, 6180),
        ("gross_up", 3093, 6580),
        ("gross_up_joint", 3297, 6593),
    ],
)
def test_administration_and_vat_are_lines_of_their_own(method, administration, vat):
    lines = overhead_lines({"A": 100_000}, organiser_types=TYPES, policy=policy(method))
    assert {line.line_code: round(line.amount_ore / 100) for line in lines} == {
        "administration": administration,
        "vat": vat,
    }


def test_vat_is_added_to_individual_supplements_too():
    lines = supplement_vat_lines({"A": 50_000, "B": 9}, organiser_types=TYPES, policy=policy("additive"))
    assert [(line.school_unit_code, line.amount_ore) for line in lines] == [("A", 300_000)]
    (told,) = lines
    assert (told.component_code, told.line_code, told.count, told.count_unit) == (
        "individual_supplements", "vat", 50_000, "sek",
    )  # fmt: skip
    grossed = supplement_vat_lines({"A": 50_000}, organiser_types=TYPES, policy=policy("gross_up_joint"))
    assert [line.amount_ore for line in grossed] == [319_100], "50 000 × 0.06 / 0.94"


def test_services_bought_together_are_taken_back_as_negative_lines():
    services = {"insurance": Decimal("12.50"), "licences": Decimal("7.15")}
    stage = Stage("de_delegation", "de_delegation", DeDelegation(services_sek=services, group="municipal"))
    lines = de_delegation_lines({"A": 100, "B": 30}, organiser_types=TYPES, stage=stage)
    assert {(line.school_unit_code, line.line_code) for line in lines} == {("B", "insurance"), ("B", "licences")}
    assert sum(line.amount_ore for line in lines) == -59_000, "589.50 to whole kronor, half to even"
    assert {(line.component_code, line.count, line.count_unit) for line in lines} == {("de_delegation", 30, "pupils")}
    for line in lines:
        assert Fraction(line.count) * Fraction(line.rate_ore) + Fraction(line.rounding_ore) == line.amount_ore


def test_an_organiser_that_is_not_known_is_refused():
    with pytest.raises(AllocationError, match=r"no organiser type is known for school units 1 \(C\)"):
        overhead_lines({"A": 1, "C": 1}, organiser_types=TYPES, policy=policy("additive"))
    with pytest.raises(
        AllocationError, match=r"^organiser types are municipal and independent, not foundation, regional$"
    ):
        overhead_lines({"A": 1}, organiser_types={"B": "regional", "A": "foundation"}, policy=policy("additive"))
    with pytest.raises(AllocationError, match=r"overheads\.method: 'half'"):
        policy("half")
    with pytest.raises(AllocationError, match="together below 1"):
        OverheadPolicy("additive", administration_share=Decimal("0.5"), vat_share=Decimal("0.5"))


def test_cost_types_split_every_component_to_the_ore():
    lines = pd.DataFrame(
        [("A", "base_part", "x", 10_001), ("A", "base_part", "y", 2), ("A", "de_delegation", "it", -1001)],
        columns=["school_unit_code", "component_code", "line_code", "amount_ore"],
    )
    parts = {
        "base_part": {"teaching": Decimal("0.7"), "meals": Decimal("0.2"), "premises": Decimal("0.1")},
        "de_delegation": {"learning_tools": Decimal(1)},
    }
    split = by_cost_type(lines, cost_types=parts)
    assert split.to_numpy().tolist() == [
        ["A", "base_part", "teaching", 7002],
        ["A", "base_part", "meals", 2001],
        ["A", "base_part", "premises", 1000],
        ["A", "de_delegation", "learning_tools", -1001],
    ]
    with pytest.raises(AllocationError, match="no cost type is given for component de_delegation"):
        by_cost_type(lines, cost_types={"base_part": parts["base_part"]})
    assert by_cost_type(line_table([]), cost_types={}).empty
    for wrong in ({"teaching": Decimal("0.9")}, {"teaching": Decimal(2), "meals": Decimal(-1)}, {"vat": Decimal(1)}):
        with pytest.raises(AllocationError, match=r"cost_types.base_part"):
            check_cost_types({"base_part": wrong})
