"""When months close, and which counts are missing shortly before.

Belongs here: the dates of every paying municipality, findings about counts that have not come. Does not: telling
(``orchestration.operations``), when to look (the sensor).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from models_py.payment import COMPULSORY_SCHOOL, MonthDays, month_days
from orchestration.operations.finding import Finding
from orchestration.paying import paying_municipalities
from orchestration.payments.inputs import swedish_holidays
from orchestration.resources.payment_policy import payment_policy
from orchestration.settings import Settings


def closings(found: Settings, *, on: date) -> Iterator[tuple[str, str, MonthDays]]:
    """Municipality, school form and dates of every month of the year of ``on`` and the one before, by its own calendar."""
    for code in paying_municipalities(found):
        for year in (on.year - 1, on.year):
            policy = payment_policy(found.policies / code, funding_year=year)
            if policy is None:
                continue
            for form, own in {COMPULSORY_SCHOOL: policy, **policy.forms}.items():
                for month in range(own.first_month, 13):
                    yield code, form, month_days(own.calendar, year=year, month=month, holidays=swedish_holidays(year))


def missing_counts(found: Settings, delivered: Collection[tuple[str, str, date]], *, on: date) -> list[Finding]:
    """Counts that have not come though closing is near: one finding per municipality, school form and month.

    ``delivered``: municipality, school form and day of the counts that have been taken in. A form that is counted on days of
    its own is asked for in the month of such a day.
    """
    return [
        Finding(
            "count_missing",
            f"{code} {days.year}-{days.month:02d}" + ("" if form == COMPULSORY_SCHOOL else f" {form}"),
            {"count_date": str(days.provisional_date or days.count_date), "registered_by": str(days.registered_by)},
        )
        for code, form, days in closings(found, on=on)
        if days.remind_on <= on <= days.registered_by
        and (form == COMPULSORY_SCHOOL or days.count_date.month == days.month)
        and (code, form, days.provisional_date or days.count_date) not in delivered
    ]
