"""Rows of the model card from tables of a few rows: every key, the order, and what is left out."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from orchestration.publication.model_tables import (
    alternatives,
    calibration,
    changed_units,
    coefficients,
    differences,
    doubtful_factors,
    path,
)


def test_coefficients_have_odds_beside_log_odds_and_the_reference_level_first():
    table = pd.DataFrame(
        [
            ("intercept", None, -1.5, 0.2, -1.9, -1.1),
            ("sex", "boy", 0.25, 0.1, 0.05, 0.45),
            ("sex", "girl", 0.0, None, None, None),
            ("zzz", "b", 0.0, 0.1, -0.2, 0.2),
            ("zzz", "a", 0.5, None, None, None),
        ],
        columns=["factor", "level", "estimate", "standard_error", "interval_lower", "interval_upper"],
    )
    rows = coefficients(table)
    assert [(row["factor"], row["level"], row["is_baseline"], row["is_intercept"]) for row in rows] == [
        ("sex", "girl", True, False), ("sex", "boy", False, False), ("zzz", "a", False, False), ("zzz", "b", False, False),
        ("intercept", "", False, True),
    ]  # fmt: skip
    assert rows[1] == {
        "factor": "sex", "level": "boy", "is_baseline": False, "is_intercept": False, "estimate": 0.25, "interval_lower": 0.05,
        "interval_upper": 0.45, "odds_estimate": math.exp(0.25), "odds_interval_lower": math.exp(0.05),
        "odds_interval_upper": math.exp(0.45),
    }  # fmt: skip
    ends = ("interval_lower", "interval_upper", "odds_interval_lower", "odds_interval_upper")
    assert {rows[0][key] for key in ends} == {None}
    assert (rows[0]["estimate"], rows[0]["odds_estimate"]) == (0.0, 1.0)


LEVELS = [
    "factor",
    "level",
    "level_share",
    "systematic_sd",
    "chance_sd",
    "outcome_correlation",
    "share_sd",
    "unit_count",
]


def test_differences_stand_largest_first_and_a_mirrored_level_once():
    table = pd.DataFrame(
        [
            ("sex", "boy", 0.5, 0.01, 0.02, 0.3, 0.04, 7),
            ("sex", "girl", 0.5, 0.01, 0.02, -0.3, 0.04, 7),
            ("zzz", "a", 0.2, 0.05, 0.01, None, 0.06, 9),
            ("zzz", "b", 0.3, 0.05, 0.01, 0.2, 0.06, 9),
            ("zzz", "c", 0.5, None, None, None, None, 8),
        ],
        columns=LEVELS,
    )
    found = differences(table)
    assert (found["withheld"], found["units"]) == (1, 9)
    named = [(row["factor"], row["level"]) for row in found["rows"]]
    assert named == [("zzz", "a"), ("zzz", "b"), ("sex", "boy")]
    assert found["rows"][0] == {
        "factor": "zzz", "level": "a", "level_share": 0.2, "systematic_sd": 0.05, "chance_sd": 0.01, "outcome_correlation": None,
    }  # fmt: skip
    nothing = table.iloc[[4]]
    assert differences(nothing) == {"rows": [], "withheld": 1, "units": 0}


def test_doubtful_factors_are_those_flagged_true():
    table = pd.DataFrame(
        [("zzz", True, None), ("sex", True, True), ("immigration", False, True), ("yyy", None, False)],
        columns=["factor", "is_missing_flagged", "is_collinear"],
        dtype=object,
    )
    found = doubtful_factors(table)
    assert set(found) == {"missing", "collinear"}
    assert found["missing"] == ["sex", "zzz"]
    assert sorted(found["collinear"]) == ["immigration", "sex"]


def test_the_path_is_told_step_by_step():
    flags = {"is_core": True, "is_minimum": False, "is_within_one_se": None, "is_recommended": True}
    table = pd.DataFrame(
        [
            {"step": 1, "factor_added": "sex", "paired_difference": -0.5, "paired_standard_error": 0.25,
             "pot_moved_by_factor_share": None, **flags},
            {"step": 0, "factor_added": None, "paired_difference": None, "paired_standard_error": None,
             "pot_moved_by_factor_share": 0.0, **dict.fromkeys(flags, False)},
        ],
        dtype=object,
    )  # fmt: skip
    assert path(table) == [
        {"step": 0, "factor": None, "paired_difference": None, "paired_standard_error": None, "pot_moved_by_factor_share": 0.0,
         "is_core": False, "is_minimum": False, "is_within_one_se": False, "is_recommended": False},
        {"step": 1, "factor": "sex", "paired_difference": -0.5, "paired_standard_error": 0.25, "pot_moved_by_factor_share": None,
         "is_core": True, "is_minimum": False, "is_within_one_se": False, "is_recommended": True},
    ]  # fmt: skip
    assert path(table.iloc[:0]) == []


def test_a_tenth_is_shown_with_enough_on_both_sides():
    """Of 40 leavers: 9.6 is rounded to ten with the outcome, 9.4 to nine; and the same of those without it."""
    table = pd.DataFrame(
        [(3, 40, 0.7, 0.76), (1, 40, 0.2, 0.24), (2, 40, 0.3, 0.235), (4, 40, 0.8, 0.765)],
        columns=["tenths", "leaver_count", "expected_share", "observed_share"],
    ).assign(more=1)
    assert calibration(table, shown_from=10) == [
        {"tenths": 1, "leaver_count": 40, "expected_share": 0.2, "observed_share": 0.24},
        {"tenths": 3, "leaver_count": 40, "expected_share": 0.7, "observed_share": 0.76},
    ]
    assert [row["tenths"] for row in calibration(table, shown_from=9)] == [1, 2, 3, 4]


PAIRS = pd.DataFrame(
    [("b", "x", "0.25"), ("b", "a", "0.5"), ("a", "x", "0.125")], columns=["model_a", "model_b", "misplaced_pot_share"]
)


def test_models_stand_with_the_one_in_use_first_and_each_two_both_ways():
    indices = pd.DataFrame({"model": ["a", "b", "x"], "is_in_use": [False, True, False]})
    assert alternatives(indices, pairs=PAIRS) == {
        "models": ["b", "a", "x"],
        "in_use": "b",
        "moved": {
            ("b", "x"): 0.25,
            ("x", "b"): 0.25,
            ("b", "a"): 0.5,
            ("a", "b"): 0.5,
            ("a", "x"): 0.125,
            ("x", "a"): 0.125,
        },
        "from_use": {"a": 0.5, "x": 0.25},
    }


@pytest.mark.parametrize("used", [[], ["other"]])
def test_without_the_model_in_use_among_the_pairs_nothing_is_told_from_it(used: list[str]):
    indices = pd.DataFrame({"model": used, "is_in_use": [True] * len(used)})
    found = alternatives(indices, pairs=PAIRS)
    assert (found["models"], found["in_use"], found["from_use"]) == (["a", "b", "x"], None, {})
    none = alternatives(indices, pairs=PAIRS.iloc[:0])
    assert none == {"models": [], "in_use": None, "moved": {}, "from_use": {}}


def test_units_that_change_stand_largest_first_with_whole_kronor():
    changes = pd.DataFrame(
        [("3", 0.1, "a", "b", 1.4, 2.6), ("2", -0.2, "a", "x", 10.0, 8.0), ("1", -0.1, "b", "x", 3.0, 2.0)],
        columns=["school_unit_code", "change_share", "model_a", "model_b", "total_a_sek", "total_b_sek"],
    )
    wide = pd.DataFrame({"school_unit_code": ["1", "2"], "school_unit_name": ["Ekskolan", ""]})
    assert changed_units(changes, wide=wide) == [
        {"unit": "2", "name": "2", "change": -0.2, "model_a": "a", "model_b": "x", "ore_a": 1000, "ore_b": 800},
        {"unit": "1", "name": "Ekskolan", "change": -0.1, "model_a": "b", "model_b": "x", "ore_a": 300, "ore_b": 200},
        {"unit": "3", "name": "3", "change": 0.1, "model_a": "a", "model_b": "b", "ore_a": 100, "ore_b": 300},
    ]
