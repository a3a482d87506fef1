"""The random intercept step by step: equal to the Laplace likelihood written out, its variance and blocks too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.logit import Rows
from models_py.need.random_intercept import LARGEST_VARIANCE, SMALLEST_VARIANCE, fit_random_intercept

X = np.array([[1.0, 0.5], [0.0, 1.0], [-0.5, 0.0]])
SCHOOL, CELL = np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6)
TRIALS = np.array([10, 8, 6, 12, 9, 7, 11, 5, 14, 6, 6, 9, 13, 10, 4, 7, 12, 8], dtype=float)
EVENTS = np.array([1, 2, 0, 6, 4, 4, 3, 1, 6, 0, 1, 0, 9, 5, 3, 2, 2, 2], dtype=float)
ROWS = Rows(X, SCHOOL, CELL, TRIALS, EVENTS)
COLUMNS = np.column_stack([np.ones(6), [0.2, -0.4, 0.1, -0.3, 0.6, 0.3]])
PENALTY = np.array([0.5, 0.1, 0.0, 0.2])
FULL = np.hstack([X[CELL], COLUMNS[SCHOOL]])


def modes(slopes: np.ndarray, variance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every school's intercept at its mode, the mean per row and the curvature per school."""
    a = np.zeros(6)
    for _ in range(60):
        mean = expit(FULL @ slopes + a[SCHOOL])
        curvature = np.bincount(SCHOOL, TRIALS * mean * (1 - mean)) + 1 / variance
        a = a + (np.bincount(SCHOOL, EVENTS - TRIALS * mean) - a / variance) / curvature
    return a, mean, curvature


def loss(at: np.ndarray) -> float:
    """Penalised Laplace likelihood of slopes and log variance, negative."""
    slopes, variance = at[:4], np.exp(at[4])
    a, mean, curvature = modes(slopes, variance)
    value = (EVENTS * np.log(mean) + (TRIALS - EVENTS) * np.log1p(-mean)).sum()
    value -= (a**2).sum() / (2 * variance) + 0.5 * np.log(variance * curvature).sum()
    return float(-value + 0.5 * PENALTY @ slopes**2)


def test_slopes_and_variance_maximise_the_penalised_laplace_likelihood():
    found = fit_random_intercept(ROWS, school_columns=COLUMNS, penalty=PENALTY)
    best = minimize(loss, np.r_[np.zeros(4), -1.0], method="BFGS", options={"gtol": 1e-7}).x
    np.testing.assert_allclose(found.slopes, best[:4], atol=2e-4)
    assert np.log(found.variance) == pytest.approx(best[4], abs=2e-3)
    assert SMALLEST_VARIANCE < found.variance < LARGEST_VARIANCE


def test_blocks_are_each_school_s_gradient_and_curvature_with_its_intercept_absorbed():
    found = fit_random_intercept(ROWS, school_columns=COLUMNS, penalty=PENALTY)
    _, mean, curvature = modes(found.slopes, found.variance)
    weights = TRIALS * mean * (1 - mean)
    for school in range(6):
        own = school == SCHOOL
        x, w = FULL[own], weights[own]
        expected = x.T @ (w[:, None] * x) - np.outer(w @ x, w @ x) / curvature[school]
        np.testing.assert_allclose(found.blocks.hessians[school], expected, atol=1e-6)

    def value(slopes: np.ndarray) -> np.ndarray:
        a, mean, curvature = modes(slopes, found.variance)
        each = EVENTS * np.log(mean) + (TRIALS - EVENTS) * np.log1p(-mean)
        return np.bincount(SCHOOL, each) - a**2 / (2 * found.variance) - 0.5 * np.log(curvature)

    steps = 1e-5 * np.eye(4)
    numeric = np.column_stack([(value(found.slopes + d) - value(found.slopes - d)) / 2e-5 for d in steps])
    np.testing.assert_allclose(found.blocks.scores, numeric, atol=1e-4)
    np.testing.assert_allclose(found.blocks.scores.sum(axis=0), PENALTY * found.slopes, atol=1e-6)
    assert found.blocks.penalty.tolist() == np.diag(PENALTY).tolist()


def test_steps_are_counted_and_limited():
    found = fit_random_intercept(ROWS, school_columns=COLUMNS, penalty=PENALTY)
    steps = found.iterations
    assert 4 < steps < 60
    again = fit_random_intercept(ROWS, school_columns=COLUMNS, penalty=PENALTY, max_iterations=steps)
    assert again.slopes.tolist() == found.slopes.tolist()
    with pytest.raises(
        NeedError, match=rf"^the random-intercept fit did not settle in {steps - 1} iterations; "
    ) as told:
        fit_random_intercept(ROWS, school_columns=COLUMNS, penalty=PENALTY, max_iterations=steps - 1)
    assert told.value.reason == "no_convergence"
    assert fit_random_intercept(ROWS, school_columns=COLUMNS, penalty=PENALTY, tolerance=1e9).iterations == 3


def test_schools_that_alone_decide_are_refused_in_words():
    rng = np.random.default_rng(1)
    school, cell = np.repeat(np.arange(40), 2), np.tile([0, 1], 40)
    events = np.where(school % 2 == 0, 300.0, 0.0) + np.where(rng.random(80) < 0.01, 1.0, 0.0) * (school % 2)
    rows = Rows(np.array([[0.0], [1.0]]), school, cell, np.full(80, 300.0), np.minimum(events, 300.0))
    with pytest.raises(NeedError, match=r"^schools differ as if each decided the outcome alone; ") as told:
        fit_random_intercept(rows, school_columns=np.ones((40, 1)), penalty=np.array([0.5, 0.0]))
    assert told.value.reason == "schools_decide"
