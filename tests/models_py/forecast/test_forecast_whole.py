"""The forecast as a whole: it adds up, knows how sure it is, gives way to naive where that was better, and never guesses."""

import numpy as np
import pandas as pd
import pytest

from models_py.errors import ForecastError
from models_py.forecast import Cohorts, enrollment_panel, forecast_enrollment, summary
from models_py.forecast.interval import FEWEST_PAIRS, measured_band
from tests.models_py.forecast.forecast_worlds import YEARS, rows, steady, world


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return world()


@pytest.fixture(scope="module")
def made(counts):
    return forecast_enrollment(enrollment_panel(counts))


def expected(made, unit: str, grade: str = "all", horizon: int = 1) -> float:
    row = made.units.query("school_unit_code == @unit and grade == @grade and horizon_years == @horizon")
    return float(row["expected_count"].iloc[0])


def test_units_add_up_to_their_municipality_and_grades_to_their_unit(made):
    keys = ["municipality_code", "horizon_years"]
    units = made.units.groupby([*keys, "grade"])["expected_count"].sum()
    towns = made.municipalities.set_index([*keys, "grade"])["expected_count"]
    assert np.abs(units - towns.reindex(units.index)).max() < 0.01
    cells = (
        made.units[made.units["grade"] != "all"].groupby(["school_unit_code", "horizon_years"])["expected_count"].sum()
    )
    whole = made.units[made.units["grade"] == "all"].set_index(["school_unit_code", "horizon_years"])["expected_count"]
    assert np.abs(cells - whole).max() < 0.01


def test_no_order_of_rows_changes_a_bit(counts, made):
    again = forecast_enrollment(enrollment_panel(counts.sample(frac=1, random_state=5)))
    for name in ("units", "municipalities", "states", "backtest", "breaks"):
        pd.testing.assert_frame_equal(getattr(made, name), getattr(again, name), check_exact=True)


def test_it_is_ahead_of_naive_and_its_intervals_cover_where_pupils_move_up(made):
    told = summary(made.backtest).set_index(["level", "horizon_years"])
    cells = told.loc["grade"]
    assert (cells["wape"] < cells["naive_wape"]).all()
    assert (cells["mape"] < cells["naive_mape"]).all()
    assert cells["coverage"].between(0.92, 0.98).all()
    assert told.loc["municipality", "coverage"].min() > 0.9
    ends = made.units
    assert (ends["interval_lower"] <= ends["expected_count"]).all()
    assert (ends["interval_upper"] >= ends["expected_count"]).all()
    reach = (ends["interval_upper"] - ends["interval_lower"]).groupby(ends["horizon_years"]).mean()
    assert reach.is_monotonic_increasing


def test_a_forecast_knows_nothing_of_later_years(counts):
    short = forecast_enrollment(enrollment_panel(counts[counts["count_year"] <= 2019]))
    later = counts["count_year"] > 2019
    changed = counts.assign(pupil_count=counts["pupil_count"].where(~later, counts["pupil_count"] + 9))
    panel = enrollment_panel(changed).until(2019)
    pd.testing.assert_frame_equal(short.units, forecast_enrollment(panel).units, check_exact=True)


def test_naive_takes_over_where_it_has_been_better_at_four_origins():
    """A school that is refilled to 20 in every grade each year, whatever moved up: last year's grade is exact."""
    random = np.random.default_rng(4)
    filled = rows("9100", "FULL", {y: [30, 12, 28, 14, 26, 16, 24, 18, 22, 20] for y in YEARS})
    moving = world(municipalities=4, seed=int(random.integers(100)))
    made = forecast_enrollment(enrollment_panel(pd.concat([filled, moving])))
    own = made.units.query("school_unit_code == 'FULL' and horizon_years == 1")
    assert set(own["method"]) == {"naive_same_grade"}
    assert expected(made, "FULL", "3") == pytest.approx(14, abs=0.1)
    assert made.units["method"].eq("progression").mean() > 0.5


def test_a_new_unit_goes_by_what_is_usual_and_a_middle_school_takes_its_share():
    new = rows("9100", "NEW", {2021: [25, 20, 0, 0, 0, 0, 0, 0, 0, 0]})
    lower = rows("9100", "LOW", {y: [40] * 7 + [0] * 3 for y in YEARS})
    upper = rows("9100", "HIGH", {y: [0] * 7 + [40] * 3 for y in YEARS})
    made = forecast_enrollment(enrollment_panel(pd.concat([world(), new, lower, upper])))
    assert made.states.set_index("school_unit_code")["unit_state"]["NEW"] == "newly_opened"
    assert expected(made, "NEW", "1") == pytest.approx(23, rel=0.15)
    assert expected(made, "HIGH", "7") == pytest.approx(40, rel=0.1)
    assert "7" not in set(made.units.query("school_unit_code == 'LOW'")["grade"])


def test_delivered_cohorts_decide_the_preschool_class():
    counts = pd.concat([world(), steady("9100", "A", 40), steady("9100", "B", 20)])
    children = [
        {"municipality_code": "9100", "count_year": y, "child_count": 66 if y <= 2021 else 99}
        for y in range(2019, 2025)
    ]
    made = forecast_enrollment(enrollment_panel(counts), cohorts=Cohorts(pd.DataFrame(children)))
    towns = made.municipalities.query("municipality_code == '9100' and grade == 'F'")
    assert towns["expected_count"].to_numpy() == pytest.approx(90, abs=0.01)
    assert expected(made, "A", "F") == pytest.approx(60, rel=0.01)
    near = pd.DataFrame(children).assign(school_unit_code="B", child_count=lambda t: t["child_count"] / 3)
    area = forecast_enrollment(enrollment_panel(counts), cohorts=Cohorts(near))
    assert expected(area, "B", "F") > expected(forecast_enrollment(enrollment_panel(counts)), "B", "F") * 1.1


def test_cohorts_that_cannot_be_are_refused():
    for table in (
        pd.DataFrame({"municipality_code": ["9100"], "count_year": [2020]}),
        pd.DataFrame({"municipality_code": ["9100"], "count_year": [2020], "child_count": [-1]}),
        pd.DataFrame({"municipality_code": ["9100"] * 2, "count_year": [2020] * 2, "child_count": [1, 2]}),
    ):
        with pytest.raises(ForecastError):
            Cohorts(table)


def test_two_years_give_a_forecast_without_interval_and_one_year_none():
    two = steady("9100", "A", years=(2020, 2021))
    made = forecast_enrollment(enrollment_panel(two))
    assert expected(made, "A", "5") == pytest.approx(50)
    assert made.units["interval_lower"].isna().all()
    assert made.backtest.empty
    with pytest.raises(ForecastError, match="two years"):
        forecast_enrollment(enrollment_panel(two[two["count_year"] == 2021]))


def test_a_band_covers_what_it_was_measured_on_and_needs_enough_of_it():
    random = np.random.default_rng(8)
    n = random.uniform(5, 400, 4000)
    actual = n + random.normal(0, np.sqrt(0.5 * n + 0.01 * n**2))
    band = measured_band(n, actual)
    assert (band.chance, band.common) == (pytest.approx(0.5, rel=0.5), pytest.approx(0.01, rel=0.2))
    assert (np.abs(actual - n) <= band.reach(n)).mean() == pytest.approx(0.95, abs=0.005)
    assert measured_band(n[: FEWEST_PAIRS - 1], actual[: FEWEST_PAIRS - 1]) is None
