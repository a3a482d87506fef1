"""Rows per level of the atlas, every column against counts small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.atlas_levels import OutcomesByLevel, known_levels, level_rows, outcomes_by_level, settled
from models_py.need.cells import cell_counts
from models_py.need.spread import spread_over_units

BAND = Factor("band", ("low", "mid", "high", "missing"))
UNITS = pd.Index(["A", "B", "C", "D", "E", "G"])
HAVE = np.array([[5, 5, 10], [19, 0, 0], [0, 0, 0], [10, 10, 20], [12, 12, 6], [4, 3, 3]])
KNOWN = HAVE.sum(axis=1)
OUTCOMES = OutcomesByLevel(
    ((np.array([1, 1, 1]), np.array([1, 1, 1])), (np.array([30, 0, 12, 5]), np.array([3, 0, 6, 1]))),
    pd.Series({"A": 15, "B": 14, "C": 50, "D": 16, "E": 20, "X": 99}),
    pd.Series({"A": 3, "B": 5, "C": 9, "D": 8, "E": 2, "X": 7}),
)
BEFORE = (
    pd.Index(["D", "B", "A", "C", "E", "F"]),
    np.array([[30, 10, 10], [0, 0, 0], [10, 5, 5], [5, 5, 5], [30, 12, 18], [9, 1, 1]]),
)


def correlation(first: list[float], second: list[float], pupils: list[int]) -> float:
    return np.corrcoef(np.repeat(first, pupils), np.repeat(second, pupils))[0, 1]


def test_every_column_of_a_level_is_what_counting_by_hand_gives():
    found = level_rows(BAND, position=1, now=(UNITS, HAVE), before=BEFORE, outcomes=OUTCOMES)
    spread = spread_over_units(HAVE, known=KNOWN)
    # Results: A, D and E have 15 leavers and pupils; stable: the same three, by their pupils of today.
    pupils, results = [20, 40, 30], [3 / 15, 8 / 16, 2 / 20]
    shares = {"low": [0.25, 0.25, 0.4], "mid": [0.25, 0.25, 0.4], "high": [0.5, 0.5, 0.2]}
    earlier = {"low": [0.5, 0.6, 0.5], "mid": [0.25, 0.2, 0.2], "high": [0.25, 0.2, 0.3]}
    expected = pd.DataFrame(
        {
            "factor": "band",
            "level": ["low", "mid", "high"],
            "pupil_count": [50, 30, 39],
            "known_count": 119,
            "level_share": np.round([50 / 119, 30 / 119, 39 / 119], 9),
            "unit_count": 5,
            "protected_unit_count": [3, 3, 3],
            "share_sd": np.round(spread.sd, 9),
            "chance_sd": np.round(spread.chance_sd, 9),
            "systematic_sd": np.round(spread.systematic_sd, 9),
            "dissimilarity": np.round(spread.dissimilarity, 9),
            "chance_dissimilarity": np.round(spread.chance_dissimilarity, 9),
            "compared_unit_count": 3,
            "lowest_share": [0.25, 0.25, 0.2],
            "lowest_pupil_count": [5, 5, 6],
            "lowest_known_count": [20, 20, 30],
            "highest_share": [0.4, 0.4, 0.5],
            "highest_pupil_count": [12, 12, 10],
            "highest_known_count": [30, 30, 20],
            "outcome_unit_count": 3,
            "outcome_correlation": np.round([correlation(shares[name], results, pupils) for name in shares], 9),
            "leaver_count": [30, 0, 12],
            "not_eligible_count": [3, 0, 6],
            "not_eligible_share": [0.1, np.nan, 0.5],
            "stable_unit_count": 3,
            "stability_correlation": np.round([correlation(shares[name], earlier[name], pupils) for name in shares], 9),
            "mean_absolute_change": np.round(
                [
                    (20 * 0.25 + 40 * 0.35 + 30 * 0.1) / 90,
                    (40 * 0.05 + 30 * 0.2) / 90,
                    (20 * 0.25 + 40 * 0.3 + 30 * 0.1) / 90,
                ],
                9,
            ),
        }
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize(("have", "protected"), [([10, 10, 10], 0), ([9, 21, 10], 1), ([10, 0, 0], 1)])
def test_a_unit_is_protected_below_ten_with_a_level_or_ten_without_it(have: list[int], protected: int):
    found = level_rows(BAND, position=1, now=(pd.Index(["A"]), np.array([have])), before=None, outcomes=OUTCOMES)
    assert found["protected_unit_count"].iloc[0] == protected


def test_nobody_known_leaves_shares_null_and_counts_zero():
    nobody = np.zeros((2, 3), dtype=np.int64)
    found = level_rows(BAND, position=1, now=(pd.Index(["A", "B"]), nobody), before=BEFORE, outcomes=OUTCOMES)
    zero = [
        name for name in found.columns if name.endswith("_count") and name not in ("leaver_count", "not_eligible_count")
    ]
    assert (found[zero] == 0).all().all()
    null = ["level_share", "share_sd", "lowest_share", "highest_share", "outcome_correlation", "stability_correlation"]
    assert found[[*null, "mean_absolute_change"]].isna().all().all()
    assert found["leaver_count"].tolist() == [30, 0, 12]


def test_without_an_earlier_date_there_is_nothing_to_be_stable_with():
    for before in (None, (pd.Index(["Z"]), np.array([[20, 20, 20]]))):
        found = level_rows(BAND, position=1, now=(UNITS, HAVE), before=before, outcomes=OUTCOMES)
        assert found["stable_unit_count"].tolist() == [0, 0, 0]
        assert found[["stability_correlation", "mean_absolute_change"]].isna().all().all()


def test_one_unit_at_both_dates_is_enough_for_a_change():
    before = (pd.Index(["Z", "A"]), np.array([[1, 1, 1], [1, 2, 1]]))
    found = level_rows(BAND, position=1, now=(UNITS, HAVE), before=before, outcomes=OUTCOMES)
    assert found["stable_unit_count"].tolist() == [1, 1, 1]
    assert found["mean_absolute_change"].tolist() == [0.0, 0.25, 0.25]


SEX = Factor("sex", ("girl", "boy", "missing"))


def counts():
    return cell_counts(
        (BAND, SEX),
        years=[2025, 2026],
        schools=[("9998", "X"), ("9999", "A"), ("9999", "B")],
        levels=np.array([[0, 0], [0, 1], [2, 1], [0, 1], [1, 0]]),
        year=np.array([0, 1, 1, 1, 0]),
        school=np.array([1, 1, 1, 2, 0]),
        counts=(np.array([4, 5, 6, 7, 8]), np.array([1, 2, 3, 0, 8]), np.array([1, 2, 3, 0, 8])),
    )


def test_outcomes_are_of_the_municipalitys_own_schools_by_level_and_by_unit():
    found = outcomes_by_level(counts(), municipality_code="9999", factors=(SEX, BAND))
    assert [[count.tolist() for count in pair] for pair in found.levels] == [
        [[4, 18, 0], [1, 5, 0]],
        [[16, 0, 6, 0], [3, 0, 3, 0]],
    ]
    assert {count.dtype for pair in found.levels for count in pair} == {np.dtype(np.int64)}
    pd.testing.assert_series_equal(found.unit_leavers, pd.Series({"A": 15, "B": 7}))
    pd.testing.assert_series_equal(found.unit_not_eligible, pd.Series({"A": 6, "B": 0}))


@pytest.mark.parametrize("of", [counts, lambda: None])
def test_a_municipality_without_results_has_zeros_of_the_same_kind(of):
    found = outcomes_by_level(of(), municipality_code="1111", factors=(SEX, BAND))
    assert [[count.tolist() for count in pair] for pair in found.levels] == [[[0] * 3] * 2, [[0] * 4] * 2]
    assert {count.dtype for pair in found.levels for count in pair} == {np.dtype(np.int64)}
    for units in (found.unit_leavers, found.unit_not_eligible):
        pd.testing.assert_series_equal(units, pd.Series(dtype=float))


def test_a_factor_counted_with_other_levels_is_refused_by_name():
    other = Factor("sex", ("boy", "girl", "missing"))
    with pytest.raises(NeedError, match=r"factors \['sex'\] are not counted.*counted are \['band', 'sex'\]") as caught:
        outcomes_by_level(counts(), municipality_code="9999", factors=(BAND, other))
    assert caught.value.reason == "unknown_factor"


def test_the_level_missing_is_no_known_level_wherever_it_stands():
    assert known_levels(BAND) == [0, 1, 2]
    assert known_levels(Factor("odd", ("missing", "a", "b"))) == [1, 2]


def test_settling_keeps_floats_to_nine_decimals_and_touches_nothing_else():
    table = pd.DataFrame({"a": [0.1234567894, np.nan], "n": [1, 2], "t": ["x", "y"]})
    expected = pd.DataFrame({"a": [0.123456789, np.nan], "n": [1, 2], "t": ["x", "y"]})
    pd.testing.assert_frame_equal(settled(table), expected, check_exact=True)
    assert table["a"].iloc[0] == 0.1234567894
