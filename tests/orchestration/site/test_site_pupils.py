"""The pages of pupils over time: what is told, what is not, and why there is nothing where nothing was delivered."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestration.resources.pages_file import Pages
from orchestration.site.build import pages_of
from orchestration.site.pages import Material
from orchestration.site.progress import shares_of
from orchestration.site.pupils_page import town_lines
from orchestration.site.reading import Book, read_book
from orchestration.site.rendering import body_of
from orchestration.site.speaking import Speaker
from tests.orchestration.site.conftest import Site

UNIT = "99990001"
TABLES = ("cohort_share", "value_added", "comparison_noise", "pupil_forecast")


def material(book: Book, language: str = "sv") -> Material:
    return Material(book, Speaker(language, {}), Pages(), None, "Exempelkommun")


def bodies(book: Book, language: str = "sv") -> dict[str, str]:
    made = material(book, language)
    return {page.path: body_of(page, made) for page in pages_of(made)}


def without(book: Book, *tables: str) -> Book:
    return replace(book, tables={**book.tables, **dict.fromkeys(tables, ())}, _by={})


@pytest.fixture(scope="module")
def whole(site: Site) -> Book:
    return read_book(site.publication)


def test_every_unit_of_which_something_is_told_has_a_page_that_its_money_and_the_municipality_lead_to(whole: Book):
    found = bodies(whole)
    units = [row["school_unit_code"] for row in whole.tables["school_allocation"]]
    told = {row["school_unit_code"] for table in ("cohort_share", "pupil_forecast") for row in whole.tables[table]}
    assert {path for path in found if path.startswith("pupils/")} == {f"pupils/{u}.html" for u in units if u in told}
    assert f'href="../pupils/{UNIT}.html"' in found[f"schools/{UNIT}.html"]
    assert f'href="pupils/{UNIT}.html"' in found["pupils.html"]
    assert f'href="../schools/{UNIT}.html"' in found[f"pupils/{UNIT}.html"]
    assert 'href="pupils.html"' in found["index.html"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_where_nothing_was_delivered_the_page_says_why_and_no_school_has_one(whole: Book, language: str):
    say, found = Speaker(language, {}).say, bodies(without(whole, *TABLES), language)
    for key in ("pupils_no_results", "pupils_no_added", "noise_none", "forecast_none"):
        assert str(say(key)) in found["pupils.html"]
    assert [path for path in found if path.startswith("pupils/")] == []
    assert "pupils/" not in found[f"schools/{UNIT}.html"]


def test_a_unit_without_results_still_has_its_forecast_and_says_what_is_missing(whole: Book):
    say, body = Speaker("sv", {}).say, bodies(without(whole, *TABLES[:3]))[f"pupils/{UNIT}.html"]
    assert str(say("unit_cohorts_none")) in body
    assert str(say("unit_added_none")) in body
    assert "pupil_forecast.expected_count@" in body


def test_a_share_that_is_not_told_is_an_end_or_a_word_on_the_page(whole: Book):
    rows = [row for row in whole.tables["cohort_share"] if row["school_unit_code"] == "99990002"]
    states = {row["share_state"] for row in rows}
    assert "few_not_reached" in states
    body = bodies(whole)["pupils/99990002.html"]
    for row in rows:
        assert (f"cohort_share.goal_share@{row.key}" in body) == (row["share_state"] == "told")
        assert (f"cohort_share.goal_share_at_least@{row.key}" in body) == (row["share_state"] == "few_not_reached")


def test_a_unit_whose_value_is_not_shown_has_a_reason_in_its_place(whole: Book):
    (row,) = [row for row in whole.tables["value_added"] if row["value_state"] != "shown"]
    body = bodies(whole)[f"pupils/{row['school_unit_code']}.html"]
    assert str(Speaker("sv", {}).say("value_state_few_pupils")) in body
    assert f"value_added.value_added_points@{row.key}" not in body


def test_schools_stand_by_name_and_never_by_what_they_add(whole: Book):
    body = bodies(whole)["pupils.html"]
    stage = [row for row in whole.tables["value_added"] if row["stage"] == "grades_4_6"]
    names = {row["school_unit_code"]: str(row["school_unit_name"]) for row in whole.tables["school_allocation"]}
    by_value = [names[row["school_unit_code"]] for row in sorted(stage, key=lambda row: row["value_added_points"])]
    places = [body.index(f">{name}<") for name in sorted(by_value)]
    assert by_value != sorted(by_value)
    assert places == sorted(places)


def test_cohorts_that_have_left_school_are_thin_and_those_at_school_bear_their_year(whole: Book):
    lines = town_lines(shares_of(material(whole), "all", "swedish"))
    newest = max(dot.grade + year for year, line in zip(range(2013, 2026), lines, strict=True) for dot in line.dots)
    assert newest == 2026
    assert [line.words for line in lines] == [None] * 4 + [str(year) for year in range(2017, 2026)]
    assert {line.kind for line in lines[:4]} == {"past"}


def test_expected_pupils_stand_in_a_row_per_age_when_the_grades_change_names(whole: Book):
    """2028's grade 1 is 2027's preschool class: no row compares children of six with children of seven."""
    body = bodies(whole)["pupils.html"]
    table = body[body.index(str(Speaker("sv", {}).say("forecast_grades_caption"))) :].split("</table>")[0]
    rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)[1:]
    names = [re.sub(r"<[^>]+>|\s+", " ", re.search(r"<th.*?</th>", row, re.DOTALL)[0]).strip() for row in rows]
    assert names[0] == "förskoleklass, från 2028 årskurs 1"
    assert names[-1] == "årskurs 9, från 2028 årskurs 10"
    assert len(names) == 2, "the fixture tells the youngest and the oldest"
    assert all(row.count("pupil_forecast.") == 4 for row in rows)
