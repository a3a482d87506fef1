"""The closed form of one sum finds what the linear programme finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models_py.disclosure import within_sum
from models_py.disclosure.attack import intervals

BOXES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 15)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(boxes=BOXES, shares=st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_the_ends_are_those_of_the_linear_programme(boxes, shares):
    lower = np.array([low for low, _ in boxes], dtype=float)
    upper = lower + np.array([width for _, width in boxes])
    truth = np.floor(lower + (upper - lower) * np.array(shares[: len(boxes)]))
    total = truth.sum()
    low, high = within_sum(lower, upper, total_lower=total, total_upper=total)
    sums = sparse.csr_matrix(np.concatenate([[1.0], -np.ones(len(boxes))])[None, :])
    seen = intervals(
        sums,
        told=np.concatenate([[total], np.full(len(boxes), np.nan)]),
        wanted=np.full(len(boxes) + 1, np.inf),
        lower=np.concatenate([[0.0], lower]),
        upper=np.concatenate([[np.inf], upper]),
    )
    np.testing.assert_allclose(low, seen.low[1:], atol=1e-6)
    np.testing.assert_allclose(high, seen.high[1:], atol=1e-6)
    assert (low <= truth).all()
    assert (truth <= high).all()


def test_a_member_without_an_upper_end_is_bounded_by_the_others():
    low, high = within_sum(np.array([0.0, 3.0]), np.array([np.inf, 5.0]), total_lower=9, total_upper=10)
    assert (low.tolist(), high.tolist()) == ([4, 3], [7, 5])
    low, high = within_sum(np.zeros(2), np.full(2, np.inf), total_lower=9, total_upper=10)
    assert (low.tolist(), high.tolist()) == ([0, 0], [10, 10])


def test_what_agrees_with_nothing_has_its_ends_the_wrong_way_round():
    low, high = within_sum(np.array([0.0, 0.0]), np.array([2.0, 2.0]), total_lower=9, total_upper=9)
    assert (low > high).all()
