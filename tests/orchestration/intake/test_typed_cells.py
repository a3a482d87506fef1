"""One cell at a time: Swedish numbers, published codes, words, dates."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.intake.cells import Cell, cell_parser
from orchestration.intake.errors import catalogue
from orchestration.intake.mapping import Column


def parse(type_: str, text: str, **settings: object) -> Cell:
    return cell_parser(Column.model_validate({"headers": ["X"], "type": type_, **settings}), period="2026-10-15")(text)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("int", "2 018", 2018),
        ("int", "2\u00a0018", 2018),
        ("int", "-3", -3),
        ("decimal", "277,5", 277.5),
        ("decimal", "1 277,5", 1277.5),
        ("bool", "J", True),
        ("bool", "nej", False),
        ("grade", "f", "F"),
        ("grade", "0", "F"),
        ("grade", "07", "7"),
        ("grades", "F-3, 7", "F,1,2,3,7"),
        ("grades", "9,F,1", "F,1,9"),
        ("date", "2026-08-17", date(2026, 8, 17)),
        ("date", "20260817", date(2026, 8, 17)),
        ("school_year", "2025/2026", "2025/26"),
        ("school_year", "1999/00", "1999/00"),
        ("school_unit_codes", "99990001 99990002", "99990001,99990002"),
        ("text", "A\u030angby skola", "Ångby skola"),  # composed letters
        ("organisation_number", "212000-1439", "2120001439"),
        ("organisation_number", "162120001439", "2120001439"),
    ],
)
def test_a_good_cell_becomes_a_value(type_: str, text: str, value: object) -> None:
    assert parse(type_, text) == Cell(value=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type_", "text", "problem"),
    [
        ("int", "3,5", "E-TYPE"),
        ("int", "1.018", "E-TYPE"),  # a decimal point or a thousands point: not guessed
        ("decimal", "2,5E3", "E-TYPE"),
        ("decimal", "nan", "E-TYPE"),
        ("decimal", "１２", "E-TYPE"),
        ("bool", "kanske", "E-CODE"),
        ("grade", "10", "E-GRADE"),
        ("grades", "3-F", "E-GRADE"),
        ("grades", "6-4", "E-GRADE"),
        ("date", "15/8-26", "E-DATE"),
        ("date", "45884", "E-DATE"),
        ("date", "2026-02-30", "E-DATE"),
        ("date", "1926-02-03", "E-RANGE"),
        ("school_year", "2025/27", "E-SCHOOL-YEAR"),
        ("school_unit_code", "9999001", "E-UNIT-CODE"),
        ("municipality_code", "180", "E-MUNICIPALITY"),
        ("text", "x" * 301, "E-LONG"),
        ("text", "Elev 20200105-2394", "E-IDENTITY-PLACE"),
    ],
)
def test_a_bad_cell_has_a_reason(type_: str, text: str, problem: str) -> None:
    assert parse(type_, text) == Cell(problem=problem)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("53,8", 0.538, "exact"),
        ("100", 1.0, "exact"),
        ("0", 0.0, "exact"),
        ("cirka 90", 0.9, "rounded"),
        ("..", None, "few_pupils"),
        (".", None, "none"),
        ("~100", None, "nearly_all"),
        ("*", None, "not_applicable"),
        (" ", None, "missing"),
    ],
)
def test_a_published_share_keeps_how_it_was_published(text: str, value: float | None, code: str) -> None:
    assert parse("published_share_percent", text) == Cell(value=value, code=code)


@pytest.mark.parametrize("text", ["140", "100,1", "-1"])
def test_a_share_outside_nought_to_a_hundred_is_refused(text: str) -> None:
    assert parse("published_share_percent", text).problem == "E-RANGE"


def test_bounds_and_empty_cells_follow_the_mapping() -> None:
    assert parse("decimal", "341", minimum=0, maximum=340).problem == "E-RANGE"
    assert parse("published_count", "4 000", maximum=3000).problem == "E-RANGE"
    assert parse("int", "", nullable=False).problem == "E-REQUIRED"
    assert parse("int", " ") == Cell()
    assert parse("int", "Uppgift saknas", missing=["Uppgift saknas"]) == Cell()
    assert parse("int", "NA").problem == "E-TYPE"  # a word is missing only where the mapping says so
    assert parse("choice", "gymnasial", values={"Gymnasial": "upper_secondary"}).value == "upper_secondary"
    assert parse("school_year", "2024/25", must_equal_period=True).problem == "E-PERIOD-ROW"
    assert parse("school_unit_code", "144000001", digits=[8, 9]).value == "144000001"


@pytest.mark.parametrize("text", ["200105-2394", "20200105-2394", "192001052394", "8011642394"])
def test_a_sole_traders_number_is_forgotten_and_noted(text: str) -> None:
    assert parse("organisation_number", text) == Cell(note="I-SOLE-TRADER")


def test_what_is_no_organisation_number_is_forgotten_too() -> None:
    assert parse("organisation_number", "2120001438") == Cell(note="I-ORGANISATION-NUMBER")


TYPES = (
    *("text", "bool", "int", "decimal", "date", "grade", "grades", "school_year", "school_unit_code"),
    *("school_unit_codes", "municipality_code", "organisation_number"),
    *("published_count", "published_share_percent", "published_value"),
)


@given(st.sampled_from(TYPES), st.text(max_size=30) | st.from_regex(r"[-+~.,0-9 /F]{0,12}", fullmatch=True))
def test_any_text_gives_a_cell_with_words_for_its_reason(type_: str, text: str) -> None:
    cell = parse(type_, text)
    for code in (cell.problem, cell.note):
        assert code is None or set(catalogue()[code]) == {"sv", "en"}
    assert cell.problem is None or cell.value is None
