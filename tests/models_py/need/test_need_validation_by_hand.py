"""Rank correlations and folds of a handful of units, worked out by hand."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import rank_correlations
from models_py.need.validation import RankCorrelations, spearman, unit_folds


def predictions(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["municipality_code", "school_unit_code", "pupils", "predicted", "realised"])


def test_a_fold_is_the_hash_of_the_code_by_the_number_of_folds():
    codes = ["12345678", "87654321", "1"]
    for folds in (2, 10):
        expected = [int(hashlib.sha256(code.encode()).hexdigest(), 16) % folds for code in codes]
        assert unit_folds(codes, folds=folds).tolist() == expected
    assert unit_folds(codes).tolist() == unit_folds(codes, folds=10).tolist()
    assert unit_folds([1]).tolist() == unit_folds(["1"]).tolist()


def test_ranks_with_ties_and_a_constant_side():
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0, 2.0])) == pytest.approx(-0.5)
    assert spearman(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(np.sqrt(3) / 2)
    assert np.isnan(spearman(np.ones(3), np.array([1.0, 2.0, 3.0])))
    assert np.isnan(spearman(np.array([1.0, 2.0, 3.0]), np.ones(3)))


def test_years_of_a_unit_are_pooled_by_pupils_and_municipalities_weigh_by_theirs():
    """In "a" the unit "3" of 10 and 30 pupils has realised (10 × .9 + 30 × .1)/40 = .3 and predicted .2: ranks 1 2 3
    against 1 3 2, ρ = .5 of 60 pupils; in "b" ρ = -1 of 20; in "c" the predictions are constant."""
    table = predictions(
        ("a", "3", 10, 0.5, 0.9), ("a", "1", 10, 0.05, 0.2), ("a", "3", 30, 0.1, 0.1), ("a", "2", 10, 0.1, 0.4),
        ("b", "4", 5, 0.6, 0.8), ("b", "5", 5, 0.7, 0.7), ("b", "6", 10, 0.8, 0.6),
        ("c", "7", 50, 0.9, 0.1), ("c", "8", 50, 0.9, 0.2), ("c", "9", 50, 0.9, 0.3),
    )  # fmt: skip
    found = rank_correlations(table, minimum_units=3)
    ranks = [1, 2, 3, 4, 5, 6, 8, 8, 8], [2.5, 6, 4.5, 9, 8, 7, 1, 2.5, 4.5]
    assert found == RankCorrelations(
        within_municipality=pytest.approx((60 * 0.5 - 20) / 80),
        pooled=pytest.approx(np.corrcoef(*ranks)[0, 1], abs=1e-12),
        municipalities=2,
        minimum_units=3,
        units=9,
    )


def test_a_municipality_counts_from_the_least_number_of_units_and_none_leaves_null():
    table = predictions(*(("a", str(n), 10, n / 10, n / 10) for n in range(1, 6)))
    assert rank_correlations(table).within_municipality == pytest.approx(1.0)
    assert rank_correlations(table).minimum_units == 5
    four = rank_correlations(table.head(4))
    assert (four.municipalities, four.units, four.pooled) == (0, 4, pytest.approx(1.0))
    assert np.isnan(four.within_municipality)


def test_two_units_are_the_least():
    table = predictions(("a", "1", 10, 0.1, 0.2), ("a", "2", 10, 0.2, 0.1), ("a", "1", 5, 0.3, 0.1))
    assert rank_correlations(table.head(2)).pooled == pytest.approx(-1.0)
    with pytest.raises(NeedError, match=r"^1 units have predictions; a ranking needs two$") as told:
        rank_correlations(table.iloc[[0, 2]])
    assert told.value.reason == "too_few_units"
