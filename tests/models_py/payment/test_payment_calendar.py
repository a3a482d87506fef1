"""Days of counting, closing and paying: as the rules say, in Sweden's calendar."""

from datetime import UTC, date, datetime

import pytest

from models_py.errors import PaymentError
from models_py.payment import DayRule, FormCalendar, month_days, stockholm_day

EASTER = frozenset({date(2027, 3, 26), date(2027, 3, 29)})


def calendar(**changes) -> FormCalendar:
    given = {
        "count_day": DayRule("day", 15),
        "registered_by": DayRule("day", 18),
        "pay_day": DayRule("day", 27, shift="before"),
    }
    return FormCalendar("compulsory_school", **(given | changes))


@pytest.mark.parametrize(
    ("rule", "month", "day"),
    [
        (DayRule("day", 27, shift="before"), 3, date(2027, 3, 25)),  # Saturday after Good Friday
        (DayRule("day", 27, shift="after"), 3, date(2027, 3, 30)),  # over Easter Monday
        (DayRule("day", 27), 3, date(2027, 3, 27)),
        (DayRule("day", 31), 2, date(2027, 2, 28)),
        (DayRule("last_weekday"), 2, date(2027, 2, 26)),
        (DayRule("first_weekday"), 5, date(2027, 5, 3)),
        (DayRule("day", 15, month_offset=1), 12, date(2028, 1, 15)),
        (DayRule("last_weekday", month_offset=-1), 1, date(2026, 12, 31)),
    ],
)
def test_a_rule_gives_the_day_of_a_month(rule, month, day):
    assert rule.on(2027, month, holidays=EASTER) == day


def test_july_and_august_are_entitled_by_septembers_count_and_paid_by_their_own_until_then():
    for month in (7, 8):
        days = month_days(calendar(), year=2027, month=month, holidays=())
        assert (days.count_date, days.provisional_date) == (date(2027, 9, 15), date(2027, month, 15))
    assert month_days(calendar(), year=2027, month=9, holidays=()).provisional_date is None


def test_two_counts_a_year_serve_half_a_year_each():
    twice = calendar(counts="twice", count_months=(2, 9))
    got = [month_days(twice, year=2027, month=month, holidays=()) for month in range(1, 13)]
    assert [one.count_date.month for one in got] == [2] * 6 + [9] * 6
    assert [one.provisional_date is not None for one in got] == [True] + [False] * 5 + [True] * 2 + [False] * 4


def test_a_reminder_comes_five_working_days_before_closing_and_never_before_the_count():
    wide = calendar(
        count_day=DayRule("day", 1), registered_by=DayRule("day", 30), pay_day=DayRule("day", 15, month_offset=1)
    )
    assert month_days(wide, year=2027, month=3, holidays=EASTER).remind_on == date(2027, 3, 19)
    assert month_days(calendar(), year=2027, month=3, holidays=EASTER).remind_on == date(2027, 3, 15)


def test_the_closing_run_is_paid_in_the_january_after():
    assert month_days(calendar(), year=2027, month=13, holidays=()).pay_date == date(2028, 1, 27)


def test_pay_before_closing_and_a_month_that_is_none_are_refused():
    with pytest.raises(PaymentError, match="before closing"):
        month_days(calendar(pay_day=DayRule("day", 5)), year=2027, month=3, holidays=())
    with pytest.raises(PaymentError, match="month 14"):
        month_days(calendar(), year=2027, month=14, holidays=())
    with pytest.raises(PaymentError, match="a day is 1"):
        DayRule("day", 32)


@pytest.mark.parametrize(("hour", "day"), [(21, 27), (22, 28), (23, 28)])
def test_a_day_ends_when_it_ends_in_sweden_in_summer_time_too(hour, day):
    assert stockholm_day(datetime(2027, 6, 27, hour, 30, tzinfo=UTC)) == date(2027, 6, day)
    assert stockholm_day(datetime(2027, 1, 27, 22, 30, tzinfo=UTC)) == date(2027, 1, 27)
    with pytest.raises(PaymentError, match="no time zone"):
        stockholm_day(datetime(2027, 6, 27, 12))
