"""The mixture over tau: mean, covariance, draws and limits of a mixture that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need.posterior import TauPosterior, posterior_draws, widened_limits


def mixture(weights: list[float], *, variance: float = 1.0) -> TauPosterior:
    """Modes (0, 0) and (4, 2), covariance ``variance`` and 4 × that, correlated by a half."""
    shape = variance * np.array([[1.0, 0.5], [0.5, 1.0]])
    return TauPosterior(
        taus=(0.1, 0.5),
        log_evidence=np.zeros(2),
        weights=np.array(weights),
        coefficients=np.array([[0.0, 0.0], [4.0, 2.0]]),
        covariances=np.stack([shape, 4 * shape]),
        unknown_terms=(),
        left_out=(),
        prior_sha256="",
    )


@pytest.mark.parametrize("weights", [[0.75, 0.25], [1.5, 0.5]])
def test_mean_and_covariance_are_those_of_the_mixture(weights):
    """tau: .75 × .1 + .25 × .5 = .2. Within: (.75 + 1) × shape; between: 3/16 of the outer product of (4, 2)."""
    found = mixture(weights)
    assert found.mean == pytest.approx(0.2, abs=1e-15)
    expected = 1.75 * np.array([[1.0, 0.5], [0.5, 1.0]]) + 3 / 16 * np.outer([4, 2], [4, 2])
    np.testing.assert_allclose(found.covariance, expected, atol=1e-12)


def test_draws_come_from_each_part_by_its_weight():
    drawn = posterior_draws(mixture([1.5, 0.5], variance=1e-6), draws=4000, seed=3)
    near = np.abs(drawn[:, 0]) < 1
    assert drawn.shape == (4000, 2)
    assert near.mean() == pytest.approx(0.75, abs=0.03)
    np.testing.assert_allclose(drawn[near].mean(axis=0), [0, 0], atol=2e-4)
    np.testing.assert_allclose(drawn[~near].mean(axis=0), [4, 2], atol=4e-4)
    np.testing.assert_allclose(np.cov(drawn[near].T) * 1e6, [[1, 0.5], [0.5, 1]], atol=0.08)
    np.testing.assert_allclose(np.cov(drawn[~near].T) * 1e6, [[4, 2], [2, 4]], atol=0.5)


def test_draws_are_settled_and_two_hundred_by_default():
    drawn = posterior_draws(mixture([1.0, 0.0]), seed=3)
    assert drawn.shape == (200, 2)
    assert np.array_equal(np.round(drawn, 10), drawn)
    assert posterior_draws(mixture([1.0, 0.0]), draws=2, seed=3).shape == (2, 2)


def test_fewer_than_two_draws_are_refused():
    with pytest.raises(NeedError, match=r"^draws is 1; two or more are needed$") as told:
        posterior_draws(mixture([1.0, 0.0]), draws=1, seed=3)
    assert told.value.reason == "bad_setting"


def test_limits_are_percentiles_widened_around_the_estimate():
    """Draws 0..40: percentiles 1 and 39; around 10 and widened by 2: 10 - 18 and 10 + 58."""
    drawn = np.column_stack([np.arange(41.0), -np.arange(41.0)])
    plain = widened_limits(drawn, estimate=np.array([10.0, -10.0]), widening=1.0)
    wide = widened_limits(drawn, estimate=np.array([10.0, -10.0]), widening=2.0)
    np.testing.assert_allclose(plain, [[1.0, 39.0], [-39.0, -1.0]])
    np.testing.assert_allclose(wide, [[-8.0, 68.0], [-68.0, 8.0]])


@pytest.mark.parametrize("widening", [0.999, 0.0, float("nan")])
def test_limits_are_never_narrowed(widening):
    with pytest.raises(NeedError, match=f"^widening is {widening}; it must be 1 or more$") as told:
        widened_limits(np.zeros((2, 1)), estimate=np.zeros(1), widening=widening)
    assert told.value.reason == "bad_setting"
