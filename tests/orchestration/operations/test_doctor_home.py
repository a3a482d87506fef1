"""The doctor finds what is wrong with a home: modes, key, access log, disk, runs without a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestration.intake.access import log_path, note_access
from orchestration.intake.key_ledger import note_key
from orchestration.intake.pseudonym import fingerprint
from orchestration.operations.doctor import as_json, examine, write_metrics
from orchestration.operations.probes_runs import is_alive
from orchestration.operations.settings_file import Operations
from orchestration.settings import REPOSITORY, Settings

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


@pytest.fixture
def look(found: Settings, enough_disk: Operations, now):
    """Codes of what the doctor finds in the home, with other settings where they are given."""

    def codes(*, at: datetime = now, **changes: object) -> list[str]:
        report = examine(found.model_copy(update=changes), operations=enough_disk, now=at)
        return [finding.code for finding in report.findings]

    return codes


def key_file(folder: Path, key: bytes, mode: int = 0o400) -> Path:
    path = folder / "key"
    path.unlink(missing_ok=True)
    path.write_bytes(key)
    path.chmod(mode)
    return path


def test_open_paths_are_counted_per_zone_and_never_named(found: Settings, enough_disk: Operations, now):
    path = found.restricted / "inbox" / "9999" / "Anna Andersson.csv"
    path.parent.mkdir(parents=True)
    path.write_text("")
    for folder in (path.parent, path.parent.parent):
        folder.chmod(0o700)
    path.chmod(0o644)
    (found.home / "pseudonymised").rmdir()
    report = examine(found, operations=enough_disk, now=now)
    assert [(f.code, f.where, f.values.get("count")) for f in report.findings] == [
        ("zone_open", "restricted", 1),
        ("zone_missing", "pseudonymised", None),
    ]
    assert "Anna" not in json.dumps(as_json(report))


def test_the_key_is_held_against_the_home(found: Settings, tmp_path: Path, look):
    note_key(found.home, fingerprint(KEY), event="first_used", since="2025-10-20T06:00:00+00:00")
    assert look() == ["key_absent"]
    assert look(key_file=key_file(tmp_path, KEY)) == []
    assert look(key_file=key_file(tmp_path, OTHER)) == ["key_other"]
    assert look(key_file=key_file(tmp_path, KEY, mode=0o444)) == ["key_unusable"]
    assert look(key_file=tmp_path / "nowhere") == ["key_unusable"]


def test_a_change_of_key_is_told_for_some_days(found: Settings, tmp_path: Path, look, now):
    note_key(found.home, fingerprint(KEY), event="first_used", since="2025-10-20T06:00:00+00:00")
    note_key(found.home, fingerprint(OTHER), event="rotated", since=now.isoformat())
    path = key_file(tmp_path, OTHER)
    assert look(key_file=path) == ["key_changed"]
    assert look(key_file=path, at=now + timedelta(days=15)) == []


def test_a_ledger_of_keys_with_a_line_taken_out_is_found(found: Settings, look):
    for number, key in enumerate((KEY, OTHER, bytes(range(2, 34)))):
        note_key(found.home, fingerprint(key), event="rotated", since=f"2025-0{number + 1}-01T00:00:00+00:00")
    assert look() == ["key_absent"]
    path = found.restricted / "keys.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.chmod(0o600)
    path.write_text(lines[0] + lines[2])
    assert look() == ["key_ledger", "key_absent"]
    path.write_text("not json\n")
    assert look() == ["key_ledger"]


def test_an_access_log_with_an_altered_line_is_found(found: Settings, look):
    note_access(found.home, "read", files=["ab" * 32, "cd" * 32])
    assert look() == []
    path = log_path(found.home)
    path.write_bytes(path.read_bytes().replace(b"abab", b"baba", 1))
    assert look() == ["access_log"]


def test_a_full_disk_is_found_and_the_same_finding_tomorrow(found: Settings, now):
    limits = Operations.model_validate({"disk_free_share": Decimal("0.999")})
    (finding,) = examine(found, operations=limits, now=now).findings
    assert (finding.code, finding.severity) == ("disk", "warning")
    values = {**finding.values, "percent": 1, "free_gb": 0}
    assert type(finding)(finding.code, finding.where, values).fingerprint == finding.fingerprint


DIES = """
import os, signal
import dagster as dg

@dg.op
def dies():
    os.kill(os.getpid(), signal.SIGKILL)

@dg.job(executor_def=dg.in_process_executor)
def yearly():
    dies()

with dg.DagsterInstance.get() as instance:
    yearly.execute_in_process(instance=instance)
"""


def test_a_run_that_was_killed_is_found_by_its_process(found: Settings, enough_disk: Operations):
    found.dagster_home.mkdir()
    (found.dagster_home / "dagster.yaml").write_bytes((REPOSITORY / "dagster.yaml").read_bytes())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DIES],
        env=os.environ | {"DAGSTER_HOME": str(found.dagster_home)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    now = datetime.now(UTC)

    def seen(at: datetime, **limits: object) -> list[tuple[str, str, object]]:
        operations = enough_disk.model_copy(update=limits)
        report = examine(found, operations=operations, now=at)
        return [(f.code, f.where.split()[0], f.values["job"]) for f in report.findings]

    assert seen(now) == [("run_dead", "run", "yearly")]
    assert seen(now, runs_on_this_machine=False) == [], "in a container of its own only age is judged"
    assert seen(now + timedelta(hours=7), runs_on_this_machine=False) == [("run_long", "run", "yearly")]


def test_a_run_history_that_cannot_be_opened_is_a_finding(found: Settings, look):
    found.dagster_home.mkdir()
    (found.dagster_home / "dagster.yaml").write_text("storage: {nowhere: {}}\n")
    assert look() == ["run_storage"]


def test_a_number_that_another_process_inherited_is_not_the_run():
    now = datetime.now(UTC).timestamp()
    assert is_alive(os.getpid(), since=now)
    assert not is_alive(os.getpid(), since=now - 10**6)
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(child.pid, since=now), "a zombie works no more"
    child.wait()
    assert not is_alive(child.pid, since=now)


def test_the_metrics_hold_every_kind_and_the_counts(found: Settings, tmp_path: Path, enough_disk: Operations, now):
    (found.home / "pseudonymised").rmdir()
    report = examine(found, operations=enough_disk, now=now)
    write_metrics(report, tmp_path / "likvard.prom", now=now)
    families = text_string_to_metric_families((tmp_path / "likvard.prom").read_text())
    samples = {(s.name, s.labels.get("id") or s.labels.get("severity")): s.value for f in families for s in f.samples}
    assert samples["likvard_findings", "zone_missing"] == 1
    assert samples["likvard_findings", "manifest"] == 0
    assert samples["likvard_findings_by_severity", "warning"] == 1
    assert samples["likvard_publications_verified", None] == 2
    assert samples["likvard_doctor_time_seconds", None] == now.timestamp()
