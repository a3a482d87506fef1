"""The index: 100 on average, two dates half each, small units together, nothing shrunk."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import NeedError
from models_py.need import merge_small_units, need_index
from models_py.need.index import COLUMNS


def by_unit(table: pd.DataFrame, **arguments: object) -> pd.DataFrame:
    return need_index(table, **arguments).table.set_index("school_unit_code")


@settings(max_examples=60, deadline=None)
@given(
    units=st.lists(
        st.tuples(
            st.integers(1, 900), st.floats(0.001, 0.9), st.booleans(), st.integers(0, 900), st.floats(0.001, 0.9)
        ),
        min_size=1,
        max_size=25,
    ),
    minimum=st.integers(1, 60),
)
def test_the_pupil_weighted_mean_is_100_and_ends_enclose_the_index(units, minimum):
    rows = []
    for number, (pupils, share, known, earlier, before) in enumerate(units):
        unit = f"{number:08d}"
        value = share if known or number == 0 else np.nan
        rows.append((unit, "2026-10-15", pupils, value, value * 0.9, min(1.0, value * 1.1)))
        rows.append((unit, "2025-10-15", earlier, before, before, before))
    columns = ["school_unit_code", "count_date", "pupil_count", "need_share", "need_share_lower", "need_share_upper"]
    table = pd.DataFrame(rows, columns=columns).assign(municipality_code="9999", basis="open_statistics")
    index = need_index(table, index_minimum_pupils=minimum).table
    assert abs(np.average(index["need_index"], weights=index["pupil_count"]) - 100) < 1e-9
    assert list(index.columns) == list(COLUMNS)
    ends = index.dropna(subset=["need_index_lower"])
    assert (ends["need_index_lower"] <= ends["need_index"] + 1e-9).all()
    assert (ends["need_index_upper"] >= ends["need_index"] - 1e-9).all()
    shuffled = need_index(table.sample(frac=1, random_state=0), index_minimum_pupils=minimum).table
    pd.testing.assert_frame_equal(shuffled, index, check_exact=True)


def test_two_dates_count_half_each_and_the_later_pupils_rebase(unit_need):
    later = unit_need({"A": (100, 0.20), "B": (300, 0.10), "C": (50, 0.30)})
    earlier = unit_need({"A": (900, 0.10), "B": (10, 0.20), "D": (40, 0.5)}, count_date="2025-10-15")
    result = need_index(pd.concat([earlier, later]))
    table = result.table.set_index("school_unit_code")
    assert table["need_share"].to_dict() == pytest.approx({"A": 0.15, "B": 0.15, "C": 0.30})
    assert table["count_date_count"].to_dict() == {"A": 2, "B": 2, "C": 1}
    mean = (100 * 0.15 + 300 * 0.15 + 50 * 0.30) / 450
    assert result.municipal_need_share == pytest.approx(mean, rel=1e-15)
    assert table.loc["C", "need_index"] == pytest.approx(100 * 0.30 / mean, rel=1e-14)
    assert result.units_without_pupils == ("D",)


def test_a_unit_without_pupils_at_the_later_date_has_no_index(unit_need):
    later = unit_need({"A": (100, 0.2), "B": (0, 0.4)})
    earlier = unit_need({"A": (100, 0.2), "B": (80, 0.4)}, count_date="2025-10-15")
    result = need_index(pd.concat([earlier, later]))
    assert list(result.table["school_unit_code"]) == ["A"]
    assert result.units_without_pupils == ("B",)


def test_an_unknown_composition_takes_the_municipal_mean_and_moves_nobody(unit_need):
    known = {"A": (100, 0.2), "B": (300, 0.1)}
    alone = by_unit(unit_need(known))
    table = by_unit(unit_need(known | {"C": (70, np.nan)}))
    assert table.loc["C", "index_rule"] == "municipal_mean"
    assert table.loc["C", "need_index"] == pytest.approx(100, abs=1e-9)
    bounded = by_unit(unit_need(known | {"C": (70, np.nan)}, need_share_lower=0.05, need_share_upper=0.4))
    assert bounded["need_index_lower"].isna().to_dict() == {"A": False, "B": False, "C": True}
    assert bounded["need_index_upper"].isna().to_dict() == {"A": False, "B": False, "C": True}
    assert table.loc[["A", "B"], "need_index"].to_dict() == pytest.approx(alone["need_index"].to_dict(), rel=1e-14)


def test_one_date_with_composition_is_enough(unit_need):
    later = unit_need({"A": (100, 0.2), "B": (300, np.nan)})
    earlier = unit_need({"A": (100, 0.2), "B": (300, 0.1)}, count_date="2025-10-15")
    table = by_unit(pd.concat([earlier, later]))
    assert table["index_rule"].to_dict() == {"A": "own", "B": "own"}
    assert table["count_date_count"].to_dict() == {"A": 2, "B": 1}


def test_every_member_of_a_small_group_shows_the_same_values_and_the_mean_is_untouched(unit_need):
    rows = {"A": (8, 0.50), "B": (9, 0.05), "C": (25, 0.20), "D": (400, 0.12)}
    merged, own = need_index(unit_need(rows)), need_index(unit_need(rows), index_minimum_pupils=1)
    assert merged.municipal_need_share == pytest.approx(own.municipal_need_share, rel=1e-14)
    table = merged.table.set_index("school_unit_code")
    assert table.loc[["A", "B", "C"], "index_rule"].tolist() == ["merged_group"] * 3
    for column in ("need_share", "need_index", "index_group_code"):
        assert table.loc[["A", "B", "C"], column].nunique() == 1
    group_share = (8 * 0.50 + 9 * 0.05 + 25 * 0.20) / 42
    assert table.loc["A", "need_share"] == pytest.approx(group_share, rel=1e-14)
    assert table["is_under_index_minimum"].to_dict() == {"A": True, "B": True, "C": False, "D": False}
    untouched = own.table.set_index("school_unit_code").loc["D", "need_index"]
    assert table.loc["D", "need_index"] == pytest.approx(untouched, rel=1e-14)


def test_a_group_member_without_composition_counts_at_the_municipal_mean(unit_need):
    rows = {"A": (8, np.nan), "B": (22, 0.3), "C": (100, 0.1)}
    table = by_unit(unit_need(rows, need_share_lower=[np.nan, 0.2, 0.1], need_share_upper=[np.nan, 0.4, 0.1]))
    mean = (22 * 0.3 + 100 * 0.1) / 122
    assert table.loc["A", "need_share"] == pytest.approx((8 * mean + 22 * 0.3) / 30)
    assert table["index_rule"].to_dict() == {"A": "merged_group", "B": "merged_group", "C": "own"}
    assert table.loc["A", "need_index_lower"] < table.loc["A", "need_index"] < table.loc["A", "need_index_upper"]


@pytest.mark.parametrize("kind", [str, datetime.date.fromisoformat, pd.Timestamp])
def test_count_dates_may_be_text_dates_or_timestamps(unit_need, kind):
    later = unit_need({"A": (100, 0.2), "B": (300, 0.1)}, count_date=kind("2026-10-15"))
    earlier = unit_need({"A": (1, 0.4), "B": (1, 0.1)}, count_date=kind("2025-10-15"))
    table = by_unit(pd.concat([later, earlier]))
    assert table["pupil_count"].to_dict() == {"A": 100, "B": 300}
    assert table.loc["A", "need_share"] == pytest.approx(0.3)


def test_a_unit_exactly_at_the_minimum_has_its_own_index(unit_need):
    table = by_unit(unit_need({"A": (20, 0.5), "B": (300, 0.1)}))
    assert table["is_under_index_minimum"].tolist() == [False, False]
    assert table["index_rule"].tolist() == ["own", "own"]


def test_no_own_value_of_a_small_unit_leaves_the_index(unit_need):
    """What is published may depend on the group's total need only, never on who in the group has it."""
    one = need_index(unit_need({"A": (10, 0.50), "B": (10, 0.10), "D": (400, 0.12)})).table
    other = need_index(unit_need({"A": (10, 0.10), "B": (10, 0.50), "D": (400, 0.12)})).table
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_an_extreme_small_unit_keeps_its_own_need_unshrunk(unit_need):
    """Doubling everyone else's pupils changes nothing in the ratio of two units: there is no pull towards the mean."""
    small, large = {"A": (25, 0.60), "B": (500, 0.10)}, {"A": (25, 0.60), "B": (5000, 0.10)}
    for rows in (small, large):
        table = by_unit(unit_need(rows))
        assert table.loc["A", "need_index"] / table.loc["B", "need_index"] == pytest.approx(6.0, rel=1e-13)


