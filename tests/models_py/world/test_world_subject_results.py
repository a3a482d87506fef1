"""Results per subject: plausible, addressed by streams of their own, and with a truth that says what was planted."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models_py.world import WorldError, WorldSettings, deliver, simulate
from models_py.world.subject_results import COLUMNS, draw_subject_results
from models_py.world.subject_settings import GRADE_POINTS, SUBJECTS, SubjectSettings

SETTINGS = WorldSettings(seed=5, years=5, municipality_codes=("9991",), units_per_municipality=(14, 14))


@pytest.fixture(scope="module")
def world():
    return simulate(SETTINGS)


@pytest.fixture(scope="module")
def drawn(world):
    return draw_subject_results(world)


def test_every_assessed_grade_has_its_measures_and_scale(drawn):
    rows = drawn.rows
    assert tuple(rows.columns) == COLUMNS
    assert not rows.duplicated(["pupil", "result_year", "measure", "subject"]).any()
    found = {key: set(part["grade"]) for key, part in rows.groupby(["measure", "subject"], observed=True)}
    assert found["reading_check", "swedish"] == {1}
    assert found["national_test", "mathematics"] == {3, 6, 9}
    assert found["national_test", "english"] == {6, 9}
    assert all(found["teacher_judgement", s] == {4, 5} and found["grade", s] == {6, 7, 8, 9} for s in SUBJECTS)
    graded = rows[(rows["measure"] == "grade") | ((rows["measure"] == "national_test") & (rows["grade"] > 3))]
    assert set(graded["value"].dropna()) == set(GRADE_POINTS)
    assert rows.loc[rows["measure"] != "grade", "value"].dropna().between(0, 20).all()


def test_pupils_are_assessed_where_they_were_enrolled(world, drawn):
    first = drawn.rows.drop_duplicates(["pupil", "result_year"])
    enrolled = world.enrollment.assign(result_year=world.enrollment["count_year"] + 1)
    both = first.merge(enrolled, on=["pupil", "result_year"], suffixes=("", "_register"))
    assert len(both) == len(first)
    assert (both["school_unit_code"].astype(str) == both["school_unit_code_register"].astype(str)).all()
    assert (both["grade"] == both["grade_register"]).all()


def test_subjects_agree_more_with_themselves_than_with_each_other(drawn):
    nine = drawn.rows[(drawn.rows["grade"] == 9) & drawn.rows["measure"].isin(["grade", "national_test"])]
    wide = nine.pivot_table(index="pupil", columns=["measure", "subject"], values="value", observed=True)
    r = wide.corr()
    own = r.loc[("grade", "english"), ("national_test", "english")]
    assert own > r.loc[("grade", "english"), ("national_test", "mathematics")] + 0.05
    assert 0.6 < own < 0.97


def test_newly_arrived_miss_tests_more_often(world, drawn):
    tests = drawn.rows[drawn.rows["measure"] == "national_test"]
    arrived = world.pupils["is_arrival"].to_numpy()[tests["pupil"]]
    recent = arrived & (world.pupils["entry_year"].to_numpy()[tests["pupil"]] >= tests["result_year"] - 2)
    missing = tests["value"].isna()
    assert missing[recent].mean() > 3 * missing[~recent].mean() > 0


def test_leniency_lifts_grades_and_leaves_tests_alone(world, drawn):
    strict = draw_subject_results(
        simulate(replace(SETTINGS, leniency_sd=0.0)), settings=SubjectSettings(grade_leniency_sd=0.0)
    )
    same = drawn.rows["measure"] == "national_test"
    assert drawn.rows["value"][same].equals(strict.rows["value"][same])
    gap = (drawn.rows["value"] - strict.rows["value"])[drawn.rows["measure"] == "grade"]
    by_unit = gap.groupby([drawn.rows["site"], drawn.rows["subject"]], observed=True).mean()
    truth = drawn.truth.leniency.set_index(["site", "subject"])["grade_leniency"]
    assert np.corrcoef(by_unit, truth.reindex(by_unit.index))[0, 1] > 0.9


def test_drawing_them_changes_no_delivered_byte(world):
    def digest():
        return [hashlib.sha256(file.content).hexdigest() for file in deliver(simulate(SETTINGS))]

    before = digest()
    first, again = draw_subject_results(world), draw_subject_results(simulate(SETTINGS))
    pd.testing.assert_frame_equal(first.rows, again.rows, check_exact=True)
    assert digest() == before


def test_a_stage_s_truth_is_the_mean_of_its_years(world, drawn):
    table = drawn.truth.value_added
    assert set(table["stage"]) == {"grades_4_6", "grades_7_9"}
    assert set(table["result_year"]) == {2020, 2021, 2022}
    yearly = world.truth.value_added
    own = yearly[(yearly["stage"] == "grades_7_9") & yearly["count_year"].between(2018, 2020)]
    mean = own.groupby("site")["value_added"].mean()
    told = table[(table["stage"] == "grades_7_9") & (table["result_year"] == 2021)].set_index("site")
    ratio = told["own_value"] / mean
    assert ratio.std() < 1e-9
    assert 0.5 < ratio.iloc[0] < 2
    assert (told["given_value"] != told["own_value"]).all()


def test_settings_that_make_no_sense_are_refused():
    for wrong, told in (
        ({"subject_sd": -0.1}, "subject_sd"), ({"missing_test": 1.2}, "missing_test"),
        ({"grade_cuts": (0.0, 1.0)}, "grade_cuts"),
    ):  # fmt: skip
        with pytest.raises(WorldError, match=told):
            SubjectSettings(**wrong)
