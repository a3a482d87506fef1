"""Protection, the front and rounded rows as whole results, on the very ends of what they are asked."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from models_py.allocation.infeasible import InfeasibleError
from models_py.allocation.pareto import pareto_front
from models_py.allocation.protection import Adjustment, ProtectedUnit, Protection, protect
from models_py.allocation.rounding import exact_sum
from models_py.allocation.rounding_batch import round_batch, whole_bounds_batch
from models_py.errors import AllocationError

UP = ProtectedUnit(1_100, 0, 10, 100)
DOWN = ProtectedUnit(990, 0, 10, 100)
SAME = ProtectedUnit(1_000, 0, 10, 100)


def test_without_a_top_up_the_scale_is_nought_and_nobody_is_touched():
    found = protect({"U": UP, "S": SAME}, guarantee=0, cap=0)
    assert found == Protection({"S": Adjustment(F(0), 0, 0), "U": Adjustment(F(1, 10), 0, 0)}, F(0), 0)
    assert type(found.scale) is F


def test_a_solved_scale_of_one_takes_all_that_lies_above_the_cap():
    found = protect({"D": DOWN, "U": ProtectedUnit(1_010, 0, 10, 100)}, guarantee=0, cap=0)
    assert found == Protection({"D": Adjustment(F(-1, 100), 10, 0), "U": Adjustment(F(1, 100), 0, -10)}, F(1), 0)


def test_what_is_excluded_and_a_minimum_count_against_the_change_and_the_taking():
    """U without its 50: 1 050 of 1 000; at most 20 of its 50 may go, since 1 080 is its least."""
    unit = ProtectedUnit(1_100, 50, 10, 100, minimum=1_080)
    found = protect({"U": unit, "N": ProtectedUnit(7, 0, 1, None)}, guarantee=0, cap=0, scale=1)
    assert found == Protection({"N": Adjustment(None, 0, 0), "U": Adjustment(F(1, 20), 0, -20)}, F(1), -20)
    below = ProtectedUnit(1_100, 50, 10, 100, minimum=1_200)
    assert protect({"U": below}, guarantee=0, cap=0, scale=1).net == 0


def test_a_given_scale_rounds_what_is_taken_down_and_top_ups_up():
    found = protect({"D": ProtectedUnit(999, 0, 10, F(2001, 20)), "U": UP}, guarantee=0, cap=0, scale=F(1, 3))
    assert (found.adjustments["D"].top_up, found.adjustments["U"].capping, found.net) == (2, -33, -31)


@pytest.mark.parametrize(("scale", "right"), [(0, True), (1, True), (F(-1, 100), False), (F(101, 100), False)])
def test_a_scale_lies_from_nought_to_one(scale: F, right: bool):
    if right:
        assert protect({"U": UP}, guarantee=0, cap=0, scale=scale).scale == scale
    else:
        with pytest.raises(AllocationError, match=r"^scale must lie in 0\.\.1$"):
            protect({"U": UP}, guarantee=0, cap=0, scale=scale)


def test_a_guarantee_lies_above_a_fall_of_everything_and_may_equal_the_cap():
    assert protect({"D": DOWN}, guarantee=F(-99, 100), cap=F(-99, 100), scale=0).net == 0
    with pytest.raises(AllocationError, match="above -1"):
        protect({"D": DOWN}, guarantee=-1, cap=None, scale=0)


@pytest.mark.parametrize(
    "wrong", [ProtectedUnit(1, 0, 0, 100), ProtectedUnit(1, 0, 10, -1), ProtectedUnit(1, 0, -1, 5)]
)
def test_a_baseline_and_pupils_are_above_nought(wrong: ProtectedUnit):
    with pytest.raises(AllocationError, match=r"^school units 1 \(W\) have a baseline or pupils"):
        protect({"W": wrong, "U": UP}, guarantee=0, cap=None, scale=0)
    assert protect({"W": ProtectedUnit(1, 0, 1, F(1, 2))}, guarantee=0, cap=None, scale=0).net == 0


def test_parts_of_a_krona_above_the_cap_pay_nothing():
    with pytest.raises(InfeasibleError, match=r"a scale of 1\.4286 is needed") as refused:
        protect(
            {"D": ProtectedUnit(999, 0, 10, 100), "U": ProtectedUnit(1_000, 0, 10, F(9993, 100))}, guarantee=0, cap=0
        )
    assert refused.value.finding.excess_gains == 0


def test_the_front_is_a_mask_and_ties_stand_together():
    kept = pareto_front(benefit=[1, 3, 3, 2, 0], loss=[1, 2, 2, 2, 0])
    assert kept.tolist() == [True, True, True, False, True]
    assert kept.dtype == bool
    assert pareto_front(benefit=[], loss=[]).tolist() == []


def test_a_sum_is_exact_also_of_nothing():
    assert [type(exact_sum(values)) for values in ([], [1, 2], [F(1, 2), 1])] == [F, F, F]
    assert exact_sum([F(1, 2), 1]) == F(3, 2)


def test_bounds_narrow_to_whole_kronor_with_a_millionth_to_spare():
    lower, upper = whole_bounds_batch(
        np.array([1.0000005, 1.000002, -np.inf, 2]), upper=np.array([2.9999995, 2.999998, np.inf, 2])
    )
    assert lower.tolist() == [1, 2, -np.inf, 2]
    assert upper.tolist() == [3, 2, np.inf, 2]


def rounded(amounts: list[float], total: float, *, lower: object = -np.inf, upper: object = np.inf) -> list[int]:
    codes = list("abcdef"[: len(amounts)])
    found = round_batch(np.array([amounts]), school_unit_codes=codes, lower=lower, upper=upper, total=total)
    assert found.dtype == np.int64
    assert found.shape == (1, len(amounts))
    return found[0].tolist()


def test_rows_are_rounded_by_largest_remainder_with_ties_to_the_lower_code():
    assert rounded([1.5, 1.5, 2.0], 5) == [2, 1, 2]
    assert rounded([1.25, 1.5, 2.25], 5) == [1, 2, 2]
    assert rounded([2.9999995, 1.0], 4) == [3, 1], "a whole number that floats made a little less"
    assert rounded([0.0000004, 0.9999996], 1) == [0, 1]
    assert rounded([0.3, 0.3, 0.4], 0) == [0, 0, 0]
    assert rounded([1.0, 1.0, 1.0], 7) == [3, 2, 2]
    assert rounded([1.4, 1.5, 1.1], 2) == [1, 1, 0], "what is too much leaves the smallest remainder"


def test_rows_keep_their_bounds_on_both_sides():
    assert rounded([1.5, 1.4], 3, upper=[1, 5]) == [1, 2]
    assert rounded([1.5, 1.4], 3, lower=[0, 2]) == [1, 2]
    assert rounded([1.5, 2.5], 3, lower=[1, 2]) == [1, 2]
    for total, bounds in ((4, {"upper": [1, 2]}), (2, {"lower": [1, 2]})):
        with pytest.raises(AllocationError, match=r"^no whole solution within the bounds for scenarios 1 \(0\)"):
            rounded([1.5, 1.5], total, **bounds)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"total": 1.5}, "totals must be whole and finite"),
        ({"total": np.inf}, "totals must be whole and finite"),
        ({"lower": 0.5}, "bounds must be whole"),
        ({"upper": 2.5}, "bounds must be whole"),
        ({"amounts": np.array([[2.0**32, 1]])}, "amounts must be finite and below"),
        ({"amounts": np.array([[-(2.0**32), 1]])}, "amounts must be finite and below"),
        ({"amounts": np.array([[np.nan, 1]])}, "amounts must be finite and below"),
        ({"school_unit_codes": ["a", "a"]}, "school_unit_codes must be 2 different codes in ascending order"),
        ({"school_unit_codes": ["b", "a"]}, "school_unit_codes must be 2 different codes in ascending order"),
        ({"school_unit_codes": ["a"]}, "school_unit_codes must be 2 different codes in ascending order"),
    ],
)
def test_rows_that_cannot_be_rounded_are_refused(changed: dict, words: str):
    asked = {"amounts": np.array([[1.0, 1]]), "school_unit_codes": ["a", "b"], "lower": 0.0, "upper": 5.0, "total": 2}
    assert round_batch(**asked).tolist() == [[1, 1]]
    with pytest.raises(AllocationError, match=f"^{words}"):
        round_batch(**asked | changed)


def test_each_row_has_its_own_total_and_every_row_without_a_solution_is_named():
    codes, amounts = ["a", "b"], np.array([[1.5, 1.5], [0.2, 0.8], [4, 4]])
    found = round_batch(amounts, school_unit_codes=codes, lower=0, upper=9, total=[3, 1, 8])
    assert found.tolist() == [[2, 1], [0, 1], [4, 4]]
    with pytest.raises(AllocationError, match=r"scenarios 2 \(0, 2\)"):
        round_batch(amounts, school_unit_codes=codes, lower=0, upper=1, total=[3, 1, 8])
