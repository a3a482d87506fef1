"""Formulas of three other countries are policy files: each gives the figures that its source works out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from models_py.allocation import allocate
from orchestration.resources.policies import load_policy
from orchestration.resources.policy_facts import facts_of_year

ROOT = Path(__file__).parents[3]
FORMULAS = ROOT / "docs" / "foreign-formulas"
PRIMARY = ("F", "1", "2", "3", "4", "5", "6")
HEADS = [78, 77, 100, 57, 92, 88, 94, 83, 97, 66, 70, 66, 89, 85, 100, 55, 55, 80, 71, 62, 91, 93, 59, 74, 87, 88, 83, 96,
         95, 76, 51, 54]  # fmt: skip


def run(name, code, pupils, **more):
    """Allocation of 2024 by a folder of docs/foreign-formulas for units {code: {grade: pupils}}."""
    policy = load_policy(FORMULAS / name, municipality_code=code, defaults=ROOT / "policies" / "default")
    facts = facts_of_year(FORMULAS / name, funding_year=2024)
    enrollment = pd.DataFrame(
        [(unit, grade, n) for unit, grades in pupils.items() for grade, n in grades.items()],
        columns=["school_unit_code", "grade", "pupil_count"],
    )
    result = allocate(
        enrollment=enrollment, need=None, policy=policy.at(2024),
        measures=facts.measures, baseline=facts.baseline, offered=facts.offered, **more,
    )  # fmt: skip
    for row in result.lines.to_dict("records"):
        made = Fraction(row["count"]) * Fraction(row["rate_ore"]) + Fraction(row["rounding_ore"])
        assert made == row["amount_ore"], row
    assert result.lines["amount_ore"].sum() == result.budget_ore
    return result


@pytest.fixture(scope="module")
def national():
    pupils = {
        "U1": dict(zip(PRIMARY, [18, 18, 18, 18, 17, 17, 17], strict=True)),
        "U2": {"5": 1, "6": 2, "7": 2, "8": 2, "9": 2},
        "U3": dict.fromkeys(PRIMARY, 15),
        "U4": dict(zip(PRIMARY, [28] * 4 + [29, 29, 30], strict=True)),
        "U5": dict(zip(PRIMARY, [28] * 4 + [29, 29, 30], strict=True)),
    }
    return run("national-formula", "9001", pupils)


def line(result, unit, component, code):
    return result.lines.set_index(["school_unit_code", "component_code", "line_code"]).loc[(unit, component, code)]


def test_the_national_formula_rounds_the_rate_before_it_meets_the_pupils(national):
    """1 005.55 × 1.0456 is 1 051.40 per pupil; 123 pupils: 129 322.20."""
    entitlement = line(national, "U1", "basic_entitlement", "stage_primary")
    assert (entitlement["count"], entitlement["rate_ore"]) == (Decimal(123), Decimal(105_140))
    assert entitlement["count"] * entitlement["rate_ore"] == 12_932_220
    assert entitlement["amount_ore"] == 12_932_200, "whole kronor, the rest is the line's rounding"


def test_the_national_lump_sum_follows_year_groups_and_sparsity_fades_with_size_and_distance(national):
    totals = national.totals.set_index("school_unit_code")
    assert totals.loc["U2", "lump_sum_ore"] == 13_600_000, "two and three year groups of 100 000 and 160 000"
    assert totals["sparsity_ore"].to_dict() == {"U1": 0, "U2": 0, "U3": 2_990_700, "U4": 0, "U5": 0}
    assert float(line(national, "U3", "sparsity", "support")["rate_ore"]) / 100 == pytest.approx(29_906.54, abs=0.005)


def test_the_national_guarantee_lifts_and_its_cap_takes_and_a_new_unit_is_neither(national):
    """u_prev 5 000, 200 pupils, guarantee -.5 %: 4 950 gives +5 000; 5 300 with cap 2 % and scale .5 gives -20 000."""
    totals = national.totals.set_index("school_unit_code")
    assert totals["protection_ore"].to_dict() == {"U1": 0, "U2": 0, "U3": 0, "U4": 500_000, "U5": -2_000_000}
    assert totals.loc["U1", "minimum_per_pupil_ore"] == (3000 * 123 - 129_322 - 100_000) * 100
    assert [report.code for report in national.reports] == ["minimum_per_pupil", "protection"]


def test_the_threshold_score_counts_pupils_below_the_cut_and_solves_its_price():
    cells = pd.DataFrame(
        [("A", 0.5, 30), ("A", 0.1, 70), ("B", 0.5, 10), ("B", 0.1, 90), ("C", 0.5, 5), ("C", 0.1, 95)],
        columns=["school_unit_code", "need_share", "pupil_count"],
    )
    result = run("threshold-score", "9002", {unit: {"1": 100} for unit in "ABC"}, risk_cells=cells)
    # mean .16; net A: 30 × .34 - 2, B: 10 × .34 - 2; C: 5 × .34 - 2 is below zero, paid zero and still listed
    score = {"A": Fraction("8.2"), "B": Fraction("1.4")}
    amounts = result.totals.set_index("school_unit_code")["score_ore"]
    assert amounts["C"] == 0
    assert line(result, "C", "score", "need")["count"] == 0
    price = Fraction(100_000) / sum(score.values())
    assert {unit: amounts[unit] // 100 for unit in "AB"} == {"A": 85_417, "B": 14_583}
    assert float(result.prices_ore["score"]) / 100 == pytest.approx(float(price), rel=1e-6)


def test_the_level_up_raises_twelve_of_thirty_two_units_to_the_published_level():
    result = run("level-up", "9003", {f"{i + 1:02d}": {"1": n} for i, n in enumerate(HEADS)})
    (report,) = result.reports
    assert float(report.multiplier) == pytest.approx(15.4384191176471, abs=1e-12)
    assert sum(report.receivers.values()) == 2000
    assert sorted(map(int, report.receivers)) == [1, 3, 5, 6, 7, 8, 13, 15, 18, 22, 28, 29]
    assert 1104 + float(report.receivers["01"]) == pytest.approx(1204.19669118, abs=1e-8)
    assert result.budget_ore == 200_000
