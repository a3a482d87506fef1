"""Planning tables keep their contracts, see no later count, and read places and children from the facts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from expectations.contracts import CONTRACTS, PLANNING
from models_py.allocation.shares import allocate
from orchestration.forecast_charts import backtest_chart, backtest_spec, forecast_chart, forecast_spec
from orchestration.forecasting import cohorts_of, forecast_of_year, places_of, told_forecast, weighted_errors
from orchestration.resources.policies import load_policy
from orchestration.resources.scope import Scope
from orchestration.settings import REPOSITORY
from tests.orchestration.forecast.forecast_home import NO_UNITS, PLACED, TOWN, YEAR, enrollment, planned

DAY = date(2021, 10, 15)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    return planned(tmp_path_factory.mktemp("planned"))


def test_every_planning_table_is_written_under_its_contract(rows):
    assert set(rows) == set(PLANNING)
    assert all(len(table) for table in rows.values())
    assert (rows["fct_enrollment_forecast"]["target_count_year"] > 2021).all()


def test_this_years_amounts_carry_the_expected_pupils(rows):
    budget = rows["forecast_budget"]
    per_pupil = budget["forecast_budget_sek"].astype(float) / budget["expected_count"]
    assert per_pupil.to_numpy() == pytest.approx(100_000, rel=1e-5)
    assert (budget["units_without_rates"] == 0).all()


def test_an_allocation_can_be_planned_on_the_planning_pupils(rows):
    plan = rows["planning_enrollment"]
    enrolled = plan.rename(columns={"planned_pupil_count": "pupil_count"})[["school_unit_code", "grade", "pupil_count"]]
    need = plan.groupby("school_unit_code", as_index=False).agg(
        pupil_count=("planned_pupil_count", "sum"), need_index=("planned_need_index", "first")
    )
    default = REPOSITORY / "policies" / "default"
    policy = load_policy(default, municipality_code="0000", defaults=default).at(2023)
    shared = allocate(enrollment=enrolled, need=need, policy=policy)
    assert shared.budget_ore == int(enrolled["pupil_count"].sum()) * 120_000 * 100
    assert int(shared.lines["amount_ore"].sum()) == shared.budget_ore


def test_later_counts_are_not_seen_and_a_municipality_without_a_count_is_told():
    counts = enrollment()
    early = dict.fromkeys(["9000", "9100"], date(2015, 10, 15))
    made, refused = forecast_of_year(counts, NO_UNITS, latest=early)
    known, _ = forecast_of_year(counts[[d.year <= 2015 for d in counts["count_date"]]], NO_UNITS, latest=early)
    pd.testing.assert_frame_equal(made["fct_enrollment_forecast"], known["fct_enrollment_forecast"], check_exact=True)
    assert set(made["fct_municipality_forecast"]["municipality_code"]) == {"9000", "9100"}
    assert refused == {}
    gone = counts[~((counts["municipality_code"] == "9000") & (counts["count_date"] == DAY))]
    _, refused = forecast_of_year(gone, NO_UNITS, latest={"9000": DAY, "9001": DAY})
    assert list(refused) == ["9000"]


def test_facts_give_places_and_children(tmp_path: Path):
    folder = tmp_path / TOWN
    folder.mkdir()
    (folder / "facts.yml").write_text(
        "measures:\n"
        "  school_places: {description: d, unit: places, source: s, values: [{valid_from: 2020-01-01, valid_to: 2030-12-31,"
        f' school_units: {{"{PLACED}": 150}}}}]}}\n'
        "  children_starting: {description: d, unit: children, source: s, values: [{valid_from: 2021-01-01,"
        f' valid_to: 2021-12-31, school_units: {{"{PLACED}": 31}}}}]}}\n',
        "utf-8",
    )
    scope = Scope(policies=str(tmp_path))
    assert places_of(scope, TOWN, funding_year=YEAR).to_dict("records") == [
        {"school_unit_code": PLACED, "place_count": 150.0}
    ]
    children = cohorts_of(scope, [TOWN], years=range(2019, 2025))
    assert children.to_numpy().tolist() == [[TOWN, PLACED, 2021, 31.0]]
    assert places_of(scope, TOWN, funding_year=2031) is None


def test_pictures_have_the_band_and_both_forecasts(rows):
    town, backtest = rows["fct_municipality_forecast"], rows["forecast_backtest"]
    spec = forecast_spec(town, enrollment()).to_dict()
    fan = [row for data in spec["datasets"].values() for row in data if "upper" in row]
    assert {row["year"] for row in fan} == {2021, 2022, 2023, 2024}
    assert all(row["lower"] <= row["pupils"] <= row["upper"] for row in fan)
    assert len(backtest_spec(backtest).to_dict()["hconcat"]) == 3
    assert forecast_chart(town, enrollment()).value.startswith("![Pupils counted and expected")
    assert backtest_chart(backtest.head(0)).value == "no forecast can be judged yet"
    assert weighted_errors(backtest)["grade_1"]["ours"] > 0


def test_what_is_published_of_a_forecast_is_counts_and_expectations_that_agree_with_the_planning_tables(rows):
    counts, codes = enrollment(), ["9000", "9001"]
    latest = dict.fromkeys(codes, DAY)
    made, _ = forecast_of_year(counts, NO_UNITS, latest=latest)
    told = told_forecast(made, counts, latest=latest, funding_year=YEAR)
    assert told.columns.tolist() == list(CONTRACTS["pupil_forecast"].names)
    assert set(told["municipality_code"]) == set(codes)
    assert (told["counted_count"].isna() == told["expected_count"].notna()).all()
    assert set(told["count_year"]) == set(range(2016, 2025))
    own = told[told["municipality_code"] == TOWN].set_index(["school_unit_code", "grade", "count_year"])
    now = counts[(counts["municipality_code"] == TOWN) & (counts["count_date"] == DAY)]
    assert (
        own.loc[(PLACED, "all", 2021), "counted_count"]
        == now.loc[now["school_unit_code"] == PLACED, "pupil_count"].sum()
    )
    assert own.loc[("all", "7", 2021), "counted_count"] == now.loc[now["grade"] == "7", "pupil_count"].sum()
    planned_units = rows["fct_enrollment_forecast"].query("municipality_code == @TOWN and grade == 'all'")
    whole = planned_units.set_index(["school_unit_code", "grade", "target_count_year"])
    expected = own["expected_count"].dropna().astype(float).loc[whole.index]
    assert expected.to_numpy() == pytest.approx(whole["expected_count"].to_numpy(float), abs=0.0501)
    assert set(own.index.get_level_values("grade")) == {"all", "F", *"123456789"}
    assert {grade for unit, grade, _ in own.index if unit != "all"} == {"all"}


def test_without_a_forecast_nothing_is_published_of_it():
    counts, latest = enrollment(), {"9000": date(2031, 10, 15)}
    made, refused = forecast_of_year(counts, NO_UNITS, latest=latest)
    assert set(refused) == {"9000"}
    assert told_forecast(made, counts, latest=latest, funding_year=YEAR).empty
    assert told_forecast(made, counts.iloc[:0], latest={}, funding_year=YEAR).empty
