"""Probes of the run history: runs that are marked as working and are not, runs that take too long, runs that failed.

Belongs here: reading Dagster's run storage. Does not: marking runs (a person, or Dagster's own run monitoring, does).
A run killed with SIGKILL stays STARTED for ever: nothing is left that could say otherwise. Publication does not look at
this state, so a dead run holds up nothing but the queue of one run at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.operations.finding import Finding
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, RunRecord

_BOOT_TICKS = os.sysconf("SC_CLK_TCK")
_SLACK_SECONDS = 5.0
"""A process may seem this much younger than its run's own clock says: the two are kept apart by rounding."""


def run_findings(found: Settings, *, now: datetime, hours: int, same_machine: bool) -> Iterator[Finding]:
    """Runs STARTED without a living process, runs older than ``hours``, and the newest run of a job where it failed.

    ``same_machine``: whether runs' processes can be seen from here; in containers of their own they cannot, and only
    age is judged. A storage that cannot be opened is a finding.
    """
    if not (found.dagster_home / "dagster.yaml").is_file():
        return  # nothing was ever run here
    from dagster import DagsterInstance

    os.environ["DAGSTER_HOME"] = str(found.dagster_home)  # dagster.yaml asks for it
    try:
        with DagsterInstance.from_config(str(found.dagster_home)) as instance:
            yield from _judge(instance, now=now, hours=hours, same_machine=same_machine)
    except (
        Exception
    ) as error:  # whatever the storage's own library raises; its words may hold an address with a password
        yield Finding("run_storage", "dagster", {"problem": type(error).__name__})


def _judge(instance: DagsterInstance, *, now: datetime, hours: int, same_machine: bool) -> Iterator[Finding]:
    from dagster import DagsterRunStatus, RunsFilter

    working = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    for record in instance.get_run_records(RunsFilter(statuses=working)):
        began = _began(record)
        age, where = now.timestamp() - began, f"run {record.dagster_run.run_id[:8]}"
        values = {"job": record.dagster_run.job_name, "hours": int(age // 3600)}
        pids = _process_ids(instance, record.dagster_run.run_id)
        if same_machine and pids and not any(is_alive(pid, since=began) for pid in pids):
            yield Finding("run_dead", where, values)
        elif timedelta(seconds=age) > timedelta(hours=hours):
            yield Finding("run_long", where, values)
    seen: set[str] = set()
    for record in instance.get_run_records(limit=50):  # newest first
        run = record.dagster_run
        if run.job_name in seen or not run.is_finished:
            continue
        seen.add(run.job_name)
        if run.status == DagsterRunStatus.FAILURE:
            yield Finding("run_failed", f"run {run.run_id[:8]}", {"job": run.job_name})


def _began(record: RunRecord) -> float:
    return record.start_time if record.start_time is not None else record.create_timestamp.timestamp()


def _process_ids(instance: DagsterInstance, run_id: str) -> list[int]:
    """Processes that said they work on the run: those of the launcher and of the executor."""
    found = []
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is not None and event.is_engine_event:
            told = event.engine_event_data.metadata.get("pid")
            if told is not None and str(told.value).isdigit():
                found.append(int(str(told.value)))
    return sorted(set(found))


def is_alive(pid: int, *, since: float) -> bool:
    """Whether ``pid`` is a living process that may have begun the work of ``since`` (seconds of the epoch).

    A process younger than the work has only inherited the number, and a zombie works no more.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        booted = next(line for line in Path("/proc/stat").read_text("utf-8").splitlines() if line.startswith("btime"))
    except (FileNotFoundError, ProcessLookupError):
        return False
    state, started = fields[0], int(booted.split()[1]) + int(fields[19]) / _BOOT_TICKS
    return state not in {"Z", "X"} and started <= since + _SLACK_SECONDS
