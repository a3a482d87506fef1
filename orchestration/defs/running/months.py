"""Schedule and sensor of the months: registered only where the settings say production."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from models_py.payment import MonthDays, month_days
from orchestration.defs.running.jobs import monthly_payment_run
from orchestration.defs.running.sensors import tell_of
from orchestration.operations.finding import Finding
from orchestration.paying import COUNTS_MART, paying_municipalities
from orchestration.payments.inputs import swedish_holidays
from orchestration.resources.payment_policy import payment_policy
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import TIME_ZONE, Settings, settings


def closings(found: Settings, *, on: date) -> Iterator[tuple[str, MonthDays]]:
    """Municipality and dates of every month of the year of ``on`` and the one before, by its own calendar."""
    for code in paying_municipalities(found):
        for year in (on.year - 1, on.year):
            policy = payment_policy(found.policies / code, funding_year=year)
            for month in range(policy.first_month, 13) if policy else ():
                yield code, month_days(policy.calendar, year=year, month=month, holidays=swedish_holidays(year))


def missing_counts(found: Settings, delivered: set[tuple[str, date]], *, on: date) -> list[Finding]:
    """Counts that have not come though closing is near: one finding per municipality and month."""
    return [
        Finding(
            "count_missing",
            f"{code} {days.year}-{days.month:02d}",
            {"count_date": str(days.provisional_date or days.count_date), "registered_by": str(days.registered_by)},
        )
        for code, days in closings(found, on=on)
        if days.remind_on <= on <= days.registered_by
        and (code, days.provisional_date or days.count_date) not in delivered
    ]


@dg.schedule(
    job=monthly_payment_run,
    cron_schedule="0 6 * * *",
    execution_timezone=TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def prepare_month_after_closing(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Each morning: the months whose last day of registration was yesterday or before, once per month and day of closing."""
    today = context.scheduled_execution_time.astimezone(ZoneInfo(TIME_ZONE)).date()
    due: dict[str, set[str]] = {}
    for code, days in closings(settings(), on=today):
        if days.registered_by < today <= days.pay_date:
            due.setdefault(f"{days.year}-{days.month:02d}", set()).add(f"{code} {days.registered_by}")
    if not due:
        yield dg.SkipReason(f"no month closes before {today}")
    for month, closing in sorted(due.items()):
        yield dg.RunRequest(run_key=f"{month}: {', '.join(sorted(closing))}", partition_key=month)


@dg.sensor(
    name="tell_of_missing_counts",
    description="Tells, five working days before closing, that a month's count has not been delivered.",
    minimum_interval_seconds=6 * 3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def tell_of_missing_counts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """One finding per municipality and month; it is told once until it is gone."""
    found, today = settings(), datetime.now(ZoneInfo(TIME_ZONE)).date()
    findings = missing_counts(found, _delivered(found), on=today)
    return dg.SkipReason(tell_of(findings) if findings else "no count is missing")


def _delivered(found: Settings) -> set[tuple[str, date]]:
    """Municipality and day of every count that has been taken in."""
    try:
        table = Warehouse(path=str(found.warehouse)).mart(COUNTS_MART)
    except FileNotFoundError:
        return set()
    return set(zip(table["municipality_code"], table["count_date"], strict=True))


@dg.definitions
def unattended() -> dg.Definitions:
    """What runs by itself in this environment."""
    if settings().environment != "production":
        return dg.Definitions()
    return dg.Definitions(schedules=[prepare_month_after_closing], sensors=[tell_of_missing_counts])
