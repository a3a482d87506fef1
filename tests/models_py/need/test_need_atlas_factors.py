"""Rows per factor and per pair of factors, whole, against tables worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from models_py.need import Factor
from models_py.need.atlas_factors import association_rows, factor_rows

FIRST, SECOND = Factor("first", ("no", "yes", "missing")), Factor("second", ("no", "yes", "missing"))
NOBODY = Factor("nobody", ("no", "yes", "missing"))
# Level codes of first, second and nobody, and pupils; two units: rows of even and of odd place.
CODES = np.array([[0, 0, 2], [0, 1, 2], [1, 0, 2], [1, 1, 2], [2, 0, 2], [1, 2, 2]])
PUPILS = np.array([30, 10, 10, 30, 16, 4])
UNIT = np.array([0, 1, 0, 1, 0, 1])


def by_unit(factors: int, *, codes: np.ndarray = CODES, pupils: np.ndarray = PUPILS) -> list[np.ndarray]:
    found = [np.zeros((2, 3), dtype=np.int64) for _ in range(factors)]
    for row, unit, count in zip(codes, UNIT, pupils, strict=False):
        for place in range(factors):
            found[place][unit, row[place]] += count
    return found


def test_a_row_per_factor_tells_what_is_missing_and_what_measures_the_same():
    found = factor_rows(by_unit(3), factors=(FIRST, SECOND, NOBODY), codes=CODES, pupils=PUPILS)
    # Known on both: 30/10/10/30, a correlation of 0.5. First: 16 of 56 missing in one unit, 0 of 44 in the other.
    expected = pd.DataFrame(
        {
            "factor": ["first", "second", "nobody"],
            "pupil_count": 100,
            "missing_count": [16, 4, 100],
            "missing_share": [0.16, 0.04, 1.0],
            "is_missing_flagged": [False, False, True],
            "flagged_unit_count": [1, 0, 2],
            "complete_pupil_count": 80,
            "degrees_of_freedom": [1, 1, 0],
            "gvif": [round(4 / 3, 9), round(4 / 3, 9), np.nan],
            "gvif_root": [round(math.sqrt(4 / 3), 9), round(math.sqrt(4 / 3), 9), np.nan],
            "is_collinear": [False, False, False],
        }
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_exactly_a_quarter_missing_is_not_flagged():
    codes, pupils = np.array([[0], [0], [2], [2]]), np.array([30, 45, 10, 15])
    rows = factor_rows(by_unit(1, codes=codes, pupils=pupils), factors=(FIRST,), codes=codes, pupils=pupils)
    assert rows[["missing_share", "is_missing_flagged", "flagged_unit_count"]].to_numpy().tolist() == [[0.25, False, 0]]
    more = np.array([30, 45, 10, 16])
    rows = factor_rows(by_unit(1, codes=codes, pupils=more), factors=(FIRST,), codes=codes, pupils=more)
    assert rows[["is_missing_flagged", "flagged_unit_count"]].to_numpy().tolist() == [[True, 1]]


def test_inflation_is_flagged_where_the_squared_root_is_above_five():
    # A correlation r inflates by 1 / (1 - r²): 4.96 at r = 0.8935, 5.05 at r = 0.8955.
    for correlation, flagged in ((0.8935, False), (0.8955, True)):
        agree = round(10_000 * (1 + correlation))
        pupils = np.array([agree, 20_000 - agree, 20_000 - agree, agree])
        rows = factor_rows(
            by_unit(2, codes=CODES[:4], pupils=pupils), factors=(FIRST, SECOND), codes=CODES[:4, :2], pupils=pupils
        )
        assert rows["is_collinear"].tolist() == [flagged, flagged]


def test_pupils_never_known_on_both_and_no_pupil_known_at_all_have_no_inflation():
    apart = np.array([[0, 2], [1, 2], [2, 0], [2, 1]])
    nothing = np.array([[2, 2], [2, 2], [2, 2], [2, 2]])
    for codes, missing in ((apart, [20, 20]), (nothing, [40, 40])):
        pupils = np.full(4, 10)
        rows = factor_rows(by_unit(2, codes=codes, pupils=pupils), factors=(FIRST, SECOND), codes=codes, pupils=pupils)
        assert rows["missing_count"].tolist() == missing
        assert rows["complete_pupil_count"].tolist() == [0, 0]
        assert rows["degrees_of_freedom"].tolist() == [0, 0]
        assert rows[["gvif", "gvif_root"]].isna().all().all()
        assert rows["is_collinear"].tolist() == [False, False]


def test_a_row_per_pair_of_factors_counts_pupils_known_on_both():
    found = association_rows(CODES, factors=(FIRST, SECOND, NOBODY), pupils=PUPILS)
    expected = pd.DataFrame(
        {
            "factor": ["first", "first", "second"],
            "other_factor": ["second", "nobody", "nobody"],
            "pupil_count": [80, 0, 0],
            "smallest_cell_count": [10, 0, 0],
            "degrees_of_freedom": [1, 0, 0],
            "cramers_v": [0.5, np.nan, np.nan],
        }
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_one_factor_alone_has_no_pair_but_the_same_columns():
    found = association_rows(CODES[:, :1], factors=(FIRST,), pupils=PUPILS)
    assert found.empty
    assert list(found.columns) == [
        "factor", "other_factor", "pupil_count", "smallest_cell_count", "degrees_of_freedom", "cramers_v",
    ]  # fmt: skip
