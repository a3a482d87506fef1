"""Rounding conserves totals and bounds, in integers only."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.allocation.rounding import as_decimal, half_even, largest_remainder, listed, round_to_total
from models_py.errors import AllocationError

codes = st.text("ABCDEFGHIJ0123456789", min_size=1, max_size=4)
exact_weights = st.one_of(
    st.integers(0, 10**9), st.fractions(0, 10**6, max_denominator=10**6), st.floats(0, 1e6).map(Fraction)
)
some_weights = st.dictionaries(codes, exact_weights, min_size=1, max_size=30).filter(lambda w: sum(w.values()) > 0)


@settings(max_examples=400, deadline=None)
@given(weights=some_weights, total=st.integers(0, 2 * 10**13), order=st.randoms(use_true_random=False))
def test_every_share_is_within_one_of_exact_and_they_add_up_whatever_the_order(weights, total, order):
    shares = round_to_total(weights, total)
    assert sum(shares.values()) == total
    weight_sum = sum(map(Fraction, weights.values()))
    assert all(abs(shares[code] - Fraction(weights[code]) * total / weight_sum) < 1 for code in weights)
    assert round_to_total(dict(order.sample(sorted(weights.items()), len(weights))), total) == shares


def slow_round_to_total(weights, total):
    """Independent: hand out one unit at a time to the code that is furthest below its exact share."""
    exact = {code: Fraction(weight) * total / sum(map(Fraction, weights.values())) for code, weight in weights.items()}
    given_out = {code: int(value) for code, value in exact.items()}
    while sum(given_out.values()) < total:
        code = min(exact, key=lambda c: (given_out[c] - exact[c], c))
        given_out[code] += 1
    return given_out


@settings(max_examples=200, deadline=None)
@given(weights=some_weights, total=st.integers(0, 10**13))
def test_it_agrees_with_handing_out_one_at_a_time(weights, total):
    assert round_to_total(weights, total) == slow_round_to_total(weights, total)


def test_ties_go_to_the_lower_code():
    assert round_to_total({"C": 1, "B": 1, "A": 1}, 5) == {"A": 2, "B": 2, "C": 1}


def test_remainders_that_floats_confuse_are_told_apart():
    """Both exact shares end just beside .5 at 10**16; a float remainder would call them a tie and favour A."""
    total = 2 * 10**16 + 1
    assert (
        round_to_total({"A": 10**17 - 1, "B": 10**17 + 1}, total)["B"]
        == total - round_to_total({"A": 10**17 - 1, "B": 10**17 + 1}, total)["A"]
    )
    assert round_to_total({"A": 10**17, "B": 10**17 + 1}, 10**17) == {"A": 5 * 10**16, "B": 5 * 10**16}
    assert round_to_total({"A": 10**17, "B": 10**17 + 1}, 10**17 + 1) == {"A": 5 * 10**16, "B": 5 * 10**16 + 1}


@pytest.mark.parametrize(
    ("weights", "total", "words"),
    [
        ({"A": 1}, -1, "negative total"),
        ({"A": -1, "B": 2}, 5, "weights are negative for 1 \\(A\\)"),
        ({"A": 0, "B": 0}, 5, "all zero"),
        ({}, 5, "all zero"),
    ],
)
def test_what_cannot_be_shared_is_refused(weights, total, words):
    with pytest.raises(AllocationError, match=words):
        round_to_total(weights, total)


def test_nothing_shared_by_nobody_is_nothing():
    assert round_to_total({}, 0) == {}
    assert round_to_total({"B": 0, "A": 0}, 0) == {"A": 0, "B": 0}


@st.composite
def bounded_amounts(draw):
    """Exact amounts with a whole sum, and bounds around each of them."""
    amounts = draw(st.dictionaries(codes, st.fractions(0, 10**6, max_denominator=1000), min_size=1, max_size=12))
    last = min(amounts)
    amounts[last] += -sum(amounts.values()) % 1
    lower = {c: a - draw(st.fractions(0, 2, max_denominator=10)) for c, a in amounts.items() if draw(st.booleans())}
    upper = {c: a + draw(st.fractions(0, 2, max_denominator=10)) for c, a in amounts.items() if draw(st.booleans())}
    return amounts, lower, upper


@settings(max_examples=400, deadline=None)
@given(case=bounded_amounts())
def test_bounded_rounding_keeps_sum_and_bounds_or_says_why_not(case):
    amounts, lower, upper = case
    lowest = {code: -(-lower[code] // 1) if code in lower else -(10**9) for code in amounts}
    highest = {code: upper[code] // 1 if code in upper else 10**9 for code in amounts}
    within = sum(lowest.values()) <= sum(amounts.values()) <= sum(highest.values())
    if not within or any(lowest[code] > highest[code] for code in amounts):
        with pytest.raises(AllocationError, match=r"no whole|bounds"):
            largest_remainder(amounts, lower=lower, upper=upper)
        return
    rounded = largest_remainder(amounts, lower=lower, upper=upper)
    assert sum(rounded.values()) == sum(amounts.values())
    assert all(rounded[c] >= lower[c] for c in lower)
    assert all(rounded[c] <= upper[c] for c in upper)
    assert all(abs(rounded[c] - a) < 1 for c, a in amounts.items()) or lower or upper


def test_a_bound_moves_the_krona_to_the_next_remainder():
    amounts = {"A": Fraction(7, 4), "B": Fraction(3, 2), "C": Fraction(7, 4)}
    assert largest_remainder(amounts) == {"A": 2, "B": 1, "C": 2}
    assert largest_remainder(amounts, upper={"A": 1}) == {"A": 1, "B": 2, "C": 2}
    assert largest_remainder(amounts, lower={"B": Fraction(3, 2)}) == {"A": 2, "B": 2, "C": 1}


@pytest.mark.parametrize(
    ("amounts", "bounds", "words"),
    [
        ({"A": Fraction(1, 2), "B": 1}, {}, "not whole"),
        ({"A": 2, "B": 2}, {"lower": {"A": 3, "B": 3}}, "lower bounds exceed the total by 2 of 4"),
        ({"A": 2, "B": 2}, {"upper": {"A": 1, "B": 1}}, "upper bounds leave 2 of 4"),
        (
            {"A": 2},
            {"lower": {"A": Fraction(21, 10)}, "upper": {"A": Fraction(29, 10)}},
            "no whole number lies between",
        ),
        ({"A": 2}, {"upper": {"B": 1}}, "bounds without an amount for 1 \\(B\\)"),
    ],
)
def test_bounds_without_a_whole_solution_are_refused(amounts, bounds, words):
    with pytest.raises(AllocationError, match=words):
        largest_remainder(amounts, **bounds)


def test_half_goes_to_the_even_neighbour():
    assert [half_even(Fraction(n, 2), decimals=0) for n in (1, 3, 5, -1)] == [0, 2, 2, 0]
    assert half_even(Fraction(1, 8), decimals=2) == 12


def test_a_decimal_of_38_digits_is_exact():
    assert as_decimal(-(10**37 + 1), decimals=12) == Decimal("-10000000000000000000000000.000000000001")
    assert str(as_decimal(5, decimals=6)) == "0.000005"


def test_lists_name_how_many_and_the_first_few():
    assert listed(["A", "B"]) == "2 (A, B)"
    assert listed(list("ABCDEFG")) == "7 (A, B, C, D, E, …)"
    assert listed(list("ABCDE")) == "5 (A, B, C, D, E)"
