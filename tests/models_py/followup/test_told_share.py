"""What is printed of a share: rounded, of at least the threshold on both sides, and never a nought or a hundred."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import FollowupError
from models_py.followup.told_share import (
    COHORTS_TOGETHER,
    FEW_NOT_REACHED,
    FEW_PUPILS,
    FEW_REACHED,
    TOLD,
    WITHHELD,
    about,
    first_cohort,
    not_reached_within,
    pupils_within,
    share_interval,
    told_shares,
)

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
THRESHOLDS = st.sampled_from([10, 12, 20])


def printed(pairs: list[tuple[int, int]], threshold: int = 10) -> pd.DataFrame:
    assessed, reached = np.array(pairs).T
    return told_shares(assessed, reached, threshold=threshold)


def every_count_printed_as(row: pd.Series, threshold: int) -> list[tuple[int, int]]:
    low, high = (int(end) for end in (max(row["about_count"] - 2, 1), row["about_count"] + 2))
    pairs = [(n, r) for n in range(low, high + 1) for r in range(n + 1)]
    same = (printed(pairs, threshold)[list(row.index)] == row).all(axis=1)
    return [pair for pair, is_same in zip(pairs, same, strict=True) if is_same]


@settings(max_examples=60, deadline=None)
@given(pair=COUNTS, threshold=THRESHOLDS)
def test_every_count_that_a_print_could_stand_for_lies_within_what_a_reader_infers(pair, threshold):
    row = printed([pair], threshold).iloc[0]
    counts = every_count_printed_as(row, threshold)
    assert pair in counts
    low, high = not_reached_within(row.to_frame().T)
    missed = [n - r for n, r in counts]
    assert low[0] <= min(missed)
    assert max(missed) <= high[0]
    if row["state"] == TOLD:
        assert min(*missed, *(r for _, r in counts)) >= threshold
    else:
        assert max(missed) - min(missed) >= min(threshold, row["about_count"] - 2) - 1


@pytest.mark.parametrize(
    ("assessed", "reached", "state", "told"),
    [
        (150, 120, TOLD, (80, -1, -1)),
        (150, 150, FEW_NOT_REACHED, (-1, 92, -1)),
        (150, 145, FEW_NOT_REACHED, (-1, 92, -1)),
        (150, 0, FEW_REACHED, (-1, -1, 8)),
        (22, 11, FEW_PUPILS, (-1, -1, -1)),
        (1, 1, FEW_PUPILS, (-1, -1, -1)),
    ],
)
def test_a_share_is_told_an_end_or_silent(assessed, reached, state, told):
    row = printed([(assessed, reached)]).iloc[0]
    assert (row["state"], tuple(row[["percent", "at_least", "at_most"]])) == (state, told)


def test_nobody_and_everybody_are_printed_as_a_few_are():
    rows = printed([(150, missed) for missed in (150, 149, 145, 142)])
    assert len(rows.drop_duplicates()) == 1


def test_counts_are_told_to_the_nearest_five():
    assert about(np.array([0, 1, 2, 3, 7, 8, 52, 53])).tolist() == [0, 0, 0, 5, 5, 10, 50, 55]
    low, high = pupils_within(np.array([50, 0, -1]))
    assert (low.tolist(), high.tolist()) == ([48, 0, 0], [52, 2, np.inf])


def test_a_reader_who_knows_the_pupils_infers_no_less_than_one_who_does_not():
    rows = printed([(151, 120), (152, 151), (149, 3), (13, 5)])
    rows.loc[3, "state"] = WITHHELD
    (low, high), (low_known, high_known) = (
        not_reached_within(rows),
        not_reached_within(rows, assessed=np.array([151, 152, 149, 13])),
    )
    assert (low <= low_known).all()
    assert (high_known <= high).all()
    assert (low_known[3], high_known[3]) == (0, 13)


def test_three_cohorts_go_together_however_many_years_are_seen():
    years = pd.Series(range(2010, 2022))
    groups = first_cohort(years)
    assert groups.value_counts().eq(COHORTS_TOGETHER).all()
    assert (first_cohort(groups) == groups).all()


def test_the_interval_is_wilsons_and_made_of_what_is_printed():
    low, high = share_interval(np.array([80, 50]), np.array([150, 25]))
    assert (low.tolist(), high.tolist()) == ([72, 31], [86, 69])  # Wilson 1927: 0.729–0.856 and 0.317–0.683, outward


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(FollowupError, match="2 of 3 counts"):
        printed([(10, 11), (0, 0), (5, 5)])
