"""Schedules: registered only where the settings say production; nothing runs unattended elsewhere."""

import dagster as dg

from orchestration.defs.running.jobs import yearly_proposal
from orchestration.settings import TIME_ZONE, settings


@dg.schedule(
    job=yearly_proposal,
    cron_schedule="0 6 20 10 *",
    execution_timezone=TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def propose_next_funding_year(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """After the count date of 15 October: a proposal for the year that follows, which is decided before New Year."""
    year = str(context.scheduled_execution_time.year + 1)
    return dg.RunRequest(run_key=f"proposal-{year}", partition_key=year)


@dg.definitions
def schedules() -> dg.Definitions:
    """The schedules of this environment."""
    registered = [propose_next_funding_year] if settings().environment == "production" else []
    return dg.Definitions(schedules=registered)
