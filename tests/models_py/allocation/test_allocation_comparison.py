"""Last year's kronor per pupil, made comparable: the price factor, what is taken off, who is compared with whom."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

from models_py.allocation.comparison import previous_per_pupil
from models_py.allocation.facts import Facts, Previous
from models_py.errors import AllocationError

FACTS = Facts(
    pupils={"A": {"1": 10}, "B": {"1": 5}},
    measures={},
    previous={
        "A": Previous(total_sek=90_000, pupils=9, components_sek={"rent": 18_000}),
        "X": Previous(total_sek=40_000, pupils=4, components_sek={"rent": 0}),
        "Y": Previous(total_sek=20_000, pupils=6, components_sek={"rent": 10_000}),
    },
    predecessors={"A": ("A",), "B": ("X", "Y")},
)


def asked(**changes: object) -> SimpleNamespace:
    return SimpleNamespace(**({"price_factor": None, "excluded": None} | changes))


def level(this_year: dict[str, int] | None = None, **changes: object) -> dict[str, Fraction | None]:
    return previous_per_pupil(FACTS, asked(**changes), this_year=this_year or {}, key="promise")


def test_last_years_level_is_raised_by_the_price_factor_of_the_policy():
    assert level() == {"A": 10_000, "B": 6_000}
    assert level(price_factor=Decimal("1.03")) == {"A": 10_300, "B": 6_180}


def test_what_is_excluded_is_taken_off_before_prices_are_raised():
    assert level(excluded=("rent",)) == {"A": 8_000, "B": 5_000}
    assert level(excluded=("rent",), price_factor=Decimal("1.1")) == {"A": 8_800, "B": 5_500}


def test_this_years_amount_is_taken_off_once_where_a_unit_follows_two():
    taken_off = level({"A": 9_000, "B": 10_000}, excluded=("rent",), excluded_of="this_year")
    assert taken_off == {"A": 9_000, "B": 5_000}


def test_without_a_baseline_or_the_part_to_take_off_nothing_is_promised():
    with pytest.raises(AllocationError, match="promise promises against last year, and no baseline is delivered"):
        previous_per_pupil(Facts(pupils={"A": {"1": 1}}, measures={}), asked(), this_year={}, key="promise")
    with pytest.raises(AllocationError, match="deliver the column meals_sek"):
        level(excluded=("meals",))
