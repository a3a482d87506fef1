"""The example municipality's policy over its years: every kind is used, paid to the krona and told on its page."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from models_py.allocation import GRADES, allocate, explain
from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.cost_types import by_cost_type
from models_py.allocation.stages import STAGE_KINDS
from models_py.world import DEMO, simulate
from models_py.world.recovery import true_need
from orchestration.resources.form_policies import form_policies
from orchestration.resources.policies import load_policy
from orchestration.resources.policy_facts import facts_of_year

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "policies" / "9999"
YEARS = (2026, 2027)


@pytest.fixture(scope="module")
def folder():
    return load_policy(FOLDER, municipality_code="9999", defaults=ROOT / "policies" / "default")


@pytest.fixture(scope="module")
def world():
    return simulate(DEMO)


def test_every_kind_of_component_and_guarantee_is_used_over_the_years(folder):
    formulas = [folder.at(year).formula() for year in (*YEARS, 2028)]
    formulas += [file.at(2027).allocation.formula() for file in form_policies(FOLDER, folder).values()]
    assert {each.kind for formula in formulas for each in formula.components} >= set(COMPONENT_KINDS)
    assert {stage.kind for formula in formulas for stage in formula.stages} == set(STAGE_KINDS)


def test_newly_arrived_are_paid_once_in_each_year(folder):
    assert [folder.need_at(year).newly_arrived for year in (*YEARS, 2028)] == ["in_index", "in_index", "per_head"]


def test_every_value_of_the_example_is_decided(folder):
    for year in YEARS:
        folder.refuse_undecided(year)


@pytest.fixture(scope="module", params=YEARS)
def paid(request, folder, world):
    """The year's money with the world's true need in the place of the estimate."""
    year = request.param
    rows = world.enrollment[world.enrollment["count_year"] == year - 1]
    codes = rows["school_unit_code"].astype(str)
    grades = rows["grade"].map(lambda grade: GRADES[int(grade)])
    enrollment = pd.DataFrame({"school_unit_code": codes, "grade": grades}).value_counts().rename("pupil_count")
    pupils = codes.value_counts().sort_index()
    truth = true_need(world)
    truth = truth[truth["count_year"] == year - 1]
    index = truth.set_index(truth["school_unit_code"].astype(str))["need_index"].astype(float).reindex(pupils.index)
    index *= 100 * pupils.sum() / (index * pupils).sum()
    need = pd.DataFrame(
        {"school_unit_code": pupils.index, "pupil_count": pupils.to_numpy(), "need_index": index.to_numpy()}
    ).assign(need_share=lambda table: table["need_index"] / 800)
    risky = (need["pupil_count"] * need["need_index"] / 600).round().astype(int)
    cells = pd.concat([
        need[["school_unit_code"]].assign(need_share=0.4, pupil_count=risky),
        need[["school_unit_code"]].assign(need_share=0.05, pupil_count=need["pupil_count"] - risky),
    ])  # fmt: skip
    facts = facts_of_year(FOLDER, funding_year=year)
    policy = folder.at(year)
    shared = allocate(
        enrollment=enrollment.reset_index(), need=need, policy=policy, measures=facts.measures, baseline=facts.baseline,
        offered=facts.offered, risk_cells=cells, supplements=facts.supplements,
    )  # fmt: skip
    return year, policy, shared


def test_all_parts_together_are_the_budget_less_what_is_kept(paid):
    year, _, shared = paid
    per_pupil = {2026: 114_500, 2027: 118_000}[year]
    kept = sum(shared.deducted_ore.values())
    assert kept == (round(per_pupil * int(shared.totals["pupil_count"].sum()) * 0.02) * 100 if year == 2026 else 0)
    assert shared.lines["amount_ore"].sum() + kept == per_pupil * int(shared.totals["pupil_count"].sum()) * 100
    for row in shared.lines.to_dict("records"):
        assert Fraction(row["count"]) * Fraction(row["rate_ore"]) + Fraction(row["rounding_ore"]) == row["amount_ore"]
    assert (shared.lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum() % 100 == 0).all()
    assert (shared.totals["amount_ore"] > 0).all()


def test_each_promise_is_kept_by_units_that_pay_each_other(paid):
    year, policy, shared = paid
    assert [r.code for r in shared.reports] == [s.code for s in policy.guarantees if s.kind != "de_delegation"]
    for report in shared.reports:
        if report.kind != "level_up":
            assert sum(report.receivers.values()) == sum(report.payers.values()), report.code
    if year == 2026:
        moved = {report.code: float(sum(report.receivers.values())) for report in shared.reports}
        assert min(moved[code] for code in ("need_floor", "hold_harmless", "protection", "level_up")) > 0


def test_what_is_beside_the_total_is_in_no_sum(paid):
    _, _, shared = paid
    assert set(shared.outside["component_code"]) == {"individual_supplements", "state_grant"}
    assert not set(shared.lines["component_code"]) & set(shared.outside["component_code"])


def test_every_part_with_money_has_its_cost_types(paid):
    _, policy, shared = paid
    split = by_cost_type(shared.lines, cost_types=policy.cost_types)
    assert split["amount_ore"].sum() == shared.budget_ore


def test_each_school_units_amount_is_a_chain_of_lines(paid):
    _, _, shared = paid
    for unit, ore in zip(shared.totals["school_unit_code"], shared.totals["amount_ore"], strict=True):
        assert explain(shared.lines, school_unit_code=unit).amount_ore == ore


def test_the_page_tells_every_component_and_guarantee(folder):
    page = (ROOT / "docs" / "example-policy.md").read_text(encoding="utf-8")
    for shape in folder.shapes.values():
        assert f"| `{shape.code}` | {shape.kind} |" in page
