"""Calibration figures of a handful of leavers, worked by hand, and tenths just above and just below what is published."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from models_py.errors import NeedError
from models_py.need.calibration_check import (
    TENTH_COLUMNS,
    auc,
    brier_score,
    calibration_line,
    share_line,
    tenths_of_risk,
)

SHARE, TRIALS, EVENTS = np.array([0.2, 0.6]), np.array([10.0, 20.0]), np.array([3.0, 14.0])


def test_auc_and_brier_score_of_two_groups():
    # Pairs of one with and one without: 14·7 ordered rightly, 3·7 + 14·6 ties half, of 17 · 13.
    assert auc(SHARE, trials=TRIALS, events=EVENTS) == pytest.approx((14 * 7 + 0.5 * (3 * 7 + 14 * 6)) / (17 * 13))
    assert brier_score(SHARE, trials=TRIALS, events=EVENTS) == pytest.approx(
        (3 * 0.64 + 7 * 0.04 + 14 * 0.16 + 6 * 0.36) / 30, rel=1e-14
    )
    turned = [array[::-1] for array in (SHARE, TRIALS, EVENTS)]
    assert auc(turned[0], trials=turned[1], events=turned[2]) == auc(SHARE, trials=TRIALS, events=EVENTS)


def test_two_groups_lie_exactly_on_their_calibration_line():
    # The observed log-odds are logit(0.3) and logit(0.7): the line through two points.
    score = logit(SHARE)
    slope = (logit(0.7) - logit(0.3)) / (score[1] - score[0])
    # Its variance: 1/(n p q) of either end over the squared distance.
    error = math.sqrt(1 / (10 * 0.21) + 1 / (20 * 0.21)) / (score[1] - score[0])
    found = calibration_line(score, trials=TRIALS, events=EVENTS)
    assert found == pytest.approx((logit(0.3) - slope * score[0], slope, error), abs=1e-9)
    assert all(value == round(value, 10) for value in found)


def test_a_line_of_slope_one_is_set_by_the_level_alone():
    held = calibration_line(np.zeros(2), trials=TRIALS, events=EVENTS, slope=False)
    assert held == (round(logit(17 / 30), 10), 1.0, 0.0)
    moved = calibration_line(np.full(2, 1.5), trials=TRIALS, events=EVENTS, slope=False)
    assert moved[0] == pytest.approx(logit(17 / 30) - 1.5, abs=1e-9)


def test_a_line_far_from_where_the_search_starts_is_found():
    score = np.array([-0.1, 0.1])
    found = calibration_line(score, trials=np.array([1000.0, 1000.0]), events=np.array([10.0, 990.0]))
    assert found[1] == pytest.approx(2 * logit(0.99) / 0.2, rel=1e-8)
    level = calibration_line(np.full(2, -12.0), trials=TRIALS, events=EVENTS, slope=False)
    assert level[0] == pytest.approx(12 + logit(17 / 30), abs=1e-9)


@pytest.mark.parametrize(
    ("score", "events"), [([-1.0, 1.0], [0.0, 20.0]), ([0.5, 0.5], [3.0, 14.0])], ids=["separated", "constant"]
)
def test_a_score_that_separates_or_does_not_vary_has_no_line(score, events):
    with pytest.raises(NeedError, match="the calibration line did not settle") as caught:
        calibration_line(np.array(score), trials=TRIALS, events=np.array(events))
    assert caught.value.reason == "no_convergence"


def test_a_line_through_shares_is_least_squares_by_hand():
    # Expected mean 14/30; slope through 0.3 at 0.2 and 0.7 at 0.6 is one; both lie 0.1 above.
    distance, slope, error = share_line(SHARE, trials=TRIALS, events=EVENTS)
    assert (distance, slope) == pytest.approx((0.1, 1.0), abs=1e-10)
    centred = SHARE - 14 / 30
    squares = TRIALS * np.array([0.3 * 0.7, 0.7 * 0.3])  # both groups lie on the line: their variance is p·q
    spread = TRIALS @ centred**2
    assert error == pytest.approx(math.sqrt(squares @ centred**2) / spread, abs=1e-10)
    with pytest.raises(NeedError, match="the expected shares do not vary") as caught:
        share_line(np.array([0.5, 0.5]), trials=TRIALS, events=EVENTS)
    assert caught.value.reason == "no_convergence"


def tenths(shares, trials, events) -> pd.DataFrame:
    return tenths_of_risk(np.array(shares, float), trials=np.array(trials, float), events=np.array(events, float))


def test_ten_groups_of_enough_leavers_are_ten_tenths():
    shares = [place / 20 for place in range(1, 11)]
    found = tenths(shares[::-1], [20] * 10, [10] * 10)
    expected = pd.DataFrame(
        {
            "tenths": [str(place) for place in range(1, 11)],
            "pupil_count": 20,
            "observed_count": 10,
            "expected_count": [float(place) for place in range(1, 11)],
            "observed_share": 0.5,
            "expected_share": shares,
        }
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-12)


@pytest.mark.parametrize("spoil", [9, 11])
def test_a_tenth_with_nine_on_a_side_is_joined_to_the_next_and_the_last_to_the_one_before(spoil: int):
    shares = [place / 20 for place in range(1, 11)]
    first = tenths(shares, [20] * 10, [spoil, *[10] * 9])
    assert first["tenths"].tolist() == ["1-2", *(str(place) for place in range(3, 11))]
    assert first.iloc[0].tolist() == ["1-2", 40, 10 + spoil, 3.0, (10 + spoil) / 40, pytest.approx(0.075)]
    last = tenths(shares, [20] * 10, [*[10] * 9, spoil])
    assert last["tenths"].tolist() == [*(str(place) for place in range(1, 9)), "9-10"]
    assert last.iloc[-1, :3].tolist() == ["9-10", 40, 10 + spoil]


def test_several_poor_tenths_are_joined_until_there_are_enough():
    shares = [place / 20 for place in range(1, 11)]
    found = tenths(shares, [20] * 10, [3, 3, 4, 0, 0, 0, 0, 0, 0, 10])
    assert found["tenths"].tolist() == ["1-3", "4-10"]
    assert found["observed_count"].tolist() == [10, 10]


def test_a_share_that_many_have_stands_in_the_tenth_of_its_middle():
    # Middles of 60, 20 and 20 of 100: 0.3, 0.7 and 0.9; a tenth nobody's middle lies in is joined to what follows.
    found = tenths([0.1, 0.2, 0.3], [60, 20, 20], [30, 10, 10])
    assert found[["tenths", "pupil_count"]].to_numpy().tolist() == [["1-4", 60], ["5-8", 20], ["9-10", 20]]


@pytest.mark.parametrize(("events", "rows"), [(10, 1), (9, 0), (20, 1), (21, 0)])
def test_all_leavers_together_need_ten_on_each_side(events: int, rows: int):
    found = tenths([0.4], [30], [events])
    assert len(found) == rows
    assert tuple(found.columns) == TENTH_COLUMNS
    if rows:
        assert found.iloc[0].tolist() == ["1-10", 30, events, 12.0, events / 30, pytest.approx(0.4)]
