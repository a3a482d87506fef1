"""What follows of cohorts from a few printed rows, worked out by hand, and values and noise at the edge of few pupils."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from progress_rows import kept

from models_py.disclosure import DisclosureRule
from models_py.followup import WHOLE
from models_py.followup.told_share import FEW_NOT_REACHED, FEW_PUPILS, FEW_REACHED, TOLD, WITHHELD
from orchestration.publication.cohorts import (
    COMPARED,
    COUNTED,
    KEY,
    PRINTED,
    VALUED,
    as_published,
    changed_a_little,
    narrow,
    printed_rows,
    told_progress,
)
from orchestration.publication.cohorts_check import progress_faults, too_narrow, withheld_shares

RULE = DisclosureRule()
GIVEN = {"municipality_code": "9999", "funding_year": 2027, "rule": RULE}
Row = tuple[str, str, int, int, int, int]


def printed(*rows: Row, first: int = 2016) -> pd.DataFrame:
    """unit, then what is printed; all of one block."""
    table = pd.DataFrame(rows, columns=["school_unit_code", *PRINTED])
    return table.assign(
        subject="swedish", indicator="passing_grade", grade="6", cohort_first_year=first, first_together=first
    )


TOWN: Row = (WHOLE, TOLD, 80, -1, -1, 100)
"""80 % of about 100: from 19.5 % of 98 to 20.5 % of 102 did not reach, 19.11 to 20.91."""
UNIT: Row = ("A", TOLD, 80, -1, -1, 50)
"""80 % of about 50: 19.5 % of 48 to 20.5 % of 52 did not reach, 9.36 to 10.66."""
SILENT: Row = ("B", WITHHELD, -1, -1, -1, -1)
"""What the other two leave: 19.11 - 10.66 to 20.91 - 9.36, an interval of 3.1 pupils."""


def test_a_withheld_row_follows_from_the_sum_as_closely_as_the_others_are_printed():
    rows = printed(TOWN, UNIT, SILENT).set_axis([7, 3, 5])
    assert narrow(rows, threshold=3).to_dict() == {7: False, 3: False, 5: False}
    assert narrow(rows, threshold=4).to_dict() == {7: False, 3: False, 5: True}


def test_who_knows_the_pupils_works_out_more_closely():
    """Of 100 and 50 pupils 19.5 to 20.5 and 9.75 to 10.25: an interval of 1.5 for the third."""
    rows, pupils = printed(TOWN, UNIT, SILENT), np.array([100, 50, 50])
    assert not narrow(rows, threshold=1, assessed=pupils).any()
    assert narrow(rows, threshold=2, assessed=pupils).tolist() == [False, False, True]


def test_a_row_of_fewer_pupils_than_the_threshold_need_not_have_a_wider_interval_than_its_pupils():
    rows = printed((WHOLE, WITHHELD, -1, -1, -1, -1), UNIT, SILENT)
    # The unit has 0 to 8, all of its pupils; the town 9.75 to 18.25, which is 8.5 of its 58.
    assert narrow(rows, threshold=10, assessed=np.array([58, 50, 8])).tolist() == [True, False, False]


def test_a_row_withheld_beside_others_is_known_to_have_many_on_both_sides():
    """18 to 22 of 40 pupils of the second unit; the town leaves it 8.875 to 11.375 less: nothing fits but its own ends."""
    town = (WHOLE, WITHHELD, -1, -1, -1, -1)
    rows, pupils = printed(town, UNIT, SILENT), np.array([90, 50, 40])
    inner = np.array([False, False, True])
    assert narrow(rows, threshold=18, assessed=pupils).tolist() == [False, False, False]
    # The town's own number lies between 9.75 + 18 and 10.25 + 22, which is 4.5 pupils.
    assert narrow(rows, threshold=18, assessed=pupils, inner=inner).tolist() == [True, False, False]
    assert narrow(rows, threshold=4, assessed=pupils, inner=inner).tolist() == [False, False, False]


def test_blocks_are_attacked_where_all_three_cohorts_and_a_unit_are_told():
    rows = pd.concat(
        [printed(TOWN, UNIT, SILENT), printed(TOWN, first=2017), printed(TOWN, first=2018)], ignore_index=True
    )
    rows = rows.assign(first_together=2016)
    # Three cohorts leave 3 × 1.8 pupils and the other unit 1.3: an interval of 6.7.
    assert (too_narrow(rows, threshold=6), too_narrow(rows, threshold=7)) == (0, 1)
    other = rows.assign(about_count=[100, 50, -1, 5, 5], percent=[80, 80, -1, 80, 80])
    # The two other cohorts add 0.585 to 1.435 each: the interval grows from 3.1 to 4.8.
    assert too_narrow(other, threshold=4) == 0
    assert too_narrow(other, threshold=5) == 1
    assert too_narrow(other.iloc[:4], threshold=5) == 0
    assert too_narrow(other[other["school_unit_code"] == WHOLE], threshold=5) == 0


@pytest.mark.parametrize(("threshold", "silent"), [(13, False), (14, True)])
def test_a_figure_may_change_where_both_sides_changed_by_the_threshold(threshold: int, silent: bool):
    """From 80 % to 60 % of about 100: at least 38.71 - 20.91 = 17.8 more did not reach, 77.09 - 63.29 = 13.8 fewer did."""
    now, before = printed(("A", TOLD, 60, -1, -1, 100)), printed(("A", TOLD, 80, -1, -1, 100))
    assert changed_a_little(now, before, threshold=threshold).tolist() == [silent]
    assert changed_a_little(before, now, threshold=threshold).tolist() == [silent]


def test_what_is_printed_alike_may_stand_and_what_was_withheld_may_not():
    for row in (UNIT, ("A", FEW_PUPILS, -1, -1, -1, 10), ("A", FEW_REACHED, -1, -1, 30, 35)):
        assert changed_a_little(printed(row), printed(row), threshold=10).tolist() == [False]
    silent = ("A", *SILENT[1:])
    assert changed_a_little(printed(silent), printed(silent), threshold=10).tolist() == [True]
    assert changed_a_little(printed(UNIT), printed(silent), threshold=10).tolist() == [True]


def test_each_row_is_judged_by_itself():
    same, other = ("Z", *UNIT[1:]), ("A", TOLD, 79, -1, -1, 50)
    assert changed_a_little(printed(other, same), printed(UNIT, same), threshold=10).tolist() == [True, False]


def test_a_new_row_is_silent_only_where_another_of_its_block_is_gone():
    other = ("Z", *UNIT[1:])
    now = printed(UNIT, other).set_axis([4, 2])
    assert changed_a_little(now, printed(UNIT), threshold=10).to_dict() == {4: False, 2: False}
    gone = printed(UNIT, ("Y", *UNIT[1:]))
    assert changed_a_little(now, gone, threshold=10).to_dict() == {4: False, 2: True}
    elsewhere = pd.concat([printed(UNIT), printed(("Y", *UNIT[1:]), first=2013)], ignore_index=True)
    assert changed_a_little(now, elsewhere, threshold=10).to_dict() == {4: False, 2: False}


ALL_STATES = printed(
    TOWN, ("A", FEW_NOT_REACHED, -1, 65, -1, 30), ("B", FEW_REACHED, -1, -1, 35, 30), ("C", FEW_PUPILS, -1, -1, -1, 10), ("D", *SILENT[1:])
)  # fmt: skip


def test_each_state_is_published_with_its_own_figures_and_read_back_as_it_was_printed():
    """The interval of 80 of 100 is Wilson's 71.1 to 86.7 per cent, outward to whole ones."""
    table = as_published(ALL_STATES)
    told = [
        "share_state", "about_pupil_count", "goal_share", "goal_share_at_least", "goal_share_at_most", "goal_share_lower",
        "goal_share_upper",
    ]  # fmt: skip
    cells = table[told].astype(object)
    assert cells.where(cells.notna(), None).to_numpy().tolist() == [
        [TOLD, 100, 0.8, None, None, 0.71, 0.87],
        [FEW_NOT_REACHED, 30, None, 0.65, None, None, None],
        [FEW_REACHED, 30, None, None, 0.35, None, None],
        [FEW_PUPILS, 10, None, None, None, None, None],
        [WITHHELD, None, None, None, None, None, None],
    ]
    again = printed_rows(table)
    columns = [*KEY, *PRINTED, "first_together"]
    pd.testing.assert_frame_equal(again[columns], ALL_STATES[columns], check_dtype=False)
    assert [again[name].dtype for name in PRINTED[1:]] == ["int64"] * 4
    assert printed_rows(table.assign(goal_share=0.289999999999, cohort_first_year=2018))["percent"].tolist() == [29] * 5
    assert printed_rows(table.assign(cohort_first_year=2018))["first_together"].tolist() == [2016] * 5
    assert withheld_shares({"cohort_share": table}) == 4


