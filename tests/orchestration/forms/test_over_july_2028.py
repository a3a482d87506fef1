"""The calendar is moved past July 2028: cohorts, forecasts, weights, months and the door follow age, not number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models_py.world import WorldSettings, deliver, simulate
from orchestration.followup.progress import numbered_by_age
from orchestration.forecasting import forecast_of_year
from orchestration.intake.cells import cell_parser
from orchestration.intake.mapping import Column
from orchestration.paying import by_age
from orchestration.resources.policies import load_policy
from orchestration.school_forms import by_their_day, named_on, renamed, stage_calendar

POLICIES = Path(__file__).resolve().parents[3] / "policies"
NO_UNITS = pd.DataFrame({"predecessor_codes": [], "school_unit_code": []})


def _counts() -> pd.DataFrame:
    """One unit over eight autumns: cohorts of 40, but the one that begins in 2027 has 90, and nobody moves."""
    rows = []
    for year in range(2020, 2028):
        for place in range(10):
            grade = stage_calendar().grades(date(year, 10, 15))[place]
            rows.append(
                ("9999", date(year, 10, 15), "99990001", grade, 90 if year - place == 2027 else 40, "pupil_level")
            )
    names = ["municipality_code", "count_date", "school_unit_code", "grade", "pupil_count", "basis"]
    return pd.DataFrame(rows, columns=names)


def test_the_forecast_finds_the_large_preschool_class_of_2027_in_year_2_of_2028() -> None:
    counts = _counts()
    made, refused = forecast_of_year(counts, NO_UNITS, latest={"9999": date(2027, 10, 15)})
    assert refused == {}
    cells = made["fct_enrollment_forecast"].set_index(["target_count_year", "grade"])["expected_count"]
    assert cells[2028, "2"] == pytest.approx(90, rel=0.03)
    assert cells[2029, "3"] == pytest.approx(90, rel=0.05)
    assert cells[2028, "3"] == pytest.approx(40, rel=0.05)
    assert cells[2028, "10"] == pytest.approx(40, rel=0.05)  # grade 8 of 2027 stays a year longer in number, not in age
    assert (2028, "F") not in cells.index


def test_a_year_that_has_been_counted_in_ten_grades_goes_on_from_nine() -> None:
    counts = _counts()
    day = date(2028, 10, 15)
    after = counts[counts["count_date"] == date(2027, 10, 15)].assign(
        count_date=day, grade=list(stage_calendar().grades(day))
    )
    after["pupil_count"] = np.where(after["grade"] == "2", 90, 40)
    made, _ = forecast_of_year(pd.concat([counts, after]), NO_UNITS, latest={"9999": day})
    cells = made["fct_enrollment_forecast"].set_index(["target_count_year", "grade"])["expected_count"]
    assert cells[2029, "3"] == pytest.approx(90, rel=0.03)


def test_weights_decided_for_grades_hold_for_the_same_ages_afterwards() -> None:
    policy = load_policy(POLICIES / "default", municipality_code="0000", defaults=POLICIES / "default")
    before, after = policy.at(2028).base, policy.at(2029).base
    assert before is not None
    assert after is not None
    old, new = before.grade_weights, after.grade_weights
    assert old is not None
    assert new is not None
    assert list(new) == [str(grade) for grade in range(1, 11)]
    assert [new[str(g + 1)] for g in range(1, 10)] == [old[str(g)] for g in range(1, 10)]
    assert new["1"] == old["F"]


def test_stages_of_a_policy_follow_age_too() -> None:
    stages = {"low": ["F", "1", "2", "3"], "high": ["7", "8", "9"]}
    assert named_on(stages, unit="grades", day=date(2028, 10, 15)) == {
        "low": ["1", "2", "3", "4"],
        "high": ["8", "9", "10"],
    }
    assert named_on(stages, unit="grades", day=date(2027, 10, 15)) == stages
    assert named_on({"teaching": Decimal(1)}, unit="part", day=date(2028, 10, 15)) == {"teaching": Decimal(1)}


def test_the_months_of_autumn_2028_are_paid_at_the_rates_of_age() -> None:
    counts = pd.DataFrame({
        "grade": ["F", "9", "1", "10"], "count_date": [date(2028, 3, 15), date(2028, 3, 15), date(2028, 9, 15), date(2028, 9, 15)],
    })  # fmt: skip
    assert by_age(counts)["grade"].tolist() == ["F", "9", "F", "9"]
    assert renamed(["all"], told_on=[date(2028, 9, 15)]) == ["all"]
    assert by_their_day(["F", "F", "all"], wanted_on=[date(2027, 10, 15), date(2028, 10, 15), date(2028, 10, 15)]) == [
        "F",
        "1",
        "all",
    ]


def test_a_cohort_is_followed_by_age_through_the_renaming() -> None:
    rows = pd.DataFrame({"pupil_key": ["a", "a", "b"], "count_year": [2027, 2028, 2028], "grade": ["F", "2", "10"]})
    assert numbered_by_age(rows)["grade"].tolist() == [0, 1, 9]


def test_the_door_knows_the_grades_of_the_files_own_day() -> None:
    column = Column(headers=("Årskurs",), type="grade")
    old, new = (cell_parser(column, period=period) for period in ("2027-10-15", "2028-10-15"))
    assert [old(text).value for text in ("F", "9")] == ["F", "9"]
    assert old("10").problem == "E-GRADE"
    assert [new(text).value for text in ("1", "10", "02")] == ["1", "10", "2"]
    assert new("F").problem == "E-GRADE"
    offered = cell_parser(Column(headers=("Årskurser",), type="grades"), period="2028-10-15")
    assert offered("7-10").value == "7,8,9,10"
    assert offered("F-3").problem == "E-GRADE"
    results = cell_parser(column, period="2028/29")
    assert results("10").value == "10"


def test_the_world_prints_the_same_child_as_f_and_then_as_2() -> None:
    world = simulate(
        WorldSettings(
            seed=3, municipality_codes=("9999",), units_per_municipality=(2, 2), first_count_year=2026, years=3
        )
    )
    files = {
        (f.source, f.period): f.content.decode("cp1252").splitlines()
        for f in deliver(world)
        if f.source == "enrollment"
    }

    def grades(day: str) -> dict[str, str]:
        rows = [line.split(";") for line in files["enrollment", day][1:]]
        return {row[0].replace("-", ""): row[3] for row in rows}

    before, after = grades("2027-10-15"), grades("2028-10-15")
    both = before.keys() & after.keys()
    moved = {(before[one], after[one]) for one in both}
    assert ("F", "2") in moved
    assert moved == {("F", "2"), *((str(g), str(g + 2)) for g in range(1, 9))}
