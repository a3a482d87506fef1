"""The table of units behind scenarios and measures: one order, and faults named by unit."""

from __future__ import annotations

import pandas as pd
import pytest

from models_py.allocation.scored_units import scored_units
from models_py.errors import AllocationError

COLUMNS = ["school_unit_code", "pupil_count", "need_index", "need_share"]


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def test_units_are_ascending_without_those_that_have_no_pupils_and_the_table_is_left_alone():
    given = table(("C", 5, 120.0, 0.3), ("B", 0, None, None), ("A", 7, 80.0, 0.1))
    before = given.copy()
    units = scored_units(given)
    assert units.school_unit_code == ("A", "C")
    assert units.pupil_count.tolist() == [7, 5]
    assert units.need_share.tolist() == [0.1, 0.3]
    pd.testing.assert_frame_equal(given, before)
    with pytest.raises(ValueError, match="read-only"):
        units.need_index[0] = 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("A", 5, 90.0, 0.1), ("A", 5, 90.0, 0.1)], r"1 \(A\) appear twice"),
        ([("A", 5.5, 90.0, 0.1)], r"1 \(A\) have a pupil_count"),
        ([("A", -1, 90.0, 0.1)], r"1 \(A\) have a pupil_count"),
        ([("A", 5, None, 0.1)], r"1 \(A\) have a need_index"),
        ([("A", 5, -1.0, 0.1)], r"1 \(A\) have a need_index"),
        ([("A", 5, float("inf"), 0.1)], r"1 \(A\) have a need_index"),
        ([("A", 5, 90.0, 1.1)], r"1 \(A\) have a need_share"),
        ([("A", 0, 90.0, 0.1)], "no school unit has pupils"),
    ],
)
def test_faults_are_named_by_unit(rows, said):
    with pytest.raises(AllocationError, match=said):
        scored_units(table(*rows))


def test_a_missing_column_and_values_of_other_units_are_refused():
    with pytest.raises(AllocationError, match="need_index"):
        scored_units(pd.DataFrame({"school_unit_code": ["A"], "pupil_count": [1]}))
    units = scored_units(table(("A", 5, 90.0, 0.1), ("B", 5, 90.0, 0.1)))
    assert units.align({"B": 2, "A": 1}, what="x").tolist() == [1, 2]
    with pytest.raises(AllocationError, match=r"no value for school units 1 \(B\), unknown school units 1 \(C\)"):
        units.align({"A": 1, "C": 2}, what="x")
