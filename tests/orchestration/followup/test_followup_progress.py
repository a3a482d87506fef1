"""The follow-up of the example municipality: what is seen, what is withheld, what is refused, and the pictures of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from expectations.contracts.followup import FOLLOWUP
from models_py.errors import FollowupError
from orchestration.followup.progress import follow_municipality, progress_of_year
from orchestration.followup_charts import cohort_chart, cohort_spec, noise_spec, value_added_chart, value_added_spec
from orchestration.publication.cohorts import COUNTED
from tests.orchestration.followup.progress_home import CODE, LARGE, OLD, RENAMED, SMALL, YEAR, followed, found


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return followed()


def test_every_table_keeps_its_contract_and_holds_rows(tables):
    assert set(tables) == {contract.table for contract in FOLLOWUP} | {COUNTED}
    assert all(len(table) for table in tables.values())


def test_cohorts_are_followed_from_grade_one_to_nine(tables):
    cohorts = tables["cohort_progression"]
    whole = cohorts[(cohorts["school_unit_code"] == "all") & (cohorts["pupil_group"] == "all")]
    path = whole[(whole["cohort_year"] == 2017) & (whole["subject"] == "swedish") & (whole["series"] == "goals")]
    assert path.sort_values("result_year")["grade"].tolist() == ["1", "3", "4", "5", "6", "7", "8", "9"]
    assert path["reached_share"].notna().all()


def test_no_result_of_the_funding_year_is_seen(tables):
    earlier = follow_municipality(found(), CODE, funding_year=YEAR - 2).tables
    for made, newest in ((tables, YEAR - 1), (earlier, YEAR - 3)):
        assert made["cohort_progression"]["result_year"].max() == newest
        assert made["naive_comparison"]["result_year"].max() == newest
        assert made["school_value_added"]["window_last_year"].max() == newest


def test_a_unit_that_got_a_new_code_keeps_its_cohorts(tables):
    cohorts = tables["cohort_progression"]
    assert OLD not in set(cohorts["school_unit_code"])
    own = cohorts[(cohorts["school_unit_code"] == RENAMED) & (cohorts["result_year"] == 2022)]
    assert (own["pupil_group"] == "stayers").any()  # the code is of 2021


def test_nothing_is_told_of_few_pupils(tables):
    cohorts = tables["cohort_progression"]
    few = cohorts["assessed_count"] < 10
    assert few.any()
    assert cohorts.loc[few, "reached_share"].isna().all()
    values = tables["school_value_added"].set_index(["school_unit_code", "stage"])
    small = values.loc[(SMALL, "grades_4_6")]
    assert small["value_state"] == "few_pupils"
    told = ["value_added_sd", "value_added_points", "value_added_lower_points", "band_position", "joiners_differ"]
    assert small[told].isna().all()
    shown = values[values["value_state"] == "shown"]
    assert shown[told].notna().all().all()
    assert (tables["grade_test_gap"]["gap_pupil_count"] >= 10).all()


def test_a_year_without_results_per_subject_is_refused_with_what_to_do():
    with pytest.raises(FollowupError, match="no results per subject up to 2016; deliver subject_results"):
        follow_municipality(found(), CODE, funding_year=2017)
    ((_, refused),) = progress_of_year(lambda _: found(), codes=[CODE], funding_year=2017)
    assert (refused.tables, "deliver subject_results" in str(refused.refusal)) == ({}, True)


def test_a_stage_that_cannot_be_matched_is_silent_and_the_rest_is_told():
    results = found()["results"]
    young = found() | {"results": results[results["grade"] != 9]}
    made = follow_municipality(young, CODE, funding_year=YEAR)
    assert list(made.not_shown) == ["grades_7_9"]
    assert set(made.tables["school_value_added"]["stage"]) == {"grades_4_6"}


def test_the_noise_says_how_many_changes_chance_alone_makes(tables):
    merit = tables["naive_noise"].set_index("indicator").loc["merit_value"]
    assert merit["beyond_threshold_count"] > 0.3 * merit["pair_count"]
    assert 0.6 < merit["expected_by_chance"] / merit["beyond_threshold_count"] < 1.6
    pairs = tables["naive_comparison"]
    own = pairs[pairs["indicator"] == "merit_value"]
    assert len(own) == merit["pair_count"]
    assert own["is_beyond_chance"].sum() == merit["beyond_chance_count"]


def test_pictures_show_what_stands_in_the_tables_in_order_of_codes(tables):
    spec = json.loads(value_added_spec(tables["school_value_added"]).to_json())
    drawn = [row for rows in spec["datasets"].values() for row in rows if "unit" in row]
    shown = tables["school_value_added"].query("value_state == 'shown'")
    assert {row["unit"] for row in drawn} == set(shown["school_unit_code"])
    assert all(row["lower"] < row["value"] < row["upper"] for row in drawn)
    assert np.isclose(sum(row["value"] for row in drawn), shown["value_added_points"].sum())
    assert '"sort": "ascending"' in json.dumps(spec)
    lines = json.loads(cohort_spec(tables["cohort_progression"]).to_json())
    assert len({row["cohort"] for rows in lines["datasets"].values() for row in rows}) == 6
    bars = json.loads(noise_spec(tables["naive_noise"]).to_json())
    assert len(next(iter(bars["datasets"].values()))) == 3 * len(tables["naive_noise"])


def test_a_picture_of_nothing_is_a_sentence(tables):
    assert "no cohort" in cohort_chart(tables["cohort_progression"].iloc[:0]).md_str
    hidden = tables["school_value_added"].assign(value_state="unreliable")
    assert "no value-added" in value_added_chart(hidden).md_str


def test_the_large_unit_has_a_gap_in_every_subject_and_stage(tables):
    gap = tables["grade_test_gap"].query("school_unit_code == @LARGE", local_dict={"LARGE": LARGE})
    assert sorted(zip(gap["grade"], gap["subject"], strict=True)) == [
        (grade, subject) for grade in ("6", "9") for subject in ("english", "mathematics", "swedish")
    ]