def values(**changes: object) -> pd.DataFrame:
    """One school's value-added after the rule, of the home's table with the changes."""
    first = kept(["99990001"])[VALUED].iloc[[0]]
    return told_progress({VALUED: first.assign(**changes)}, **GIVEN)["value_added"]


def test_a_value_is_told_of_ten_pupils_with_one_decimal_and_no_minus_before_nought():
    points = {
        "value_added_points": -0.04, "value_added_lower_points": -0.66, "value_added_upper_points": 0.55,
        "band_lower_points": -0.44, "band_upper_points": 0.46,
    }  # fmt: skip
    (row,) = values(matched_count=10, band_position="above", **points).to_dict("records")
    assert row == {
        "municipality_code": "9999", "funding_year": 2027, "school_unit_code": "99990001", "stage": "grades_4_6",
        "window_first_year": 2024, "window_last_year": 2026, "value_state": "shown", "about_pupil_count": 10,
        "value_added_points": 0.0, "value_added_lower_points": -0.7, "value_added_upper_points": 0.6, "band_lower_points": -0.4,
        "band_upper_points": 0.5, "band_position": "above",
    }  # fmt: skip
    assert str(row["value_added_points"]) == "0.0"


def test_values_are_told_each_of_its_own_school_whatever_rows_are_numbered():
    home = kept(["99990002", "99990001"])[VALUED]
    expected = told_progress({VALUED: home}, **GIVEN)["value_added"]
    numbered = home.set_axis(range(7, 7 + len(home)))
    pd.testing.assert_frame_equal(told_progress({VALUED: numbered}, **GIVEN)["value_added"], expected)
    assert expected["about_pupil_count"].notna().any()


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"matched_count": 9}, "few_pupils"), ({"value_state": "other"}, "other"), ({"matched_count": 9, "value_state": "other"}, "other")],
)  # fmt: skip
def test_a_silent_value_tells_nothing_but_its_state(changes: dict[str, object], state: str):
    (row,) = values(**changes).to_dict("records")
    assert row["value_state"] == state
    told = [name for name in row if name.endswith("_points") or name in ("about_pupil_count", "band_position")]
    assert len(told) == 7
    assert all(pd.isna(row[name]) for name in told)


