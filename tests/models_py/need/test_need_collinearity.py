"""Inflation and association of factors equal textbook formulas on tables small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models_py.need.collinearity import Association, Inflation, association, crossed, inflations

CROSS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_two_factors_of_two_levels_inflate_by_one_over_one_less_the_squared_correlation():
    # 30/10/10/30: the correlation of the two levels is (30·30 - 10·10) / 40² = 0.5.
    found = inflations(CROSS, weights=np.array([30, 10, 10, 30]))
    assert [one.degrees_of_freedom for one in found] == [1, 1]
    assert [one.gvif for one in found] == pytest.approx([4 / 3, 4 / 3], rel=1e-12)
    assert [one.root for one in found] == pytest.approx([math.sqrt(4 / 3)] * 2, rel=1e-12)


def test_factors_of_several_levels_follow_the_determinants_of_fox_and_monette():
    rng = np.random.default_rng(3)
    codes = np.column_stack([rng.integers(0, 3, 60), rng.integers(0, 2, 60), rng.integers(0, 4, 60)])
    codes[:20, 2] = codes[:20, 0]
    weights = rng.integers(1, 9, 60)
    people = np.repeat(codes, weights, axis=0)
    dummies = np.column_stack([people[:, f] == level for f, top in ((0, 3), (1, 2), (2, 4)) for level in range(1, top)])
    r = np.corrcoef(dummies.astype(float).T)
    expected = []
    for own in ([0, 1], [2], [3, 4, 5]):
        rest = [place for place in range(6) if place not in own]
        inside, outside = np.linalg.det(r[np.ix_(own, own)]), np.linalg.det(r[np.ix_(rest, rest)])
        expected.append((len(own), inside * outside / np.linalg.det(r)))
    found = inflations(codes, weights=weights)
    assert [one.degrees_of_freedom for one in found] == [df for df, _ in expected]
    assert [one.gvif for one in found] == pytest.approx([gvif for _, gvif in expected], rel=1e-9)
    assert [one.root for one in found] == pytest.approx([gvif ** (0.5 / df) for df, gvif in expected], rel=1e-9)


def test_one_factor_alone_is_not_inflated():
    assert repr(inflations(CROSS[:, :1], weights=np.ones(4))) == "[Inflation(degrees_of_freedom=1, gvif=1.0)]"


def test_a_factor_that_another_determines_is_inflated_without_end():
    codes = np.array([[0, 1], [1, 0], [2, 0]])
    found = inflations(codes, weights=np.array([5, 3, 2]))
    assert found == [Inflation(2, math.inf), Inflation(1, math.inf)]
    assert found[0].root == math.inf


def test_levels_that_nobody_has_do_not_count_and_one_level_alone_has_no_inflation():
    # The third level of the first factor has no pupils; of the second factor one level is left.
    codes = np.array([[0, 1], [1, 1], [2, 0]])
    found = inflations(codes, weights=np.array([4, 6, 0]))
    assert repr(found) == ("[Inflation(degrees_of_freedom=1, gvif=1.0), Inflation(degrees_of_freedom=0, gvif=nan)]")
    assert math.isnan(found[1].root)
    nothing = "Inflation(degrees_of_freedom=0, gvif=nan)"
    assert repr(inflations(np.zeros((3, 2), dtype=int), weights=np.ones(3))) == f"[{nothing}, {nothing}]"


def test_cramers_v_of_tables_worked_by_hand():
    assert association(np.array([[30, 10], [10, 30]])) == Association(80, 0.5, 10, 1)
    # Independent: chi-square is zero. Three columns and two rows: (3 - 1) · (2 - 1) degrees of freedom.
    assert association(np.array([[2, 4, 6], [1, 2, 3]])) == Association(18, 0.0, 1, 2)
    assert association(np.diag([7, 7])) == Association(14, 1.0, 0, 1)


def test_levels_that_do_not_occur_leave_the_table():
    table = np.array([[30, 0, 10], [0, 0, 0], [10, 0, 30]])
    assert association(table) == Association(80, 0.5, 10, 1)


def test_a_table_without_pupils_or_with_one_level_has_no_association():
    assert repr(association(np.zeros((2, 3), dtype=int))) == (
        "Association(pupils=0, cramers_v=nan, smallest_cell=0, degrees_of_freedom=0)"
    )
    assert repr(association(np.array([[3, 5], [0, 0]]))) == (
        "Association(pupils=8, cramers_v=nan, smallest_cell=3, degrees_of_freedom=0)"
    )


def test_pairs_of_levels_are_counted_as_whole_pupils_also_where_nobody_has_the_last_ones():
    found = crossed(np.array([0, 1, 1, 0]), second=np.array([1, 0, 0, 1]), weights=np.array([2, 3, 4, 5]), sizes=(3, 2))
    assert found.dtype == np.int64
    assert found.tolist() == [[0, 7], [7, 0], [0, 0]]
