"""Tables of the diagnosis and the signal as wholes: columns, kinds of numbers, the empty case and the ends of what is asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from models_py.allocation.diagnosis import Scores, diagnose
from models_py.allocation.scored_units import ScoredUnits, scored_units
from models_py.allocation.signal import FEWEST_REPLICATES, SignalShare, krona_intervals, signal_share
from models_py.errors import AllocationError


def units_of(*rows: tuple[str, int, float]) -> ScoredUnits:
    return scored_units(pd.DataFrame(rows, columns=["school_unit_code", "pupil_count", "need_index"]))


TWO = units_of(("A", 100, 50.0), ("B", 300, 150.0))
BASE, PRESENT = np.array([1_000.0, 7_000.0]), np.array([2_000.0, 10_000.0])
NAMES = [
    "slope_ore_per_100_points", "slope_of_claims_ore_per_100_points", "elasticity", "redistributed_share", "misplaced_share",
    "horizontal_ore_per_pupil", "horizontal_share",
]  # fmt: skip


def linear(index: np.ndarray) -> np.ndarray:
    return TWO.pupil_count * index


def test_two_units_by_hand():
    """Base 8 000 over 400 pupils is 20 a pupil; the pot of 4 000 lies 1 000 and 3 000, that is 10 a pupil everywhere.

    By 100 × 50 and 300 × 150 the pot would lie 400 and 3 600: 4 and 12 a pupil, 8 over 100 points, and 600 of 4 000 move.
    """
    found = diagnose(TWO, present_ore=PRESENT, base_ore=BASE, claims_of=linear)
    expected = pd.DataFrame(
        {
            "school_unit_code": ["A", "B"],
            "pupil_count": np.array([100, 300], dtype="int64"),
            "need_index": [50.0, 150.0],
            "present_ore_per_pupil": [30.0, 30.0],
            "expected_ore_per_pupil": [30.0, 30.0],
            "claimed_ore_per_pupil": [24.0, 32.0],
            "misplaced_ore": [600.0, -600.0],
        }
    )
    pd.testing.assert_frame_equal(found.units, expected)
    assert [getattr(found.scores, name) for name in NAMES] == pytest.approx([0, 8, 0, 0, 0.15, 0, 0], abs=1e-12)
    assert found.intervals is None
    # The pot by the claims on today's base part: A has 1 400 of 2 000, B 10 600 of 10 000.
    won = found.winners
    assert (won.largest_gain_unit, won.largest_gain_per_pupil_ore) == ("B", pytest.approx(2))
    assert (won.largest_loss_unit, won.largest_loss_per_pupil_ore) == ("A", pytest.approx(6))


def test_scores_of_money_that_rises_with_need():
    """1 and 2 kr a pupil at index 50 and 150 without any base: an öre a point, ln 2 over ln 3, and 7/4 as the mean."""
    present = np.array([100 * 100.0, 300 * 200.0])
    scores = diagnose(TWO, present_ore=present, base_ore=np.zeros(2), claims_of=linear).scores
    assert scores.slope_ore_per_100_points == pytest.approx(100)
    assert scores.elasticity == pytest.approx(np.log(2) / np.log(3))
    # Flat is 175 a pupil: A has 75 × 100 = 7 500 of 70 000 less.
    assert scores.redistributed_share == pytest.approx(7_500 / 70_000)
    assert scores.horizontal_ore_per_pupil == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("present", "index"), [((0.0, 10_000.0), (50.0, 150.0)), ((2_000.0, 10_000.0), (0.0, 150.0))])
def test_a_unit_without_money_or_need_leaves_no_elasticity(present: tuple[float, ...], index: tuple[float, ...]):
    units = units_of(("A", 100, index[0]), ("B", 300, index[1]))
    scores = diagnose(
        units, present_ore=np.array(present), base_ore=np.zeros(2), claims_of=lambda at: units.pupil_count * at
    ).scores
    assert scores.elasticity is None
    assert scores.slope_ore_per_100_points is not None


def test_intervals_are_quantiles_of_the_scores_under_each_draw():
    """Four draws of the index; each score is what a diagnosis at that index says, between linear quantiles."""
    draws = np.array([[50.0, 150.0], [60.0, 140.0], [40.0, 160.0], [80.0, 110.0]])
    asked = {"present_ore": np.array([2_000.0, 10_500.0]), "base_ore": BASE, "claims_of": linear}
    found = diagnose(TWO, **asked, index_replicates=draws, level=0.8)
    alone = []
    for index in draws:
        units = units_of(("A", 100, index[0]), ("B", 300, index[1]))
        alone.append(diagnose(units, **asked).scores)
    rows = []
    for name in NAMES:
        low, high = np.percentile([getattr(each, name) for each in alone], [10, 90])
        rows.append((name, getattr(found.scores, name), low, high))
    assert found.intervals is not None
    pd.testing.assert_frame_equal(found.intervals, pd.DataFrame(rows, columns=["score", "estimate", "lower", "upper"]))


def test_the_interval_covers_ninety_five_in_a_hundred_unless_said_otherwise():
    draws = np.column_stack([np.linspace(40, 60, 41), np.linspace(160, 140, 41)])
    asked = {
        "present_ore": np.array([2_000.0, 10_500.0]),
        "base_ore": BASE,
        "claims_of": linear,
        "index_replicates": draws,
    }
    pd.testing.assert_frame_equal(diagnose(TWO, **asked).intervals, diagnose(TWO, **asked, level=0.95).intervals)


def test_a_score_that_some_draw_does_not_have_has_no_interval_and_no_draws_give_none():
    asked = {"present_ore": PRESENT, "base_ore": BASE, "claims_of": linear}
    equal = diagnose(TWO, **asked, index_replicates=np.array([[50.0, 150.0], [100.0, 100.0]])).intervals
    known = equal.set_index("score")[["lower", "upper"]].notna().all(axis=1)
    assert known[known].index.tolist() == ["redistributed_share", "misplaced_share"]
    none = diagnose(TWO, **asked, index_replicates=np.empty((0, 2))).intervals
    assert none["score"].tolist() == NAMES
    assert none[["lower", "upper"]].isna().all(axis=None)
    assert none["estimate"].notna().all()


def test_a_score_without_an_estimate_has_no_interval_either():
    units = units_of(("A", 100, 100.0), ("B", 300, 100.0))
    draws = np.array([[50.0, 150.0], [60.0, 140.0]])
    rows = diagnose(units, present_ore=PRESENT, base_ore=BASE, claims_of=linear, index_replicates=draws).intervals
    assert rows.set_index("score").loc["slope_ore_per_100_points"].isna().all()
    assert list(Scores.__slots__) == NAMES


def test_a_pot_of_less_than_an_ore_is_scored_and_its_amount_is_told_in_kronor():
    found = diagnose(TWO, present_ore=BASE + 0.25, base_ore=BASE, claims_of=linear)
    assert found.units["misplaced_ore"].sum() == pytest.approx(0, abs=1e-9)
    with pytest.raises(AllocationError, match=r"^present amounts hold -3\.00 kr beyond the base part"):
        diagnose(TWO, present_ore=BASE - 150, base_ore=BASE, claims_of=linear)


def test_a_claim_of_nothing_at_one_unit_is_allowed():
    found = diagnose(TWO, present_ore=PRESENT, base_ore=BASE, claims_of=lambda _: np.array([0.0, 1.0]))
    assert found.units["claimed_ore_per_pupil"].tolist() == pytest.approx([20.0, 20.0 + 4_000 / 300])


def halves(index: np.ndarray) -> np.ndarray:
    """A pot of 1 000 by pupils × index."""
    claims = TWO.pupil_count * index
    return 1_000 * claims / claims.sum(axis=-1, keepdims=True)


def test_the_signal_of_a_hundred_draws_by_hand():
    """At the index A gets 100 and B 900; flat is 250 and 750, so 0.15 is redistributed.

    Half of the draws say 100 and 100: there the pot lies flat, 0.15 elsewhere. So 0.075 is misplaced, and half is signal.
    """
    draws = np.array([[50.0, 150.0], [100.0, 100.0]] * 50)
    found = signal_share(TWO, index_replicates=draws, allocate=halves)
    spread = np.sqrt(50 * 0.075**2 * 2 / 99)
    assert found == SignalShare(*(pytest.approx(each) for each in (0.5, 0.5, 0.15, 0.075, spread / 10 / 0.15)), 100)
    assert type(found.monte_carlo_error) is float
    table = krona_intervals(TWO, index_replicates=draws, allocate=halves, degrees_of_freedom=7)
    error = np.sqrt(50 * 75**2 * 2 / 99)
    reach = stats.t.ppf(0.975, 7) * error
    expected = pd.DataFrame(
        {
            "school_unit_code": ["A", "B"],
            "amount_ore": [100.0, 900.0],
            "standard_error_ore": [error, error],
            "lower_ore": [0.0, 900 - reach],
            "upper_ore": [100 + reach, 900 + reach],
            "more_than_flat_share": [0.25, 0.75],
        }
    )
    pd.testing.assert_frame_equal(table, expected)


def test_where_nothing_is_redistributed_there_is_no_signal_to_speak_of():
    flat = units_of(("A", 100, 100.0), ("B", 300, 100.0))
    draws = np.array([[50.0, 150.0], [100.0, 100.0]] * 50)
    found = signal_share(flat, index_replicates=draws, allocate=halves)
    assert found == SignalShare(None, None, 0.0, pytest.approx(0.075), None, 100)


def test_a_hundred_draws_are_enough_and_an_index_may_be_nought():
    draws = np.tile([0.0, 100.0], (FEWEST_REPLICATES, 1))
    assert FEWEST_REPLICATES == 100
    assert signal_share(TWO, index_replicates=draws, allocate=halves).replicates == 100
    for wrong in (draws[1:], -draws, draws[0]):
        with pytest.raises(AllocationError, match=r"^index_replicates: needs at least 100 draws"):
            signal_share(TWO, index_replicates=wrong, allocate=halves)
    for lost in (lambda at: halves(at)[1:], lambda at: 0 * at, lambda at: halves(at) * (1 + 1e-8 * at)):
        with pytest.raises(AllocationError, match=r"^allocate must give one row per draw"):
            signal_share(TWO, index_replicates=draws, allocate=lost)


@pytest.mark.parametrize(
    ("freedom", "level", "right"), [(1, 0.5, True), (0, 0.5, False), (1, 0.0, False), (1, 1.0, False)]
)
def test_the_ends_of_what_an_interval_may_be_asked_for(freedom: int, level: float, right: bool):
    asked = {"index_replicates": np.tile(TWO.need_index, (100, 1)), "allocate": halves, "level": level}
    if right:
        assert len(krona_intervals(TWO, **asked, degrees_of_freedom=freedom)) == 2
    else:
        with pytest.raises(AllocationError, match=f"degrees_of_freedom {freedom} or level {level} is out of range"):
            krona_intervals(TWO, **asked, degrees_of_freedom=freedom)
