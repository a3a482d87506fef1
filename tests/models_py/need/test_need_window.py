"""Which cohorts are pooled: enough to be stable, none from after the decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_py.need.window import COHORTS_LARGE, COHORTS_SMALL, SMALL_MUNICIPALITY_UNITS, result_years

AVAILABLE = range(2018, 2027)


@pytest.mark.parametrize(
    ("units", "years"),
    [
        (1, (2022, 2023, 2024, 2025, 2026)),
        (SMALL_MUNICIPALITY_UNITS, (2022, 2023, 2024, 2025, 2026)),
        (SMALL_MUNICIPALITY_UNITS + 1, (2024, 2025, 2026)),
        (600, (2024, 2025, 2026)),
    ],
)
def test_few_schools_pool_five_cohorts_and_many_pool_three(units, years):
    assert result_years(AVAILABLE, funding_year=2027, unit_count=units) == years


def test_the_year_of_the_decision_and_later_ones_are_left_out():
    assert result_years(AVAILABLE, funding_year=2025, unit_count=99) == (2022, 2023, 2024)
    assert result_years([2027, 2028], funding_year=2027, unit_count=99) == ()


def test_a_year_without_results_is_skipped_not_waited_for():
    assert result_years([2018, 2020, 2026], funding_year=2027, unit_count=99) == (2018, 2020, 2026)


@given(
    available=st.lists(st.integers(2000, 2040), max_size=30),
    funding_year=st.integers(2010, 2035),
    units=st.integers(0, 80),
)
def test_the_window_is_the_newest_ended_years_in_order(available, funding_year, units):
    years = result_years(available, funding_year=funding_year, unit_count=units)
    ended = {year for year in available if year < funding_year}
    assert list(years) == sorted(set(years))
    assert set(years) <= ended
    assert len(years) == min(len(ended), COHORTS_SMALL if units <= SMALL_MUNICIPALITY_UNITS else COHORTS_LARGE)
    assert all(left_out < min(years) for left_out in ended - set(years))
