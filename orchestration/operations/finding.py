"""What the doctor can find: a code, how grave it is, the place, and counts for the words.

Belongs here: the register of findings. Does not: looking (``probes_*``), showing (``orchestration.report.doctor_view``).
A finding leaves the machine in alerts and metrics, so it names places of the product's own making, never a delivered
file, a person or a value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from orchestration.texts import say

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""From the gravest; critical and warning make the exit code."""

KINDS: Mapping[str, tuple[Severity, str, str]] = {
    "manifest": ("critical", "doctor_manifest", "doctor_manifest_do"),
    "ledger": ("critical", "doctor_ledger", "doctor_ledger_do"),
    "pointer": ("critical", "doctor_pointer", "doctor_pointer_do"),
    "version_open": ("warning", "doctor_version_open", "doctor_version_open_do"),
    "payment_run": ("critical", "doctor_payment_run", "doctor_payment_run_do"),
    "payment_ledger": ("critical", "doctor_payment_ledger", "doctor_payment_ledger_do"),
    "payment_link": ("critical", "doctor_payment_link", "doctor_payment_link_do"),
    "payment_open": ("warning", "doctor_payment_open", "doctor_payment_open_do"),
    "payment_unfinished": ("warning", "doctor_payment_unfinished", "doctor_payment_unfinished_do"),
    "zone_missing": ("warning", "doctor_zone_missing", "doctor_zone_missing_do"),
    "zone_open": ("critical", "doctor_zone_open", "doctor_zone_open_do"),
    "separation_open": ("critical", "doctor_separation_open", "doctor_separation_open_do"),
    "separation_owner": ("critical", "doctor_separation_owner", "doctor_separation_owner_do"),
    "key_other": ("critical", "doctor_key_other", "doctor_key_other_do"),
    "key_unusable": ("critical", "doctor_key_unusable", "doctor_key_unusable_do"),
    "key_absent": ("info", "doctor_key_absent", "doctor_key_absent_do"),
    "key_changed": ("warning", "doctor_key_changed", "doctor_key_changed_do"),
    "key_ledger": ("critical", "doctor_key_ledger", "doctor_key_ledger_do"),
    "access_log": ("critical", "doctor_access_log", "doctor_access_log_do"),
    "disk": ("warning", "doctor_disk", "doctor_disk_do"),
    "run_dead": ("warning", "doctor_run_dead", "doctor_run_dead_do"),
    "run_long": ("warning", "doctor_run_long", "doctor_run_long_do"),
    "run_storage": ("warning", "doctor_run_storage", "doctor_run_storage_do"),
    "staging": ("warning", "doctor_staging", "doctor_staging_do"),
    "part_files": ("warning", "doctor_part_files", "doctor_part_files_do"),
    "torn_ledger": ("warning", "doctor_torn_ledger", "doctor_torn_ledger_do"),
    "at_work": ("info", "doctor_at_work", "doctor_at_work_do"),
    "database": ("critical", "doctor_database", "doctor_database_do"),
    "database_unread": ("warning", "doctor_database_unread", "doctor_database_unread_do"),
    "overdue": ("warning", "doctor_overdue", "doctor_overdue_do"),
    "older_than_plan": ("warning", "doctor_older_than_plan", "doctor_older_than_plan_do"),
    "gate_refused": ("warning", "doctor_gate_refused", "doctor_gate_refused_do"),
    "waived": ("info", "doctor_waived", "doctor_waived_do"),
    "count_missing": ("warning", "doctor_count_missing", "doctor_count_missing_do"),
    "run_failed": ("warning", "doctor_run_failed", "doctor_run_failed_do"),
}
"""Code of a finding -> its severity, and the texts that say what it is and what to do."""

VOLATILE = frozenset({"percent", "free_gb", "hours"})
"""Values that change from look to look without making another finding."""

ALWAYS_TOLD = frozenset({"waived", "key_changed"})
"""Findings that are news to the people in charge however mild they are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes
    ----------
    code : key of ``KINDS``
    where : a place within the home (``published/9999/2027``), a run, or ``home``
    values : numbers and names that the texts put in; JSON values
    """

    code: str
    where: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in KINDS:
            raise ValueError(f"finding {self.code!r} is not in the register")

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return KINDS[self.code][0]

    @property
    def what(self) -> str:
        """What is wrong, in the language of the settings."""
        return say(KINDS[self.code][1], where=self.where, **self.values)

    @property
    def to_do(self) -> str:
        """What a person does about it, in the language of the settings."""
        return say(KINDS[self.code][2], where=self.where, **self.values)

    @property
    def fingerprint(self) -> str:
        """The same for the same finding in the next look, whatever the language."""
        lasting = {name: value for name, value in sorted(self.values.items()) if name not in VOLATILE}
        told = json.dumps([self.code, self.where, lasting], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def is_news_to_tell(self) -> bool:
        """Whether an alert tells of it."""
        return self.severity != "info" or self.code in ALWAYS_TOLD


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The gravest first, then by code and place."""
    return tuple(sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.code, f.where, f.fingerprint)))
