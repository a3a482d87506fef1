"""The intercept that makes expected equal observed, and the cells it is set by."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from models_py.need import Factor
from models_py.need.calibration import calibrated_intercept, calibration_of, clipped_intercept
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import Design, Term
from models_py.need.fit import Calibration

SEX = Factor("sex", ("girl", "boy", "missing"))
DESIGN = Design((SEX,), (Term("sex", "boy"),), ("girl",), (Term("sex", "missing"),))


def counts(step: float = 1.0) -> CellCounts:
    """Boys of two years in one school, girls of one in another; nobody of level 0 in the first cells."""
    return cell_counts(
        (SEX,),
        years=[2025, 2026],
        schools=[("9999", "A"), ("9999", "B"), ("9999", "C")],
        levels=np.array([[1], [1], [1], [2]]),
        year=np.array([0, 1, 1, 0]),
        school=np.array([0, 0, 1, 2]),
        counts=(np.array([4, 6, 5, 3]), np.array([1, 2, 1, 2]), np.array([1, 2, 1, 2])),
        step=step,
    )


def test_years_of_one_cell_are_put_together_in_order_and_the_sum_is_in_units_of_the_outcome():
    found = calibration_of(counts(step=0.1))
    assert found.levels.tolist() == [[1], [2]]
    assert found.trials.tolist() == [15, 3]
    assert (found.trials.dtype, found.levels.dtype) == (np.int64, np.int64)
    assert found.total == pytest.approx(0.6, rel=1e-12)


def test_a_cell_that_nobody_is_left_in_counts_nobody():
    found = calibration_of(counts().of_schools(np.array([True, True, False])))
    assert found.levels.tolist() == [[1], [2]]
    assert found.trials.tolist() == [15, 0]
    assert found.total == 4.0


CELLS = Calibration(np.array([[0], [1]]), np.array([30, 10]), 8.0)


def test_log_odds_are_set_so_that_the_expected_count_is_the_observed():
    found = calibrated_intercept(DESIGN, coefficients=np.array([0.7]), calibration=CELLS)
    assert 30 * expit(found) + 10 * expit(found + 0.7) == pytest.approx(8.0, abs=1e-8)
    assert found == round(found, 10)
    assert calibrated_intercept(DESIGN, coefficients=np.zeros(1), calibration=CELLS) == round(logit(0.2), 10)


def test_points_of_a_share_are_clipped_and_points_of_merit_are_not():
    # 30 girls at a and 10 boys at a - 0.5: clipped boys expect nothing, so a = 8/30; unclipped 40 a - 5 = 8.
    alone = calibrated_intercept(DESIGN, coefficients=np.array([-0.5]), calibration=CELLS, link="identity")
    assert alone == round(8 / 30, 10)
    merit = calibrated_intercept(
        DESIGN, coefficients=np.array([-0.5]), calibration=CELLS, link="identity", outcome="merit_value"
    )
    assert merit == 13 / 40


@pytest.mark.parametrize(
    ("score", "total", "expected"),
    [
        ([0.0, 0.0], 1.0, 0.1),
        ([3.0, 3.0], 1.0, -2.9),
        ([-3.0, -3.0], 9.5, 3.95),
        ([0.0, 2.0], 6.5, 0.3),  # the second is clipped at one: 5 + 5 a = 6.5
        ([0.0, 2.0], 2.5, -1.5),  # the first is clipped at zero: 5 (a + 2) = 2.5
    ],
)
def test_clipped_points_are_set_exactly_wherever_the_scores_lie(score, total: float, expected: float):
    found = clipped_intercept(np.array(score), trials=np.array([5.0, 5.0]), total=total)
    assert found == pytest.approx(expected, abs=1e-12)
