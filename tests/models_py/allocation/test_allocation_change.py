"""Change between two years is split exactly, and rounding in two directions loses nothing."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.change import shapley_change
from models_py.allocation.controlled_rounding import round_both_ways
from models_py.allocation.rounding import round_to_total
from models_py.errors import AllocationError

BLOCKS = ("pupils", "composition", "pot", "formula")


def tables(columns):
    """Rows of exact numbers whose sums are whole."""
    row = st.lists(
        st.fractions(-5, 5, max_denominator=24), min_size=len(columns) - 1, max_size=len(columns) - 1
    ).flatmap(lambda cells: st.integers(-3, 3).map(lambda whole: [*cells, whole - sum(cells)]))
    return st.lists(row, min_size=1, max_size=12).map(
        lambda rows: {f"U{j:02d}": dict(zip(columns, cells, strict=True)) for j, cells in enumerate(rows)}
    )


@settings(max_examples=60, deadline=None)
@given(table=tables(BLOCKS), order=st.randoms(use_true_random=False))
def test_rounding_both_ways_keeps_rows_exactly_and_columns_within_one(table, order):
    rounded = round_both_ways(table, columns=BLOCKS)
    for row, cells in table.items():
        assert sum(rounded[row].values()) == sum(cells.values())
        assert all(abs(rounded[row][c] - cells[c]) < 1 for c in BLOCKS)
    for c in BLOCKS:
        assert abs(sum(rounded[row][c] for row in table) - sum(table[row][c] for row in table)) < 1
    shuffled = dict(order.sample(sorted(table.items()), len(table)))
    assert round_both_ways(shuffled, columns=BLOCKS) == rounded


def nearest_by_trying_all(table, columns):
    """Least squared distance over all roundings that keep every row and column."""
    whole_columns = {c: sum(cells[c] for cells in table.values()) for c in columns}
    choices = [[(c, way) for way in ((0, 1) if cells[c].denominator > 1 else (0,))] for cells in table.values() for c in columns]  # fmt: skip
    places = [(row, c) for row in table for c in columns]
    best = None
    for picked in product(*choices):
        z = {at: table[at[0]][at[1]].__floor__() + way for at, (_, way) in zip(places, picked, strict=True)}
        rows_kept = all(sum(z[row, c] for c in columns) == sum(table[row].values()) for row in table)
        if rows_kept and all(sum(z[row, c] for row in table) == whole_columns[c] for c in columns):
            distance = sum((z[row, c] - table[row][c]) ** 2 for row, c in places)
            best = distance if best is None else min(best, distance)
    return best


@settings(max_examples=30, deadline=None)
@given(table=tables(("a", "b", "c")).filter(lambda t: len(t) <= 3))
def test_no_rounding_that_keeps_whole_columns_is_nearer(table):
    columns = ("a", "b", "c")
    # A last row makes every column's sum whole.
    table = dict(table)
    table["V"] = {c: Fraction(-sum(cells[c] for cells in table.values())) for c in columns}
    rounded = round_both_ways(table, columns=columns)
    assert all(sum(cells[c] for cells in rounded.values()) == 0 for c in columns)
    distance = sum((rounded[row][c] - table[row][c]) ** 2 for row in table for c in columns)
    assert distance == nearest_by_trying_all(table, columns)


def test_ties_in_every_row_do_not_pile_up_in_one_column():
    """Row by row all three hundred thirds would go to the first column."""
    table = {f"U{j:03d}": dict.fromkeys("abc", Fraction(1, 3)) for j in range(300)}
    rounded = round_both_ways(table, columns="abc")
    assert [sum(cells[c] for cells in rounded.values()) for c in "abc"] == [100, 100, 100]


def test_rows_that_are_ragged_or_not_whole_are_refused():
    with pytest.raises(AllocationError, match=r"rows 1 \(B\)"):
        round_both_ways({"A": {"a": Fraction(1)}, "B": {}}, columns="a")
    with pytest.raises(AllocationError, match="not whole"):
        round_both_ways({"A": {"a": Fraction(1, 2)}}, columns="a")


def municipality(old, new):
    """A fixed pot by pupils × index to a power, in öre; ``pot`` is the only block that changes the total."""

    def compute(state):
        at = {block: (new if state[block] == "new" else old)[block] for block in BLOCKS}
        weights = {u: n * at["composition"][u] ** at["formula"] for u, n in at["pupils"].items()}
        return round_to_total(weights, at["pot"])

    return compute


@st.composite
def years(draw):
    codes = [f"U{j}" for j in range(draw(st.integers(2, 7)))]
    return [
        {
            "pupils": {u: draw(st.integers(1, 500)) for u in codes},
            "composition": {u: draw(st.integers(40, 250)) for u in codes},
            "pot": draw(st.integers(10**5, 10**8)),
            "formula": draw(st.integers(1, 3)),
        }
        for _ in range(2)
    ]


@settings(max_examples=60, deadline=None)
@given(years())
def test_parts_are_the_mean_over_all_orders_and_add_up_to_the_ore(sides):
    old, new = sides
    compute = municipality(old, new)
    change = shapley_change(compute, blocks=BLOCKS)
    slow = {}
    for order in permutations(BLOCKS):
        state = dict.fromkeys(BLOCKS, "old")
        before = compute(state)
        for block in order:
            state[block] = "new"
            after = compute(state)
            for unit in after:
                slow[unit, block] = slow.get((unit, block), Fraction(0)) + Fraction(after[unit] - before[unit], 24)
            before = after
    parts = change.parts.set_index(["school_unit_code", "block_code"])["change_ore"]
    assert all(abs(parts[key] - exact) < 1 for key, exact in slow.items())
    by_unit = change.parts.groupby("school_unit_code")["change_ore"].sum()
    assert (by_unit == change.units.set_index("school_unit_code")["change_ore"]).all()
    totals = change.parts.groupby("block_code")["change_ore"].sum()
    assert [totals[block] for block in ("pupils", "composition", "formula")] == [0, 0, 0]
    assert totals["pot"] == new["pot"] - old["pot"]


def test_each_state_is_asked_for_once_and_a_block_that_changes_nothing_gets_nothing():
    asked = []

    def compute(state):
        asked.append(tuple(state.values()))
        return {"A": 100 * (state["a"] == "new") + 31 * (state["a"] == state["b"] == "new"), "B": 7}

    change = shapley_change(compute, blocks=("a", "b", "idle"))
    assert len(asked) == len(set(asked)) == 8
    # The joint 31 öre are 15.5 each; in a tie the block named first gets the larger half.
    assert change.parts["change_ore"].tolist() == [116, 15, 0, 0, 0, 0]
    assert change.parts["block_code"].tolist() == ["a", "b", "idle"] * 2
    assert change.units["change_ore"].tolist() == [131, 0]


def test_units_that_open_or_close_get_their_whole_amount_under_that_name():
    def compute(state):
        pupils = {"A": 10, "B": 20} if state["pupils"] == "old" else {"A": 12, "C": 5}
        return {unit: n * (100 if state["prices"] == "old" else 103) for unit, n in pupils.items()}

    change = shapley_change(compute, blocks=("pupils", "prices"))
    rows = list(change.parts.itertuples(index=False, name=None))
    assert rows == [("A", "pupils", 203), ("A", "prices", 33), ("B", "closed", -2000), ("C", "opened", 515)]
    assert change.units["change_ore"].sum() == 12 * 103 + 5 * 103 - 3000
    assert isinstance(change.parts, pd.DataFrame)


def test_a_world_without_lasting_units_is_all_opened_and_closed():
    change = shapley_change(lambda state: {"B": 5} if state["x"] == "new" else {"A": 3}, blocks=("x",))
    assert change.parts["block_code"].tolist() == ["closed", "opened"]


def test_what_cannot_be_split_is_refused():
    with pytest.raises(AllocationError, match="1 to 6"):
        shapley_change(lambda _: {"A": 1}, blocks=tuple("abcdefg"))
    with pytest.raises(AllocationError, match="different names"):
        shapley_change(lambda _: {"A": 1}, blocks=("a", "a"))
    with pytest.raises(AllocationError, match="none of them opened"):
        shapley_change(lambda _: {"A": 1}, blocks=("opened",))
    with pytest.raises(AllocationError, match=r"whole öre; they are not for school units 1 \(A\)"):
        shapley_change(lambda _: {"A": 1.5}, blocks=("a",))

    def forgetful(state):
        return {"A": 1} if set(state.values()) == {"old", "new"} else {"A": 1, "B": 2}

    with pytest.raises(AllocationError, match=r"with b new and the rest old, school units 1 \(B\)"):
        shapley_change(forgetful, blocks=("a", "b"))
