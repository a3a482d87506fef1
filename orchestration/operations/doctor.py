"""The doctor: asks every probe and puts what they found in order. It reads, and changes nothing.

Belongs here: which probes there are, the exit code, the figures for monitoring. Does not: the probes, words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from orchestration.operations.finding import KINDS, SEVERITIES, Finding, in_order
from orchestration.operations.probes_database import database_findings
from orchestration.operations.probes_home import (
    access_log_findings,
    disk_findings,
    free_share,
    key_findings,
    zone_findings,
)
from orchestration.operations.probes_payments import payment_findings
from orchestration.operations.probes_published import (
    gate_findings,
    leftover_findings,
    plan_findings,
    published_findings,
    versions,
    work_findings,
)
from orchestration.operations.probes_runs import run_findings
from orchestration.operations.probes_separation import separation_findings
from orchestration.operations.settings_file import Operations
from orchestration.settings import TIME_ZONE, Settings

WELL, CRITICAL, WARNING = 0, 4, 3
"""Exit codes: nothing but notes; something critical; warnings and nothing worse."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor found, the gravest first, and how much was looked at.

    Attributes
    ----------
    versions : publications that were verified
    disk_free_share : part of the home's file system that is free, 0..1
    """

    findings: tuple[Finding, ...]
    versions: int
    disk_free_share: float

    @property
    def exit_code(self) -> int:
        """0 well, 3 warnings, 4 something critical."""
        found = {finding.severity for finding in self.findings}
        return CRITICAL if "critical" in found else WARNING if "warning" in found else WELL


def examine(found: Settings, *, operations: Operations, now: datetime) -> Report:
    """Look at everything. ``now`` has a time zone."""
    today = now.astimezone(ZoneInfo(TIME_ZONE)).date()
    findings = [
        *zone_findings(found),
        *separation_findings(found),
        *published_findings(found),
        *leftover_findings(found),
        *payment_findings(found),
        *work_findings(found),
        *gate_findings(found),
        *plan_findings(found, operations.plan, today=today),
        *key_findings(found, now=now, days=operations.key_change_days),
        *access_log_findings(found),
        *disk_findings(found, least=float(operations.disk_free_share)),
        *run_findings(found, now=now, hours=operations.run_hours, same_machine=operations.runs_on_this_machine),
        *database_findings(found),
    ]
    return Report(in_order(findings), len(versions(found.published)), free_share(found.home))


def as_json(report: Report) -> dict[str, object]:
    """The report as plain values, in the language of the settings."""
    return {
        "exit_code": report.exit_code,
        "versions": report.versions,
        "disk_free_share": round(report.disk_free_share, 4),
        "findings": [
            {
                "id": finding.code,
                "severity": finding.severity,
                "where": finding.where,
                "what": finding.what,
                "do": finding.to_do,
                "values": dict(finding.values),
                "fingerprint": finding.fingerprint,
            }
            for finding in report.findings
        ],
    }


def write_metrics(report: Report, path: Path, *, now: datetime) -> None:
    """A file for Prometheus' textfile collector, swapped in at once. A kind that was not found stands with 0."""
    registry = CollectorRegistry()
    count = Gauge("likvard_findings", "Findings of likvard doctor.", ["id", "severity"], registry=registry)
    for code, (severity, *_) in KINDS.items():
        count.labels(code, severity).set(_number(report.findings, code))
    by_severity = Gauge("likvard_findings_by_severity", "Findings by severity.", ["severity"], registry=registry)
    for severity in SEVERITIES:
        by_severity.labels(severity).set(sum(finding.severity == severity for finding in report.findings))
    Gauge("likvard_publications_verified", "Publications that were looked at.", registry=registry).set(report.versions)
    Gauge("likvard_disk_free_ratio", "Part of the home's disk that is free.", registry=registry).set(
        report.disk_free_share
    )
    Gauge("likvard_doctor_time_seconds", "When the doctor looked.", registry=registry).set(now.timestamp())
    write_to_textfile(str(path), registry)


def _number(findings: Sequence[Finding], code: str) -> int:
    return sum(finding.code == code for finding in findings)