def test_noise_is_told_of_ten_pairs_and_rounded():
    noise = kept(["99990001"])[COMPARED].assign(pair_count=[10, 9], noise_share=0.875, expected_by_chance=4.56)
    (row,) = told_progress({COMPARED: noise}, **GIVEN)["comparison_noise"].to_dict("records")
    assert row == {
        "municipality_code": "9999", "funding_year": 2027, "indicator": "passing_grade", "subject": "swedish", "grade": "9",
        "threshold": 0.1, "pair_count": 10, "beyond_threshold_count": 5, "expected_by_chance": 4.6, "beyond_chance_count": 1,
        "noise_share": 0.88,
    }  # fmt: skip


def faults(**changes: pd.DataFrame) -> list[int]:
    codes = [f"9999000{number}" for number in (1, 2)]
    made = told_progress(kept(codes), **GIVEN)
    return [count for _, count in progress_faults(made | changes, rule=RULE)]


def test_the_attacker_counts_figures_at_the_edge_of_few_and_of_fine():
    made = told_progress(kept(["99990001", "99990002"]), **GIVEN)
    value, noise = made["value_added"], made["comparison_noise"]
    shown = value["value_state"] == "shown"
    assert faults() == [0] * 6
    assert faults(comparison_noise=noise.assign(pair_count=[10, 9]))[5] == 1
    for count, failing in ((10, 0), (9, int(shown.sum())), (5, int(shown.sum()))):
        spoiled = value.assign(about_pupil_count=value["about_pupil_count"].where(~shown, count))
        assert faults(value_added=spoiled)[5] == failing
    assert faults(value_added=value.assign(value_state="few_pupils"))[5] == 3, "the fourth tells nothing already"
    assert faults(value_added=value.assign(about_pupil_count=11))[4] == 4
    assert faults(value_added=value.assign(band_lower_points=-0.41))[4] == 4
    assert faults(comparison_noise=noise.assign(noise_share=0.875))[4] == 2
    assert faults(comparison_noise=noise.assign(expected_by_chance=4.55))[4] == 2


