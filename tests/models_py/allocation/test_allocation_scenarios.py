"""Scenarios: plain shares are those of the decided allocation, bounds are the solver's, nothing is relaxed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from models_py.allocation.claim_functions import CostBased, Linear, Power, PricePerPoint, Threshold
from models_py.allocation.scenario_settings import GivenClaims, Scenario, ScenarioInputs
from models_py.allocation.scenarios import scenario_amounts, scenario_table
from models_py.allocation.scored_units import scored_units
from models_py.allocation.winners import winners_and_losers
from models_py.errors import AllocationError

UNITS = scored_units(
    pd.DataFrame(
        [
            ("A", 530, 60, 0.09),
            ("B", 350, 95, 0.14),
            ("C", 490, 170, 0.25),
            ("D", 70, 90, 0.13),
            ("E", 250, 55, 0.08),
            ("F", 230, 140, 0.21),
        ],
        columns=["school_unit_code", "pupil_count", "need_index", "need_share"],
    )
)
WEIGHTED_PUPILS = np.array([676.30, 419.50, 635.20, 83.90, 316.75, 296.20])
BUDGET_ORE = 25_000_000_000
INPUTS = ScenarioInputs(UNITS, base_ore=WEIGHTED_PUPILS / 2427.85 * BUDGET_ORE)
SHARE = Decimal("0.12")
GOLDEN = [
    Scenario("linear", Linear(), structural_share=SHARE),
    Scenario("threshold", Threshold(80), structural_share=SHARE),
    Scenario("power", Power(Decimal("1.5")), pot_ore=3_000_000_000),
]


def slow_solver(alpha, beta, lower, upper, pots):
    """Σ clip(α + λβ, l, u) = P by halving, one scenario at a time."""
    amounts = []
    for a, b, low, high, pot in zip(alpha, beta, lower, upper, pots, strict=True):
        left, right = -1e16, 1e16
        for _ in range(400):
            middle = (left + right) / 2
            left, right = (middle, right) if np.clip(a + middle * b, low, high).sum() < pot else (left, middle)
        amounts.append(np.clip(a + right * b, low, high))
    return np.array(amounts)


def test_the_golden_example_and_its_measures():
    amounts = scenario_amounts(INPUTS, scenarios=GOLDEN)
    kronor = np.round(amounts.structural_ore / 100)
    assert np.abs(kronor[0] - [4_755_733, 4_972_582, 12_457_627, 942_174, 2_056_331, 4_815_553]).max() <= 1
    table = scenario_table(INPUTS, scenarios=GOLDEN, amounts=amounts).set_index("scenario")
    assert table["structural_share"].tolist() == pytest.approx([0.12] * 3)
    assert (table["redistributed_share"] * 250_000_000).tolist() == pytest.approx(
        [6_023_180, 15_954_385, 8_762_776], abs=1
    )
    assert table["highest_to_lowest"].tolist() == pytest.approx([1.171, 1.410, 1.228], abs=5e-4)
    assert amounts.total_ore.sum(axis=1).tolist() == pytest.approx([BUDGET_ORE] * 3)
    assert (table["moved_by_bounds_ore"] == 0).all()
    assert table["moved_ore"].tolist() == pytest.approx((table["redistributed_share"] * BUDGET_ORE).tolist())
    assert table.loc["threshold", ["gaining_units", "losing_units", "losing_pupils"]].tolist() == [2, 4, 1200]
    assert table.loc["threshold", "largest_loss_per_pupil_ore"] == pytest.approx(1_562_500)
    assert table.loc["threshold", "largest_loss_unit"] == "A"
    assert table.loc["linear", "coverage_fifth_1"] == pytest.approx(1)
    assert table.loc["linear", "gini"] == pytest.approx(table.loc["linear", "concentration"])


def test_floor_and_cap_of_the_golden_example():
    """8 000 to 22 000 kr per pupil: C and F at the cap, the rest share what is left."""
    bounded = replace(GOLDEN[0], name="bounded", floor_per_pupil_ore=800_000, cap_per_pupil_ore=2_200_000)
    amounts = scenario_amounts(INPUTS, scenarios=[*GOLDEN, bounded], solve=slow_solver)
    per_pupil = amounts.structural_ore[3] / UNITS.pupil_count / 100
    assert per_pupil.tolist() == pytest.approx([9_983.55, 15_807.29, 22_000, 14_975.32, 9_151.59, 22_000], abs=0.01)
    table = scenario_table(INPUTS, scenarios=[*GOLDEN, bounded], amounts=amounts)
    taken = 490 * (25_423.73 - 22_000)  # F is lifted to the cap by what C loses
    assert table["moved_by_bounds_ore"].iloc[3] == pytest.approx(100 * taken, rel=1e-4)
    assert (table["moved_by_bounds_ore"].iloc[:3] == 0).all()


def test_damping_holds_everyone_within_two_percent_of_last_year_except_new_units():
    flat = INPUTS.base_ore / UNITS.pupil_count
    flat[3] = np.nan  # D is new
    inputs = replace(INPUTS, previous_per_pupil_ore=flat)
    limit = Decimal("0.02")
    damped = Scenario("damped", Linear(), structural_share=SHARE, largest_loss_share=limit, largest_gain_share=limit)
    amounts = scenario_amounts(inputs, scenarios=[damped], solve=slow_solver)
    change = amounts.total_ore[0] / UNITS.pupil_count / flat - 1
    assert np.nanmin(change) >= -0.02 - 1e-9
    assert np.nanmax(change) <= 0.02 + 1e-9
    assert amounts.total_ore.sum() == pytest.approx(BUDGET_ORE)
    assert amounts.structural_ore[0, 3] > 0


def test_rules_that_compare_claims_with_kronor():
    price = 10_000_000
    enough = float(price * (UNITS.pupil_count * UNITS.need_share).sum())
    rules = [
        Scenario(rule, CostBased(price), pot_ore=int(0.6 * enough), rule=rule)
        for rule in ("proportional", "min_sq_unmet", "equal_award")
    ]
    inputs = replace(INPUTS, claims_ore=price * UNITS.pupil_count * UNITS.need_share)
    amounts = scenario_amounts(inputs, scenarios=rules, solve=slow_solver)
    assert amounts.structural_ore.sum(axis=1) == pytest.approx(0.6 * enough)
    short = (inputs.claims_ore - amounts.structural_ore) / UNITS.pupil_count
    free = amounts.structural_ore[1] > 0
    assert np.ptp(short[1][free]) < 1e-3
    assert (short[1][~free] <= short[1][free].max() + 1e-3).all()
    assert (short[2] >= -1e-6).all()
    table = scenario_table(inputs, scenarios=rules, amounts=amounts)
    assert table["coverage_fifth_1"].iloc[0] == pytest.approx(0.6)
    by_rule = dict(zip(table["scenario"], table["coverage_fifth_1"], strict=True))
    assert by_rule["equal_award"] < by_rule["proportional"] < by_rule["min_sq_unmet"]


def test_price_list_pays_the_base_part_and_puts_the_pot_on_top():
    inputs = replace(INPUTS, base_mode="price_list")
    share = scenario_amounts(inputs, scenarios=[Scenario("s", Linear(), structural_share=Fraction(1, 5))])
    assert share.pot_ore.tolist() == pytest.approx([BUDGET_ORE / 4])
    assert (share.total_ore - share.structural_ore)[0] == pytest.approx(inputs.base_ore)


def test_given_claims_stand_in_for_a_function_and_nothing_redistributed_has_no_measures_along_it():
    given = GivenClaims(
        {unit: Fraction(int(n)) for unit, n in zip(UNITS.school_unit_code, UNITS.pupil_count, strict=True)}
    )
    scenarios = [Scenario("flat", given, structural_share=SHARE), Scenario("none", Linear(), pot_ore=0)]
    amounts = scenario_amounts(INPUTS, scenarios=scenarios)
    table = scenario_table(INPUTS, scenarios=scenarios, amounts=amounts)
    assert table["redistributed_share"].tolist() == pytest.approx([0, 0], abs=1e-12)
    assert table["gaining_units"].tolist() == [0, 0]
    assert table["largest_loss_unit"].isna().all()
    assert table["coverage_fifth_1"].iloc[1] is None or np.isnan(table["coverage_fifth_1"].iloc[1])


def test_only_the_proportions_of_given_claims_count():
    """Claims far below one öre share a capped pot as those of thousands do."""
    told = []
    for size in (1, 10**7):
        given = {
            u: Fraction(int(n * i), size)
            for u, n, i in zip(UNITS.school_unit_code, UNITS.pupil_count, UNITS.need_index, strict=True)
        }
        capped = Scenario("x", GivenClaims(given), structural_share=SHARE, cap_per_pupil_ore=2_000_000)
        told.append(scenario_amounts(INPUTS, scenarios=[capped], solve=slow_solver).structural_ore[0])
    assert told[1] == pytest.approx(told[0])
    assert told[0].sum() == pytest.approx(float(SHARE) * BUDGET_ORE)


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (Scenario("x", Linear(), pot_ore=BUDGET_ORE + 1), "x: pot_ore .* larger than the budget"),
        (Scenario("x", Threshold(500), structural_share=SHARE), r"1 \(x\): there is a pot, but every claim is zero"),
        (Scenario("x", GivenClaims({"A": Fraction(1)}), structural_share=SHARE), "claims of scenario x"),
        (Scenario("x", Linear(), structural_share=SHARE, floor_per_pupil_ore=1_600_000), "x: lower bounds add up to 30720000.00 kr, 720000.00 kr more"),
        (Scenario("x", Linear(), structural_share=SHARE, cap_per_pupil_ore=1_500_000), "x: upper bounds add up to 28800000.00 kr, 1200000.00 kr less"),
        (Scenario("x", Linear(), structural_share=SHARE, floor_per_pupil_ore=9, cap_per_pupil_ore=8), r"x: the lower bound is above the upper one for school units 6"),
        (Scenario("x", Linear(), structural_share=SHARE, largest_loss_share=Decimal("0.02")), "x: a bound against last year"),
        (Scenario("x", PricePerPoint(1), pot_ore=10_000_000, rule="equal_award"), "x: upper bounds"),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_refused_by_name_before_solving(scenario, said):
    def never(*_):
        raise RuntimeError("solved although it cannot be met")

    with pytest.raises(AllocationError, match=said):
        scenario_amounts(INPUTS, scenarios=[GOLDEN[0], scenario], solve=never)


def test_a_threshold_leaves_units_without_claim_that_cannot_take_the_pot():
    """Only C and F claim; a cap on them cannot be made up by units whose share is nothing."""
    capped = Scenario("x", Threshold(120), structural_share=SHARE, cap_per_pupil_ore=3_000_000)
    with pytest.raises(AllocationError, match=r"upper bounds add up to 21600000\.00 kr"):
        scenario_amounts(INPUTS, scenarios=[capped], solve=slow_solver)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Scenario("x", Linear()), "exactly one"),
        (lambda: Scenario("x", Linear(), structural_share=SHARE, pot_ore=1), "exactly one"),
        (lambda: Scenario("x", Linear(), structural_share=1), "outside"),
        (lambda: Scenario("x", Linear(), pot_ore=-1), "pot_ore must not be negative"),
        (
            lambda: Scenario("x", Linear(), pot_ore=0, floor_per_pupil_ore=-1, largest_gain_share=-2),
            "^scenario x: floor_per_pupil_ore, largest_gain_share must not be negative$",
        ),
        (lambda: Scenario("x", Linear(), pot_ore=1, rule="min_sq_unmet"), "claim in öre"),
        (lambda: Scenario("x", Linear(), pot_ore=1, rule="lottery"), "not known"),
        (lambda: replace(INPUTS, base_ore=np.zeros(6)), "not all zero"),
        (lambda: replace(INPUTS, base_mode="other"), "base_mode"),
        (lambda: scenario_amounts(INPUTS, scenarios=[]), "0 given"),
        (lambda: scenario_amounts(INPUTS, scenarios=[GOLDEN[0]] * 2), "2 given, 1 names"),
        (lambda: scenario_amounts(INPUTS, scenarios=[replace(GOLDEN[0], floor_per_pupil_ore=1)]), "need a solver"),
    ],
)
def test_settings_without_meaning_are_refused(build, said):
    with pytest.raises(AllocationError, match=said):
        build()


def test_winners_and_losers_by_hand():
    old = np.full(6, 1000.0)
    found = winners_and_losers(UNITS, new_ore=old + np.array([530, 0.3, -490, -140, 0, 100]), old_ore=old)
    assert (found.gaining_units, found.losing_units) == (2, 2)
    assert (found.gaining_pupils, found.losing_pupils) == (760, 560)
    assert found.moved_ore == 630
    assert (found.largest_gain_per_pupil_ore, found.largest_gain_unit) == (1, "A")
    assert (found.largest_loss_per_pupil_ore, found.largest_loss_unit) == (2, "D")
    nothing = winners_and_losers(UNITS, new_ore=old, old_ore=old)
    assert (nothing.largest_gain_unit, nothing.largest_loss_unit, nothing.largest_loss_per_pupil_ore) == (None, None, 0)