def test_ends_come_from_the_own_shares_with_all_others_as_used(unit_need):
    table = unit_need({"A": (100, 0.2), "B": (300, 0.1)}, basis="open_statistics")
    table["need_share_lower"], table["need_share_upper"] = [0.15, 0.1], [0.25, 0.1]
    index = by_unit(table)
    assert index.loc["A", "need_index_lower"] == pytest.approx(100 * 0.15 / ((15 + 30) / 400))
    assert index.loc["A", "need_index_upper"] == pytest.approx(100 * 0.25 / ((25 + 30) / 400))
    assert index.loc["B", "need_index_lower"] == pytest.approx(index.loc["B", "need_index"])


def test_ends_are_unknown_when_one_date_has_none(unit_need):
    later = unit_need({"A": (100, 0.2), "B": (300, 0.1)}, need_share_lower=0.1, need_share_upper=0.2)
    earlier = unit_need({"A": (100, 0.2)}, count_date="2025-10-15")
    index = by_unit(pd.concat([earlier, later]))
    assert index["need_index_lower"].isna().to_dict() == {"A": True, "B": False}


def test_the_input_is_not_changed(unit_need):
    table = unit_need({"A": (8, 0.2), "B": (300, np.nan), "C": (20, 0.1)})
    before = table.copy(deep=True)
    need_index(table)
    pd.testing.assert_frame_equal(table, before)


