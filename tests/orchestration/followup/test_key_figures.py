"""Key figures of a town whose ledger is known: sums to the krona, the planted part of a krona, and what is withheld or told."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.small_worlds import small_world
from models_py.errors import FollowupError
from models_py.followup.key_figures import FEWEST_POSTS, FEWEST_POSTS_BEHIND_A_SHARE
from models_py.need import fit_within_school
from orchestration.followup.equity import need_by_year
from orchestration.followup.key_figures import TABLES, key_figures_of_year, stages_of
from orchestration.followup.rows import followup_record, followup_rows
from orchestration.followup.similar import KOLADA_FIGURES, kolada_values, similar_municipalities, similar_unit_rows
from orchestration.key_figure_charts import equity_chart, equity_spec, pass_through_chart, pass_through_spec
from orchestration.resources.scope import Scope
from orchestration.settings import REPOSITORY
from tests.orchestration.followup.key_figure_home import FOREIGN, OWN, TOWN, YEAR, inputs, marts, truth, world

SCOPE = Scope(policies=str(REPOSITORY / "policies"), default_policy=True)


def made(given) -> dict[str, pd.DataFrame]:
    found = key_figures_of_year(given, codes=[TOWN], scope=SCOPE, funding_year=YEAR)
    assert found[TOWN].refusal is None
    return {name: followup_rows(name, TOWN, found[TOWN], funding_year=YEAR) for name in TABLES} | {
        "record": followup_record(found[TOWN])
    }


@cache
def usual() -> dict[str, pd.DataFrame]:
    return made(inputs())


def test_costs_add_up_to_the_ledger_and_no_open_book_is_read():
    cost = usual()["unit_cost"]
    assert cost["accounts_year"].max() == YEAR - 1
    whole = cost[cost["cost_item"] == "all"]
    parts = cost[cost["cost_item"] != "all"].groupby(["school_unit_code", "accounts_year"])["cost_sek"].agg(sum)
    assert parts.tolist() == whole["cost_sek"].tolist()
    ledger = truth().table.query("funding_year < @YEAR", local_dict={"YEAR": YEAR})
    allocated = ledger.set_index(["school_unit_code", "funding_year"])["allocated_sek"]
    at = list(zip(whole["school_unit_code"], whole["accounts_year"], strict=True))
    assert [Decimal(int(allocated[key])) for key in at] == whole["unit_allocated_sek"].tolist()


def test_the_planted_part_of_a_krona_is_inside_the_interval_and_the_parts_add_up():
    rows = usual()["cost_pass_through"].set_index("cost_item")
    taught = rows.loc["teaching"]
    assert taught["pass_lower"] < 0.8 < taught["pass_upper"]
    assert taught["pass_lower"] > 0
    assert taught["pass_verdict"] == "arrives"
    assert rows.loc["meals", "pass_verdict"] == "does_not_arrive"
    assert rows.loc["administration", "pass_verdict"] == "part_arrives"
    kronor = rows.drop(index=["all", "teacher_posts"])["pass_estimate"].sum()
    assert kronor == pytest.approx(rows.loc["all", "pass_estimate"], abs=1e-5)


def test_few_units_with_loud_books_cannot_determine_it():
    own = marts(truth())
    few = sorted(own["staff"]["school_unit_code"].unique())[:4]
    costs = own["costs"]
    random = np.random.default_rng(1)
    is_teaching = costs["cost_item"] == "teaching"
    loud = (costs["amount_ore"] * (1 + 0.15 * random.normal(size=len(costs)))).astype(np.int64)
    costs = costs.assign(amount_ore=costs["amount_ore"].mask(is_teaching, loud))
    rows = made(inputs(marts=own | {"costs": costs[costs["school_unit_code"].isin(few)]}))["cost_pass_through"]
    assert rows.set_index("cost_item").loc["teaching", "pass_verdict"] == "cannot_be_determined"


def test_one_unit_alone_is_told_to_be_too_little():
    own = marts(truth())
    one = own["staff"]["school_unit_code"].min()
    found = made(inputs(marts=own | {"costs": own["costs"].query("school_unit_code == @one", local_dict={"one": one})}))
    assert found["cost_pass_through"].empty
    assert "1 school units" in found["record"]["not_shown"]["cost_pass_through"]
    assert len(found["unit_cost"])


def test_staffing_of_few_teachers_is_withheld():
    own = marts(truth())
    staff = own["staff"].copy()
    first, second = sorted(staff["school_unit_code"].unique())[:2]
    staff.loc[staff["school_unit_code"] == first, ["teacher_posts", "certified_posts"]] = FEWEST_POSTS - 0.01, 4.0
    staff.loc[staff["school_unit_code"] == second, ["teacher_posts", "certified_posts"]] = (
        FEWEST_POSTS_BEHIND_A_SHARE - 0.01,
        9.0,
    )
    rows = made(inputs(marts=own | {"staff": staff}))["unit_staffing"]
    hidden, dense = rows[rows["school_unit_code"] == first], rows[rows["school_unit_code"] == second]
    assert set(hidden["staffing_state"]) == {"few_teachers"}
    assert (
        hidden[["teacher_posts", "teachers_per_100_pupils", "pupils_per_teacher", "certified_share"]].isna().all().all()
    )
    assert set(dense["staffing_state"]) == {"share_withheld"}
    assert dense["certified_share"].isna().all()
    assert dense["teachers_per_100_pupils"].notna().all()


def test_grants_stand_at_units_and_organisers_and_an_impossible_one_refuses_the_municipality():
    rows = usual()["state_grant"]
    assert set(rows.loc[rows["school_unit_code"] == "all", "organiser_code"]) == {FOREIGN}
    assert (rows["granted_sek"] - rows["used_sek"] == rows["not_used_sek"]).all()
    assert rows.loc[rows["organiser_code"] == OWN, "grant_of_allocated"].notna().all()
    own = marts(truth())
    spent = own["grants"].assign(used_ore=own["grants"]["granted_ore"] + 1)
    found = key_figures_of_year(inputs(marts=own | {"grants": spent}), codes=[TOWN], scope=SCOPE, funding_year=YEAR)
    assert "use more than was granted" in found[TOWN].refusal


def test_costs_of_a_unit_without_pupils_are_told_and_left_out():
    own = marts(truth())
    unit = own["staff"]["school_unit_code"].min()
    gone = own["factors"][own["factors"]["school_unit_code"] != unit]
    found = made(inputs(marts=own | {"factors": gone}))
    assert unit in found["record"]["not_shown"]["costs_without_pupils"]
    assert unit not in set(found["unit_cost"]["school_unit_code"])


def test_what_the_ledger_does_not_say_is_taken_from_this_home_and_equity_tells_both():
    own = marts(truth())
    year = YEAR - 1
    costs = own["costs"][~((own["costs"]["cost_item"] == "allocation") & (own["costs"]["accounts_year"] == year))]
    units = own["factors"][[day.year == year - 1 for day in own["factors"]["count_date"]]]
    index = (
        world()
        .truth.unit_years.query("count_year == @at", local_dict={"at": year - 1})
        .set_index("school_unit_code")["need_index"]
    )
    kept = units.assign(
        payment_status="paid", total_sek=[Decimal(100_000) * int(n) for n in units["pupil_count"]],
        need_index=units["school_unit_code"].map(index),
    )  # fmt: skip
    found = made(inputs(marts=own | {"costs": costs}, kept={year: kept}))
    told = found["unit_cost"].query("cost_item == 'all' and accounts_year == @year", local_dict={"year": year})
    assert (told["unit_allocated_per_pupil_sek"] == Decimal("100000.00")).all()
    (equal,) = found["equity_by_year"].to_dict("records")
    assert (equal["equity_basis"], equal["money_year"], equal["money_gini"]) == ("tables", year, 0.0)
    assert equal["need_gini"] > 0.01


def test_a_municipality_without_accounts_is_not_refused_and_a_stranger_is_not_followed():
    own = marts(truth())
    bare = inputs(marts=own | {name: own[name].iloc[:0] for name in ("costs", "staff", "grants")})
    found = made(bare)
    assert all(found[name].empty for name in TABLES)
    assert found["record"] == {"refusal": None, "not_shown": {}}
    strangers = {name: table.assign(municipality_code="0180") for name, table in bare.marts.items()}
    (stranger,) = key_figures_of_year(inputs(marts=strangers), codes=["0180"], scope=SCOPE, funding_year=YEAR).values()
    assert (stranger.tables, stranger.refusal) == ({}, None)


def test_units_are_beside_units_of_the_same_grades_and_a_few_are_beside_nobody():
    units = pd.DataFrame(
        {
            "code": list("abcdexy"), "stages": ["whole"] * 5 + ["upper"] * 2, "pupil_count": [100, 110, 300, 320, 900, 105, 310],
            "need_index": [100.0, 104.0, 90.0, 92.0, 60.0, 101.0, 91.0],
        }
    )  # fmt: skip
    values = pd.DataFrame({"code": list("abcdexy"), "year": 2025, "value": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]})
    rows = similar_unit_rows({"teachers_per_100_pupils": values}, units).set_index("school_unit_code")
    assert set(rows.index) == set("abcde"), "two units are too few to have similar ones"
    assert rows.loc["a", "similar_codes"].split(",")[0] == "b"
    assert rows.loc["a", ["compared_value", "similar_count", "similar_median"]].tolist() == [1.0, 4, 3.5]
    alike = units.assign(need_index=100.0)
    assert similar_unit_rows({"teachers_per_100_pupils": values}, alike).empty


def test_a_school_to_year_six_is_the_same_school_when_the_grades_are_renamed_in_2028():
    def stages(day: date, grades: list[str]) -> str:
        counts = pd.DataFrame({"school_unit_code": "a", "grade": grades, "count_date": day, "pupil_count": 20})
        return stages_of(counts, accounts_year=day.year + 1)["a"]

    before, after = date(2027, 10, 15), date(2028, 10, 15)
    assert stages(before, ["F", "1", "6"]) == stages(after, ["1", "2", "7"]) == "lower"
    assert stages(before, ["6", "7"]) == stages(after, ["7", "8"]) == "whole"
    assert stages(before, ["7", "9"]) == stages(after, ["8", "10"]) == "upper"


def test_need_of_past_years_is_by_one_and_the_same_weights():
    drawn = small_world(5, schools=12, leavers=12 * 60 * 6, years=6)
    register = drawn.register_counts().assign(schooling_year=0)
    days = (date(2023, 10, 15), date(2024, 10, 15), date(2025, 3, 15))
    counts = pd.concat([register.assign(count_date=day) for day in days], ignore_index=True)
    need = need_by_year(fit_within_school(drawn.leavers), counts, index_minimum_pupils=20)
    assert sorted(need["year"].unique()) == [2024, 2025], "October counts for the year after; March is a month's"
    wide = need.pivot(index="school_unit_code", columns="year", values="need_index")
    assert (wide[2024] == wide[2025]).all()
    assert np.average(wide[2024], weights=need[need["year"] == 2024]["pupil_count"]) == pytest.approx(100)


def test_pictures_show_the_rows():
    rows = usual()["cost_pass_through"]
    spec = json.loads(pass_through_spec(rows).to_json())
    drawn = [row for part in spec["datasets"].values() for row in part if "estimate" in row]
    assert sorted(row["estimate"] for row in drawn) == sorted(
        rows.query("cost_item != 'teacher_posts'")["pass_estimate"]
    )
    assert "no costs" in pass_through_chart(rows.iloc[:0]).value
    assert "no year" in equity_chart(usual()["equity_by_year"].iloc[:0]).value
    year = {
        "municipality_code": TOWN,
        "money_year": 2025,
        "equity_basis": "ledger",
        "need_gini": 0.1,
        "money_gini": 0.01,
    }
    assert "0.01" in equity_spec(pd.DataFrame([year])).to_json()


def kolada(folder: Path, *, title: str = "") -> Path:
    """Kolada's files in small: ten municipalities, three figures, two years."""
    (folder / "kolada_did").mkdir()
    names = KOLADA_FIGURES | {"N15816": "eftergymnasial utbildning"}
    titles = {code: f"Andel {words}" for code, words in names.items()} | ({"N15813": title} if title else {})
    pd.DataFrame({"id": list(titles), "title": list(titles.values())}).to_parquet(
        folder / "kolada_did" / "2023-01-01_KOLADA_KPI_list.parquet"
    )
    rows = [
        {"municipality_id": f"{code:04d}", "municipality": "K", "municipality_type": "K", "gender": "T", "kpi": kpi, "year": year,
         "value": 50.0 + code + year - 2020}
        for code in range(1, 11) for kpi in names for year in (2023, 2024)
    ]  # fmt: skip
    pd.DataFrame(rows).to_parquet(folder / "kolada_did" / "2024-01-01_KOLADA_data_raw.parquet")
    return folder


