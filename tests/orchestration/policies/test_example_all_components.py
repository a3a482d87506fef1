"""The example policy with every kind of component and guarantee is read, paid to the krona, and explained."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from models_py.allocation import GRADES, allocate, explain
from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.cost_types import by_cost_type
from models_py.allocation.organiser_terms import de_delegation_lines, overhead_lines
from models_py.allocation.organisers import organiser_terms
from models_py.allocation.reconciliation import reconcile
from models_py.allocation.stages import STAGE_KINDS
from orchestration.resources.policies import load_policy
from orchestration.resources.policy_facts import facts_of_year

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "policies" / "example-all-components"
UNITS = {
    "99980001": ([50] * 7 + [60] * 3, 60),
    "99980002": ([50] * 7 + [0] * 3, 95),
    "99980003": ([40] * 7 + [70] * 3, 170),
    "99980004": ([10] * 7 + [0] * 3, 90),
    "99980005": ([25] * 10, 55),
    "99980006": ([20] * 7 + [30] * 3, 140),
}


@pytest.fixture(scope="module")
def folder():
    return load_policy(FOLDER, municipality_code="9998", defaults=ROOT / "policies" / "default")


@pytest.fixture(scope="module")
def policy(folder):
    return folder.at(2027)


def test_newly_arrived_are_paid_once_per_head_and_not_by_the_index_too(folder):
    assert folder.need_at(2027).newly_arrived == "per_head"


@pytest.fixture(scope="module")
def result(policy):
    facts = facts_of_year(FOLDER, funding_year=2027)
    enrollment = pd.DataFrame(
        [(unit, grade, n) for unit, (pupils, _) in UNITS.items() for grade, n in zip(GRADES, pupils, strict=True)],
        columns=["school_unit_code", "grade", "pupil_count"],
    )
    need = pd.DataFrame(
        [(unit, float(index), index / 1000) for unit, (_, index) in UNITS.items()],
        columns=["school_unit_code", "need_index", "need_share"],
    )
    risky = {unit: round(sum(pupils) * index / 600) for unit, (pupils, index) in UNITS.items()}
    cells = [(unit, 0.4, n) for unit, n in risky.items()]
    cells += [(unit, 0.05, sum(UNITS[unit][0]) - n) for unit, n in risky.items()]
    return allocate(
        enrollment=enrollment,
        need=need,
        policy=policy,
        measures=facts.measures,
        baseline=facts.baseline,
        offered=facts.offered,
        risk_cells=pd.DataFrame(cells, columns=["school_unit_code", "need_share", "pupil_count"]),
        supplements=pd.DataFrame(
            {"school_unit_code": ["99980005"], "reference": ["2027-014"], "amount_sek": [310_000]}
        ),
    )


def amounts(result, code):
    return {
        unit: ore // 100
        for unit, ore in zip(result.totals["school_unit_code"], result.totals[f"{code}_ore"], strict=True)
        if ore
    }


def test_every_kind_of_component_and_guarantee_is_used(policy):
    assert {each.kind for each in policy.formula().components} == set(COMPONENT_KINDS)
    assert {each.kind for each in policy.guarantees} == set(STAGE_KINDS)


def test_all_together_are_the_budget_less_what_is_kept(result):
    assert result.deducted_ore == {"administration_kept": 500_000_000}
    assert result.budget_ore == result.lines["amount_ore"].sum() == 24_500_000_000
    for row in result.lines.to_dict("records"):
        made = Fraction(row["count"]) * Fraction(row["rate_ore"]) + Fraction(row["rounding_ore"])
        assert made == row["amount_ore"], row
    assert (result.lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum() % 100 == 0).all()


def test_amounts_that_can_be_worked_out_by_hand(result):
    assert amounts(result, "newly_arrived")["99980003"] == 1_230_000  # 13.5 × 60 000 + 10.5 × 40 000
    assert amounts(result, "special_teachers")["99980004"] == 110_250  # 70 × 90 / 40 000 posts of 700 000 kr
    assert amounts(result, "points_part") == {"99980003": 343_000, "99980006": 92_000}
    assert amounts(result, "small_linear") == {"99980004": 142_857}  # 200 000 × 50 / 70
    assert amounts(result, "small_sparsity") == {"99980004": 200_000}  # year group of 10: 300 000 × 5 / 7.5
    assert amounts(result, "small_model") == {
        "99980004": 700_000
    }  # four whole groups cost 2.8 million, 70 pupils bring 2.1
    assert amounts(result, "materials")["99980004"] == 24_300  # 40 × 303.75 + 30 × 405.00


def test_each_promise_is_kept_and_says_who_gave_and_who_got(result, policy):
    reports = {report.code: report for report in result.reports}
    assert list(reports) == [each.code for each in policy.guarantees if each.kind != "de_delegation"]
    for code in ("need_floor", "need_cap", "damping", "hold_harmless", "timetable_minimum", "protection"):
        assert sum(reports[code].receivers.values()) == sum(reports[code].payers.values()), code
    per_pupil = {unit: Fraction(ore, 53000 if unit == "99980001" else 7000) for unit, ore in
                 (("99980001", int(result.totals["amount_ore"][0])), ("99980004", int(result.totals["amount_ore"][3])))}  # fmt: skip
    assert per_pupil["99980001"] - 16_000 >= 99_000, "at least last year's kronor per pupil without premises"
    assert per_pupil["99980004"] - 20_000 >= 134_500
    assert set(reports["level_up"].receivers) == {"99980001", "99980002", "99980005"}
    assert sum(reports["level_up"].receivers.values()) == 1_500_000


def test_supplements_and_grants_stand_beside(result):
    beside = result.outside.groupby("component_code")["amount_ore"].sum()
    assert beside.to_dict() == {"individual_supplements": 31_000_000, "state_grant": 1_091_000_000}


def test_cost_types_and_overheads_come_last_and_change_nothing_before(result, policy):
    split = by_cost_type(result.lines, cost_types=policy.cost_types)
    assert split["amount_ore"].sum() == result.budget_ore
    totals = {
        unit: ore // 100
        for unit, ore in zip(result.totals["school_unit_code"], result.totals["amount_ore"], strict=True)
    }
    types = {unit: "independent" if unit in ("99980005", "99980006") else "municipal" for unit in UNITS}
    added = overhead_lines(totals, organiser_types=types, policy=policy.overheads)
    by_unit = {unit: sum(line.amount_ore for line in added if line.school_unit_code == unit) for unit in UNITS}
    assert {unit for unit, ore in by_unit.items() if ore} == {"99980005", "99980006"}
    assert by_unit["99980005"] == round(totals["99980005"] * Fraction("0.0918")) * 100
    taken = de_delegation_lines(
        {unit: sum(pupils) for unit, (pupils, _) in UNITS.items()}, organiser_types=types, stage=policy.guarantees[-1]
    )
    assert {line.school_unit_code for line in taken} == set(list(UNITS)[:4])
    assert sum(line.amount_ore for line in taken) == -((530 + 350 + 490 + 70) * 16_550)


def test_the_budget_is_followed_to_organisers_and_account_lines(result, policy):
    units = pd.DataFrame(
        [
            (unit, "independent" if unit > "99980004" else "municipal", sum(pupils))
            for unit, (pupils, _) in UNITS.items()
        ],
        columns=["school_unit_code", "organiser_type", "pupil_count"],
    )
    terms = organiser_terms(result.lines, units=units.assign(organiser_key=units["organiser_type"]), policy=policy)
    rows = reconcile(
        result.lines, terms=terms, budget=policy.formula().budget, deducted_ore=result.deducted_ore, accounts=policy.accounts
    )  # fmt: skip
    steps = rows.groupby("step")["amount_ore"].sum()
    assert steps[1] == 250_000_000_00
    assert steps[2] < 0, "something is kept centrally"
    assert steps[5] == -((530 + 350 + 490 + 70) * 16_550)
    assert steps[1] + steps[2] == steps[3]
    assert steps[6] == steps[3] + steps[4] + steps[5]
    assert steps[7] == steps[3] + steps[4] - steps[2]
    stated = rows.set_index("item_code").loc["440 lokaler"]
    assert stated["amount_ore"] == 31_000_000_00 - stated["difference_ore"] == 8_480_000_00 + 22_520_000_00


def test_each_school_units_amount_is_a_chain_of_lines(result):
    for unit, ore in zip(result.totals["school_unit_code"], result.totals["amount_ore"], strict=True):
        chain = explain(result.lines, school_unit_code=unit)
        assert chain.amount_ore == ore
        assert chain.steps[0].component_code == "base_part"


def test_the_page_explains_every_component_and_guarantee_by_name(policy):
    page = (ROOT / "docs" / "example-policy.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE))
    assert told == {each.code for each in policy.formula().components} | {each.code for each in policy.guarantees}
