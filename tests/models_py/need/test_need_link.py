"""Expected shares by link, their slope, and the intercept that makes expected equal observed."""

from __future__ import annotations

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need.link import expected, expected_slope, intercepts


def test_log_odds_become_shares_and_points_are_clipped():
    scores = np.array([-1.5, 0.0, 0.25, 1.0, 2.5])
    assert expected(np.array([0.0, np.log(3), -np.log(3)]), "logit") == pytest.approx([0.5, 0.75, 0.25], abs=1e-15)
    assert expected(scores, "identity").tolist() == [0.0, 0.0, 0.25, 1.0, 1.0]


def test_the_slope_is_p_times_1_minus_p_or_1_inside_the_points_and_0_where_clipped():
    shares = np.array([0.0, 0.25, 0.5, 1.0])
    assert expected_slope(shares, "logit").tolist() == [0.0, 0.1875, 0.25, 0.0]
    found = expected_slope(shares, "identity")
    assert (found.dtype, found.tolist()) == (float, [0.0, 1.0, 1.0, 0.0])


def test_each_column_of_scores_gets_its_own_intercept():
    """Two equal cells: a share of 1/2 at scores ±s is met by 0, whatever s; one cell: the logit of the share itself."""
    scores = np.array([[-1.0, -3.0, 2.0], [1.0, 3.0, 2.0]])
    found = intercepts(scores, trials=np.array([5.0, 5.0]), total=5.0, link="logit", start=1.0)
    assert found == pytest.approx([0.0, 0.0, -2.0], abs=1e-12)
    quarter = intercepts(np.zeros((1, 1)), trials=np.array([8.0]), total=2.0, link="logit", start=0.0)
    assert quarter == pytest.approx([-np.log(3)], abs=1e-12)


def test_points_are_met_after_clipping():
    """Cells of 1 and 3 pupils with scores 0 and .5: a total of 3.1 clips the second at 1 and gives the first .1."""
    scores, trials = np.array([[0.0], [0.5]]), np.array([1.0, 3.0])
    assert intercepts(scores, trials=trials, total=3.5, link="identity", start=0.0) == pytest.approx([0.5], abs=1e-12)
    assert intercepts(scores, trials=trials, total=3.6, link="identity", start=0.0) == pytest.approx([0.6], abs=1e-12)
    assert intercepts(scores, trials=trials, total=0.6, link="identity", start=5.0) == pytest.approx([-0.3], abs=1e-12)
    assert intercepts(scores, trials=trials, total=1.9, link="identity", start=0.0) == pytest.approx([0.1], abs=1e-12)


@pytest.mark.parametrize("start", [-500.0, -25.0, 0.0, 25.0, 500.0])
@pytest.mark.parametrize("total", [1e-6, 0.01, 3.0, 5.99, 6 - 1e-6])
def test_the_start_is_of_no_matter_even_where_the_slope_vanishes(start, total):
    scores, trials = np.array([[-8.0, 0.0], [5.0, 1.0]]), np.array([2.0, 4.0])
    a = intercepts(scores, trials=trials, total=total, link="logit", start=start)
    assert trials @ expected(a + scores, "logit") == pytest.approx([total, total], rel=1e-9)


@pytest.mark.parametrize("total", [0.0, 6.0, -1.0, 7.0])
def test_a_total_that_is_not_strictly_between_none_and_all_is_refused(total):
    with pytest.raises(NeedError, match="all or none") as told:
        intercepts(np.zeros((2, 1)), trials=np.array([2.0, 4.0]), total=total, link="logit", start=0.0)
    assert told.value.reason == "no_calibration"


@pytest.mark.parametrize("seed", range(6))
def test_points_with_many_kinks_settle_in_the_steps_there_are(seed):
    random = np.random.default_rng(seed)
    scores, trials = random.normal(0, 3, (40, 30)), random.integers(1, 9, 40).astype(float)
    for share in (0.02, 0.5, 0.97):
        total = share * trials.sum()
        a = intercepts(scores, trials=trials, total=total, link="identity", start=0.0)
        assert trials @ expected(a + scores, "identity") == pytest.approx(np.full(30, total), rel=1e-9)
