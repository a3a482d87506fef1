"""Places, kronor and whole planning pupils follow from the forecast; this year's pupils give this year's money."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from models_py.errors import ForecastError
from models_py.forecast import (
    compare_capacity,
    enrollment_panel,
    forecast_budget,
    forecast_enrollment,
    planning_inputs,
    rates_of,
)
from tests.models_py.forecast.forecast_worlds import steady, world

TOWN = "9001"


@pytest.fixture(scope="module")
def made():
    return forecast_enrollment(enrollment_panel(pd.concat([world(municipalities=6), steady("9100", "A", 30)])))


@pytest.fixture(scope="module")
def town(made):
    return made.units.query("municipality_code == @TOWN"), made.municipalities.query("municipality_code == @TOWN")


def lines_of(cells: pd.DataFrame) -> pd.DataFrame:
    """Base lines of 100 000 kr per pupil in F and 120 000 in the rest, and 1 000 kr × unit number of structural part."""
    base = cells.assign(
        line_code="grade_" + cells["grade"].str.lower(), count=cells["pupil_count"], count_unit="pupils",
        rate_ore=np.where(cells["grade"] == "F", 10_000_000, 12_000_000),
    )  # fmt: skip
    base["amount_ore"] = base["count"] * base["rate_ore"]
    pupils = cells.groupby("school_unit_code", as_index=False)["pupil_count"].sum()
    extra = pupils.assign(
        line_code="need", count=pupils["pupil_count"], count_unit="need_weighted_pupils", rate_ore=Decimal("7.5"),
        amount_ore=pupils["pupil_count"] * 100_000 * (1 + np.arange(len(pupils))),
    )  # fmt: skip
    names = ["school_unit_code", "line_code", "count", "count_unit", "rate_ore", "amount_ore"]
    return pd.concat([base, extra])[names]


def test_this_years_pupils_at_this_years_rates_are_this_years_money(town):
    units, towns = town
    cells = units.query("grade != 'all' and horizon_years == 1").assign(
        pupil_count=lambda t: t["expected_count"].round()
    )
    cells["expected_count"] = cells["pupil_count"]
    lines = lines_of(cells)
    pupils = cells.groupby("school_unit_code")["pupil_count"].sum().astype(int).to_dict()
    made = forecast_budget(cells, municipality=towns.query("horizon_years == 1"), rates=rates_of(lines, pupils=pupils))
    by_unit = made.units.set_index("school_unit_code")["budget_sek"]
    paid = (lines.groupby("school_unit_code")["amount_ore"].sum() / 100).astype(float)
    assert by_unit.to_dict() == pytest.approx(paid.round().to_dict())
    assert made.municipality["budget_sek"].iloc[0] == pytest.approx(paid.sum(), abs=len(paid))


def test_the_budget_has_the_interval_of_the_pupils_and_counts_units_without_rates(town):
    units, towns = town
    known = units.query("grade != 'all' and horizon_years == 1").assign(
        pupil_count=lambda t: t["expected_count"].round()
    )
    codes = sorted(known["school_unit_code"].unique())
    known = known[known["school_unit_code"] != codes[0]]
    pupils = known.groupby("school_unit_code")["pupil_count"].sum().astype(int).to_dict()
    budget = forecast_budget(units, municipality=towns, rates=rates_of(lines_of(known), pupils=pupils)).municipality
    assert (budget["units_without_rates"] == 1).all()
    whole = towns[towns["grade"] == "all"].reset_index(drop=True)
    low = budget["budget_lower_sek"].astype(float) / budget["budget_sek"]
    assert low.to_numpy() == pytest.approx(
        (whole["interval_lower"].astype(float) / whole["expected_count"]).to_numpy(), rel=1e-6
    )
    assert (budget["budget_upper_sek"] > budget["budget_sek"]).all()


def test_amounts_without_pupils_and_a_grade_with_two_rates_are_refused(town):
    cells = (
        town[0].query("grade != 'all' and horizon_years == 1").assign(pupil_count=lambda t: t["expected_count"].round())
    )
    lines = lines_of(cells)
    pupils = cells.groupby("school_unit_code")["pupil_count"].sum().astype(int).to_dict()
    with pytest.raises(ForecastError, match="no pupils"):
        rates_of(lines, pupils={})
    two = lines.reset_index(drop=True)
    two.loc[0, "rate_ore"] = 1
    with pytest.raises(ForecastError, match="2 rates"):
        rates_of(two, pupils=pupils)


def test_planning_pupils_are_whole_add_up_and_carry_an_index_of_mean_100(town):
    units, _ = town
    codes = sorted(units["school_unit_code"].unique())
    need = pd.DataFrame({"school_unit_code": codes[1:], "need_index": np.linspace(70, 150, len(codes) - 1)})
    plan = planning_inputs(units, need=need, horizon_years=2)
    cells = units.query("grade != 'all' and horizon_years == 2")
    assert plan.enrollment["pupil_count"].sum() == round(cells["expected_count"].sum())
    both = cells.merge(plan.enrollment, on=["school_unit_code", "grade"], how="left").fillna({"pupil_count": 0})
    assert (both["pupil_count"] - both["expected_count"]).abs().max() <= 1
    assert np.average(plan.need["need_index"], weights=plan.need["pupil_count"]) == pytest.approx(100, abs=1e-9)
    assert plan.without_index == (codes[0],)
    with pytest.raises(ForecastError, match="no horizon"):
        planning_inputs(units, need=need, horizon_years=9)


def test_places_against_pupils(made):
    places = pd.DataFrame({"school_unit_code": ["A", "90010000"], "place_count": [300, 10]})
    table = compare_capacity(made.units, places=places).set_index(["school_unit_code", "horizon_years"])
    assert len(table) == 6
    balance = table["expected_surplus"] - table["expected_shortage"] - (table["place_count"] - table["expected_count"])
    assert balance.abs().max() < 0.01
    assert table.loc[("90010000", 1), "shortage_probability"] > 0.99
    even = table.loc[("A", 1)]
    assert even["shortage_probability"] == pytest.approx(0.5, abs=0.1)
    assert even["expected_shortage"] > 0
    with pytest.raises(ForecastError, match="A"):
        compare_capacity(made.units, places=pd.concat([places, places.head(1)]))
