"""Sensors: they tell people when a run failed, and what the gate said when one went through.

Registered only where the settings say production. Belongs here: when to tell. Does not: what and how
(``orchestration.operations``); an error's own words never leave the machine, since they may quote a file.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.running.jobs import yearly_proposal
from orchestration.operations.alerts import tell
from orchestration.operations.finding import Finding
from orchestration.operations.probes_home import disk_findings, key_findings
from orchestration.operations.probes_published import gate_findings
from orchestration.operations.settings_file import read_operations
from orchestration.settings import settings


def tell_of(findings: Iterable[Finding]) -> str:
    """Send what is new; returns what came of it, for the sensor's log. Raises RuntimeError when a channel failed."""
    found = settings()
    alerts = read_operations(found.operations_file).alerts
    telling = tell(found, list(findings), alerts=alerts, now=datetime.now(UTC), is_all=False)
    if telling.failures:
        raise RuntimeError("; ".join(telling.failures))  # the daemon shows it and asks again at the next event
    return f"told: {dict(telling.told)}"


@dg.run_failure_sensor(
    name="tell_of_failed_run",
    description="Tells that a run failed: its job and number, nothing of its error.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def tell_of_failed_run(context: dg.RunFailureSensorContext) -> None:
    """One finding per failed run."""
    run = context.dagster_run
    context.log.info(tell_of([Finding("run_failed", f"run {run.run_id[:8]}", {"job": run.job_name})]))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[yearly_proposal],
    name="tell_of_the_gate",
    description="Tells which municipalities the gate refused, by rule and count, and of a changed key or a full disk.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def tell_of_the_gate(context: dg.RunStatusSensorContext) -> None:
    """What a run that went through leaves to a person."""
    found = settings()
    limits, now = read_operations(found.operations_file), datetime.now(UTC)
    findings = [
        *gate_findings(found),
        *key_findings(found, now=now, days=limits.key_change_days),
        *disk_findings(found, least=float(limits.disk_free_share)),
    ]
    context.log.info(tell_of(findings))


@dg.definitions
def sensors() -> dg.Definitions:
    """The sensors of this environment."""
    registered = [tell_of_failed_run, tell_of_the_gate] if settings().environment == "production" else []
    return dg.Definitions(sensors=registered)
