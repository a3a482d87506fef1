"""The estimator follows the size of the median school; score sums per school give the CR1 covariance."""

from __future__ import annotations

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.choice import choose_estimator, median_leavers
from models_py.need.cluster import covariance_cluster
from models_py.need.fit import SchoolBlocks

SEX = Factor("sex", ("girl", "boy", "missing"))


def schools_of(*leavers: int) -> CellCounts:
    """Each school's leavers in two cells, the first of one leaver."""
    count = len(leavers)
    trials = np.array([n for total in leavers for n in (1, total - 1)])
    return cell_counts(
        (SEX,),
        years=[2026],
        schools=[("9999", f"{place}") for place in range(count)],
        levels=np.tile([[0], [1]], (count, 1)),
        year=np.zeros(2 * count, dtype=int),
        school=np.repeat(np.arange(count), 2),
        counts=(trials, trials * 0, trials * 0),
    )


@pytest.mark.parametrize(
    ("leavers", "median", "estimator"),
    [
        ((10, 60, 900), 60.0, "within_school"),
        ((10, 59, 900), 59.0, "between_within"),
        ((50, 69), 59.5, "between_within"),
        ((50, 70), 60.0, "within_school"),
    ],
)
def test_the_median_school_of_sixty_leavers_has_an_intercept_of_its_own(leavers, median: float, estimator: str):
    counts = schools_of(*leavers)
    assert median_leavers(counts) == median
    assert isinstance(median_leavers(counts), float)
    assert choose_estimator(counts) == estimator


def blocks() -> SchoolBlocks:
    return SchoolBlocks(np.array([[1.0], [-2.0], [1.0]]), np.array([[[2.0]], [[3.0]], [[4.0]]]), np.array([[1.0]]))


def test_the_sandwich_of_three_schools_worked_by_hand():
    # H = 2 + 3 + 4 + 1 = 10; Σ s² = 6; CR1: 3/2 · (21-1)/(21-p).
    assert covariance_cluster(blocks(), observations=21).item() == pytest.approx(1.5 * 20 / 20 * 6 / 100, rel=1e-14)
    told = covariance_cluster(blocks(), observations=21, parameters=5)
    assert told.item() == pytest.approx(1.5 * 20 / 16 * 6 / 100, rel=1e-14)


def test_a_covariance_needs_two_schools_and_more_pupils_than_parameters():
    one = SchoolBlocks(np.ones((1, 1)), np.ones((1, 1, 1)), np.zeros((1, 1)))
    with pytest.raises(NeedError, match="1 school has scores") as caught:
        covariance_cluster(one, observations=9)
    assert caught.value.reason == "too_few_schools"
    with pytest.raises(NeedError, match="5 pupils cannot carry 5 parameters") as caught:
        covariance_cluster(blocks(), observations=5, parameters=5)
    assert caught.value.reason == "too_few_pupils"
    # With one pupil more: (6-1)/(6-5).
    assert covariance_cluster(blocks(), observations=6, parameters=5).item() == pytest.approx(1.5 * 5 * 0.06)
