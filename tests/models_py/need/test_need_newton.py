"""The general absorbed logit: equal to a dense solution written out in full, its evidence too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.logit import Rows
from models_py.need.newton import Problem, Solution, blocks_at, log_evidence, solve, with_slopes

SCHOOLS, CELLS = 5, 7


def small_problem(seed: int, *, school_precision: float, extra: int = 1) -> Problem:
    rng = np.random.default_rng(seed)
    present = rng.random((SCHOOLS, CELLS)) < 0.8
    school, cell = np.nonzero(present)
    trials = rng.integers(4, 30, len(school)).astype(float)
    events = np.clip(rng.binomial(trials.astype(int), 0.3), 1, trials - 1).astype(float)
    rows = Rows(rng.normal(size=(CELLS, 2)), school, cell, trials, events)
    root = rng.normal(size=(2 + extra, 2 + extra))
    precision = root @ root.T + np.eye(2 + extra)
    offset = rng.normal(scale=0.3, size=CELLS)
    return Problem(rows, offset, rng.normal(size=(len(school), extra)), precision, school_precision)


def dense(problem: Problem) -> tuple[np.ndarray, np.ndarray, float]:
    """Mode and negative Hessian over (slopes, intercepts) by a general optimiser, and the Laplace evidence."""
    rows = problem.rows
    x = np.hstack([rows.x[rows.cell], problem.extra, np.eye(rows.schools)[rows.school]])
    width = len(problem.precision)
    penalty = np.zeros((x.shape[1], x.shape[1]))
    penalty[:width, :width] = problem.precision
    penalty[width:, width:] = problem.school_precision * np.eye(rows.schools)
    offset = problem.offset[rows.cell]

    def loss(b: np.ndarray) -> float:
        eta = offset + x @ b
        return float(-(rows.events * eta - rows.trials * np.logaddexp(0, eta)).sum() + 0.5 * b @ penalty @ b)

    def slope(b: np.ndarray) -> np.ndarray:
        return -x.T @ (rows.events - rows.trials * expit(offset + x @ b)) + penalty @ b

    mode = minimize(loss, np.zeros(x.shape[1]), jac=slope, method="BFGS", options={"gtol": 1e-9, "maxiter": 500}).x
    mean = expit(offset + x @ mode)
    hessian = x.T @ ((rows.trials * mean * (1 - mean))[:, None] * x) + penalty
    volume = np.linalg.slogdet(problem.precision)[1] - np.linalg.slogdet(hessian)[1]
    return mode, hessian, -loss(mode) + 0.5 * volume


@pytest.mark.parametrize("extra", [0, 1, 2])
@pytest.mark.parametrize("school_precision", [0.0, 1.0])
def test_mode_and_covariance_equal_the_dense_solution(school_precision, extra):
    problem = small_problem(3, school_precision=school_precision, extra=extra)
    solution = solve(problem)
    mode, hessian, _ = dense(problem)
    width = 2 + extra
    np.testing.assert_allclose(solution.slopes, mode[:width], atol=2e-6)
    np.testing.assert_allclose(solution.intercepts, mode[width:], atol=2e-6)
    tolerance = 1e-3 if school_precision == 0 else 1e-6  # the free intercepts are damped by 1e-4
    np.testing.assert_allclose(
        np.linalg.inv(solution.hessian), np.linalg.inv(hessian)[:width, :width], rtol=tolerance, atol=tolerance
    )


def test_the_evidence_equals_the_dense_one():
    problem = small_problem(4, school_precision=1.0)
    assert log_evidence(problem, solve(problem)) == pytest.approx(dense(problem)[2], abs=1e-5)


def test_a_start_close_by_changes_nothing():
    problem = small_problem(5, school_precision=1.0)
    other = solve(replace(problem, precision=2 * problem.precision))
    np.testing.assert_allclose(solve(problem, start=other).slopes, solve(problem).slopes, atol=1e-9)


def test_intercepts_beside_given_slopes_are_the_best():
    problem = small_problem(6, school_precision=1.0)
    best = solve(problem)
    moved = with_slopes(problem, best.slopes + 0.2, start=best)
    gradient = problem.rows.by_school(moved.residuals) - moved.intercepts
    assert np.abs(gradient).max() < 1e-8
    np.testing.assert_allclose(with_slopes(problem, best.slopes, start=moved).intercepts, best.intercepts, atol=1e-7)


def test_blocks_add_up_to_the_hessian_and_to_no_pull():
    problem = small_problem(7, school_precision=1.0)
    solution = solve(problem)
    blocks = blocks_at(problem, solution)
    np.testing.assert_allclose(blocks.hessians.sum(axis=0) + blocks.penalty, solution.hessian, atol=1e-9)
    np.testing.assert_allclose(blocks.scores.sum(axis=0), 0.0, atol=1e-9)


def test_a_school_s_score_is_the_slope_of_its_profile_likelihood():
    problem = small_problem(8, school_precision=1.0)
    solution = solve(problem)
    rows = problem.rows

    def school_value(slopes: np.ndarray) -> np.ndarray:
        at: Solution = with_slopes(problem, slopes, start=solution)
        eta = (
            (problem.offset + rows.x @ slopes[:2])[rows.cell] + at.intercepts[rows.school] + problem.extra @ slopes[2:]
        )
        value = rows.events * eta - rows.trials * np.logaddexp(0, eta)
        return rows.by_school(value) - 0.5 * at.intercepts**2

    steps = 1e-5 * np.eye(3)
    slopes = np.column_stack(
        [(school_value(solution.slopes + d) - school_value(solution.slopes - d)) / 2e-5 for d in steps]
    )
    np.testing.assert_allclose(blocks_at(problem, solution).scores, slopes - slopes.mean(axis=0), atol=1e-4)


def test_a_level_that_decides_everything_without_precision_is_refused():
    school = np.repeat([0, 1, 2], 2)
    cell = np.tile([0, 1], 3)
    trials = np.full(6, 10.0)
    rows = Rows(np.array([[0.0], [1.0]]), school, cell, trials, np.where(cell == 1, 10.0, 0.0))
    with pytest.raises(NeedError) as refused:
        solve(Problem(rows, np.zeros(2), np.empty((6, 0)), np.zeros((1, 1))), max_iterations=4)
    assert refused.value.reason == "no_convergence"
