"""A delivered index at the door: one value per unit, of the date in the name, and one bad line is critical."""

from __future__ import annotations

import pytest

from tests.orchestration.fixtures.workbooks import workbook
from tests.orchestration.governance.homes import Home

HEADER = "Skolenhetskod;Index;Antal elever"
NAME = "index_2026-10-15.csv"


def index_file(*lines: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *lines]) + "\n").encode()


def test_values_come_in_on_the_senders_scale_with_the_date_of_the_name_and_without_a_key(home: Home) -> None:
    home.drop(index_file("99990001;112,5;240", "99990002;0,01;", "99990003;1000;0"), NAME)
    (outcome,) = home.look(key=None).outcomes
    assert (outcome.counts.accepted_rows, outcome.counts.rejected_rows) == (3, 0)
    rows = home.rows("delivered_index")
    assert {(row["municipality_code"], row["period"]) for row in rows} == {("9999", "2026-10-15")}
    assert [(row["school_unit_code"], row["index_value"], row["pupil_count"]) for row in rows] == [
        ("99990001", 112.5, 240),
        ("99990002", 0.01, None),
        ("99990003", 1000.0, 0),
    ]


def test_the_senders_pupils_may_be_left_out(home: Home) -> None:
    home.drop(index_file("99990001;0,89", header="Skolenhetskod;Index"), NAME)
    home.look(key=None)
    assert [(row["index_value"], row["pupil_count"]) for row in home.rows("delivered_index")] == [(0.89, None)]


def test_a_workbook_gives_the_same_rows_as_text(home: Home) -> None:
    rows = [["Skolenhetskod", "Index", "Antal elever"], ["99990001", 112.5, 240], ["99990002", 89, None]]
    home.drop(workbook(rows), "index_2026-10-15.xlsx")
    home.look(key=None)
    assert [(row["index_value"], row["pupil_count"]) for row in home.rows("delivered_index")] == [
        (112.5, 240),
        (89.0, None),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("99990002;0;10", "E-RANGE"),
        ("99990002;-90;10", "E-RANGE"),
        ("99990002;1000,1;10", "E-RANGE"),
        ("99990002;;10", "E-REQUIRED"),
        ("99990002;..;10", "E-TYPE"),
        ("99990002;1.05;10", "E-TYPE"),  # a decimal point or a thousands point: not guessed
        ("9999;90;10", "E-UNIT-CODE"),
        ("99990002;90;-1", "E-RANGE"),
    ],
)
def test_one_bad_line_is_critical_since_a_unit_would_take_the_mean(home: Home, line: str, code: str) -> None:
    home.drop(index_file("99990001;110;10", line), NAME)
    (outcome,) = home.look(key=None).outcomes
    assert [(item.reason_code, item.severity) for item in outcome.findings] == [(code, "critical")]
    assert len(home.rows("delivered_index")) == 1


def test_a_unit_with_two_values_is_critical(home: Home) -> None:
    home.drop(index_file("99990001;110;10", "99990001;90;10"), NAME)
    (outcome,) = home.look(key=None).outcomes
    assert [(item.reason_code, item.severity) for item in outcome.findings] == [("D-DUPLICATE", "critical")]


def test_a_file_without_the_index_is_refused(home: Home) -> None:
    home.drop(index_file("99990001;110", header="Skolenhetskod;Antal elever"), NAME)
    assert home.look(key=None).outcomes[0].refusal_code == "E-HEADER"
