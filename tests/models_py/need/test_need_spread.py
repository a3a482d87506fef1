"""Spread beyond chance, and collinearity: equal to enumeration and to outside implementations."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import hypergeom
from scipy.stats.contingency import association as scipy_association
from statsmodels.stats.outliers_influence import variance_inflation_factor

from models_py.need.collinearity import association, crossed, inflations
from models_py.need.spread import mean_deviation, spread_over_units, weighted_correlation


def one_level(have: list[int], known: list[int]):
    return spread_over_units(np.array(have)[:, None], known=np.array(known))


def test_chance_is_the_mean_over_every_way_of_dealing_the_pupils():
    known, marked = [2, 3, 4], 4
    unit = np.repeat(np.arange(3), known)
    variances, dissimilarities = [], []
    for chosen in combinations(range(9), marked):
        have = np.bincount(unit[list(chosen)], minlength=3)
        share = have / known
        variances.append(np.average((share - marked / 9) ** 2, weights=known))
        dissimilarities.append(0.5 * np.abs(have / marked - (known - have) / (9 - marked)).sum())
    found = one_level([1, 1, 2], known)
    assert found.chance_sd[0] == pytest.approx(np.sqrt(np.mean(variances)), rel=1e-12)
    assert found.chance_dissimilarity[0] == pytest.approx(np.mean(dissimilarities), rel=1e-12)


def test_mean_deviation_is_that_of_the_hypergeometric():
    for total, marked, drawn in [(40, 7, 11), (40, 1, 39), (30, 15, 10), (9, 9, 4), (9, 0, 4)]:
        x = np.arange(drawn + 1)
        expected = (np.abs(x - marked * drawn / total) * hypergeom.pmf(x, total, marked, drawn)).sum()
        found = mean_deviation(total, marked=np.array(marked), drawn=np.array(drawn))
        assert float(found) == pytest.approx(expected, abs=1e-12)


def test_full_segregation_is_one_and_even_shares_leave_nothing_systematic():
    apart = one_level([20, 0], [20, 20])
    assert apart.dissimilarity[0] == pytest.approx(1.0)
    assert apart.sd[0] == pytest.approx(0.5)
    even = one_level([5, 10, 15], [10, 20, 30])
    assert even.dissimilarity[0] == even.sd[0] == even.systematic_sd[0] == 0
    assert even.chance_sd[0] > 0


def test_pupils_dealt_at_random_have_no_systematic_spread_on_average():
    rng = np.random.default_rng(1)
    known = np.array([15, 30, 60, 20, 45, 80, 25, 35])
    excess = []
    for _ in range(400):
        dealt = rng.permutation(np.arange(known.sum()) < 70)
        found = one_level(np.add.reduceat(dealt, np.r_[0, np.cumsum(known)[:-1]]).tolist(), known.tolist())
        excess.append(found.sd[0] ** 2 - found.chance_sd[0] ** 2)
    assert abs(np.mean(excess)) < 3 * np.std(excess) / np.sqrt(400)


def test_a_level_all_or_none_have_has_no_spread():
    found = spread_over_units(np.array([[5, 0], [7, 0]]), known=np.array([5, 7]))
    for figure in (found.sd, found.chance_sd, found.dissimilarity, found.chance_dissimilarity):
        assert np.isnan(figure).all()
    assert np.isnan(one_level([3], [8]).sd).all()


def test_units_without_known_pupils_do_not_count():
    assert one_level([3, 0, 6], [10, 0, 12]).chance_sd == one_level([3, 6], [10, 12]).chance_sd


def test_weighted_correlation_is_that_of_repeated_rows():
    rng = np.random.default_rng(2)
    x, y, weights = rng.normal(size=6), rng.normal(size=6), np.array([1, 5, 2, 4, 3, 2])
    found = weighted_correlation(x[:, None], second=y, weights=weights)[0]
    assert found == pytest.approx(np.corrcoef(np.repeat(x, weights), np.repeat(y, weights))[0, 1], rel=1e-12)
    assert np.isnan(weighted_correlation(np.ones((6, 1)), second=y, weights=weights)).all()
    assert np.isnan(weighted_correlation(x[:2, None], second=y[:2], weights=weights[:2])).all()


@pytest.fixture
def codes() -> np.ndarray:
    rng = np.random.default_rng(3)
    s = rng.normal(size=3000)
    near = s[:, None] + rng.normal(size=(3000, 3))
    return np.column_stack(
        [near[:, 0] > 0, near[:, 1] > 0.5, np.searchsorted([-1, 0, 1], near[:, 2]), rng.random(3000) < 0.5]
    ).astype(int)


def test_two_level_factors_have_the_vif_of_statsmodels(codes):
    x = np.column_stack([np.ones(len(codes)), codes[:, 0], codes[:, 1], codes[:, 3], codes[:, 2][:, None] == [1, 2, 3]])
    found = inflations(codes, weights=np.ones(len(codes)))
    for factor, column in ((0, 1), (1, 2), (3, 3)):
        assert found[factor].gvif == pytest.approx(variance_inflation_factor(x.astype(float), column), rel=1e-9)
        assert found[factor].root == pytest.approx(np.sqrt(found[factor].gvif))


def test_the_generalised_vif_is_a_ratio_of_determinants_and_ignores_the_reference(codes):
    dummies = [(codes[:, [column]] == np.unique(codes[:, column])[1:]) for column in range(4)]
    r = np.corrcoef(np.hstack(dummies).astype(float), rowvar=False)
    own, others = np.array([2, 3, 4]), np.array([0, 1, 5])
    expected = np.linalg.det(r[np.ix_(own, own)]) * np.linalg.det(r[np.ix_(others, others)]) / np.linalg.det(r)
    found = inflations(codes, weights=np.ones(len(codes)))[2]
    assert found.degrees_of_freedom == 3
    assert found.gvif == pytest.approx(expected, rel=1e-9)
    turned = codes.copy()
    turned[:, 2] = 3 - turned[:, 2]
    assert inflations(turned, weights=np.ones(len(codes)))[2].gvif == pytest.approx(expected, rel=1e-9)


def test_weights_are_pupils(codes):
    rows, count = np.unique(codes, axis=0, return_counts=True)
    per_pupil = inflations(codes, weights=np.ones(len(codes)))
    for once, each in zip(inflations(rows, weights=count), per_pupil, strict=True):
        assert once.gvif == pytest.approx(each.gvif, rel=1e-9)


def test_the_same_thing_measured_twice_is_infinitely_inflated_and_a_constant_has_no_inflation(codes):
    twice = np.column_stack([codes[:, 2], codes[:, 2] // 2, codes[:, 3], np.zeros(len(codes), dtype=int)])
    found = inflations(twice, weights=np.ones(len(codes)))
    assert found[0].gvif == found[1].gvif == float("inf")
    assert found[2].gvif == pytest.approx(1.0, abs=0.01)
    assert np.isnan(found[3].gvif)
    assert np.isnan(found[3].root)


def test_cramers_v_is_that_of_scipy(codes):
    weights = np.ones(len(codes))
    table = crossed(codes[:, 0], second=codes[:, 2], weights=weights, sizes=(2, 4))
    found = association(table)
    assert found.cramers_v == pytest.approx(scipy_association(table, method="cramer"), rel=1e-12)
    assert (found.pupils, found.smallest_cell, found.degrees_of_freedom) == (3000, table.min(), 3)
    padded = np.zeros((3, 6), dtype=int)
    padded[:2, :4] = table
    assert association(padded) == found
    assert np.isnan(association(np.array([[5, 0], [7, 0]])).cramers_v)
    assert association(np.zeros((2, 2), dtype=int)).pupils == 0
