"""No small count follows from published amounts: attacked by linear programming, and with the guard broken on purpose."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from models_py.allocation.need_parts import NEED_PARTS, NeedPartsPolicy, decide_need_parts, merged_lines
from models_py.allocation.need_parts_attack import HeadLine, NeedUnit, head_intervals
from models_py.errors import AllocationError

POLICY = NeedPartsPolicy()


def unit(pupils, *heads, index=100.0, group=None, code="", price=8_500):
    """A unit with a linear structural part of 14 000 kr per pupil at index 100."""
    lines = tuple(
        HeadLine("mother_tongue", f"kind_{n}", Fraction(count), Fraction(price))
        for n, count in enumerate(heads)
        if count
    )
    return NeedUnit(pupils, 140.0 * pupils, group or code, lines)


def town(**rows):
    return {code: replace(one, index_group=one.index_group or code) for code, one in rows.items()}


TOWN = town(
    a=unit(300, 40), b=unit(180, 3), c=unit(90), d=unit(240, 55), e=unit(60, 12), f=unit(150, 0), g=unit(400, 100)
)


def attacked(units, hidden, place, *, change=10.0):
    """An attack written down once more, in thousands of kronor: what single heads can be, given totals, pots and the mean index."""
    hidden = sorted(hidden)
    kinds = sorted({(h.component_code, h.line_code) for u in hidden for h in units[u].heads})
    n, k = len(hidden), len(kinds)
    truth, price = np.zeros(n * (1 + k)), np.zeros(k)
    for row, code in enumerate(hidden):
        truth[row] = 0.1 * units[code].sek_per_point  # kronor that follow need, at index 100
        for head in units[code].heads:
            column = kinds.index((head.component_code, head.line_code))
            truth[n + row * k + column] = float(head.count)
            price[column] = float(head.price_sek) / 1_000
    rows = []
    for row in range(n):
        equation = np.zeros(len(truth))
        equation[row] = 1
        equation[n + row * k : n + (row + 1) * k] = price
        rows.append(equation)
    rows.append(np.r_[np.ones(n), np.zeros(n * k)])
    rows += [np.r_[np.zeros(n), np.tile(np.eye(k)[column], n)] for column in range(k)]
    matrix = np.array(rows)
    bounds = [(truth[row] * (1 - change / 100), truth[row] * (1 + change / 100)) for row in range(n)]
    bounds += [(0, units[code].pupils) for code in hidden for _ in range(k)]
    aim = np.zeros(len(truth))
    aim[n + hidden.index(place[0]) * k + kinds.index(place[1:])] = 1
    ends = [linprog(s * aim, A_eq=matrix, b_eq=matrix @ truth, bounds=bounds) for s in (1, -1)]
    assert all(end.success for end in ends), "the truth is a solution"
    return tuple(s * end.fun for s, end in zip((1, -1), ends, strict=True))


def test_without_a_small_count_nothing_is_merged():
    told = decide_need_parts(town(a=unit(300, 40), b=unit(100), c=unit(90, 10)), policy=POLICY)
    assert (told.units, told.small, told.exposed, told.narrowest) == ((), (), (), None)


def test_a_small_count_is_hidden_with_as_many_others_as_it_takes_and_no_more():
    told = decide_need_parts(TOWN, policy=POLICY)
    assert told.small == (("b", "mother_tongue", "kind_0"),)
    assert "b" in told.units
    assert len(told.units) > 1
    assert not told.exposed
    low, high = attacked(TOWN, told.units, told.small[0])
    assert high - low >= 5
    assert told.narrowest == pytest.approx(high - low, abs=1e-6)


@pytest.mark.parametrize("price", [8_500, 30_000, 60_000, 80_000, 100_000, 120_000])
def test_the_row_of_hidden_units_is_the_shortest_that_is_enough(price):
    """Counted up one by one, largest need money first, instead of by halving."""
    units = town(**{f"u{n:02d}": unit(20 + n, 12 + n, price=price) for n in range(20)}, x=unit(900, 4, price=price))
    place = ("x", "mother_tongue", "kind_0")
    row = sorted(units.keys() - {"x"}, key=lambda code: (-units[code].pupils, code))

    def width(joined):
        low, high = head_intervals(units, hidden={"x", *row[:joined]}, asked=[place], ordinary_change=10.0)[place]
        return high - low

    shortest = next(joined for joined in range(len(row) + 1) if width(joined) >= 5 - 1e-6)
    told = decide_need_parts(units, policy=POLICY)
    assert told.units == tuple(sorted({"x", *row[:shortest]}))
    assert told.narrowest == pytest.approx(width(shortest))


def test_hiding_the_index_of_one_unit_alone_tells_the_count_exactly():
    """The guard broken on purpose: the mean index is 100, so one hidden index is what the others leave."""
    place = ("b", "mother_tongue", "kind_0")
    low, high = attacked(TOWN, {"b"}, place)
    assert (low, high) == (pytest.approx(3), pytest.approx(3))
    assert head_intervals(TOWN, hidden={"b"}, asked=[place], ordinary_change=10.0)[place] == pytest.approx((3, 3))


def test_merging_lines_and_showing_the_index_tells_the_count_exactly():
    place = ("b", "mother_tongue", "kind_0")
    known = head_intervals(TOWN, hidden=set(TOWN), asked=[place], ordinary_change=0.0)
    assert known[place] == pytest.approx((3, 3), abs=1e-6)


def test_a_count_that_no_merging_hides_is_told_by_name_and_never_by_number():
    dear = town(a=unit(300, 40, price=900_000), b=unit(40, 3, price=900_000), c=unit(90))
    told = decide_need_parts(dear, policy=POLICY)
    assert told.exposed == (("b", "mother_tongue", "kind_0"),)
    refusal = told.refusal(POLICY)
    assert refusal is not None
    assert "components.mother_tongue: the number of heads at school units 1 (b)" in refusal
    assert "3" not in refusal


def test_the_only_head_of_a_municipality_follows_from_its_total_and_is_refused():
    alone = town(a=unit(300), b=unit(200, 2), c=unit(90), d=unit(240))
    assert decide_need_parts(alone, policy=POLICY).exposed


def test_units_that_share_an_index_are_hidden_together():
    shared = TOWN | {"b": replace(TOWN["b"], index_group="group 1"), "c": replace(TOWN["c"], index_group="group 1")}
    assert {"b", "c"} <= set(decide_need_parts(shared, policy=POLICY).units)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_published_table_narrows_a_small_count_below_the_width(data):
    count = data.draw(st.integers(4, 12))
    heads = st.lists(st.integers(0, 30), min_size=2, max_size=2)
    rows = {
        f"u{n:02d}": unit(data.draw(st.integers(30, 500)), *data.draw(heads), price=data.draw(st.just(9_000)))
        for n in range(count)
    }
    units = town(**rows)
    told = decide_need_parts(units, policy=POLICY)
    for place in told.small:
        low, high = attacked(units, told.units, place)
        true = next(float(h.count) for h in units[place[0]].heads if (h.component_code, h.line_code) == place[1:])
        assert low - 1e-6 <= true <= high + 1e-6, "the truth is always possible"
        if place not in told.exposed:
            assert high - low >= 5 - 1e-4
    assert told == decide_need_parts(dict(reversed(units.items())), policy=POLICY), "the order of units does not matter"


def lines():
    table = pd.DataFrame(
        [("a", "base_part", "grade_1", 700), ("a", "mother_tongue", "heads", 2_550), ("a", "structural_part", "need", 41_100),
         ("b", "base_part", "grade_1", 300), ("b", "mother_tongue", "heads", 9_900)],
        columns=["school_unit_code", "component_code", "line_code", "amount_ore"],
    )  # fmt: skip
    return table.assign(
        count=Decimal("1.000000"),
        count_unit="pupils",
        rate_ore=table["amount_ore"].map(Decimal),
        rounding_ore=Decimal(0),
    )


def test_a_merged_line_holds_the_sum_and_its_equation_and_every_other_line_stays():
    made = merged_lines(lines(), units=("a",), components=frozenset({"mother_tongue", "structural_part"}))
    assert made[["school_unit_code", "component_code", "amount_ore"]].to_numpy().tolist() == [
        ["a", "base_part", 700], ["a", NEED_PARTS, 43_650], ["b", "base_part", 300], ["b", "mother_tongue", 9_900],
    ]  # fmt: skip
    for row in made.to_dict("records"):
        assert row["count"] * row["rate_ore"] + row["rounding_ore"] == row["amount_ore"]
    assert made["amount_ore"].sum() == lines()["amount_ore"].sum()
    assert merged_lines(lines(), units=(), components=frozenset({"mother_tongue"})).equals(lines())


def test_the_settled_ten_is_the_least():
    with pytest.raises(AllocationError, match=r"disclosure\.threshold: 9 is below 10"):
        NeedPartsPolicy(smallest_count=9)
