"""Measures of equity: identities that hold for every allocation, small cases by hand, and a slow oracle."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models_py.allocation.equity import (
    concentration_curve,
    coverage_by_fifth,
    equity_measures,
    lorenz_curve,
    need_curve,
    redistributed_ore,
)
from models_py.allocation.scored_units import scored_units
from models_py.errors import AllocationError

GOLDEN = {"A": (530, 60), "B": (350, 95), "C": (490, 170), "D": (70, 90), "E": (250, 55), "F": (230, 140)}
GOLDEN_BASE = {"A": 61_283_028, "B": 38_013_057, "C": 57_558_745, "D": 7_602_611, "E": 28_702_350, "F": 26_840_209}
GOLDEN_LINEAR = {"A": 4_755_733, "B": 4_972_582, "C": 12_457_627, "D": 942_174, "E": 2_056_331, "F": 4_815_553}


def units_of(rows):
    return scored_units(
        pd.DataFrame(
            [(code, n, float(index)) for code, (n, index) in rows.items()],
            columns=["school_unit_code", "pupil_count", "need_index"],
        )
    )


@st.composite
def allocations(draw, smallest=1):
    """Units with repeated indices (ties happen) and whole öre, some of them zero."""
    count = draw(st.integers(2, 12))
    rows = {
        f"U{j:02d}": (
            draw(st.integers(smallest, 400)),
            draw(st.sampled_from([40, 60, 75, 90, 100, 100.5, 130, 170, 240])),
        )
        for j in range(count)
    }
    amounts = draw(st.lists(st.integers(0, 10**9), min_size=count, max_size=count))
    assume(any(amounts))
    return units_of(rows), np.array(amounts, dtype=float)


def slow_gini(amounts, pupils):
    """Half the mean absolute difference between any two pupils, over the mean."""
    per_pupil = [Fraction(int(x), int(n)) for x, n in zip(amounts, pupils, strict=True)]
    everyone = sum(int(n) for n in pupils)
    apart = sum(
        int(n) * int(m) * abs(a - b)
        for (a, n), (b, m) in itertools.product(zip(per_pupil, pupils, strict=True), repeat=2)
    )
    mean = Fraction(int(sum(amounts)), everyone)
    return float(apart / (2 * everyone**2 * mean))


@settings(max_examples=80, deadline=None)
@given(allocations())
def test_gini_is_half_the_relative_mean_difference_between_pupils(case):
    units, amounts = case
    assert lorenz_curve(units, amount_ore=amounts).index == pytest.approx(
        slow_gini(amounts, units.pupil_count), abs=1e-12
    )


@settings(max_examples=80, deadline=None)
@given(allocations(), st.floats(1e-3, 1e3), st.floats(0, 3))
def test_concentration_is_gini_when_money_per_pupil_rises_with_need(case, price, exponent):
    units, _ = case
    amounts = price * units.pupil_count * units.need_index**exponent
    measures = equity_measures(units, amount_ore=amounts)
    assert measures.concentration == pytest.approx(measures.gini, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(allocations())
def test_concentration_lies_between_minus_gini_and_gini_and_falls_with_money_to_low_need(case):
    units, amounts = case
    measures = equity_measures(units, amount_ore=amounts)
    assert -measures.gini - 1e-12 <= measures.concentration <= measures.gini + 1e-12
    to_low_need = units.pupil_count / units.need_index
    assert equity_measures(units, amount_ore=to_low_need).concentration <= 1e-12


@settings(max_examples=60, deadline=None)
@given(allocations(), st.randoms(use_true_random=False))
def test_no_measure_depends_on_the_order_of_rows_or_on_codes(case, order):
    units, amounts = case
    rows = [
        (code, int(n), float(r), float(x))
        for code, n, r, x in zip(units.school_unit_code, units.pupil_count, units.need_index, amounts, strict=True)
    ]
    shuffled = order.sample(rows, len(rows))
    again = scored_units(
        pd.DataFrame([row[:3] for row in shuffled], columns=["school_unit_code", "pupil_count", "need_index"])
    )
    by_code = {row[0]: row[3] for row in shuffled}
    assert equity_measures(again, amount_ore=again.align(by_code, what="amounts")) == equity_measures(
        units, amount_ore=amounts
    )
    names = dict(zip(sorted(by_code), order.sample(sorted(by_code), len(by_code)), strict=True))
    renamed = units_of({names[row[0]]: row[1:3] for row in rows})
    moved = {names[code]: x for code, x in by_code.items()}
    ours = concentration_curve(renamed, amount_ore=renamed.align(moved, what="amounts"))
    assert ours.index == concentration_curve(units, amount_ore=amounts).index


@settings(max_examples=60, deadline=None)
@given(allocations(smallest=40), st.integers(1, 9))
def test_splitting_a_unit_in_two_equal_parts_changes_no_measure(case, tenths):
    units, amounts = case
    rows, money = {}, {}
    for code, n, r, x in zip(units.school_unit_code, units.pupil_count, units.need_index, amounts, strict=True):
        rows[code], money[code] = (int(n) * 10, float(r)), float(x) * 10
    whole = units_of(rows)
    first = whole.school_unit_code[0]
    n, r = rows.pop(first)
    x = money.pop(first)
    part = n * tenths // 10
    rows |= {first: (part, r), "Z": (n - part, r)}
    money |= {first: x * part / n, "Z": x * (n - part) / n}
    split = units_of(rows)
    before = equity_measures(whole, amount_ore=amounts * 10)
    after = equity_measures(split, amount_ore=split.align(money, what="money"))
    for name in ("gini", "concentration", "need_gini", "theil", "redistributed_share"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-9, abs=1e-9), name
    if before.slope_ore_per_100_points is None:
        assert after.slope_ore_per_100_points is None
    else:
        largest = float((amounts * 10 / whole.pupil_count).max())
        assert after.slope_ore_per_100_points == pytest.approx(
            before.slope_ore_per_100_points, rel=1e-9, abs=1e-9 * largest
        )
    assert after.coverage == pytest.approx(before.coverage, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(allocations(), st.data())
def test_theil_is_the_sum_of_its_parts_and_is_all_between_when_groups_are_single_units(case, data):
    units, amounts = case
    labels = {code: data.draw(st.sampled_from(["north", "south", "west"])) for code in units.school_unit_code}
    measures = equity_measures(units, amount_ore=amounts, groups=labels)
    assert measures.theil_within + measures.theil_between == pytest.approx(measures.theil, abs=1e-12)
    assert measures.theil_within >= -1e-12
    assert measures.theil_between >= -1e-12
    within = 0.0  # each group's own measure, weighted by its share of the money
    for label in sorted(set(labels.values())):
        members = np.array([labels[code] == label for code in units.school_unit_code])
        if amounts[members].any():
            own = units_of(
                {
                    c: (int(n), float(r))
                    for c, n, r, m in zip(
                        units.school_unit_code, units.pupil_count, units.need_index, members, strict=True
                    )
                    if m
                }
            )
            within += amounts[members].sum() / amounts.sum() * equity_measures(own, amount_ore=amounts[members]).theil
    assert measures.theil_within == pytest.approx(within, abs=1e-12)
    alone = equity_measures(units, amount_ore=amounts, groups={code: code for code in units.school_unit_code})
    assert alone.theil_within == 0
    assert alone.theil_between == alone.theil


@settings(max_examples=60, deadline=None)
@given(allocations(), st.floats(0.01, 0.9))
def test_a_linear_pot_on_a_flat_base_has_concentration_share_times_gini_of_need(case, share):
    """Hence a tenth by need where need has Gini .217: G = C = .0217 and Kakwani −.195."""
    units, _ = case
    need = units.pupil_count * units.need_index
    amounts = (1 - share) * units.pupil_count / units.pupil_count.sum() + share * need / need.sum()
    measures = equity_measures(units, amount_ore=amounts * 1e9)
    assert measures.gini == pytest.approx(share * measures.need_gini, abs=1e-12)
    assert measures.kakwani == pytest.approx(-(1 - share) * measures.need_gini, abs=1e-12)


def test_two_schools_by_hand():
    """100 pupils at index 50 with 1 kr each, 100 at 150 with 3 kr each."""
    units = units_of({"A": (100, 50), "B": (100, 150)})
    measures = equity_measures(units, amount_ore=np.array([100.0, 300.0]))
    assert measures.gini == measures.concentration == measures.need_gini == pytest.approx(0.25)
    assert measures.kakwani == pytest.approx(0)
    assert measures.theil == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5))
    assert measures.redistributed_share == pytest.approx(0.25)
    assert measures.slope_ore_per_100_points == pytest.approx(2)
    assert measures.elasticity == pytest.approx(1)
    assert measures.highest_to_lowest == 3
    assert measures.p90_to_p10 == 3  # both quantiles lie outside the two midpoints, .25 and .75
    assert measures.coverage == pytest.approx((1,) * 5)


def test_quantiles_lie_between_midpoints():
    """Midpoints .05, .25, .65, .95 of pupils: P10 is a quarter of the way from 1 to 2, P90 five sixths from 3 to 4."""
    units = units_of({"A": (10, 80), "B": (30, 90), "C": (50, 100), "D": (10, 130)})
    measures = equity_measures(units, amount_ore=np.array([10.0, 60, 150, 40]))
    assert measures.p90_to_p10 == pytest.approx((3 + 5 / 6) / 1.25)


def test_curves_start_at_nothing_and_end_at_everything_with_ties_as_one_step():
    units = units_of({"A": (10, 100), "B": (30, 100), "C": (60, 50)})
    curve = concentration_curve(units, amount_ore=np.array([50.0, 10, 40]))
    assert curve.pupil_share.tolist() == [0, 0.6, 1]
    assert curve.amount_share.tolist() == [0, 0.4, 1]
    assert need_curve(units).amount_share.tolist() == pytest.approx([0, 3 / 7, 1])


def test_coverage_counts_a_unit_on_the_border_in_both_fifths():
    """Neediest first: A has 30 of 100 pupils with nothing of 30 kr, B has 70 with all of 70 kr."""
    units = units_of({"A": (30, 200), "B": (70, 80)})
    assert coverage_by_fifth(
        units, amount_ore=np.array([0.0, 7000]), claims_ore=np.array([3000.0, 7000])
    ) == pytest.approx((0, 0.5, 1, 1, 1))
    assert coverage_by_fifth(units, amount_ore=np.zeros(2), claims_ore=np.array([0.0, 7000])) == (
        None,
        pytest.approx(0),
        pytest.approx(0),
        pytest.approx(0),
        pytest.approx(0),
    )


def test_what_is_redistributed_and_the_range_of_the_golden_example():
    units = units_of(GOLDEN)
    structural = units.align({u: 100 * v for u, v in GOLDEN_LINEAR.items()}, what="structural part")
    base = units.align({u: 100 * v for u, v in GOLDEN_BASE.items()}, what="base part")
    assert redistributed_ore(structural, pupils=units.pupil_count) / 100 == pytest.approx(6_023_180, abs=1)
    measures = equity_measures(units, amount_ore=base + structural, structural_ore=structural)
    assert measures.redistributed_share == pytest.approx(0.0241, abs=5e-5)
    assert measures.highest_to_lowest == pytest.approx(1.171, abs=5e-4)
    assert measures.coverage == pytest.approx((1,) * 5, abs=1e-6)
    assert equity_measures(units, amount_ore=structural).elasticity == pytest.approx(1, abs=1e-6)


def test_small_units_are_left_out_of_highest_and_lowest():
    units = units_of({"A": (19, 100), "B": (20, 90), "C": (40, 80)})
    assert equity_measures(units, amount_ore=np.array([19_000.0, 40, 40])).highest_to_lowest == 2


def test_measures_that_are_not_defined_are_empty():
    level = equity_measures(units_of({"A": (10, 100), "B": (30, 100)}), amount_ore=np.array([0.0, 90]))
    assert (level.slope_ore_per_100_points, level.elasticity, level.p90_to_p10) == (None, None, None)
    assert level.highest_to_lowest == 1
    assert level.need_gini == 0
    assert level.theil_within is None


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ([0.0, 0.0], "every amount is zero"),
        ([-1.0, 5.0], r"negative for school units 1 \(A\)"),
        ([float("nan"), 5.0], r"not a number for school units 1 \(A\)"),
        ([1.0, 2.0, 3.0], "number of school units, 2"),
        ([[1.0, 2.0]], "one set of amounts"),
    ],
)
def test_amounts_that_cannot_be_measured_are_refused(amounts, said):
    with pytest.raises(AllocationError, match=said):
        equity_measures(units_of({"A": (10, 90), "B": (10, 110)}), amount_ore=np.array(amounts))


def test_units_without_a_group_and_need_of_zero_are_refused():
    units = units_of({"A": (10, 90), "B": (10, 110)})
    with pytest.raises(AllocationError, match=r"1 \(B\) have no group"):
        equity_measures(units, amount_ore=np.ones(2), groups={"A": "north"})
    with pytest.raises(AllocationError, match="every need_index is zero"):
        equity_measures(units_of({"A": (10, 0), "B": (10, 0)}), amount_ore=np.ones(2))
