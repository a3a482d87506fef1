"""Scenarios of two units, every figure by hand: amounts, the whole table of measures, bounds, and the ends of settings."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from models_py.allocation.claim_functions import Linear, Threshold
from models_py.allocation.scenario_arrays import bounds, refuse_unattainable, rule_arrays
from models_py.allocation.scenario_settings import GivenClaims, Scenario, ScenarioInputs
from models_py.allocation.scenarios import scenario_amounts, scenario_table
from models_py.allocation.scored_units import scored_units
from models_py.errors import AllocationError

UNITS = scored_units(
    pd.DataFrame([("A", 100, 50.0), ("B", 300, 150.0)], columns=["school_unit_code", "pupil_count", "need_index"])
)
INPUTS = ScenarioInputs(UNITS, base_ore=np.array([2_000.0, 6_000.0]))
QUARTER = Scenario("quarter", Linear(), structural_share=Fraction(1, 4))


def test_amounts_of_a_share_and_of_a_pot_nobody_needs():
    """A quarter of 8 000 by 100 × 50 and 300 × 150 is 200 and 1 800; the rest keeps the base's proportions."""
    none = Scenario("none", Threshold(500), pot_ore=0)
    found = scenario_amounts(INPUTS, scenarios=[QUARTER, none])
    assert found.structural_ore.tolist() == [[200, 1_800], [0, 0]]
    assert found.total_ore.tolist() == [[1_700, 6_300], [2_000, 6_000]]
    assert found.unbounded_ore.tolist() == found.structural_ore.tolist()
    assert (found.pot_ore.tolist(), found.budget_ore.tolist()) == ([2_000, 0], [8_000, 8_000])


def test_a_price_list_pays_its_pot_on_top():
    inputs = replace(INPUTS, base_mode="price_list")
    pot = Scenario("pot", Linear(), pot_ore=1_000)
    found = scenario_amounts(inputs, scenarios=[replace(QUARTER, structural_share=Fraction(1, 5)), pot])
    assert (found.pot_ore.tolist(), found.budget_ore.tolist()) == ([2_000, 1_000], [10_000, 9_000])
    assert found.total_ore.tolist() == [[2_200, 7_800], [2_100, 6_900]]


def test_a_pot_may_be_the_whole_budget():
    found = scenario_amounts(INPUTS, scenarios=[Scenario("all", Linear(), pot_ore=8_000)])
    assert found.total_ore.tolist() == [[800, 7_200]]


def test_the_table_of_one_scenario_as_a_whole():
    """Base at its mean of 15 a pupil: A 1 500 + 200 is 17 a pupil, B 4 500 + 1 800 is 21. 8 000 flat would be 20.

    Against a flat pot A loses 300, 3 a pupil, which B gets. Of the pot A has 200 instead of 500: 300 of 8 000.
    """
    amounts = scenario_amounts(INPUTS, scenarios=[QUARTER])
    (row,) = scenario_table(INPUTS, scenarios=[QUARTER], amounts=amounts).to_dict("records")
    gini = 1 - (0.25 * 0.2125 + 0.75 * 1.2125)
    need = 1 - (0.25 * 0.1 + 0.75 * 1.1)
    assert row == {
        "scenario": "quarter", "structural_share": 0.25, "pot_ore": 2_000, "budget_ore": 8_000, "moved_by_bounds_ore": 0.0,
        "gini": pytest.approx(gini), "concentration": pytest.approx(gini), "need_gini": pytest.approx(need),
        "kakwani": pytest.approx(gini - need),
        "theil": pytest.approx(0.2125 * np.log(0.85) + 0.7875 * np.log(1.05)), "redistributed_share": pytest.approx(300 / 8_000),
        "slope_ore_per_100_points": pytest.approx(4), "elasticity": pytest.approx(np.log(21 / 17) / np.log(3)),
        "p90_to_p10": pytest.approx(21 / 17), "highest_to_lowest": pytest.approx(21 / 17), "coverage_fifth_1": pytest.approx(1),
        "coverage_fifth_2": pytest.approx(1), "coverage_fifth_3": pytest.approx(1), "coverage_fifth_4": pytest.approx(1),
        "coverage_fifth_5": pytest.approx(1), "gaining_units": 1, "losing_units": 1, "gaining_pupils": 300, "losing_pupils": 100,
        "moved_ore": pytest.approx(300), "largest_gain_per_pupil_ore": pytest.approx(1), "largest_gain_unit": "B",
        "largest_loss_per_pupil_ore": pytest.approx(3), "largest_loss_unit": "A",
    }  # fmt: skip


