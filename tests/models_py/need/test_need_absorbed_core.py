"""The core of the absorbed logits step by step: sums by school and cell, one Newton step, blocks and the jackknife."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need.fit import SchoolBlocks
from models_py.need.logit import (
    DAMPING,
    Rows,
    fit_absorbed,
    jackknife_of_blocks,
    outer_sums,
    recalibrate,
    require_identified,
    row_blocks,
    within_blocks,
)

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
SCHOOL, CELL = np.array([0, 0, 1, 1, 1]), np.array([0, 2, 0, 1, 2])
TRIALS, EVENTS = np.array([10.0, 8.0, 6.0, 12.0, 4.0]), np.array([3.0, 1.0, 2.0, 4.0, 3.0])
ROWS = Rows(X, SCHOOL, CELL, TRIALS, EVENTS)
PENALTY = np.array([0.5, 2.0])


def dense(slopes: np.ndarray, intercepts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradient and negative Hessian over (slopes, damped intercepts), written out with a dummy per school."""
    full = np.hstack([X[CELL], np.eye(2)[SCHOOL]])
    mean = expit(full @ np.r_[slopes, intercepts])
    weights, residuals = TRIALS * mean * (1 - mean), EVENTS - TRIALS * mean
    hessian = full.T @ (weights[:, None] * full) + np.diag([*PENALTY, DAMPING, DAMPING])
    return full.T @ residuals - np.r_[PENALTY * slopes, 0, 0], hessian, weights, residuals


def test_sums_by_school_and_by_cell_count_those_without_rows_too():
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert ROWS.schools == 2
    assert ROWS.by_school(values).tolist() == [3.0, 28.0]
    assert ROWS.by_cell(values).tolist() == [5.0, 8.0, 18.0, 0.0]
    assert ROWS.spread(values).toarray().tolist() == [[1.0, 0.0, 2.0, 0.0], [4.0, 8.0, 16.0, 0.0]]


def test_outer_sums_are_those_of_every_school_written_out():
    weights = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    found = outer_sums(ROWS, weights)
    assert found.tolist() == [[[3.0, 2.0], [2.0, 2.0]], [[20.0, 16.0], [16.0, 24.0]]]


def test_a_single_step_starts_from_each_school_s_own_log_odds_with_half_a_pupil_on_both_sides():
    start = np.log(np.array([4.5, 9.5]) / np.array([14.5, 13.5]))
    gradient, hessian, _, _ = dense(np.zeros(2), start)
    step = np.linalg.solve(hessian, gradient)
    assert np.abs(step).max() < 3
    slopes, intercepts = step[:2], start + step[2:]
    _, _, weights, residuals = dense(slopes, intercepts)
    found = fit_absorbed(ROWS, penalty=PENALTY, max_iterations=1, tolerance=1e9)
    np.testing.assert_allclose(found.slopes, slopes, rtol=1e-10)
    np.testing.assert_allclose(found.weights, weights, rtol=1e-10)
    np.testing.assert_allclose(found.residuals, residuals, rtol=1e-10)
    assert found.iterations == 1


def test_the_fit_settles_in_few_steps_and_counts_them():
    found = fit_absorbed(ROWS, penalty=PENALTY)
    assert found.iterations == 4
    assert fit_absorbed(ROWS, penalty=PENALTY, max_iterations=4).slopes.tolist() == found.slopes.tolist()
    assert fit_absorbed(ROWS, penalty=PENALTY, tolerance=1e-3).iterations == 3
    with pytest.raises(NeedError, match="did not settle in 3 iterations; a level probably decides") as told:
        fit_absorbed(ROWS, penalty=PENALTY, max_iterations=3)
    assert told.value.reason == "no_convergence"
    np.testing.assert_allclose(X.T @ ROWS.by_cell(found.residuals), PENALTY * found.slopes, atol=1e-8)
    np.testing.assert_allclose(ROWS.by_school(found.residuals), 0, atol=1e-8)


def test_a_level_that_decides_all_is_given_up_after_thirty_steps():
    decided = Rows(np.array([[0.0], [1.0]]), np.repeat([0, 1], 2), np.tile([0, 1], 2), np.full(4, 5.0),
                   np.tile([0.0, 5.0], 2))  # fmt: skip
    with pytest.raises(NeedError, match=r"in 30 iterations; .*: use ridge > 0 or merge levels$"):
        fit_absorbed(decided, penalty=np.full(1, 1e-9))


def test_blocks_are_centred_at_each_school_s_weighted_mean():
    weights, residuals = np.array([1.0, 3.0, 2.0, 4.0, 2.0]), np.array([0.5, -1.5, 1.0, 2.0, -1.0])
    found = within_blocks(ROWS, weights=weights, residuals=residuals, penalty=PENALTY)
    for school in (0, 1):
        own = school == SCHOOL
        x = X[CELL[own]] - np.average(X[CELL[own]], axis=0, weights=weights[own])
        np.testing.assert_allclose(found.hessians[school], x.T @ (weights[own, None] * x), atol=1e-12)
        np.testing.assert_allclose(found.scores[school], residuals[own] @ x, atol=1e-12)
    assert found.penalty.tolist() == [[0.5, 0.0], [0.0, 2.0]]


def test_blocks_of_rows_are_plain_sums_per_cluster():
    x, weights, residuals = X[:3], np.array([1.0, 2.0, 3.0]), np.array([1.0, -1.0, 0.5])
    found = row_blocks(x, weights=weights, residuals=residuals, starts=np.array([0, 2]), penalty=PENALTY)
    assert found.scores.tolist() == [[1.0, -1.0], [0.5, 0.5]]
    assert found.hessians.tolist() == [[[1.0, 0.0], [0.0, 2.0]], [[3.0, 3.0], [3.0, 3.0]]]
    assert found.penalty.tolist() == [[0.5, 0.0], [0.0, 2.0]]


def test_the_jackknife_of_two_blocks_by_hand():
    """One column: H = 2 and 3, penalty 1, scores ±6: d = -6/4 and 6/3; (1/2) (2.25 + 4)."""
    blocks = SchoolBlocks(np.array([[6.0], [-6.0]]), np.array([[[2.0]], [[3.0]]]), np.array([[1.0]]))
    assert jackknife_of_blocks(blocks).tolist() == [[0.5 * (1.5**2 + 2**2)]]


@pytest.mark.parametrize(("smallest", "told_apart"), [(1.1e-10, True), (1e-10, False), (0.0, False), (-1.0, False)])
def test_columns_are_told_apart_by_the_smallest_against_the_largest_eigenvalue(smallest, told_apart):
    hessian = np.diag([1.0, smallest])
    if told_apart:
        require_identified(hessian)
        return
    with pytest.raises(NeedError, match=r"^the columns cannot be told apart within schools; use ridge > 0") as told:
        require_identified(hessian)
    assert told.value.reason == "not_identified"


@pytest.mark.parametrize("score", [-45.0, 0.0, 45.0])
def test_an_intercept_is_found_however_far_off_the_scores_are(score):
    found = recalibrate(np.full(2, score), trials=np.array([1.0, 3.0]), total=1.0)
    assert found == pytest.approx(logit(0.25) - score, abs=1e-11)


def test_an_intercept_between_two_scores():
    found = recalibrate(np.array([-2.0, 2.0]), trials=np.array([5.0, 5.0]), total=5.0)
    assert found == pytest.approx(0.0, abs=1e-12)
