"""The frame of an index and the index itself, whole, on a municipality small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need.index import COLUMNS, need_index
from models_py.need.index_frame import index_frame, weighted_mean

# A: two dates. B: composition at the earlier date only. C: never known. D and E: small. F: closed. G: nobody at either.
ROWS = [
    ("2026-10-15", "A", 100, 0.30), ("2025-10-15", "A", 80, 0.10), ("2026-10-15", "B", 60, None),
    ("2025-10-15", "B", 50, 0.25), ("2026-10-15", "C", 40, None), ("2025-10-15", "C", 40, None),
    ("2026-10-15", "E", 12, 0.50), ("2026-10-15", "D", 8, 0.40), ("2025-10-15", "D", 9, 0.20),
    ("2025-10-15", "F", 70, 0.90), ("2026-10-15", "G", 0, 0.70), ("2026-10-15", "H", 1, None),
]  # fmt: skip


def unit_need(rows=ROWS, **columns: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["count_date", "school_unit_code", "pupil_count", "need_share"])
    plain = {
        "municipality_code": "9999",
        "basis": "pupil_level",
        "need_share_lower": np.nan,
        "need_share_upper": np.nan,
    }
    return table.assign(**plain | columns)


def test_the_frame_holds_who_has_pupils_whose_composition_is_known_and_who_goes_together():
    frame = index_frame(unit_need())
    assert (frame.dates, frame.units) == (("2025-10-15", "2026-10-15"), ("A", "B", "C", "D", "E", "H"))
    assert (frame.pupils.tolist(), frame.pupils.dtype) == ([100, 60, 40, 8, 12, 1], np.int64)
    assert frame.known.tolist() == [[True, True, False, True, False, False], [True, False, False, True, True, False]]
    assert frame.present.tolist() == [[True, True, True, True, False, False], [True] * 6]
    assert (frame.known.dtype, frame.present.dtype) == (bool, bool)
    code = frame.group[3]
    assert frame.group.tolist() == [None, None, None, code, code, code]
    assert frame.rule.tolist() == ["own", "own", "municipal_mean", "merged_group", "merged_group", "merged_group"]
    assert (frame.group.dtype, frame.rule.dtype) == (object, object)
    assert frame.together.tolist() == [100, 60, 40, 21, 21, 21]
    assert frame.date_count.tolist() == [2, 1, 2, 2, 1, 1]
    assert [members.tolist() for members in frame.groups] == [[False, False, False, True, True, True]]
    assert not any(
        array.flags.writeable for array in (frame.pupils, frame.known, frame.present, frame.group, frame.rule)
    )


def test_shares_take_one_way_from_rows_to_the_index():
    table, frame = unit_need(), index_frame(unit_need())
    spread = frame.spread(table, table[["need_share"]].to_numpy(dtype=float))
    null = np.nan
    np.testing.assert_array_equal(
        spread[:, :, 0], [[0.1, 0.25, null, 0.2, null, null], [0.3, null, null, 0.4, 0.5, null]]
    )
    own = frame.mean_over_dates(spread)
    np.testing.assert_allclose(own[:, 0], [0.2, 0.25, null, 0.3, 0.5, null], rtol=1e-14)
    # The others' mean, weighted by today's pupils; the group of D, E and H with H at that mean.
    mean = (100 * 0.2 + 60 * 0.25 + 8 * 0.3 + 12 * 0.5) / 180
    group = (8 * 0.3 + 12 * 0.5 + mean) / 21
    np.testing.assert_allclose(frame.used_shares(spread)[:, 0], [0.2, 0.25, mean, group, group, group], rtol=1e-14)
    other = (8 * 0.3 + 12 * 0.5 + 0.9) / 21
    told = frame.put_together(own, mean=np.array([0.9]))
    np.testing.assert_allclose(told[:, 0], [0.2, 0.25, 0.9, other, other, other], rtol=1e-14)
    used = frame.used_shares(spread)
    assert frame.municipal_mean(used).tolist() == pytest.approx([mean], rel=1e-14)
    np.testing.assert_allclose(frame.index(used)[:, 0], 100 * used[:, 0] / mean, rtol=1e-14)


def test_the_index_table_has_every_column_as_worked_by_hand():
    found = need_index(unit_need(basis=[f"b{place}" for place in range(12)]))
    mean = (100 * 0.2 + 60 * 0.25 + 8 * 0.3 + 12 * 0.5) / 180
    group = (8 * 0.3 + 12 * 0.5 + mean) / 21
    used = np.array([0.2, 0.25, mean, group, group, group])
    code = index_frame(unit_need()).group[3]
    expected = pd.DataFrame(
        {
            "school_unit_code": ["A", "B", "C", "D", "E", "H"],
            "school_form": "compulsory_school",
            "basis": ["b0", "b2", "b4", "b7", "b6", "b11"],
            "pupil_count": [100, 60, 40, 8, 12, 1],
            "need_share": used,
            "need_index": 100 * used / mean,
            "need_index_lower": np.nan,
            "need_index_upper": np.nan,
            "index_rule": ["own", "own", "municipal_mean", "merged_group", "merged_group", "merged_group"],
            "index_group_code": [None, None, None, code, code, code],
            "is_under_index_minimum": [False, False, False, True, True, True],
            "count_date_count": [2, 1, 2, 2, 1, 1],
        }
    )
    pd.testing.assert_frame_equal(found.table, expected, check_exact=False, rtol=1e-13)
    assert tuple(found.table.columns) == COLUMNS
    assert found.municipal_need_share == pytest.approx(mean, rel=1e-14)
    assert found.units_without_pupils == ("F",)


def test_ends_move_the_units_own_share_and_its_part_of_the_mean_only():
    rows = [("2026-10-15", "A", 100, 0.2), ("2026-10-15", "B", 300, 0.4)]
    found = need_index(unit_need(rows, need_share_lower=[0.1, 0.4], need_share_upper=[0.6, 1.0])).table
    # The mean is (20 + 120) / 400 = 0.35; at an end A's own quarter moves it, or B's three quarters.
    assert found["need_index_lower"].tolist() == pytest.approx([100 * 0.1 / 0.325, 100 * 0.4 / 0.35], rel=1e-13)
    assert found["need_index_upper"].tolist() == pytest.approx([100 * 0.6 / 0.45, 100 * 1.0 / 0.80], rel=1e-13)


def test_a_unit_without_composition_shows_no_ends_though_it_has_bounds_and_in_a_group_it_counts_at_the_mean():
    rows = [
        ("2026-10-15", "A", 100, 0.2),
        ("2026-10-15", "B", 100, None),
        ("2026-10-15", "C", 10, None),
        ("2026-10-15", "D", 10, 0.4),
    ]
    ends = {"need_share_lower": [0.1, 0.0, 0.0, 0.3], "need_share_upper": [0.3, 1.0, 1.0, 0.5]}
    found = need_index(unit_need(rows, **ends)).table
    assert found["need_index_lower"].isna().tolist() == [False, True, False, False]
    assert found["need_index_upper"].isna().tolist() == [False, True, False, False]
    mean = (100 * 0.2 + 10 * 0.4) / 110
    used = (10 * mean + 10 * 0.4) / 20
    base = (100 * 0.2 + 100 * mean + 20 * used) / 220
    lower = (10 * mean + 10 * 0.3) / 20
    assert found["need_index_lower"].iloc[3] == pytest.approx(
        100 * lower / (base + 20 / 220 * (lower - used)), rel=1e-12
    )


def test_a_minimum_of_twenty_and_two_dates_are_the_rule_unless_told():
    rows = [
        ("2026-10-15", "A", 100, 0.2),
        ("2026-10-15", "B", 20, 0.3),
        ("2026-10-15", "C", 19, 0.4),
        ("2026-10-15", "D", 19, 0.1),
    ]
    table = unit_need(rows)
    merged = ["own", "own", "merged_group", "merged_group"]
    assert index_frame(table).rule.tolist() == need_index(table).table["index_rule"].tolist() == merged
    assert index_frame(table, index_minimum_pupils=19).rule.tolist() == ["own"] * 4
    assert need_index(table, index_minimum_pupils=19).table["index_rule"].tolist() == ["own"] * 4
    three = unit_need([(f"202{year}-10-15", "A", 50, 0.2) for year in (4, 5, 6)])
    for make in (index_frame, need_index):
        with pytest.raises(NeedError, match="unit need holds 3 count dates; pass the 2 latest at most") as caught:
            make(three)
        assert caught.value.reason == "too_many_count_dates"
        make(three, maximum_count_dates=3)


@pytest.mark.parametrize(
    ("table", "reason", "words"),
    [
        (unit_need(municipality_code=["9999"] * 11 + ["9998"]), "several_municipalities", "several municipalities"),
        (
            unit_need([("2026-10-15", "A", 0, 0.2), ("2025-10-15", "A", 9, 0.2)]),
            "no_pupils",
            "no unit has pupils at 2026-10-15",
        ),
        (unit_need([("2026-10-15", "A", 9, None)]), "no_composition", "no unit has a known composition"),
        (unit_need([ROWS[0], ROWS[0]]), "duplicate_key", "unit need: 1 rows repeat a key"),
        (unit_need(pupil_count=1.5), "not_whole", "unit need: 12 rows of pupil_count are not whole"),
        (unit_need(need_share=1.01), "share_out_of_range", "unit need: 12 rows of need_share are not a share 0..1"),
        (unit_need(need_share_upper=-0.01), "share_out_of_range", "12 rows of need_share_upper are not"),
        (
            unit_need().drop(columns="pupil_count"),
            "missing_columns",
            r"unit need: columns \['pupil_count'\] are missing",
        ),
        (unit_need().drop(columns="basis"), "missing_columns", r"unit need: columns \['basis'\] are missing"),
        (unit_need().drop(columns="count_date"), "missing_columns", r"unit need: columns \['count_date'\] are missing"),
    ],
)
def test_need_that_cannot_be_indexed_is_refused_in_words(table: pd.DataFrame, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        need_index(table)
    assert caught.value.reason == reason


def test_shares_of_nothing_and_of_all_pupils_are_shares():
    rows = [("2026-10-15", "A", 50, 0.0), ("2026-10-15", "B", 150, 1.0)]
    assert need_index(unit_need(rows)).table["need_index"].tolist() == pytest.approx([0.0, 400 / 3])


def test_a_weighted_mean_is_exactly_rounded_and_null_where_a_value_is():
    values = np.array([[0.1, 1e16], [0.1, 1.0], [0.1, -1e16]])
    assert weighted_mean(values, np.array([1, 1, 1])).tolist() == [pytest.approx(0.1), 1 / 3]
    assert np.isnan(weighted_mean(np.array([[np.nan], [1.0]]), np.array([1, 1]))).tolist() == [True]
    assert weighted_mean(np.array([[1.0], [4.0]]), np.array([1, 2])).tolist() == [3.0]
