"""The random intercept at its edges: schools that are all alike, schools that alone decide, and the likelihood itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.logit import Rows
from models_py.need.random_intercept import SMALLEST_VARIANCE, fit_random_intercept


def rows_of(seed: int, *, deviation: float, schools: int = 80, cells: int = 6, trials: int = 12) -> Rows:
    """Every school has every cell; one column, slope .5, intercept -1."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-1, 1, cells)[:, None]
    school, cell = np.repeat(np.arange(schools), cells), np.tile(np.arange(cells), schools)
    quality = rng.normal(0, 1, schools) * deviation
    n = np.full(len(school), float(trials))
    return Rows(x, school, cell, n, rng.binomial(trials, expit(-1 + 0.5 * x[cell, 0] + quality[school])).astype(float))


def fitted(rows: Rows):
    return fit_random_intercept(rows, school_columns=np.ones((rows.schools, 1)), penalty=np.zeros(2))


def laplace(rows: Rows, slopes: np.ndarray, variance: float) -> float:
    """The approximated log-likelihood, written out for one school after the other."""
    total = 0.0
    for school in range(rows.schools):
        own = rows.school == school
        eta, n, s = slopes[1] + rows.x[rows.cell[own], 0] * slopes[0], rows.trials[own], rows.events[own]
        a = 0.0
        for _ in range(100):
            mean = expit(eta + a)
            a += ((s - n * mean).sum() - a / variance) / ((n * mean * (1 - mean)).sum() + 1 / variance)
        mean = expit(eta + a)
        curvature = (n * mean * (1 - mean)).sum() + 1 / variance
        total += (s * np.log(mean) + (n - s) * np.log1p(-mean)).sum()
        total -= a * a / (2 * variance) + 0.5 * np.log(variance * curvature)
    return total


def test_no_small_move_of_slopes_or_variance_raises_the_likelihood():
    rows = rows_of(1, deviation=0.6, schools=30)
    fit = fitted(rows)
    best = laplace(rows, fit.slopes, fit.variance)
    for move in (np.array([0.01, 0, 0]), np.array([0, 0.01, 0]), np.array([0, 0, 0.01])):
        for sign in (-1, 1):
            assert laplace(rows, fit.slopes + sign * move[:2], fit.variance * np.exp(sign * move[2])) < best
    numerical = laplace(rows, fit.slopes + 1e-5 * np.array([1, 0]), fit.variance) - best
    assert abs(numerical / 1e-5) < 1e-3


@pytest.mark.parametrize("deviation", [0.2, 0.5, 1.5])
def test_the_planted_variance_and_slope_are_found(deviation):
    found = [fitted(rows_of(seed, deviation=deviation, schools=200)) for seed in (1, 2, 3)]
    assert np.mean([np.sqrt(fit.variance) for fit in found]) == pytest.approx(deviation, rel=0.12)
    assert np.mean([fit.slopes[0] for fit in found]) == pytest.approx(0.5, abs=0.06)


def test_schools_that_are_more_alike_than_chance_have_the_smallest_variance_and_the_pooled_slope():
    rows = rows_of(1, deviation=0.0)
    level = np.round(rows.trials * expit(-1 + 0.5 * rows.x[rows.cell, 0]))
    fit = fitted(Rows(rows.x, rows.school, rows.cell, rows.trials, level))
    assert fit.variance == SMALLEST_VARIANCE
    pooled = fitted(Rows(rows.x, rows.school // 2, rows.cell, rows.trials, level))
    assert fit.slopes == pytest.approx(pooled.slopes, abs=1e-3)


def test_schools_that_alone_decide_the_outcome_are_refused():
    rows = rows_of(1, deviation=0.0)
    events = np.where(rows.school % 2 == 0, rows.trials, 0.0)
    with pytest.raises(NeedError) as refused:
        fitted(Rows(rows.x, rows.school, rows.cell, rows.trials, events))
    assert refused.value.reason in ("schools_decide", "no_convergence")


def test_columns_that_cannot_be_told_apart_are_refused():
    rows = rows_of(1, deviation=0.5)
    twice = Rows(np.hstack([rows.x, rows.x]), rows.school, rows.cell, rows.trials, rows.events)
    with pytest.raises(NeedError) as refused:
        fit_random_intercept(twice, school_columns=np.ones((rows.schools, 1)), penalty=np.zeros(3))
    assert refused.value.reason == "not_identified"
