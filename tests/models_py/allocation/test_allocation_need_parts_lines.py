"""Merged lines as whole tables, the attacker's interval by hand, and the ends of what a policy may ask."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from models_py.allocation.need_parts import (
    INDEX_HIDDEN,
    NEED_PARTS,
    SMALLEST_COUNT,
    NeedParts,
    NeedPartsPolicy,
    decide_need_parts,
    merged_lines,
)
from models_py.allocation.need_parts_attack import HeadLine, NeedUnit, head_intervals
from models_py.errors import AllocationError

COLUMNS = [
    "school_unit_code", "component_code", "line_code", "count", "count_unit", "rate_ore", "rounding_ore", "amount_ore", "year",
]  # fmt: skip
LINES = pd.DataFrame(
    [
        ("b", "heads", "few", Decimal(3), "pupils", Decimal(50), Decimal(0), 150, 2027),
        ("b", "need", "all", Decimal("7.5"), "pupils", Decimal(20), Decimal("0.4"), 151, 2027),
        ("a", "base", "grade_1", Decimal(2), "pupils", Decimal(100), Decimal(0), 200, 2027),
        ("a", "heads", "few", Decimal(1), "pupils", Decimal(50), Decimal(0), 50, 2027),
        ("c", "base", "grade_1", Decimal(1), "pupils", Decimal(100), Decimal(0), 100, 2027),
    ],
    columns=COLUMNS,
)
PARTS = frozenset({"heads", "need"})


def test_merged_lines_as_a_whole_table():
    made = merged_lines(LINES, units=("b", "c"), components=PARTS)
    one, exact = Decimal("1.000000"), Decimal("0.000000000000")
    expected = pd.DataFrame(
        [
            ("a", "base", "grade_1", Decimal(2), "pupils", Decimal(100), Decimal(0), 200, 2027),
            ("a", "heads", "few", Decimal(1), "pupils", Decimal(50), Decimal(0), 50, 2027),
            ("b", NEED_PARTS, NEED_PARTS, one, "units", Decimal("301.000000"), exact, 301, 2027),
            ("c", "base", "grade_1", Decimal(1), "pupils", Decimal(100), Decimal(0), 100, 2027),
        ],
        columns=COLUMNS,
    )
    pd.testing.assert_frame_equal(made, expected)
    merged = made.iloc[2]
    assert [merged[name].as_tuple().exponent for name in ("count", "rate_ore", "rounding_ore")] == [-6, -6, -12]
    assert (NEED_PARTS, INDEX_HIDDEN) == ("need_parts", "small_count")


def test_lines_of_a_unit_are_ordered_by_component_and_line():
    mixed = LINES.assign(school_unit_code="a", component_code=list("zyzzx"), line_code=list("21342"))
    made = merged_lines(mixed, units=("a",), components=frozenset("y"))
    assert made[["component_code", "line_code"]].to_numpy().tolist() == [
        ["need_parts", "need_parts"], ["x", "2"], ["z", "2"], ["z", "3"], ["z", "4"]
    ]  # fmt: skip


def test_without_a_line_to_merge_the_lines_stay_in_their_order_and_are_numbered_anew():
    made = merged_lines(LINES.iloc[2:], units=("c",), components=PARTS)
    pd.testing.assert_frame_equal(made, LINES.iloc[2:].reset_index(drop=True))


def unit(pupils: int, *heads: tuple[str, int], point: float = 0.0, group: str = "") -> NeedUnit:
    lines = tuple(HeadLine("heads", code, Fraction(count), Fraction(1000)) for code, count in heads)
    return NeedUnit(pupils, point, group, lines)


def test_two_kinds_at_one_price_trade_places_as_far_as_the_other_unit_allows():
    """Nothing follows the index. Units' sums 3 + 20 and 30 + 15 stay, kinds' sums 33 and 35 stay: one head may move from
    kind to kind at both, between 0 and 33 of the first kind at ``a``, while nobody has fewer than none of any kind.

    At ``a`` (23 heads): x = first kind in 0 … 23. At ``b``: 33 - x in 0 … 45. So x lies in 0 … 23.
    """
    units = {
        "a": unit(100, ("one", 3), ("two", 20), group="a"),
        "b": unit(90, ("one", 30), ("two", 15), group="b"),
        "c": unit(50, ("one", 8), group="c"),
    }
    asked = [("a", "heads", "one"), ("b", "heads", "two"), ("c", "heads", "one")]
    found = head_intervals(units, hidden={"a", "b"}, asked=asked, ordinary_change=0.0)
    assert list(found) == asked
    assert found[asked[0]] == pytest.approx((0, 23))
    assert found[asked[1]] == pytest.approx((12, 35)), "33 - x of 45"
    assert found[asked[2]] == (8.0, 8.0)


def test_no_count_exceeds_the_pupils_of_its_unit():
    """As above, but ``a`` has 21 pupils: neither kind has more than 21 of its 23 heads."""
    units = {
        "a": unit(21, ("one", 3), ("two", 20), group="a"),
        "b": unit(90, ("one", 30), ("two", 15), group="b"),
    }
    place = ("a", "heads", "one")
    found = head_intervals(units, hidden={"a", "b"}, asked=[place], ordinary_change=0.0)
    assert found[place] == pytest.approx((2, 21))


def test_an_index_that_may_move_opens_the_count_by_what_its_money_buys():
    """a: 10 000 kr per point and pupils alike at both, so one index rises as the other falls, by 0.4 points at most.

    4 000 kr are 4 heads at 1 000 kr: a has 6 ± 4 heads, and b the opposite.
    """
    units = {
        "a": unit(100, ("one", 6), point=10_000.0, group="a"),
        "b": unit(100, ("one", 50), point=10_000.0, group="b"),
    }
    asked = [("a", "heads", "one"), ("b", "heads", "one")]
    found = head_intervals(units, hidden={"a", "b"}, asked=asked, ordinary_change=0.4)
    assert found[asked[0]] == pytest.approx((2, 10))
    assert found[asked[1]] == pytest.approx((46, 54))


def test_what_is_asked_of_a_merging_has_least_values_that_are_allowed():
    least = NeedPartsPolicy(smallest_count=10, narrowest_width=Decimal("0.01"), ordinary_change=Decimal(0))
    assert (least.smallest_count, SMALLEST_COUNT) == (10, 10)
    assert NeedPartsPolicy() == NeedPartsPolicy(10, Decimal(5), Decimal(10))
    for wrong in ({"narrowest_width": Decimal(0)}, {"ordinary_change": Decimal("-0.01")}):
        with pytest.raises(AllocationError, match=r"^disclosure: narrowest_width must be above zero, ordinary_change"):
            NeedPartsPolicy(**wrong)


def test_nine_is_small_and_ten_and_nought_are_not():
    def heads(*counts: int) -> dict[str, NeedUnit]:
        return {code: unit(90, ("few", count), group=code) for code, count in zip("ab", counts, strict=True)}

    assert decide_need_parts(heads(10, 0), policy=NeedPartsPolicy()) == NeedParts((), (), None, ())
    assert decide_need_parts(heads(9, 1), policy=NeedPartsPolicy()).small == (
        ("a", "heads", "few"),
        ("b", "heads", "few"),
    )
    assert decide_need_parts(heads(12, 13), policy=NeedPartsPolicy(smallest_count=13)).small == (("a", "heads", "few"),)


def test_a_refusal_names_each_component_and_unit_once_and_in_order():
    exposed = (("b", "two", "x"), ("a", "one", "x"), ("a", "two", "y"))
    told = NeedParts(("a", "b"), exposed, 0.0, exposed).refusal(NeedPartsPolicy())
    assert told == (
        "components.one, components.two: the number of heads at school units 2 (a, b) would follow from published amounts to "
        "within fewer than 5 heads, also with every unit's need money as one line; a lower price per head, more kinds of heads "
        "or the index instead of a price would hide it"
    )
    assert NeedParts(("a",), exposed, 5.0, ()).refusal(NeedPartsPolicy()) is None
