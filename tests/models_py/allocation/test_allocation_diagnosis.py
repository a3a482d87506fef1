"""A present model that follows its claims scores clean; one that does not is told where its money lies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.diagnosis import diagnose
from models_py.allocation.scored_units import scored_units
from models_py.errors import AllocationError


def units_of(rows):
    return scored_units(pd.DataFrame(rows, columns=["school_unit_code", "pupil_count", "need_index"]))


UNITS = units_of([("A", 100, 50.0), ("B", 200, 100.0), ("C", 100, 150.0)])
BASE = np.array([1_300_000.0, 1_900_000, 1_000_000])  # another mix of grades at every unit


def linear(index, units=UNITS):
    return units.pupil_count * index


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(1, 500), st.floats(20, 300)), min_size=2, max_size=12),
    price=st.floats(1, 1e5),
)
def test_a_model_that_pays_its_linear_claims_scores_clean(rows, price):
    units = units_of([(f"U{j:02d}", n, index) for j, (n, index) in enumerate(rows)])
    base = units.pupil_count * np.linspace(9e6, 1.1e7, len(rows))
    present = base + price * units.pupil_count * units.need_index
    found = diagnose(units, present_ore=present, base_ore=base, claims_of=lambda index: linear(index, units))
    assert found.scores.misplaced_share == pytest.approx(0, abs=1e-6)
    if len(set(units.need_index)) > 1 and np.ptp(units.need_index) > 1:
        assert found.scores.horizontal_share == pytest.approx(0, abs=1e-6)
        assert found.scores.slope_ore_per_100_points == pytest.approx(100 * price, rel=1e-3, abs=1)
        assert found.scores.slope_of_claims_ore_per_100_points == pytest.approx(100 * price, rel=1e-3, abs=1)


def test_a_flat_model_by_hand():
    """40 000 kr flat per pupil at 400 pupils: an eighth of the pot belongs elsewhere, and the line is level."""
    present = BASE + np.array([1_000_000.0, 2_000_000, 1_000_000])
    found = diagnose(UNITS, present_ore=present, base_ore=BASE, claims_of=linear)
    assert found.scores.slope_ore_per_100_points == pytest.approx(0, abs=1e-6)
    assert found.scores.slope_of_claims_ore_per_100_points == pytest.approx(10_000)
    assert found.scores.elasticity == pytest.approx(0, abs=1e-9)
    assert found.scores.redistributed_share == pytest.approx(0, abs=1e-12)
    assert found.scores.misplaced_share == pytest.approx(0.125)
    assert found.scores.horizontal_ore_per_pupil == pytest.approx(0, abs=1e-6)
    assert found.units["misplaced_ore"].tolist() == pytest.approx([500_000, 0, -500_000])
    assert found.units["present_ore_per_pupil"].tolist() == pytest.approx([20_500] * 3)
    assert (found.winners.losing_units, found.winners.gaining_units) == (1, 1)
    assert (found.winners.largest_loss_unit, found.winners.largest_loss_per_pupil_ore) == ("A", pytest.approx(5_000))
    assert found.intervals is None


def test_unequal_money_at_equal_need_is_seen_beside_the_line():
    units = units_of([("A", 100, 80.0), ("B", 100, 80.0), ("C", 100, 120.0), ("D", 100, 120.0)])
    pot = np.array([10_000.0, 30_000, 50_000, 70_000])
    found = diagnose(units, present_ore=pot, base_ore=np.zeros(4), claims_of=lambda index: linear(index, units))
    assert found.scores.horizontal_ore_per_pupil == pytest.approx(100)
    assert found.scores.horizontal_share == pytest.approx(100 / 400)
    assert found.scores.slope_ore_per_100_points == pytest.approx(1_000)
    assert found.units["expected_ore_per_pupil"].tolist() == pytest.approx([200, 200, 600, 600])


def test_a_proposal_replaces_the_claims_in_who_gains():
    present = BASE + 1_000_000
    proposal = present + np.array([0.0, 400, -300])
    found = diagnose(UNITS, present_ore=present, base_ore=BASE, claims_of=linear, proposal_ore=proposal)
    assert (found.winners.largest_gain_unit, found.winners.largest_loss_unit) == ("B", "C")


def test_draws_of_the_index_give_intervals_around_the_scores():
    noise = np.random.default_rng(7).normal(0, 8, (400, 3))
    found = diagnose(
        UNITS,
        present_ore=BASE + np.array([1_000_000.0, 2_000_000, 1_500_000]),
        base_ore=BASE,
        claims_of=linear,
        index_replicates=UNITS.need_index + noise,
    )
    rows = found.intervals.set_index("score")
    assert (rows["lower"] <= rows["upper"]).all()
    assert (rows.loc["slope_ore_per_100_points", ["lower", "upper"]] - found.scores.slope_ore_per_100_points).prod() < 0
    assert rows.loc["redistributed_share", "lower"] == rows.loc["redistributed_share", "upper"]


def test_equal_need_has_no_line():
    units = units_of([("A", 10, 100.0), ("B", 10, 100.0)])
    found = diagnose(units, present_ore=np.array([5.0, 9]), base_ore=np.ones(2), claims_of=lambda i: linear(i, units))
    assert found.scores.slope_ore_per_100_points is None
    assert found.scores.horizontal_share is None
    assert found.units["expected_ore_per_pupil"].isna().all()


def test_without_a_pot_or_claims_nothing_is_scored():
    with pytest.raises(AllocationError, match=r"hold 0\.00 kr beyond the base part"):
        diagnose(UNITS, present_ore=BASE, base_ore=BASE, claims_of=linear)
    with pytest.raises(AllocationError, match=r"negative for school units 1 \(A\)"):
        diagnose(UNITS, present_ore=BASE + 1, base_ore=BASE, claims_of=lambda i: i - 60)
    with pytest.raises(AllocationError, match="all zero"):
        diagnose(UNITS, present_ore=BASE + 1, base_ore=BASE, claims_of=lambda i: 0 * i)