def test_faulty_input_is_refused(unit_need):
    good = unit_need({"A": (100, 0.2), "B": (300, 0.1)})
    cases = {
        "several_municipalities": good.assign(municipality_code=["9999", "9998"]),
        "too_many_count_dates": pd.concat([good.assign(count_date=f"202{year}-10-15") for year in (4, 5, 6)]),
        "duplicate_key": pd.concat([good, good]),
        "share_out_of_range": good.assign(need_share=20.0),
        "no_pupils": good.assign(pupil_count=0),
        "no_composition": good.assign(need_share=np.nan),
        "negative_count": good.assign(pupil_count=-1),
        "empty_input": good.iloc[:0],
    }
    for reason, table in cases.items():
        with pytest.raises(NeedError) as caught:
            need_index(table)
        assert caught.value.reason == reason


def test_small_units_are_joined_by_the_next_smallest_ties_by_code():
    assert merge_small_units({"D": 30, "C": 30, "A": 5, "E": 90}, minimum=20) == dict.fromkeys("AC", "small_units_A")
    assert set(merge_small_units({"A": 12, "B": 13, "C": 25}, minimum=20)) == {"A", "B"}
    assert merge_small_units({"A": 20, "B": 25}, minimum=20) == {}
    assert set(merge_small_units({"A": 5, "B": 6}, minimum=20)) == {"A", "B"}


@settings(deadline=None)
@given(st.dictionaries(st.text("ABCDEF", min_size=1, max_size=4), st.integers(1, 60), min_size=1), st.integers(1, 40))
def test_no_small_unit_stands_alone_where_the_municipality_is_large_enough(pupils, minimum):
    merged = merge_small_units(pupils, minimum=minimum)
    assert {unit for unit, count in pupils.items() if count < minimum} <= set(merged)
    if merged and sum(pupils.values()) >= minimum:
        assert sum(pupils[unit] for unit in merged) >= minimum


def test_groups_named_in_the_policy_come_first():
    pupils = {"A": 5, "B": 40, "C": 6, "D": 30, "E": 70, "F": 70}
    groups = {"north": ["A", "B", "closed"], "idle": ["E", "F"]}
    assert merge_small_units(pupils, minimum=20, groups=groups) == {
        "A": "north", "B": "north", "C": "small_units_C", "D": "small_units_C"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "groups"),
    [
        ("unit_in_two_groups", {"one": ["A", "B"], "two": ["B", "C"]}),
        ("group_under_minimum", {"one": ["A", "C"]}),
        ("group_under_minimum", {"one": ["A", "B", "D"]}),
    ],
)
def test_faulty_groups_are_refused(reason, groups):
    with pytest.raises(NeedError) as caught:
        merge_small_units({"A": 5, "B": 40, "C": 6, "D": 30}, minimum=20, groups=groups)
    assert caught.value.reason == reason
