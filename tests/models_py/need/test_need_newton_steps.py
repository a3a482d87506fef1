"""The general absorbed logit step by step: where it starts, what one step is, how many it takes, and the log-likelihood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.logit import DAMPING, Rows
from models_py.need.newton import Problem, blocks_at, solve, with_slopes

X = np.array([[1.0], [0.0], [-0.5]])
SCHOOL, CELL = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 1, 2])
TRIALS, EVENTS = np.array([10.0, 8.0, 6.0, 12.0, 4.0]), np.array([3.0, 1.0, 2.0, 4.0, 3.0])
EXTRA = np.array([[0.5, 0.0], [-1.0, 1.0], [0.25, 0.5], [1.0, -1.0], [0.0, 2.0]])
OFFSET = np.array([-0.5, -1.0, 0.25])
PRECISION = np.array([[1.0, 0.2, 0.0], [0.2, 2.0, 0.1], [0.0, 0.1, 1.5]])
PROBLEM = Problem(Rows(X, SCHOOL, CELL, TRIALS, EVENTS), OFFSET, EXTRA, PRECISION, 1.5)
START = np.log(np.array([4.5, 9.5]) / np.array([14.5, 13.5]))


def dense(problem: Problem, slopes: np.ndarray, intercepts: np.ndarray):
    """Linear predictor, weights, residuals, gradient and negative Hessian with a dummy per school."""
    full = np.hstack([X[CELL], EXTRA, np.eye(2)[SCHOOL]])
    eta = np.clip(OFFSET[CELL] + full @ np.r_[slopes, intercepts], -30, 30)
    mean = expit(eta)
    weights, residuals = TRIALS * mean * (1 - mean), EVENTS - TRIALS * mean
    precision = np.zeros((5, 5))
    precision[:3, :3] = problem.precision
    pull = precision.copy()
    pull[3:, 3:] = problem.school_precision * np.eye(2)
    precision[3:, 3:] = max(problem.school_precision, DAMPING) * np.eye(2)
    gradient = full.T @ residuals - pull @ np.r_[slopes, intercepts]
    return eta, weights, residuals, gradient, full.T @ (weights[:, None] * full) + precision


@pytest.mark.parametrize("school_precision", [0.0, 0.5e-4, 1.5])
def test_one_step_from_observed_against_expected_log_odds(school_precision):
    problem = replace(PROBLEM, school_precision=school_precision)
    expected = np.bincount(SCHOOL, TRIALS * expit(OFFSET)[CELL])
    start = START - np.log((expected + 0.5) / (np.array([18.0, 22.0]) - expected + 0.5))
    _, _, _, gradient, hessian = dense(problem, np.zeros(3), start)
    step = np.linalg.solve(hessian, gradient)
    assert np.abs(step).max() < 3
    slopes, intercepts = step[:3], start + step[3:]
    eta, weights, residuals, _, hessian = dense(problem, slopes, intercepts)
    found = solve(problem, max_iterations=1, tolerance=1e9)
    np.testing.assert_allclose(found.slopes, slopes, rtol=1e-9)
    np.testing.assert_allclose(found.intercepts, intercepts, rtol=1e-9)
    np.testing.assert_allclose(found.weights, weights, rtol=1e-9)
    np.testing.assert_allclose(found.residuals, residuals, rtol=1e-9)
    np.testing.assert_allclose(found.cross, hessian[3:, :3], rtol=1e-9)
    np.testing.assert_allclose(found.block, np.diag(hessian)[3:], rtol=1e-9)
    np.testing.assert_allclose(np.linalg.inv(found.hessian), np.linalg.inv(hessian)[:3, :3], rtol=1e-7)
    assert found.log_likelihood == pytest.approx(float(EVENTS @ eta - TRIALS @ np.log1p(np.exp(eta))), rel=1e-12)
    assert found.iterations == 1


def test_the_steps_are_counted_and_limited():
    found = solve(PROBLEM)
    assert found.iterations == 4
    assert solve(PROBLEM, max_iterations=4).slopes.tolist() == found.slopes.tolist()
    with pytest.raises(NeedError, match=r"^the fit did not settle in 3 iterations; .* use ridge > 0 or merge levels$"):
        solve(PROBLEM, max_iterations=3)
    assert solve(PROBLEM, start=found).iterations == 1
    assert solve(PROBLEM, tolerance=1e-3).iterations == 3


def test_a_long_step_is_cut_to_the_limit_and_arrives_all_the_same():
    far = replace(solve(PROBLEM), slopes=np.array([9.0, -9.0, 9.0]), intercepts=np.array([-9.0, 9.0]))
    found = solve(PROBLEM, start=far)
    np.testing.assert_allclose(found.slopes, solve(PROBLEM).slopes, atol=1e-8)
    first = solve(PROBLEM, start=far, max_iterations=1, tolerance=1e9)
    moved = np.r_[first.slopes - far.slopes, first.intercepts - far.intercepts]
    assert np.abs(moved).max() == pytest.approx(3.0, abs=1e-12)


def test_forty_steps_are_the_most_by_default():
    decided = Rows(np.array([[0.0], [1.0]]), np.repeat([0, 1], 2), np.tile([0, 1], 2), np.full(4, 5.0),
                   np.tile([0.0, 5.0], 2))  # fmt: skip
    problem = Problem(decided, np.zeros(2), np.empty((4, 0)), np.full((1, 1), 1e-15))
    with pytest.raises(NeedError, match="in 40 iterations") as told:
        solve(problem)
    assert told.value.reason == "no_convergence"


def test_without_a_precision_of_schools_their_intercepts_are_free():
    assert Problem(PROBLEM.rows, OFFSET, EXTRA, PRECISION).school_precision == 0.0
    free = solve(replace(PROBLEM, school_precision=0.0))
    np.testing.assert_allclose(np.bincount(SCHOOL, free.residuals), 0, atol=1e-8)


def test_intercepts_beside_slopes_take_clipped_steps_and_are_counted():
    best = solve(PROBLEM)
    again = with_slopes(PROBLEM, best.slopes, start=best)
    assert again.iterations <= 2
    np.testing.assert_allclose(again.intercepts, best.intercepts, atol=1e-9)
    far = replace(best, intercepts=np.array([8.0, -8.0]))
    np.testing.assert_allclose(with_slopes(PROBLEM, best.slopes, start=far).intercepts, best.intercepts, atol=1e-9)
    one = with_slopes(PROBLEM, best.slopes, start=far, tolerance=1e9)
    assert (one.iterations, np.abs(one.intercepts - far.intercepts).max()) == (1, 3.0)
    with pytest.raises(NeedError, match=r"^the school intercepts did not settle in 40 iterations$") as told:
        with_slopes(PROBLEM, best.slopes, start=best, tolerance=0.0)
    assert told.value.reason == "no_convergence"


def test_blocks_hold_each_school_s_part_with_its_intercept_absorbed():
    solution = solve(PROBLEM)
    found = blocks_at(PROBLEM, solution)
    full = np.hstack([X[CELL], EXTRA])
    scores = np.array([solution.residuals[school == SCHOOL] @ full[school == SCHOOL] for school in (0, 1)])
    np.testing.assert_allclose(found.scores, scores - scores.mean(axis=0), atol=1e-12)
    for school in (0, 1):
        own = school == SCHOOL
        x, w = full[own], solution.weights[own]
        expected = x.T @ (w[:, None] * x) - np.outer(w @ x, w @ x) / (w.sum() + 1.5)
        np.testing.assert_allclose(found.hessians[school], expected, atol=1e-12)
    assert found.penalty.tolist() == PRECISION.tolist()
