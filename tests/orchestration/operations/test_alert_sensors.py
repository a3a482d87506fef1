"""Dagster's sensors tell of a failed run and of the gate, without a word of the error."""

from __future__ import annotations

import json
import warnings

import dagster as dg
import pytest

from orchestration.settings import Settings, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # dagster 1.13: the job names the partitions of its assets
    from orchestration.defs.running.sensors import sensors, tell_of_failed_run, tell_of_the_gate

VALUE = "19990101-2386"


@pytest.fixture
def told_to(found: Settings, mail_server, tmp_path, monkeypatch: pytest.MonkeyPatch):
    """An installation in production whose alerts go to the mail server of the test."""
    operations = tmp_path / "operations.yml"
    operations.write_text(
        f"disk_free_share: 0\nalerts:\n  email:\n    host: 127.0.0.1\n    port: {mail_server.port}\n    security: none\n"
        "    sender: likvard@example.se\n    recipients: [a@example.se]\n"
    )
    for name, value in (("HOME", found.home), ("OPERATIONS_FILE", operations), ("ENVIRONMENT", "production")):
        monkeypatch.setenv(f"LIKVARD_{name}", str(value))
    settings.cache_clear()
    return mail_server


def run_of(failing: bool, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    @dg.op
    def work() -> None:
        if failing:
            raise ValueError(f"cell {VALUE}")

    @dg.job(name="yearly_proposal", executor_def=dg.in_process_executor)
    def yearly_proposal() -> None:
        work()

    return yearly_proposal.execute_in_process(instance=instance, raise_on_error=False)


def test_a_failed_run_is_told_by_its_job_and_never_by_its_error(told_to):
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_of(True, instance)
        event = next(e for e in result.all_events if e.event_type_value == "PIPELINE_FAILURE")
        context = dg.build_run_status_sensor_context(
            sensor_name="tell_of_failed_run",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=event,
        ).for_run_failure()
        tell_of_failed_run(context)
        tell_of_failed_run(context)
    (mail,) = told_to.mails
    assert (
        f"run_failed · The newest run of {result.dagster_run.job_name} failed" in mail.get_payload(decode=True).decode()
    )
    assert VALUE not in mail.as_string()


def test_what_the_gate_refused_is_told_when_the_run_went_through(told_to, found: Settings):
    record = found.tables / "publication_outcome" / "funding_year=2027.json"
    reason = {"rule_id": "Q-SHARE-001", "failing_count": 3, "detail": VALUE}
    record.write_text(
        json.dumps({"municipalities": [{"municipality_code": "9999", "status": "refused", "reasons": [reason]}]})
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_of(False, instance)
        event = next(e for e in result.all_events if e.event_type_value == "PIPELINE_SUCCESS")
        tell_of_the_gate(
            dg.build_run_status_sensor_context(
                sensor_name="tell_of_the_gate",
                dagster_instance=instance,
                dagster_run=result.dagster_run,
                dagster_event=event,
            )
        )
    (mail,) = told_to.mails
    assert (
        "gate_refused · The gate refused the newest candidate: Q-SHARE-001 (3)"
        in mail.get_payload(decode=True).decode()
    )
    assert VALUE not in mail.as_string()


def test_a_channel_that_fails_shows_in_the_daemon(told_to, found: Settings, monkeypatch: pytest.MonkeyPatch):
    operations = settings().operations_file
    assert operations is not None
    operations.write_text(operations.read_text().replace(f"port: {told_to.port}", "port: 1"))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_of(True, instance)
        event = next(e for e in result.all_events if e.event_type_value == "PIPELINE_FAILURE")
        context = dg.build_run_status_sensor_context(
            sensor_name="s", dagster_instance=instance, dagster_run=result.dagster_run, dagster_event=event
        )
        with pytest.raises(RuntimeError, match="email: ConnectionRefusedError"):
            tell_of_failed_run(context.for_run_failure())


def test_sensors_stand_in_production_only(told_to, monkeypatch: pytest.MonkeyPatch):
    names = {sensor.name for sensor in sensors().sensors or []}
    assert names == {"tell_of_failed_run", "tell_of_the_gate"}
    monkeypatch.setenv("LIKVARD_ENVIRONMENT", "development")
    settings.cache_clear()
    assert not sensors().sensors
