"""Twelfths, parts and rounding: whole öre that add up to exactly the year."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.errors import PaymentError
from models_py.payment.twelfths import MICRO, half_even_ore, part, twelfth

ORE = st.integers(-(10**15), 10**15)


@settings(max_examples=200, deadline=None)
@given(ORE, st.integers(1, 12))
def test_parts_add_up_and_differ_by_at_most_an_ore(total, parts):
    shares = [part(total, position=n, parts=parts) for n in range(1, parts + 1)]
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


@settings(max_examples=200, deadline=None)
@given(ORE)
def test_rounding_is_half_even_of_the_exact_value(micro):
    assert half_even_ore(micro) == round(Fraction(micro, MICRO))


def test_a_month_that_does_not_exist_has_no_twelfth():
    assert [twelfth(100, month=m) for m in (1, 12)] == [8, 9]
    with pytest.raises(PaymentError, match="part 13 of 12"):
        twelfth(100, month=13)
