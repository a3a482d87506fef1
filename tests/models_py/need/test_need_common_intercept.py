"""One intercept for everybody, and schools drawn anew, on cells small enough to solve on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from models_py.errors import NeedError
from models_py.need.bootstrap import CHUNK, bootstrap_slopes
from models_py.need.common_intercept import common_blocks, fit_common
from models_py.need.fit import SchoolBlocks
from models_py.need.logit import Rows

X = np.array([[0.0, 1.0], [1.0, 1.0]])
TRIALS, EVENTS = np.array([40.0, 10.0]), np.array([8.0, 5.0])


def test_two_cells_are_fitted_exactly_and_the_second_derivative_is_that_at_the_solution():
    found = fit_common(X, trials=TRIALS, events=EVENTS, penalty=np.zeros(2))
    np.testing.assert_allclose(found.slopes, [logit(0.5) - logit(0.2), logit(0.2)], atol=1e-9)
    np.testing.assert_allclose(found.mean, [0.2, 0.5], atol=1e-9)
    np.testing.assert_allclose(found.hessian, [[2.5, 2.5], [2.5, 2.5 + 6.4]], atol=1e-8)
    assert 3 <= found.iterations <= 8


def test_a_ridge_pulls_the_slope_until_its_pull_is_the_score():
    penalty = np.array([2.0, 0.0])
    found = fit_common(X, trials=TRIALS, events=EVENTS, penalty=penalty)
    np.testing.assert_allclose(X.T @ (EVENTS - TRIALS * found.mean), penalty * found.slopes, atol=1e-7)
    weights = TRIALS * found.mean * (1 - found.mean)
    np.testing.assert_allclose(found.hessian, X.T @ np.diag(weights) @ X + np.diag(penalty), atol=1e-8)


def test_the_level_alone_is_the_share_of_all():
    found = fit_common(np.ones((2, 1)), trials=TRIALS, events=EVENTS, penalty=np.zeros(1))
    assert found.slopes.tolist() == [pytest.approx(logit(13 / 50), abs=1e-9)]
    rare = fit_common(np.ones((1, 1)), trials=np.array([1e6]), events=np.array([1.0]), penalty=np.zeros(1))
    assert rare.slopes.tolist() == [pytest.approx(logit(1e-6), abs=1e-6)]


def test_columns_alike_and_a_level_that_decides_everything_are_refused():
    with pytest.raises(NeedError, match="cannot be told apart") as caught:
        fit_common(np.ones((2, 2)), trials=TRIALS, events=EVENTS, penalty=np.zeros(2))
    assert caught.value.reason == "not_identified"
    with pytest.raises(
        NeedError, match="the pooled fit did not settle in 30 iterations; a level probably decides"
    ) as caught:
        fit_common(X, trials=TRIALS, events=np.array([8.0, 10.0]), penalty=np.zeros(2), tolerance=1e-12)
    assert caught.value.reason == "no_convergence"
    tamed = fit_common(X, trials=TRIALS, events=np.array([8.0, 10.0]), penalty=np.array([0.1, 0.0]))
    assert tamed.slopes[0] > 3
    with pytest.raises(NeedError, match="in 1 iterations"):
        fit_common(X, trials=TRIALS, events=EVENTS, penalty=np.zeros(2), max_iterations=1)


def test_scores_and_hessians_of_schools_are_sums_over_their_rows():
    # The first school has both cells, the second only the last.
    rows = Rows(X, np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([10.0, 4.0, 6.0]), np.array([3.0, 1.0, 5.0]))
    found = common_blocks(rows, mean=np.array([0.2, 0.5]), penalty=np.array([0.7, 0.0]))
    # Residuals 3 - 2, 1 - 2, 5 - 3; weights 1.6, 1, 1.5.
    np.testing.assert_allclose(found.scores, [[-1.0, 0.0], [2.0, 2.0]], atol=1e-12)
    np.testing.assert_allclose(found.hessians, [[[1.0, 1.0], [1.0, 2.6]], [[1.5, 1.5], [1.5, 1.5]]], atol=1e-12)
    np.testing.assert_array_equal(found.penalty, [[0.7, 0.0], [0.0, 0.0]])


BLOCKS = SchoolBlocks(
    np.array([[1.0, 0.5], [-2.0, 1.0]]),
    np.array([[[2.0, 0.5], [0.5, 1.0]], [[3.0, -0.5], [-0.5, 2.0]]]),
    np.diag([1.0, 0.5]),
)


def test_every_replicate_is_one_newton_step_from_the_fit():
    weights = np.array([[1, 1], [2, 0], [0, 3], [0, 0]])
    expected = []
    for w in weights.astype(float):
        hessian = w[0] * BLOCKS.hessians[0] + w[1] * BLOCKS.hessians[1] + BLOCKS.penalty
        expected.append(
            0.25 + np.linalg.inv(hessian)[0] @ ((w[0] - 1) * BLOCKS.scores[0] + (w[1] - 1) * BLOCKS.scores[1])
        )
    found = bootstrap_slopes(BLOCKS, coefficients=np.array([0.25]), weights=weights)
    assert found.shape == (4, 1)
    np.testing.assert_array_equal(found[:, 0], np.round(expected, 10))
    both = bootstrap_slopes(BLOCKS, coefficients=np.array([0.25, -1.0]), weights=weights)
    np.testing.assert_array_equal(both[:, 0], found[:, 0])


def test_more_replicates_than_fit_in_one_piece_are_each_solved():
    weights = np.random.default_rng(1).integers(0, 3, (CHUNK + 3, 2))
    whole = bootstrap_slopes(BLOCKS, coefficients=np.zeros(2), weights=weights)
    for place in (0, CHUNK - 1, CHUNK, CHUNK + 2):
        alone = bootstrap_slopes(BLOCKS, coefficients=np.zeros(2), weights=weights[place : place + 1])
        np.testing.assert_allclose(whole[place], alone[0], atol=1e-10)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.ones(2), r"weights are \(2,\), or negative; replicates × 2 schools are needed"),
        (np.ones((3, 3)), r"weights are \(3, 3\)"),
        (np.array([[1.0, np.nan]]), r"weights are \(1, 2\)"),
        (np.array([[1.0, -1.0]]), r"weights are \(1, 2\), or negative"),
    ],
)
def test_weights_of_another_form_are_refused(weights: np.ndarray, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        bootstrap_slopes(BLOCKS, coefficients=np.zeros(2), weights=weights)
    assert caught.value.reason == "bad_weights"


def test_more_coefficients_than_columns_and_a_level_without_schools_are_refused():
    with pytest.raises(NeedError, match="3 coefficients, but the blocks have 2 columns") as caught:
        bootstrap_slopes(BLOCKS, coefficients=np.zeros(3), weights=np.ones((1, 2)))
    assert caught.value.reason == "bad_weights"
    bare = SchoolBlocks(BLOCKS.scores, BLOCKS.hessians, np.zeros((2, 2)))
    with pytest.raises(NeedError, match="a replicate lacks every school with a level") as caught:
        bootstrap_slopes(bare, coefficients=np.zeros(2), weights=np.array([[1, 1], [0, 0]]))
    assert caught.value.reason == "not_identified"
