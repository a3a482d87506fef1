"""The difference of two allocations splits by cause, without remainder, and names the right one."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.line_change import CAUSES, NEED_WEIGHTED, split_change

NEED = pd.DataFrame({"school_unit_code": ["A", "B"], "pupil_count": [100, 50], "need_index": [80.0, 140.0]})

LINE_COLUMNS = [
    "school_unit_code",
    "component_code",
    "line_code",
    "count",
    "count_unit",
    "rate_ore",
    "rounding_ore",
    "amount_ore",
]
"""What the split reads of a line."""


def lines(*rows: tuple[str, str, str, str, str, str]) -> pd.DataFrame:
    """(unit, component, line, count, rate, unit of the count) with an amount rounded to whole öre."""
    made = []
    for unit, component, line, count, rate, count_unit in rows:
        exact = Decimal(count) * Decimal(rate)
        amount = int(exact.to_integral_value())
        made.append((unit, component, line, Decimal(count), count_unit, Decimal(rate), amount - exact, amount))
    return pd.DataFrame(made, columns=LINE_COLUMNS)


BEFORE = lines(
    ("A", "base_part", "grade_1", "100", "700.25", "pupils"),
    ("A", "structural_part", "need", "80", "300.5", NEED_WEIGHTED),
    ("B", "base_part", "grade_1", "50", "700.25", "pupils"),
)


def split(before: pd.DataFrame, after: pd.DataFrame, *, need: pd.DataFrame = NEED) -> pd.DataFrame:
    return split_change(before, after, need_before=NEED, need_after=need).set_index(
        ["school_unit_code", "component_code"]
    )


def changed(row: int, **cells: Decimal) -> pd.DataFrame:
    after = BEFORE.copy()
    for name, value in cells.items():
        after.loc[row, name] = value
    exact = after["count"] * after["rate_ore"]
    after["amount_ore"] = [int(value.to_integral_value()) for value in exact]
    after["rounding_ore"] = [Decimal(amount) - value for amount, value in zip(after["amount_ore"], exact, strict=True)]
    return after


def test_equal_allocations_have_no_change():
    assert split(BEFORE, BEFORE.iloc[::-1]).empty


@pytest.mark.parametrize(
    ("cells", "cause"), [({"count": Decimal(104)}, "count_ore"), ({"rate_ore": Decimal("710.25")}, "rate_ore")]
)
def test_a_changed_count_or_rate_is_its_own_cause(cells: dict[str, Decimal], cause: str):
    table = split(BEFORE, changed(0, **cells))
    assert list(table.index) == [("A", "base_part")]
    (row,) = table.to_dict("records")
    others = [row[name] for name in CAUSES if name not in (cause, "rounding_ore")]
    assert row[cause] + row["rounding_ore"] == row["change_ore"] != 0
    assert not any(others)


def test_more_pupils_at_the_old_index_are_counts_and_the_rest_is_index():
    need = NEED.assign(pupil_count=[110, 50], need_index=[90.0, 140.0])
    (row,) = split(BEFORE, changed(1, count=Decimal(99)), need=need).to_dict("records")
    assert row["count_ore"] == 10 * Decimal("0.8") * Decimal("300.5")
    assert row["index_ore"] == Decimal(11) * Decimal("300.5")
    assert row["count_ore"] + row["index_ore"] + row["rounding_ore"] == row["change_ore"]


def test_a_unit_that_came_or_went_and_a_component_that_came_or_went_say_so():
    grown = pd.concat([BEFORE, lines(("C", "base_part", "grade_1", "9", "700.25", "pupils"))])
    (row,) = split(BEFORE, grown).to_dict("records")
    assert row["unit_ore"] == row["change_ore"] == row["after_ore"]
    assert (split(grown, BEFORE)["unit_ore"] < 0).all()
    part = pd.concat([BEFORE, lines(("A", "supplement", "flat", "1", "5000", "units"))])
    (row,) = split(BEFORE, part).to_dict("records")
    assert (row["component_ore"], row["change_ore"]) == (5000, 5000)


def test_a_line_of_one_side_only_counts_from_nothing():
    grade = pd.concat([BEFORE, lines(("B", "base_part", "grade_2", "7", "650", "pupils"))])
    (row,) = split(BEFORE, grade).to_dict("records")
    assert (row["count_ore"], row["rate_ore"]) == (7 * 650, 0)


amounts = st.decimals(0, 10**6, places=6, allow_nan=False)
cells = st.tuples(st.sampled_from("ABC"), st.sampled_from(["base_part", "structural_part"]), st.sampled_from("12"))


@st.composite
def allocations(draw) -> pd.DataFrame:
    keys = draw(st.lists(cells, unique=True, min_size=1, max_size=8))
    kinds = {"base_part": "pupils", "structural_part": NEED_WEIGHTED}
    return lines(*((u, c, n, str(draw(amounts)), str(draw(amounts)), kinds[c]) for u, c, n in keys))


@settings(max_examples=40, deadline=None)
@given(allocations(), allocations(), st.randoms(use_true_random=False))
def test_the_causes_add_up_exactly_whatever_the_order_of_rows(before, after, random):
    table = split(before, after, need=NEED.assign(need_index=[10.0, 99.125]))
    for row in table.to_dict("records"):
        assert sum(row[cause] for cause in CAUSES) == row["change_ore"] == row["after_ore"] - row["before_ore"]
    total = int(after["amount_ore"].sum()) - int(before["amount_ore"].sum())
    assert table["change_ore"].sum() == total
    order = list(range(len(after)))
    random.shuffle(order)
    assert split(before, after.iloc[order], need=NEED.assign(need_index=[10.0, 99.125])).equals(table)
