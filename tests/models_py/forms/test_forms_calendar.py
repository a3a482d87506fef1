"""The dated ladder of stages, walked over July 2028."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from expectations.school_forms import form_rows, stage_rows
from models_py.errors import FormsError
from models_py.forms.calendar import StageCalendar, calendar_of, school_year_start
from models_py.forms.reference import forms_of

BEFORE, AFTER = date(2027, 10, 15), date(2028, 10, 15)
CALENDAR = calendar_of(stage_rows())


def test_a_pupil_of_the_preschool_class_of_2027_is_in_year_2_in_2028() -> None:
    following = CALENDAR.next_year("preschool_class", "F", BEFORE)
    assert following is not None
    assert (following.school_form, following.stage) == ("compulsory_school", "2")
    years = [CALENDAR.next_year("compulsory_school", str(grade), BEFORE) for grade in range(1, 10)]
    assert [stage and stage.stage for stage in years] == ["3", "4", "5", "6", "7", "8", "9", "10", None]


def test_a_child_of_five_goes_to_the_preschool_class_and_from_2028_to_year_1() -> None:
    places = [CALENDAR.next_year("preschool", "age_5", day) for day in (date(2026, 9, 15), BEFORE, AFTER)]
    assert [(p.school_form, p.stage) for p in places if p] == [
        ("preschool_class", "F"), ("compulsory_school", "1"), ("compulsory_school", "1"),
    ]  # fmt: skip


def test_before_and_after_the_reform_a_grade_becomes_the_next_number() -> None:
    for day, pairs in (
        (date(2026, 10, 15), [("1", "2"), ("8", "9"), ("9", None)]),
        (AFTER, [("1", "2"), ("9", "10"), ("10", None)]),
    ):
        for grade, expected in pairs:
            following = CALENDAR.next_year("compulsory_school", grade, day)
            assert (following and following.stage) == expected


def test_care_stays_care_until_school_begins() -> None:
    following = CALENDAR.next_year("pedagogical_care", "age_3", BEFORE)
    assert following is not None
    assert (following.school_form, following.stage) == ("pedagogical_care", "age_4")
    school = CALENDAR.next_year("pedagogical_care", "age_5", BEFORE)
    assert school is not None
    assert school.stage == "1"
    assert CALENDAR.next_year("after_school", "age_6_9", BEFORE) is None


def test_what_was_decided_for_an_age_holds_for_it_under_its_new_name() -> None:
    weights = {"F": 1.0, **{str(g): 1 + g / 10 for g in range(1, 10)}}
    assert CALENDAR.by_age(weights, BEFORE) == weights
    moved = CALENDAR.by_age(weights, AFTER)
    assert list(moved) == [str(g) for g in range(1, 11)]
    assert (moved["1"], moved["2"], moved["10"]) == (weights["F"], weights["1"], weights["9"])
    assert CALENDAR.by_age(moved, BEFORE) == weights
    with pytest.raises(FormsError, match="never existed on one day"):
        CALENDAR.by_age({"F": 1, "10": 1}, AFTER)


def test_a_grade_that_a_form_has_not_on_a_day_is_named_with_those_it_has() -> None:
    with pytest.raises(FormsError, match=r"compulsory_school has no stage '10' on 2027-10-15; it has 1, 2, 3"):
        CALENDAR.stage("compulsory_school", "10", BEFORE)
    with pytest.raises(FormsError, match="preschool_class has no stage 'F' on 2028-10-15; it has no stage at all"):
        CALENDAR.stage("preschool_class", "F", AFTER)
    with pytest.raises(FormsError, match="'nursery' is no school form; known: adapted_compulsory"):
        CALENDAR.on("nursery", AFTER)
    with pytest.raises(FormsError, match="grade 'F' does not exist on 2028-10-15"):
        CALENDAR.place("F", AFTER)


def test_every_day_has_ten_grades_one_per_age() -> None:
    for day in (date(2012, 10, 15), date(2028, 6, 30), date(2028, 7, 1), date(2040, 1, 1)):
        assert len(CALENDAR.grades(day)) == 10
    assert CALENDAR.grades(date(2028, 6, 30))[0] == "F"
    assert CALENDAR.grades(date(2028, 7, 1))[-1] == "10"
    assert CALENDAR.grade_names == ("F", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")


def test_two_stages_of_one_age_on_the_same_day_are_refused() -> None:
    f = next(stage for stage in CALENDAR.stages if stage.stage == "F")
    with pytest.raises(FormsError, match="preschool_class: stages F and E hold on the same days"):
        StageCalendar((*CALENDAR.stages, replace(f, stage="E")))


def test_a_school_year_begins_in_july() -> None:
    assert school_year_start(date(2028, 6, 30)) == date(2027, 7, 1)
    assert school_year_start(date(2028, 7, 1), ahead=1) == date(2029, 7, 1)


def test_each_form_has_its_count_days_and_a_prefix_of_its_own() -> None:
    forms = forms_of(form_rows())
    assert forms["preschool"].count_dates(2027) == (date(2026, 9, 15), date(2026, 3, 15))
    assert forms["upper_secondary"].count_dates(2027) == (date(2026, 10, 15), date(2025, 10, 15))
    assert forms["after_school"].component("base_part") == "leisure_base_part"
    assert forms["compulsory_school"].component("base_part") == "base_part"
    assert {stage.school_form for stage in CALENDAR.stages} == set(forms)
    rows = {name: dict(row) for name, row in form_rows().items()}
    rows["after_school"]["prefix"] = "preschool"
    with pytest.raises(FormsError, match="prefixes of component codes must be unique"):
        forms_of(rows)
    rows = {name: dict(row) for name, row in form_rows().items()} | {
        "preschool": {**form_rows()["preschool"], "needs": ["luck"]}
    }
    with pytest.raises(
        FormsError, match="preschool: needs a known register, count days and sources of need; unknown sources: luck"
    ):
        forms_of(rows)
