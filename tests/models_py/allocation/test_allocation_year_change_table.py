"""The change between two years as whole tables: exact parts by hand, kinds of numbers, the order, and the empty year."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from models_py.allocation.change import MOST_BLOCKS, shapley_change
from models_py.allocation.policy import AllocationPolicy, BasePolicy
from models_py.allocation.year_change import (
    CAUSES,
    UNIT_CHANGES,
    NeedStates,
    PolicyStates,
    YearInputs,
    change_since_last_year,
)
from models_py.errors import AllocationError

PART_COLUMNS = ["school_unit_code", "block_code", "change_ore"]
UNIT_COLUMNS = ["school_unit_code", "old_ore", "new_ore", "change_ore"]


def table(rows: list[tuple], columns: list[str], *, texts: int) -> pd.DataFrame:
    kinds = dict.fromkeys(columns[:texts], "str") | dict.fromkeys(columns[texts:], "int64")
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def test_parts_and_units_of_a_split_as_whole_tables():
    """B: 10 × 100 becomes 16 × 130. Pupils bring 6 × 100 or 6 × 130, mean 690; prices 10 × 30 or 16 × 30, mean 390."""

    def compute(state):
        pupils = {"B": 10, "A": 3} if state["pupils"] == "old" else {"B": 16, "C": 2}
        return {unit: n * (100 if state["prices"] == "old" else 130) for unit, n in pupils.items()}

    change = shapley_change(compute, blocks=("prices", "pupils"))
    parts = [("A", "closed", -300), ("B", "prices", 390), ("B", "pupils", 690), ("C", "opened", 260)]
    units = [("A", 300, 0, -300), ("B", 1000, 2080, 1080), ("C", 0, 260, 260)]
    pd.testing.assert_frame_equal(change.parts, table(parts, PART_COLUMNS, texts=2))
    pd.testing.assert_frame_equal(change.units, table(units, UNIT_COLUMNS, texts=1))


def test_three_blocks_that_work_only_together_share_in_thirds():
    change = shapley_change(lambda state: {"A": 90 * (set(state.values()) == {"new"})}, blocks=("x", "y", "z"))
    assert change.parts["change_ore"].tolist() == [30, 30, 30]


def test_without_units_the_tables_have_their_columns_and_kinds():
    change = shapley_change(lambda _: {}, blocks=("x",))
    pd.testing.assert_frame_equal(change.parts, table([], PART_COLUMNS, texts=2))
    pd.testing.assert_frame_equal(change.units, table([], UNIT_COLUMNS, texts=1))


def test_from_one_to_six_blocks_may_be_told_apart():
    six = tuple("abcdef")
    assert MOST_BLOCKS == 6
    assert len(shapley_change(lambda _: {"A": 1}, blocks=six).parts) == 6
    for wrong in ((), (*six, "g"), ("a", "closed")):
        with pytest.raises(
            AllocationError, match=r"^blocks: give 1 to 6 different names, none of them opened or closed"
        ):
            shapley_change(lambda _: {"A": 1}, blocks=wrong)


def enrollment(**pupils: int) -> pd.DataFrame:
    return pd.DataFrame({"school_unit_code": list(pupils), "grade": "1", "pupil_count": list(pupils.values())})


def priced(sek: int) -> AllocationPolicy:
    return AllocationPolicy(base=BasePolicy("price_list", grade_prices_sek={"1": Decimal(sek)}))


NO_NEED = pd.DataFrame({"school_unit_code": [], "need_index": []})
NEED = NeedStates(("need_index",), {("old",): NO_NEED, ("new",): NO_NEED})


def prices(old: int, new: int) -> PolicyStates:
    return PolicyStates(("prices",), lambda of_prices, _: priced(new if of_prices == "new" else old))


def test_a_price_list_s_year_as_whole_tables():
    """A: 10 × 100 kr becomes 12 × 110: pupils 2 × 105, prices 11 × 10. C follows B; A was published with 5 kr less.

    In öre, by unit and then by cause in the order of ``CAUSES``; E was published and is known no more.
    """
    change = change_since_last_year(
        YearInputs(enrollment(A=10, B=4)),
        new=YearInputs(enrollment(A=12, C=5, D=1)),
        need=NEED,
        policies=prices(100, 110),
        published_ore={"A": 99_500, "B": 40_000, "E": 700},
        new_ore={"A": 132_000, "C": 55_000, "D": 11_000},
        predecessors={"C": ("B", "X"), "D": ("Y",)},
    )
    columns = ["school_unit_code", "cause_code", "change_ore"]
    parts = [
        ("A", "pupils", 21_000), ("A", "prices", 11_000), ("A", "correction", 500), ("B", "closed", -40_000),
        ("C", "opened", 55_000), ("D", "opened", 11_000), ("E", "correction", -700),
    ]  # fmt: skip
    pd.testing.assert_frame_equal(change.parts, table(parts, columns, texts=2))
    columns = ["school_unit_code", "unit_change_code", "previous_ore", "new_ore", "change_ore"]
    units = [
        ("A", "continued", 99_500, 132_000, 32_500), ("B", "taken_over", 40_000, 0, -40_000),
        ("C", "took_over", 0, 55_000, 55_000), ("D", "opened", 0, 11_000, 11_000), ("E", "closed", 700, 0, -700),
    ]  # fmt: skip
    pd.testing.assert_frame_equal(change.units, table(units, columns, texts=2))
    assert change.causes == ("pupils", "need_index", "prices")


def test_amounts_of_other_inputs_are_refused_with_the_first_five_units():
    pupils = dict.fromkeys("ABCDEFG", 1)
    with pytest.raises(AllocationError) as told:
        change_since_last_year(
            YearInputs(enrollment(**pupils)),
            new=YearInputs(enrollment(**pupils)),
            need=NEED,
            policies=prices(100, 110),
            published_ore={},
            new_ore=dict.fromkeys("BCDEFGH", 10_900),
        )
    assert str(told.value) == (
        "change since last year: this year's amounts of 8 school units are not those of its inputs (A, B, C, D, E); run the "
        "allocation again first"
    )


def test_the_words_for_causes_and_units_stand_in_the_order_in_which_they_are_told():
    assert CAUSES == (
        "pupils", "composition", "weights", "need_model", "need_index", "prices", "policy", "guarantees", "correction", "opened",
        "closed",
    )  # fmt: skip
    assert UNIT_CHANGES == ("continued", "opened", "took_over", "closed", "taken_over")
