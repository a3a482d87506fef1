"""Pupil-weighted statistics on numbers small enough to work out by hand, and who gains and loses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.allocation.scored_units import scored_units
from models_py.allocation.weighted import (
    canonical,
    cumulative_curve,
    misplaced_share,
    quantiles,
    weighted_line,
)
from models_py.allocation.winners import SMALLEST_CHANGE_ORE, Winners, winners_and_losers

UNITS = scored_units(
    pd.DataFrame(
        [("A", 100, 90.0), ("B", 200, 100.0), ("C", 50, 120.0), ("D", 10, 100.0)],
        columns=["school_unit_code", "pupil_count", "need_index"],
    )
)
OLD = np.array([1_000.0, 4_000, 500, 300])


def test_gains_and_losses_by_hand():
    """A gains 300 öre (3 a pupil), B loses 800 (4), C gains 500 (10), D loses 30 (3)."""
    found = winners_and_losers(UNITS, new_ore=OLD + np.array([300, -800, 500, -30]), old_ore=OLD)
    assert found == Winners(
        gaining_units=2,
        losing_units=2,
        gaining_pupils=150,
        losing_pupils=210,
        moved_ore=800.0,
        largest_gain_per_pupil_ore=10.0,
        largest_gain_unit="C",
        largest_loss_per_pupil_ore=4.0,
        largest_loss_unit="B",
    )


def test_where_all_gain_or_all_lose_there_is_no_largest_of_the_other_kind():
    gain = winners_and_losers(UNITS, new_ore=OLD + UNITS.pupil_count, old_ore=OLD)
    assert gain == Winners(4, 0, 360, 0, 360.0, 1.0, "A", 0.0, None)
    loss = winners_and_losers(UNITS, new_ore=OLD - UNITS.pupil_count, old_ore=OLD)
    assert loss == Winners(0, 4, 0, 360, 0.0, 0.0, None, 1.0, "A")


def test_from_half_an_ore_a_change_is_a_change():
    just, less = np.array([0.5, -0.5, 0, 0]), np.array([0.499, -0.499, 0, 0])
    assert SMALLEST_CHANGE_ORE == 0.5
    found = winners_and_losers(UNITS, new_ore=just, old_ore=np.zeros(4))
    assert found == Winners(1, 1, 100, 200, 0.5, 0.005, "A", 0.0025, "B")
    found = winners_and_losers(UNITS, new_ore=less, old_ore=np.zeros(4))
    assert found == Winners(0, 0, 0, 0, 0.0, 0.0, None, 0.0, None)


def test_rows_are_ordered_by_the_first_column_and_then_by_the_others():
    first, second = np.array([2, 1, 2, 1]), np.array([5, 9, 4, 8])
    assert canonical(first, second).tolist() == [3, 1, 2, 0]


def test_a_curve_cumulates_in_order_of_rank_and_counts_ties_as_one_step():
    """10 of 100 pupils at rank 1 with 4 of 100 öre; 30 + 20 at rank 2 with 16 + 20; 40 at rank 3 with 60."""
    curve = cumulative_curve(
        np.array([60, 16, 4, 20]), pupils=np.array([40, 30, 10, 20]), rank=np.array([3.0, 2.0, 1.0, 2.0])
    )
    assert curve.pupil_share.tolist() == [0.0, 0.1, 0.6, 1.0]
    assert curve.amount_share.tolist() == [0.0, 0.04, 0.4, 1.0]
    # 1 - (0.1 × 0.04 + 0.5 × 0.44 + 0.4 × 1.4)
    assert curve.index == pytest.approx(0.216)


def test_quantiles_lie_at_the_middle_of_each_value_s_weight():
    """Values 1, 2, 4 with weights 2 (1 + 1), 4, 2 of 8: middles at 1/8, 4/8, 7/8."""
    values, weights = np.array([4, 1, 2, 1]), np.array([2, 1, 4, 1])
    found = quantiles(values, weights=weights, at=(0.0, 0.125, 0.3125, 0.5, 0.6875, 0.875, 1.0))
    assert found == pytest.approx((1.0, 1.0, 1.5, 2.0, 3.0, 4.0, 4.0))
    assert all(type(each) is float for each in found)


def test_a_weighted_line_by_hand():
    """Weights 1, 2, 1 at x 0, 1, 2 with y 0, 2, 0: slope 0 through the mean 1, residuals -1, 1, -1."""
    line = weighted_line(np.array([0.0, 2, 0]), x=np.array([0.0, 1, 2]), weights=np.array([1, 2, 1]))
    assert line is not None
    assert (line.slope, line.intercept, line.residual_sd) == pytest.approx((0.0, 1.0, 1.0))
    # Weights 3 and 1 at x 1 and 5, y 10 and 2: the line goes through both points.
    line = weighted_line(np.array([10.0, 2]), x=np.array([1.0, 5]), weights=np.array([3, 1]))
    assert line is not None
    assert (line.slope, line.intercept, line.residual_sd) == pytest.approx((-2.0, 12.0, 0.0))
    # Weights 3 and 1 of two y at x 0, and one y at x 2 with weight 4: means 2.5 at 0 and 7 at 2.
    line = weighted_line(np.array([2.0, 4, 7]), x=np.array([0.0, 0, 2]), weights=np.array([3, 1, 4]))
    assert line is not None
    assert (line.slope, line.intercept) == pytest.approx((2.25, 2.5))
    assert line.residual_sd == pytest.approx(np.sqrt((3 * 0.25 + 1 * 2.25) / 8))


def test_without_any_difference_in_x_there_is_no_line():
    assert weighted_line(np.array([1.0, 2]), x=np.array([3.0, 3]), weights=np.array([1, 1])) is None


def test_what_would_have_to_move_is_half_the_distance_of_shares_row_by_row():
    """0.5, 0.3, 0.2 against 0.25, 0.25, 0.5: half of 0.25 + 0.05 + 0.3; and equal shares of another sum."""
    first = np.array([[5.0, 3, 2], [1, 1, 2]])
    second = np.array([[1.0, 1, 2], [10, 10, 20]])
    assert misplaced_share(first, second).tolist() == pytest.approx([0.3, 0.0])
    assert misplaced_share(first[0], second[0]).shape == ()