def test_tables_without_counts_have_columns_and_no_rows():
    for given in ({}, {COUNTED: kept(["1"])[COUNTED].iloc[:0], VALUED: kept(["1"])[VALUED].iloc[:0]}):
        made = told_progress(given, **GIVEN)
        assert list(made) == ["cohort_share", "value_added", "comparison_noise"]
        assert [len(table) for table in made.values()] == [0, 0, 0]


WORDS = [
    "shares of few pupils are told",
    "numbers behind withheld shares follow from what is told",
    "shares differ by few pupils from an earlier publication",
    "school units are told of other than three cohorts together",
    "figures of pupils over time are told finer than they are rounded",
    "figures of few pupils or few comparisons are told",
]


def judged(row: Row, *, first: int = 2016, last: int = 2016) -> dict[str, int]:
    """What the attacker says of one printed row."""
    shares = as_published(printed(row, first=first)).assign(cohort_last_year=last)
    found = progress_faults(told_progress(kept(["99990001"]), **GIVEN) | {"cohort_share": shares}, rule=RULE)
    assert [words for words, _ in found] == WORDS
    return {words: count for words, count in found if count}


@pytest.mark.parametrize(
    ("row", "right"),
    [
        ((WHOLE, TOLD, 11, -1, -1, 100), True), ((WHOLE, TOLD, 10, -1, -1, 100), False),
        ((WHOLE, TOLD, 89, -1, -1, 100), True), ((WHOLE, TOLD, 90, -1, -1, 100), False),
        ((WHOLE, FEW_NOT_REACHED, -1, 89, -1, 100), True), ((WHOLE, FEW_NOT_REACHED, -1, 90, -1, 100), False),
        ((WHOLE, FEW_REACHED, -1, -1, 11, 100), True), ((WHOLE, FEW_REACHED, -1, -1, 10, 100), False),
        ((WHOLE, FEW_PUPILS, -1, -1, -1, 20), True), ((WHOLE, FEW_PUPILS, -1, -1, -1, 25), False),
        ((WHOLE, FEW_PUPILS, 80, -1, -1, 20), False), ((WHOLE, FEW_REACHED, -1, 60, 11, 100), False),
        ((WHOLE, FEW_NOT_REACHED, -1, 89, 11, 100), False), ((WHOLE, WITHHELD, -1, -1, -1, -1), True),
        ((WHOLE, WITHHELD, -1, -1, -1, 0), False), ((WHOLE, "other", -1, -1, -1, 100), False),
    ],
)  # fmt: skip
def test_a_row_tells_no_share_of_fewer_than_ten_and_nothing_beside_its_state(row: Row, right: bool):
    """Ten of surely 98 pupils are printed as eleven per cent; of 23 as half of them, of 18 as more than half."""
    assert judged(row) == ({} if right else {WORDS[0]: 1})


@pytest.mark.parametrize(
    ("unit", "first", "last", "right"),
    [
        (WHOLE, 2016, 2016, True), (WHOLE, 2017, 2017, True), (WHOLE, 2016, 2017, False), (WHOLE, 2016, 2018, False),
        ("A", 2016, 2018, True), ("A", 2017, 2019, False), ("A", 2016, 2017, False), ("A", 2016, 2016, False),
    ],
)  # fmt: skip
def test_a_unit_is_told_of_three_cohorts_and_the_municipality_of_one(unit: str, first: int, last: int, right: bool):
    assert judged((unit, *TOWN[1:]), first=first, last=last) == ({} if right else {WORDS[3]: 1})