def test_gains_are_counted_against_present_amounts_where_these_are_known_and_coverage_against_claims():
    inputs = replace(INPUTS, present_ore=np.array([1_600.0, 6_400.0]), claims_ore=np.array([400.0, 3_600.0]))
    amounts = scenario_amounts(inputs, scenarios=[QUARTER])
    (row,) = scenario_table(inputs, scenarios=[QUARTER], amounts=amounts).to_dict("records")
    assert (row["largest_gain_unit"], row["largest_gain_per_pupil_ore"], row["moved_ore"]) == ("A", 1, 100)
    assert [row[f"coverage_fifth_{n}"] for n in (1, 2, 3, 4, 5)] == pytest.approx([0.5] * 5)


def test_highest_to_lowest_is_of_real_totals():
    inputs = ScenarioInputs(UNITS, base_ore=np.array([1_000.0, 7_000.0]))
    amounts = scenario_amounts(inputs, scenarios=[QUARTER])
    (row,) = scenario_table(inputs, scenarios=[QUARTER], amounts=amounts).to_dict("records")
    # A 750 + 200 over 100 pupils, B 5 250 + 1 800 over 300.
    assert row["highest_to_lowest"] == pytest.approx(23.5 / 9.5)
    assert row["p90_to_p10"] == pytest.approx(21 / 17)


def test_what_is_solved_is_solved_once_without_bounds_and_once_with():
    asked = []

    def solve(*arrays):
        asked.append([array.tolist() for array in arrays])
        return np.array([[500.0, 1_500.0]]) if len(asked) == 2 else np.array([[200.0, 1_800.0]])

    bounded = Scenario("bounded", Linear(), pot_ore=2_000, floor_per_pupil_ore=5, cap_per_pupil_ore=6)
    found = scenario_amounts(INPUTS, scenarios=[QUARTER, bounded], solve=solve)
    claims, zeros = [[50.0, 450.0]], [[0.0, 0.0]]
    assert asked == [
        [zeros, claims, zeros, [[np.inf, np.inf]], [2_000.0]],
        [zeros, claims, [[500.0, 1_500.0]], [[600.0, 1_800.0]], [2_000.0]],
    ]
    assert found.structural_ore.tolist() == [[200, 1_800], [500, 1_500]]
    assert found.unbounded_ore.tolist() == [[200, 1_800]] * 2
    table = scenario_table(INPUTS, scenarios=[QUARTER, bounded], amounts=found)
    assert table["moved_by_bounds_ore"].tolist() == [0, 300]


def test_each_rule_s_terms():
    claims = np.array([[1.0, 2], [3, 4], [5, 6]])
    given = GivenClaims({"A": Fraction(1), "B": Fraction(2)}, in_ore=True)
    rules = [Scenario(rule, given, pot_ore=1, rule=rule) for rule in ("proportional", "min_sq_unmet", "equal_award")]
    alpha, beta, upper = rule_arrays(rules, claims, UNITS)
    assert alpha.tolist() == [[0, 0], [3, 4], [0, 0]]
    assert beta.tolist() == [[1, 2], [100, 300], [100, 300]]
    assert upper.tolist() == [[np.inf, np.inf], [np.inf, np.inf], [5, 6]]


