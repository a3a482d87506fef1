"""Signal share and intervals in kronor, from draws of the index."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from models_py.allocation.scored_units import scored_units
from models_py.allocation.signal import krona_intervals, signal_share
from models_py.allocation.weighted import misplaced_share
from models_py.errors import AllocationError

UNITS = scored_units(
    pd.DataFrame(
        [("A", 100, 50.0), ("B", 200, 100.0), ("C", 100, 150.0)],
        columns=["school_unit_code", "pupil_count", "need_index"],
    )
)
POT = 4_000_000.0


def allocate(index):
    claims = UNITS.pupil_count * index
    return POT * claims / claims.sum(axis=-1, keepdims=True)


def draws(spread, *, count=2000, seed=1):
    noise = np.random.default_rng(seed).normal(0, spread, (count, 3))
    return np.maximum(UNITS.need_index + noise, 1.0)


def test_without_noise_all_is_signal_and_intervals_have_no_width():
    same = np.tile(UNITS.need_index, (100, 1))
    found = signal_share(UNITS, index_replicates=same, allocate=allocate)
    assert (found.signal_share, found.misplaced_share, found.replicates) == (1, 0, 100)
    assert found.redistributed_share == pytest.approx(0.125)
    sure = krona_intervals(UNITS, index_replicates=same, allocate=allocate, degrees_of_freedom=7)
    assert sure["amount_ore"].tolist() == pytest.approx([500_000, 2_000_000, 1_500_000])
    assert sure["upper_ore"].tolist() == pytest.approx(sure["lower_ore"].tolist())
    assert sure["more_than_flat_share"].tolist() == [0, 0.5, 1]


def test_more_noise_leaves_less_signal_and_never_less_than_nothing():
    shares = [signal_share(UNITS, index_replicates=draws(s), allocate=allocate) for s in (2, 10, 40, 400)]
    assert all(a.raw > b.raw for a, b in pairwise(shares))
    assert shares[0].signal_share == shares[0].raw > 0.9
    assert shares[-1].raw < 0 == shares[-1].signal_share


def test_the_share_is_what_its_definition_says():
    index = draws(15, count=300)
    found = signal_share(UNITS, index_replicates=index, allocate=allocate)
    own = allocate(UNITS.need_index)
    moved = [np.abs(allocate(b) / POT - own / POT).sum() / 2 for b in index]
    assert found.raw == pytest.approx(1 - np.mean(moved) / 0.125)
    assert found.monte_carlo_error == pytest.approx(np.std(moved, ddof=1) / 300**0.5 / 0.125)


def test_intervals_are_t_times_the_spread_of_the_draws_and_stop_at_zero():
    index = draws(25)
    found = krona_intervals(UNITS, index_replicates=index, allocate=allocate, degrees_of_freedom=7).set_index(
        "school_unit_code"
    )
    error = allocate(index).std(axis=0, ddof=1)
    reach = stats.t.ppf(0.975, 7) * error
    assert found["standard_error_ore"].tolist() == pytest.approx(error.tolist())
    assert (found["upper_ore"] - found["amount_ore"]).tolist() == pytest.approx(reach.tolist())
    assert found.loc["C", "lower_ore"] == pytest.approx(1_500_000 - reach[2])
    assert reach[0] > 500_000
    assert found.loc["A", "lower_ore"] == 0
    assert found.loc["C", "more_than_flat_share"] > 0.9 > 0.1 > found.loc["A", "more_than_flat_share"]


def test_nothing_redistributed_has_no_signal_share():
    flat = signal_share(
        UNITS,
        index_replicates=np.full((100, 3), 100.0),
        allocate=lambda index: np.tile(POT * UNITS.pupil_count / 400, (len(index), 1)),
    )
    assert (flat.signal_share, flat.raw, flat.redistributed_share) == (None, None, 0)


def test_the_distance_is_the_share_that_would_have_to_move():
    assert misplaced_share(np.array([1.0, 3]), np.array([20.0, 20])) == pytest.approx(0.25)
    assert misplaced_share(np.array([[1.0, 0], [0, 5]]), np.array([0.0, 1])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("index", "how", "said"),
    [
        (np.full((99, 3), 100.0), allocate, "at least 100 draws"),
        (np.full((100, 2), 100.0), allocate, "number of school units, 3"),
        (np.full((100, 3), -1.0), allocate, "from 0 up"),
        (np.full((100, 3), np.nan), allocate, "not a number"),
        (draws(5), lambda i: UNITS.pupil_count * i, "the same pot"),
        (draws(5), lambda i: allocate(i)[1:], "one row per draw"),
    ],
)
def test_draws_and_kernels_that_do_not_fit_are_refused(index, how, said):
    with pytest.raises(AllocationError, match=said):
        signal_share(UNITS, index_replicates=index, allocate=how)
    with pytest.raises(AllocationError, match=said):
        krona_intervals(UNITS, index_replicates=index, allocate=how, degrees_of_freedom=7)


def test_intervals_need_degrees_of_freedom():
    with pytest.raises(AllocationError, match="degrees_of_freedom 0"):
        krona_intervals(UNITS, index_replicates=draws(5), allocate=allocate, degrees_of_freedom=0)
