"""When pupils are counted, by when they must be registered, and when money is paid: rules of one school form as dates.

Belongs here: rules of days, the dates of a month, working days. Does not: which days are holidays (handed in), clocks,
which municipality uses which rule (its policy). Dates are calendar days in Europe/Stockholm; ``stockholm_day`` makes
them of points in time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from models_py.errors import PaymentError

Kind = Literal["day", "last_weekday", "first_weekday"]
Shift = Literal["before", "after", "keep"]
MONTHS = range(1, 13)
CLOSING_MONTH = 13
"""A run of its own after December: corrections of the year that came to light when its months were paid."""
SUMMER = (7, 8)
"""Months that are paid by the autumn's register, since who starts in August is entitled from 1 July (Skolförordningen 14:1)."""
AUTUMN_COUNT_MONTH = 9
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True, slots=True)
class DayRule:
    """One day in each month: a day of the month, or its first or last weekday that is no holiday.

    Attributes
    ----------
    day : 1..31, the month's last day where the month is shorter; for kind ``day`` only
    month_offset : 0 in the month itself, 1 in the month after, -1 before
    shift : where a ``day`` falls on a weekend or holiday: to the working day before or after, or kept
    """

    kind: Kind
    day: int = 1
    month_offset: int = 0
    shift: Shift = "keep"

    def __post_init__(self) -> None:
        if not 1 <= self.day <= 31 or not -2 <= self.month_offset <= 2:
            raise PaymentError(f"day {self.day} and month_offset {self.month_offset}: a day is 1..31, an offset -2..2")

    def on(self, year: int, month: int, *, holidays: Collection[date]) -> date:
        """The day that the rule gives for a month (1..12)."""
        first = _first_of(year, month + self.month_offset)
        last = _first_of(first.year, first.month + 1) - timedelta(days=1)
        if self.kind == "first_weekday":
            return working_day(first, step=1, holidays=holidays)
        if self.kind == "last_weekday":
            return working_day(last, step=-1, holidays=holidays)
        day = min(first + timedelta(days=self.day - 1), last)
        steps = {"before": -1, "after": 1, "keep": 0}
        return working_day(day, step=steps[self.shift], holidays=holidays)


@dataclass(frozen=True, slots=True)
class FormCalendar:
    """The calendar of one school form.

    Attributes
    ----------
    counts : ``monthly``; ``twice``: January–June by the count of ``count_months[0]``, July–December by ``[1]``; or ``on_days``:
        by the latest of ``count_days`` on or before the month's own count day, so that a count holds until the form is counted next
    count_days : (month, day) of a form's counts in a year, ascending; for ``on_days``
    remind_working_days : so many working days before closing a missing count is told of
    """

    school_form: str
    count_day: DayRule
    registered_by: DayRule
    pay_day: DayRule
    counts: Literal["monthly", "twice", "on_days"] = "monthly"
    count_months: tuple[int, int] = (2, 9)
    remind_working_days: int = 5
    count_days: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if (self.counts == "on_days") != bool(self.count_days):
            raise PaymentError(f"{self.school_form}: counts on_days and count_days go together; give both or neither")


@dataclass(frozen=True, slots=True)
class MonthDays:
    """The dates of one month's payment.

    Attributes
    ----------
    count_date : the count that the month is entitled by
    provisional_date : the count that it is paid by until then, for July and August; None where there is no such wait
    registered_by : closing: what comes later is corrected later
    remind_on : from this day a missing delivery is told of
    """

    year: int
    month: int
    count_date: date
    provisional_date: date | None
    registered_by: date
    pay_date: date
    remind_on: date


def month_days(calendar: FormCalendar, *, year: int, month: int, holidays: Collection[date]) -> MonthDays:
    """The dates of ``month`` (1..12, or 13: the closing run, paid in January after).

    Raises PaymentError for another month, or a payment before its closing.
    """
    if month not in (*MONTHS, CLOSING_MONTH):
        raise PaymentError(f"month {month}: a year has months 1 to 12, and 13 for closing it")
    own = calendar.count_day.on(year, min(month, 12), holidays=holidays)
    provisional: date | None = None
    if calendar.counts == "twice":
        at = calendar.count_months[0 if month <= 6 else 1]
        counted, provisional = calendar.count_day.on(year, at, holidays=holidays), own if month < at else None
    elif calendar.counts == "on_days":
        counted = max(day for at in (year - 1, year) for day in _days_of(calendar, at) if day <= own)
    elif month in SUMMER:
        counted, provisional = calendar.count_day.on(year, AUTUMN_COUNT_MONTH, holidays=holidays), own
    else:
        counted = own
    closing = calendar.registered_by.on(year, month, holidays=holidays)
    pay = calendar.pay_day.on(year, month, holidays=holidays)
    if pay < closing:
        raise PaymentError(
            f"{calendar.school_form} {year}-{month:02d}: pay day {pay} is before closing {closing}; change pay_day or registered_by"
        )
    reminder = closing
    for _ in range(calendar.remind_working_days):
        reminder = working_day(reminder - timedelta(days=1), step=-1, holidays=holidays)
    needed = provisional or counted
    return MonthDays(year, month, counted, provisional, closing, pay, max(reminder, min(needed, closing)))


def working_day(day: date, *, step: int, holidays: Collection[date]) -> date:
    """``day``, or the nearest day in direction ``step`` (1, -1) that is Monday to Friday and no holiday; 0 keeps it."""
    while step and (day.weekday() > 4 or day in holidays):
        day += timedelta(days=step)
    return day


def stockholm_day(moment: datetime) -> date:
    """The calendar day in Sweden of a point in time. Raises PaymentError for one without a time zone."""
    if moment.tzinfo is None:
        raise PaymentError(f"{moment} has no time zone; a closing day needs one")
    return moment.astimezone(STOCKHOLM).date()


def _days_of(calendar: FormCalendar, year: int) -> list[date]:
    return [date(year, month, day) for month, day in calendar.count_days]


def _first_of(year: int, month: int) -> date:
    """The first day of a month counted on from January: month 13 is next January."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
