"""Outcome counts per school and cell: every array, from rows of any order, and how they collapse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.cells import CellCounts, cell_counts, count_outcomes, counts_of_table, outcome_cells

BAND, SEX = Factor("band", ("low", "mid", "high", "missing")), Factor("sex", ("girl", "boy", "missing"))
SCHOOLS = [("9998", "A"), ("9999", "A"), ("9999", "B"), ("9999", "C")]
# Of the schools the third has no leavers; of the years 2024 has none.
LEVELS = np.array([[2, 1], [0, 2], [2, 1], [0, 0], [2, 1], [3, 0]])
YEAR, SCHOOL = np.array([0, 0, 0, 2, 2, 1]), np.array([3, 0, 3, 1, 3, 2])
COUNTS = (np.array([5, 4, 2, 3, 6, 0]), np.array([1, 2, 1, 0, 3, 0]), np.array([9, 8, 7, 6, 5, 4]))


def built(**changes: object) -> CellCounts:
    arguments: dict = {
        "years": [2026, 2024, 2025],
        "schools": SCHOOLS,
        "levels": LEVELS,
        "year": YEAR,
        "school": SCHOOL,
        "counts": COUNTS,
    }
    return cell_counts((BAND, SEX), **arguments | changes)


def plain(counts: CellCounts) -> dict:
    arrays = ("levels", "year", "school", "cell", "trials", "sums", "squares")
    found = {name: getattr(counts, name).tolist() for name in arrays}
    return found | {"years": counts.years, "schools": counts.schools, "factors": counts.factors, "step": counts.step}


WHOLE = {
    "levels": [[0, 0], [0, 2], [2, 1], [2, 1]],
    "year": [0, 1, 0, 1],
    "school": [0, 1, 2, 2],
    "cell": [1, 0, 2, 3],
    "trials": [4, 3, 6, 7],
    "sums": [2, 0, 3, 2],
    "squares": [8, 6, 5, 16],
    "years": (2025, 2026),
    "schools": (("9998", "A"), ("9999", "A"), ("9999", "C")),
    "factors": (BAND, SEX),
    "step": 0.1,
}


def test_rows_are_added_up_and_ordered_and_what_has_no_leavers_is_left_out():
    found = built(step=0.1)
    assert plain(found) == WHOLE
    for name in ("levels", "year", "school", "cell", "trials", "sums", "squares"):
        array = getattr(found, name)
        assert (array.dtype, array.flags.writeable) == (np.int64, False), name
    assert (found.pupils, found.total, found.starts.tolist()) == (20, 7, [0, 1, 2])
    assert (type(found.pupils), type(found.total)) == (int, int)
    assert built().step == 1.0


def test_rows_in_another_order_give_the_same():
    order = np.array([4, 2, 5, 0, 3, 1])
    again = built(
        levels=LEVELS[order], year=YEAR[order], school=SCHOOL[order], counts=tuple(c[order] for c in COUNTS), step=0.1
    )
    assert plain(again) == WHOLE


def test_some_schools_keep_their_rows_and_all_cells_stay():
    found = built(step=0.1).of_schools(np.array([True, False, True]))
    assert plain(found) == WHOLE | {
        "school": [0, 1, 1], "cell": [1, 2, 3], "trials": [4, 6, 7], "sums": [2, 3, 2], "squares": [8, 5, 16],
        "schools": (("9998", "A"), ("9999", "C")),
    }  # fmt: skip


def test_some_years_leave_schools_without_leavers_out():
    found = built(step=0.1).of_years([2025, 1999])
    assert plain(found) == WHOLE | {
        "levels": [[0, 0], [2, 1]], "year": [0, 0], "school": [0, 1], "cell": [0, 1], "trials": [3, 6], "sums": [0, 3],
        "squares": [6, 5], "years": (2025,), "schools": (("9999", "A"), ("9999", "C")),
    }  # fmt: skip
    with pytest.raises(NeedError, match="all counts are zero") as caught:
        built().of_years([1999])
    assert caught.value.reason == "empty_input"


def test_some_factors_keep_their_order_and_rows_that_have_become_alike_are_one():
    found = built(levels=np.array([[2, 1], [0, 2], [1, 1], [0, 0], [2, 1], [3, 0]]), step=0.1).of_factors(["sex"])
    assert plain(found) == WHOLE | {
        "levels": [[0], [1], [1], [2]], "year": [0, 0, 1, 1], "cell": [3, 0, 1, 2], "factors": (SEX,),
    }  # fmt: skip
    assert plain(built(step=0.1).of_factors(["sex", "band"])) == WHOLE
    with pytest.raises(NeedError, match=r"factors \['age'\] are not counted; counted are \['band', 'sex'\]") as caught:
        built().of_factors(["sex", "age"])
    assert caught.value.reason == "unknown_factor"


def table() -> pd.DataFrame:
    rows = [
        ("9998", "A", 2026, "low", "missing", 4, 2, 20),
        ("9999", "A", 2025, "low", "girl", 3, 0, 0),
        ("9999", "C", 2025, "high", "boy", 6, 3, 30),
        ("9999", "C", 2026, "high", "boy", 7, 2, 40),
    ]
    names = [
        "municipality_code",
        "school_unit_code",
        "result_year",
        "band",
        "sex",
        "leaver_count",
        "not_eligible_count",
    ]
    return pd.DataFrame(rows, columns=[*names, "other"])


def test_a_table_becomes_the_same_counts_and_squares_are_the_events_unless_told():
    events = WHOLE | {"squares": WHOLE["sums"], "step": 1.0}
    assert plain(counts_of_table(table(), factors=(BAND, SEX))) == events
    assert plain(count_outcomes(table().sample(frac=1, random_state=1), factors=(BAND, SEX))) == events
    told = counts_of_table(
        table(), factors=(BAND, SEX), trials="not_eligible_count", sums="leaver_count", squares="other", step=0.5
    )
    assert (told.trials.tolist(), told.sums.tolist(), told.squares.tolist()) == ([2, 3, 2], [4, 6, 7], [20, 30, 40])
    assert (told.step, told.schools) == (0.5, (("9998", "A"), ("9999", "C")))


def test_cells_are_in_order_of_their_keys_with_the_counts_alone():
    shuffled = table().iloc[[3, 1, 0, 2, 0]]
    found = outcome_cells(shuffled, factors=(SEX,))
    assert list(found.columns) == [
        "municipality_code", "school_unit_code", "result_year", "sex", "leaver_count", "not_eligible_count",
    ]  # fmt: skip
    assert found.to_numpy().tolist() == [
        ["9998", "A", 2026, "missing", 8, 4], ["9999", "A", 2025, "girl", 3, 0], ["9999", "C", 2025, "boy", 6, 3],
        ["9999", "C", 2026, "boy", 7, 2],
    ]  # fmt: skip


def test_all_leavers_may_miss_and_not_one_more():
    every = table().assign(not_eligible_count=table()["leaver_count"])
    assert outcome_cells(every, factors=(SEX,))["not_eligible_count"].sum() == 20
    beyond = every.assign(not_eligible_count=every["not_eligible_count"] + 1)
    beyond = pd.concat(
        [beyond, beyond.iloc[:1].assign(school_unit_code="D"), beyond.iloc[:1].assign(school_unit_code="E")]
    )
    words = r"outcome counts: 6 cells have more not eligible than leavers, first units \['A', 'C', 'D'\]; correct"
    with pytest.raises(NeedError, match=words) as caught:
        outcome_cells(beyond, factors=(SEX,))
    assert caught.value.reason == "events_exceed_leavers"


@pytest.mark.parametrize("make", [outcome_cells, count_outcomes])
def test_faults_of_outcome_counts_are_told_as_theirs(make: Callable):
    with pytest.raises(NeedError, match="outcome counts: 1 rows of leaver_count are negative"):
        make(table().assign(leaver_count=[1, 2, -1, 4]), factors=(SEX,))
