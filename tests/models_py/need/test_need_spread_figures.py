"""Spread over units in figures worked out by hand, one unit and no pupils among them."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from models_py.need.spread import mean_deviation, spread_over_units, weighted_correlation


def test_every_figure_of_two_units():
    """Units of 4 and 6 with 3 and 1 of 4 marked: mean .4; variance (4 × .35² + 6 × (1/6 - .4)²)/10; chance .24 × 1/9;
    ½ (|3/4 - 1/6| + |1/4 - 5/6|) = 7/12; by chance 2 × E|X - 1.6| × 10/(2·4·6), X hypergeometric in the unit of four."""
    found = spread_over_units(np.array([[3], [1]]), known=np.array([4, 6]))
    variance, chance = (4 * 0.35**2 + 6 * (1 / 6 - 0.4) ** 2) / 10, 0.24 / 9
    chances = np.array([15, 80, 90, 24, 1]) / 210  # C(4,x) C(6,4-x) / C(10,4)
    deviation = np.abs(np.arange(5) - 1.6) @ chances
    expected = (
        np.sqrt(variance), np.sqrt(chance), np.sqrt(variance - chance), 7 / 12, 2 * deviation * 10 / 48,
    )  # fmt: skip
    assert [figure.tolist() for figure in astuple(found)] == [pytest.approx([value], rel=1e-12) for value in expected]


def test_chance_takes_all_of_a_small_spread():
    found = spread_over_units(np.array([[2], [3]]), known=np.array([5, 5]))
    assert found.systematic_sd.tolist() == [0.0]
    assert found.sd.tolist() == [pytest.approx(0.1)]


def test_levels_stand_beside_each_other_and_only_the_odd_one_is_null():
    found = spread_over_units(np.array([[3, 0, 4, 1], [1, 0, 6, 0]]), known=np.array([4, 6]))
    for figure in astuple(found):
        assert np.isnan(figure).tolist() == [False, True, True, False]
    alone = spread_over_units(np.array([[3], [1]]), known=np.array([4, 6]))
    assert [figure[0] for figure in astuple(found)] == [figure[0] for figure in astuple(alone)]


@pytest.mark.parametrize("known", [[0, 0], [1, 0], [7, 0]])
def test_fewer_than_two_units_with_known_pupils_have_no_spread(known):
    have = np.array([[min(known[0], 1), 0], [0, 0]])
    with np.errstate(all="raise"):
        found = spread_over_units(have, known=np.array(known))
    for figure in astuple(found):
        assert figure.shape == (2,)
        assert np.isnan(figure).all()


def test_the_deviation_of_one_pupil_among_two():
    assert mean_deviation(2, marked=np.array([1]), drawn=np.array([1])).tolist() == [pytest.approx(0.5)]
    assert mean_deviation(4, marked=np.array([[2, 1]]), drawn=np.array([[2], [1]])) == pytest.approx(
        np.array([[1 / 3, 0.5], [0.5, 3 / 8]])
    )


def test_correlation_of_columns_by_hand():
    """Weights 1, 2, 1 on -1, 0, 1 give mean 0 and the columns' own signs; a constant column is null."""
    first = np.array([[-1.0, 1.0, 5.0], [0.0, 0.0, 5.0], [1.0, -1.0, 5.0]])
    found = weighted_correlation(first, second=np.array([1.0, 2.0, 3.0]), weights=np.array([1, 2, 1]))
    np.testing.assert_allclose(found, [1.0, -1.0, np.nan], atol=1e-15)
    beside = weighted_correlation(first, second=first[:, ::-1], weights=np.array([1, 2, 1]))
    np.testing.assert_allclose(beside, [np.nan, 1.0, np.nan], atol=1e-15)


def test_two_units_or_no_weight_have_no_correlation():
    rows = np.array([[1.0, 2.0], [2.0, 4.0], [4.0, 1.0]])
    for found in (
        weighted_correlation(rows[:2], second=np.array([1.0, 2.0]), weights=np.array([1, 1])),
        weighted_correlation(rows, second=np.array([1.0, 2.0, 3.0]), weights=np.zeros(3)),
    ):
        assert found.shape == (2,)
        assert np.isnan(found).all()
    assert np.isfinite(
        weighted_correlation(rows, second=np.array([1.0, 2.0, 4.0]), weights=np.array([0.2, 0.3, 0.1]))
    ).all()