def test_a_municipality_stands_beside_the_seven_most_like_it_each_once(tmp_path):
    values = kolada_values(kolada(tmp_path))
    pupils = pd.DataFrame(
        {"code": [f"{code:04d}" for code in range(1, 11)], "pupil_count": [1000 * code for code in range(1, 11)]}
    )
    pairs = similar_municipalities(values, pupils)
    assert (pairs.groupby("code")["similar_code"].nunique() == 7).all()
    found = key_figures_of_year(
        inputs(marts={name: t.assign(municipality_code="0001") for name, t in marts(truth()).items()}, kolada=(values, pairs)),
        codes=["0001"], scope=SCOPE, funding_year=YEAR,
    )  # fmt: skip
    rows = followup_rows("similar_municipality", "0001", found["0001"], funding_year=YEAR)
    assert len(rows) == len(KOLADA_FIGURES) * 2
    assert rows["similar_codes"].unique().tolist() == [",".join(pairs[pairs["code"] == "0001"]["similar_code"])]
    assert (rows["similar_count"] == 7).all()


def test_a_code_that_means_something_else_is_not_compared(tmp_path):
    with pytest.raises(FollowupError, match="N15813"):
        kolada_values(kolada(tmp_path, title="Kostnad för snöröjning"))
    assert kolada_values(tmp_path / "elsewhere") is None
