"""The table of causes as a whole: every column, its kind, and lines that only one side has."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction

import pandas as pd

from models_py.allocation.line_change import CAUSES, NEED_WEIGHTED, split_change
from tests.models_py.allocation.test_allocation_line_change import LINE_COLUMNS

Row = tuple[str, str, str, D, str, D, D, int]


def lines(*rows: Row) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=LINE_COLUMNS)


def need(*rows: tuple[str, int, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["school_unit_code", "pupil_count", "need_index"])


def records(before: pd.DataFrame, after: pd.DataFrame, was: pd.DataFrame, now: pd.DataFrame) -> list[dict]:
    return split_change(before, after, need_before=was, need_after=now).to_dict("records")


def row(unit: str, component: str, before: int, after: int, **causes: D | int) -> dict:
    ends = {"school_unit_code": unit, "component_code": component, "before_ore": before, "after_ore": after}
    return ends | {"change_ore": after - before} | dict.fromkeys(CAUSES, 0) | causes


KEPT: Row = ("A", "base", "g1", D(10), "pupils", D(100), D(0), 1000)
NONE = need()


def test_every_cause_of_one_component_and_of_units_and_components_that_came_or_went():
    before = lines(
        KEPT,
        ("A", "need", "all", D(8), NEED_WEIGHTED, D(50), D("0.5"), 400),
        ("A", "gone", "x", D(1), "units", D(70), D(0), 70),
        ("B", "base", "g1", D(3), "pupils", D(100), D(0), 300),
        ("C", "base", "g1", D(4), "pupils", D(100), D(0), 400),
        ("C", "gone", "x", D(1), "units", D(5), D(0), 5),
    )
    after = lines(
        KEPT,
        ("A", "need", "all", D(12), NEED_WEIGHTED, D(60), D("0.25"), 720),
        ("C", "base", "g1", D(4), "pupils", D(100), D(0), 400),
        ("C", "base", "g2", D(2), "pupils", D(90), D(0), 180),
        ("C", "new", "x", D(1), "units", D(9), D(0), 9),
        ("D", "base", "g1", D(6), "pupils", D(100), D(0), 600),
    )
    # A had 10 pupils at 80 and has 15 at 80: 5 × 0.8 × 50 are pupils, nothing is index beside 4 × 50 - 200 = 0.
    found = split_change(
        before,
        after,
        need_before=need(("A", 10, 80.0), ("C", 4, None)),
        need_after=need(("A", 15, 80.0), ("D", 6, 90.0)),
    )
    assert list(found.columns) == [
        "school_unit_code", "component_code", "before_ore", "after_ore", "change_ore", "unit_ore", "component_ore", "count_ore",
        "index_ore", "rate_ore", "rounding_ore",
    ]  # fmt: skip
    assert found.index.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert found.to_dict("records") == [
        row("A", "gone", 70, 0, component_ore=-70),
        row("A", "need", 400, 720, count_ore=200, index_ore=0, rate_ore=120, rounding_ore=D("-0.25")),
        row("B", "base", 300, 0, unit_ore=-300),
        row("C", "base", 400, 580, count_ore=180),
        row("C", "gone", 5, 0, component_ore=-5),
        row("C", "new", 0, 9, component_ore=9),
        row("D", "base", 0, 600, unit_ore=600),
    ]


def test_a_line_that_went_is_its_count_at_its_own_rate_and_its_rounding():
    before = lines(
        KEPT,
        ("A", "base", "g2", D(2), "pupils", D("90.5"), D("-1"), 180),
        ("A", "base", "g3", D(0), "pupils", D(7), D(0), 0),
    )
    (found,) = records(before, lines(KEPT), NONE, NONE)
    assert found == row("A", "base", 1180, 1000, count_ore=-181, rounding_ore=1)
    (back,) = records(lines(KEPT), before, NONE, NONE)
    assert back == row("A", "base", 1000, 1180, count_ore=181, rounding_ore=-1)


def test_a_need_line_that_came_tells_pupils_at_the_old_index_apart_from_the_index():
    """No line before; 4 pupils more at the old index of 50, at the rate of 30: 60 öre; the rest of 12 × 30 is index."""
    new: Row = ("A", "base", "n", D(12), NEED_WEIGHTED, D(30), D(0), 360)
    (found,) = records(lines(KEPT), lines(KEPT, new), need(("A", 10, 50.0)), need(("A", 14, 120.0)))
    assert found == row("A", "base", 1000, 1360, count_ore=60, index_ore=300)


def test_the_index_is_told_apart_only_where_both_years_have_one_and_both_count_by_it():
    was: Row = ("A", "need", "n", D(8), NEED_WEIGHTED, D(50), D(0), 400)
    now: Row = ("A", "need", "n", D(9), NEED_WEIGHTED, D(50), D(0), 450)
    whole = [row("A", "need", 400, 450, count_ore=50)]
    known, none = need(("A", 10, 80.0)), need(("A", 10, None))
    assert records(lines(was), lines(now), known, none) == whole
    assert records(lines(was), lines(now), none, known) == whole
    assert records(lines(was), lines((*now[:4], "pupils", *now[5:])), known, known) == whole
    assert records(lines((*was[:4], "pupils", *was[5:])), lines(now), known, known) == whole
    assert records(lines(was), lines(now), known, known) == [row("A", "need", 400, 450, index_ore=50)]


def test_causes_that_cancel_each_other_are_told_and_equal_lines_are_not():
    before, after = (
        lines((*KEPT[:3], D(10), "pupils", D(100), D(0), 1000)),
        lines((*KEPT[:3], D(20), "pupils", D(50), D(0), 1000)),
    )
    assert records(before, after, NONE, NONE) == [row("A", "base", 1000, 1000, count_ore=1000, rate_ore=-1000)]
    none = split_change(before, before, need_before=NONE, need_after=NONE)
    assert none.empty
    assert list(none.columns)[:5] == ["school_unit_code", "component_code", "before_ore", "after_ore", "change_ore"]


def test_numbers_longer_than_the_decimal_context_are_not_rounded():
    long: Row = ("A", "base", "g", D("12345678901234567.123456"), "pupils", D("98765432109876543.654321"), D(0), 1)
    (found,) = records(lines(KEPT, long), lines(KEPT, (*long[:3], D(0), *long[4:])), NONE, NONE)
    assert Fraction(found["count_ore"]) == Fraction(-12345678901234567123456 * 98765432109876543654321, 10**12)
