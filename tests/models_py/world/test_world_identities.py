"""Identity numbers of the demo: well formed, all different, and from the range that is never issued."""

from datetime import date

import numpy as np
import pytest

from models_py.world import WorldError
from models_py.world.identities import assign_identities, check_digit
from models_py.world.streams import Streams


def luhn_is_valid(ten: str) -> bool:
    """Written apart from the product: right to left, every second digit doubled."""
    total = 0
    for place, digit in enumerate(reversed(ten)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def assign(n, *, year=2012, boy=False, coordination=False):
    return assign_identities(birth_year=np.full(n, year), is_boy=np.full(n, boy), streams=Streams(1),
                             is_coordination=np.full(n, coordination)).tolist()  # fmt: skip


def test_the_check_digit_is_that_of_published_test_numbers():
    # Three personal numbers and three coordination numbers from the Tax Agency's open data.
    published = ["201701012393", "199107172380", "200001052380", "202601612381", "202601622380", "202601912393"]
    for number in published:
        assert check_digit(np.array([int(number[2:11])]))[0] == int(number[11])
        assert luhn_is_valid(number[2:])
        assert not luhn_is_valid(number[2:11] + str((int(number[11]) + 1) % 10))


@pytest.mark.parametrize("coordination", [False, True])
@pytest.mark.parametrize("boy", [False, True])
def test_a_full_birth_year_uses_every_day_once_and_only_reserved_numbers(boy, coordination):
    numbers = assign(366, boy=boy, coordination=coordination)
    assert len(set(numbers)) == 366
    dates = set()
    for number in numbers:
        assert len(number) == 12
        assert luhn_is_valid(number[2:])
        assert number[8:11] == ("239" if boy else "238")
        day = int(number[6:8]) - 60 * coordination
        dates.add(date(int(number[:4]), int(number[4:6]), day))
    assert len(dates) == 366
    assert {d.year for d in dates} == {2012}


def test_a_surplus_goes_to_the_neighbouring_birth_years():
    numbers = assign(800)
    years = {y: sum(n.startswith(str(y)) for n in numbers) for y in (2011, 2012, 2013)}
    assert years == {2012: 366, 2013: 365, 2011: 69}
    assert len(set(numbers)) == 800


def test_an_exhausted_range_is_an_error_that_says_what_to_do():
    says = r"birth year 2012, girls, personal numbers: 1097 pupils.*\(1 too many\).*smaller"
    with pytest.raises(WorldError, match=says):
        assign(366 + 365 + 365 + 1)


def test_births_before_the_reserved_range_are_refused():
    with pytest.raises(WorldError, match="1989"):
        assign(1, year=1989)