def test_bounds_against_last_year_are_of_the_part_beside_the_base_and_none_for_a_new_unit():
    """A had 20 a pupil: 2 000; a tenth less is 1 800, of which the base pays 1 500; two tenths more is 2 400."""
    inputs = replace(INPUTS, previous_per_pupil_ore=np.array([20.0, np.nan]))
    tenth, fifth = Decimal("0.1"), Decimal("0.2")
    asked = [
        Scenario("both", Linear(), pot_ore=0, largest_loss_share=tenth, largest_gain_share=fifth),
        Scenario("loss", Linear(), pot_ore=0, largest_loss_share=tenth),
        Scenario("gain", Linear(), pot_ore=0, largest_gain_share=fifth),
        Scenario("floor", Linear(), pot_ore=0, largest_loss_share=tenth, floor_per_pupil_ore=4),
        Scenario("cap", Linear(), pot_ore=0, largest_gain_share=fifth, cap_per_pupil_ore=8),
        Scenario("none", Linear(), pot_ore=0),
    ]
    lower, upper = bounds(asked, inputs, np.array([[1_500.0, 4_500.0]] * 6))
    assert lower.tolist() == [[300, 0], [300, 0], [0, 0], [400, 1_200], [0, 0], [0, 0]]
    free = np.inf
    assert upper.tolist() == [[900, free], [free, free], [900, free], [free, free], [800, 2_400], [free, free]]


@pytest.mark.parametrize(
    ("low", "high", "pot", "words"),
    [
        ([500, 1_500.5], [900, 9_000], 2_000, None),
        ([500, 1_501], [900, 9_000], 2_000, r"lower bounds add up to 20\.01 kr, 0\.01 kr more than the pot"),
        ([0, 0], [900, 1_099.5], 2_000, None),
        ([0, 0], [900, 1_099], 2_000, r"upper bounds add up to 19\.99 kr, 0\.01 kr less than the pot"),
        ([5, 5], [5, 9_000], 2_000, None),
        ([6, 7], [5, 9_000], 2_000, r"lower bound is above the upper one for school units 1 \(A\)"),
    ],
)
def test_bounds_meet_the_pot_to_half_an_ore(low: list, high: list, pot: float, words: str | None):
    arrays = (
        np.array([low], dtype=float),
        np.array([high], dtype=float),
        np.ones((1, 2)),
        np.array([float(pot)]),
        UNITS,
    )
    if words is None:
        refuse_unattainable([QUARTER], *arrays)
    else:
        with pytest.raises(AllocationError, match=f"^scenario quarter: (the )?{words}"):
            refuse_unattainable([QUARTER], *arrays)


def test_a_unit_that_takes_no_part_stays_at_its_lower_bound():
    low, high, beta = np.array([[100.0, 0]]), np.array([[900.0, 1_000]]), np.array([[0.0, 1]])
    refuse_unattainable([QUARTER], low, high, beta, np.array([1_100.0]), UNITS)
    with pytest.raises(AllocationError, match=r"upper bounds add up to 11\.00 kr, 0\.01 kr less"):
        refuse_unattainable([QUARTER], low, high, beta, np.array([1_101.0]), UNITS)


def test_the_ends_of_what_a_scenario_may_ask():
    least = Scenario("x", Linear(), structural_share=0, floor_per_pupil_ore=0, cap_per_pupil_ore=0)
    assert least.is_bounded
    assert not QUARTER.is_bounded
    for name in ("floor_per_pupil_ore", "cap_per_pupil_ore", "largest_loss_share", "largest_gain_share"):
        assert replace(QUARTER, **{name: 0}).is_bounded, name
    with pytest.raises(AllocationError, match=r"structural_share -0\.1 is outside 0 <= s < 1"):
        Scenario("x", Linear(), structural_share=Decimal("-0.1"))
    for base in (np.array([-1.0, 2.0]), np.array([[1.0, 2.0]])):
        with pytest.raises(AllocationError, match="base_ore: needs one amount per school unit"):
            ScenarioInputs(UNITS, base_ore=base)
    assert ScenarioInputs(UNITS, base_ore=np.array([0.0, 1.0])).base_mode == "share_of_budget"


def test_a_negative_claim_is_refused_by_scenario_and_unit_and_a_nought_is_none():
    given = GivenClaims({"A": Fraction(-1), "B": Fraction(2)})
    with pytest.raises(AllocationError, match=r"^scenario x: claims are negative for school units 1 \(A\)$"):
        scenario_amounts(INPUTS, scenarios=[Scenario("x", given, pot_ore=1)])
    given = GivenClaims({"A": Fraction(0), "B": Fraction(2)})
    found = scenario_amounts(INPUTS, scenarios=[Scenario("x", given, pot_ore=10)])
    assert found.structural_ore.tolist() == [[0, 10]]
