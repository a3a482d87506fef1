"""Schedule and sensor of the months: registered only where the settings say production."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from models_py.payment import COMPULSORY_SCHOOL
from orchestration.defs.running.jobs import monthly_payment_run
from orchestration.defs.running.sensors import tell_of
from orchestration.paying import COUNTS_MART, form_registers
from orchestration.payments.closing import closings, missing_counts
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import TIME_ZONE, Settings, settings


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
    for code, _, days in closings(settings(), on=today):
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


def _delivered(found: Settings) -> set[tuple[str, str, date]]:
    """Municipality, school form and day of every count that has been taken in."""
    try:
        warehouse = Warehouse(path=str(found.warehouse))
        school = warehouse.mart(COUNTS_MART).assign(school_form=COMPULSORY_SCHOOL)
        forms = form_registers(warehouse)().counts
    except FileNotFoundError:
        return set()
    names = ("municipality_code", "school_form", "count_date")
    return {row for table in (school, forms) for row in zip(*(table[name] for name in names), strict=True)}


@dg.definitions
def unattended() -> dg.Definitions:
    """What runs by itself in this environment."""
    if settings().environment != "production":
        return dg.Definitions()
    return dg.Definitions(schedules=[prepare_month_after_closing], sensors=[tell_of_missing_counts])
