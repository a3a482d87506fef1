"""Floating point stops where money begins: other last bits give the same estimates, shares and index."""

import numpy as np
import pytest

from models_py.need.settle import ESTIMATE_DECIMALS, SHARE_DECIMALS, settle, settle_one, settle_shares


def test_noise_of_another_machine_is_gone_after_settling():
    random = np.random.default_rng(7)
    estimates, noise = random.normal(size=2000), random.uniform(-1e-14, 1e-14, size=2000)
    assert (settle(estimates) == settle(estimates + noise)).mean() > 0.999
    shares = random.uniform(size=2000)
    assert (settle_shares(shares) == settle_shares(shares + noise / 100)).all()


def test_settling_moves_nothing_by_more_than_half_a_step():
    values = np.random.default_rng(8).uniform(size=500)
    assert np.abs(settle(values) - values).max() <= 0.5 * 10.0**-ESTIMATE_DECIMALS + 1e-16
    assert np.abs(settle_shares(values) - values).max() <= 0.5 * 10.0**-SHARE_DECIMALS + 1e-16


def test_a_settled_value_is_its_own_settled_value_and_zero_has_one_sign():
    values = np.array([0.1234567890123, -1e-12, 0.0])
    assert settle(settle(values)).tobytes() == settle(values).tobytes()
    assert not np.signbit(settle(values)[1])
    assert settle_one(0.12345678901) == pytest.approx(0.1234567890, abs=0)


def test_nulls_stay_null():
    assert np.isnan(settle_shares(np.array([np.nan]))).all()
