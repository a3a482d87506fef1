"""Money added within the year reaches everybody alike, and a covered deficit is netted before it is matched."""

from datetime import date
from fractions import Fraction

import pytest

from models_py.errors import PaymentError
from models_py.payment import (
    BudgetChange,
    OwnResult,
    Supplement,
    as_budget_change,
    balance,
    matching_ore,
    supplement_ore,
)

CHANGE = BudgetChange("spring", date(2027, 5, 20), 6, 1_000_000_00, 1_000)


def test_a_change_is_paid_whole_in_the_rest_of_the_same_year():
    months = [CHANGE.month_ore(1_000, month=month) for month in range(1, 13)]
    assert months[:5] == [0] * 5
    assert sum(months) == 1_000_000_00


def test_independent_schools_get_the_same_per_pupil_and_their_overheads():
    due = matching_ore(CHANGE, independent_pupils={"X": 10, "Y": 0}, factor=Fraction("1.0918"))
    assert due == {"X": 10 * 1_000_00 * 10918 // 10_000, "Y": 0}


def test_a_reduction_may_lower_remaining_payments_only():
    with pytest.raises(PaymentError, match="remaining payments only"):
        BudgetChange("cut", date(2027, 5, 20), 5, -1_00, 10)
    assert BudgetChange("cut", date(2027, 5, 20), 6, -1_00, 10).whole_ore(10) == -1_00


def test_a_covered_deficit_is_netted_against_earlier_surpluses_never_later_ones():
    years = balance([OwnResult(2026, 0, 900), OwnResult(2024, 500), OwnResult(2025, 0, 200), OwnResult(2027, 700)])
    assert [(one.year, one.netted_ore, one.to_match_ore, one.closing_ore) for one in years] == [
        (2024, 0, 0, 500), (2025, 200, 0, 300), (2026, 300, 600, 0), (2027, 0, 0, 700),
    ]  # fmt: skip
    told = {"decided_on": date(2027, 3, 1), "first_month": 4, "own_pupils": 100}
    assert as_budget_change(years[1], **told) is None
    matched = as_budget_change(years[2], **told)
    assert matched is not None
    assert (matched.own_units_ore, matched.per_pupil_ore) == (600, 6)


def test_a_year_twice_or_a_negative_sum_is_refused():
    with pytest.raises(PaymentError, match="given twice"):
        balance([OwnResult(2026, 1), OwnResult(2026, 2)])
    with pytest.raises(PaymentError, match="0 or more"):
        balance([OwnResult(2026, -1)])


def test_a_supplement_is_paid_over_its_own_months():
    decided = Supplement("2027-001", "A", 1_000, 3, 9)
    by_month = [supplement_ore([decided, decided], month=month).get("A", 0) for month in range(1, 13)]
    assert sum(by_month) == 2_000
    assert [month for month, ore in enumerate(by_month, start=1) if ore] == list(range(3, 10))
    with pytest.raises(PaymentError, match="in order"):
        Supplement("2027-001", "A", 1_000, 9, 3)
