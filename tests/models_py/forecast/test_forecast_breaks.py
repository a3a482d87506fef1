"""Impossible, missing and doubled years are named and not learned from; life stays."""

import pandas as pd
import pytest

from models_py.forecast import enrollment_panel, find_breaks, forecast_enrollment
from tests.models_py.forecast.forecast_worlds import YEARS, rows, steady, without, world


def kinds(found: pd.DataFrame) -> set[tuple]:
    return {(row.municipality_code, row.count_year, row.kind) for row in found.itertuples()}


def test_a_world_where_pupils_only_move_up_has_no_breaks():
    breaks = find_breaks(enrollment_panel(world(municipalities=25)))
    assert breaks.found.empty
    assert breaks.learned[:, 1:].all()


def test_a_year_in_which_the_school_fell_out_is_not_built_upon_and_no_transition_of_it_is_learned():
    main = {y: [24] * 10 for y in YEARS if y != 2013}
    counts = pd.concat([rows("2425", "MAIN", main), rows("2425", "SMALL", {2013: [2] + [0] * 9}), world()])
    panel = enrollment_panel(counts)
    breaks = find_breaks(panel)
    assert {("2425", 2013, "impossible_fall"), ("2425", 2013, "unit_gap")} <= kinds(breaks.found)
    m = panel.municipality_codes.tolist().index("2425")
    assert breaks.usable[m].tolist() == [y != 2013 for y in YEARS]
    assert breaks.learned[m].tolist() == [y > 2014 for y in YEARS]


def test_a_doubled_last_year_is_forecast_from_the_year_before():
    counts = world(municipalities=3)
    twice = counts["municipality_code"].eq("9001") & counts["count_year"].eq(2021)
    doubled = counts.assign(pupil_count=counts["pupil_count"].where(~twice, counts["pupil_count"] * 2))
    found = forecast_enrollment(enrollment_panel(doubled))
    assert ("9001", 2021, "impossible_rise") in kinds(found.breaks)
    plain = forecast_enrollment(enrollment_panel(counts))

    def next_year(made):
        town = made.municipalities
        mine = (town["municipality_code"] == "9001") & (town["grade"] == "all") & (town["horizon_years"] == 1)
        return float(town.loc[mine, "expected_count"].iloc[0])

    assert next_year(found) == pytest.approx(next_year(plain), rel=0.08)


def test_a_missing_year_is_named_and_a_level_that_stays_is_believed():
    counts = pd.concat(
        [
            steady("9001", "A", years=tuple(y for y in YEARS if y != 2016)),
            rows("9002", "B", {y: [30 if y < 2017 else 70] * 10 for y in YEARS}),
            steady("9003", "C"),
        ]
    )
    panel = enrollment_panel(counts)
    breaks = find_breaks(panel)
    assert kinds(breaks.found) == {
        ("9001", 2016, "year_missing"),
        ("9002", 2017, "new_level"),
        ("9001", 2016, "unit_gap"),
    }
    assert breaks.usable[1].all()
    assert not breaks.learned[1, 5]


def test_counts_made_from_something_else_are_not_compared():
    counts = steady("9001", "A").assign(basis="open_statistics")
    counts["basis"] = counts["basis"].where(counts["count_year"] < 2018, "pupil_level")
    breaks = find_breaks(enrollment_panel(counts))
    assert kinds(breaks.found) == {("9001", 2018, "basis_changed")}


def test_a_unit_that_fell_out_of_the_newest_count_is_forecast_and_one_that_closed_is_not():
    counts = pd.concat([world(), *(steady("9100", code, 12) for code in "ABCD")])
    fell_out = forecast_enrollment(enrollment_panel(without(counts, unit="D", year=2021)))
    state = fell_out.states.set_index("school_unit_code")["unit_state"]
    assert state["D"] == "missing"
    assert ("9100", 2021, "unit_missing") in kinds(fell_out.breaks)
    whole = fell_out.units.query("school_unit_code == 'D' and grade == 'all' and horizon_years == 1")
    assert whole["expected_count"].iloc[0] == pytest.approx(120, rel=0.1)
    moved = counts["school_unit_code"].eq("C") & counts["count_year"].eq(2021)
    closed = without(counts.assign(pupil_count=counts["pupil_count"].where(~moved, 24)), unit="D", year=2021)
    found = forecast_enrollment(enrollment_panel(closed))
    assert found.states.set_index("school_unit_code")["unit_state"]["D"] == "closed"
    assert "D" not in set(found.units["school_unit_code"])
