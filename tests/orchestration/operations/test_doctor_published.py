"""The doctor finds what is wrong with publications: each damage gives its own finding, a whole home none."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.operations.doctor import examine
from orchestration.operations.settings_file import Operations
from orchestration.settings import Settings

YEAR = Path("published/9999/2027")
VERSION = YEAR / "versions" / "2027.0.2"


def codes(report) -> list[str]:
    return [finding.code for finding in report.findings]


def test_a_whole_home_has_no_findings(found: Settings, enough_disk: Operations, now):
    report = examine(found, operations=enough_disk, now=now)
    assert (report.findings, report.versions, report.exit_code) == ((), 2, 0)


def alter_table(home: Path) -> None:
    path = home / VERSION / "tables" / "fct_allocation.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    path.chmod(0o444)


def add_file(home: Path) -> None:
    os.chmod(home / VERSION, 0o755)
    (home / VERSION / "note.txt").write_text("more")
    os.chmod(home / VERSION, 0o555)


def rewrite_ledger(home: Path) -> None:
    path = home / "published" / "9999" / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"annika"', b'"someone"', 1))


def tear_ledger(home: Path) -> None:
    with (home / "published" / "9999" / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b'{"event":"pub')


def lead_astray(home: Path) -> None:
    (home / YEAR / "proposed").unlink()
    (home / YEAR / "proposed").symlink_to("versions/2027.0.9")


def lead_back(home: Path) -> None:
    """To a version that stands, and is not the newest."""
    (home / YEAR / "proposed").unlink()
    (home / YEAR / "proposed").symlink_to("versions/2027.0.1")


def lose_pointer(home: Path) -> None:
    (home / YEAR / "proposed").unlink()


def lead_out(home: Path) -> None:
    (home / YEAR / "proposed").unlink()
    (home / YEAR / "proposed").symlink_to("../../elsewhere")


def leave_staging(home: Path) -> None:
    (home / YEAR / ".staging" / "2027.0.3").mkdir(parents=True, mode=0o700)


def open_version(home: Path) -> None:
    os.chmod(home / VERSION, 0o755)


def leave_part(home: Path) -> None:
    path = home / "aggregate" / "tables" / ".part-abc"
    path.touch()
    path.chmod(0o600)


def refuse(home: Path) -> None:
    record = home / "aggregate" / "tables" / "publication_outcome" / "funding_year=2027.json"
    reason = {"rule_id": "Q-SHARE-001", "failing_count": 3, "detail": "at Solskolan"}
    row = {"municipality_code": "9999", "status": "refused", "reasons": [reason]}
    record.write_text(json.dumps({"municipalities": [row]}))


@pytest.mark.parametrize(
    ("damage", "code", "exit_code"),
    [
        (alter_table, "manifest", 4),
        (add_file, "manifest", 4),
        (rewrite_ledger, "ledger", 4),
        (tear_ledger, "torn_ledger", 3),
        (lead_astray, "pointer", 4),
        (lead_out, "pointer", 4),
        (lead_back, "pointer", 4),
        (lose_pointer, "pointer", 4),
        (leave_staging, "staging", 3),
        (open_version, "version_open", 3),
        (leave_part, "part_files", 3),
        (refuse, "gate_refused", 3),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_each_damage_gives_its_own_finding(
    found: Settings, enough_disk: Operations, now, damage: Callable[[Path], None], code: str, exit_code: int
):
    damage(found.home)
    report = examine(found, operations=enough_disk, now=now)
    assert (codes(report), report.exit_code) == ([code], exit_code)
    assert report.findings[0].what
    assert report.findings[0].to_do


def test_a_current_that_names_a_whole_version_which_nobody_decided_is_found(
    found: Settings, enough_disk: Operations, now
):
    (found.home / YEAR / "current").symlink_to("versions/2027.0.2")
    finding, waived = examine(found, operations=enough_disk, now=now).findings
    assert (finding.code, finding.where, waived.code) == ("pointer", f"{YEAR}/current", "waived")
    assert "current names 2027.0.2, the ledger and the versions say nothing" in finding.what


def test_a_refusal_is_told_by_rule_and_count_without_the_gates_own_words(found: Settings, enough_disk: Operations, now):
    refuse(found.home)
    (finding,) = examine(found, operations=enough_disk, now=now).findings
    assert "Q-SHARE-001 (3)" in finding.what
    assert "Solskolan" not in json.dumps([finding.what, finding.where, dict(finding.values)])


def test_what_is_being_written_is_no_leftover(found: Settings, enough_disk: Operations, now):
    leave_staging(found.home)
    leave_part(found.home)
    lead_back(found.home)  # the next version stands, and its pointer has not been swapped yet
    publishing = os.open(found.published, os.O_RDONLY)
    with (found.home / ".run.lock").open("w") as running:
        fcntl.flock(publishing, fcntl.LOCK_EX)
        fcntl.flock(running, fcntl.LOCK_EX)
        report = examine(found, operations=enough_disk, now=now)
    os.close(publishing)
    assert (codes(report), report.exit_code) == (["at_work"], 0)
    assert codes(examine(found, operations=enough_disk, now=now)) == ["pointer", "part_files", "staging"]


def planned(**due: object) -> Operations:
    plan = [{"pointer": "proposed", "due": "10-31", "municipalities": ["9999"], **due}]
    return Operations.model_validate({"disk_free_share": 0, "plan": plan})


@pytest.mark.parametrize(
    ("due", "days", "expected"),
    [
        ({}, 0, []),  # 2 November 2026: 2027 was due on 31 October, and stands
        ({"pointer": "current"}, 0, ["overdue"]),
        ({"municipalities": ["9999", "0780"]}, 0, ["overdue"]),
        ({"counts_from": "10-15"}, 0, []),
        ({"due": "11-15", "counts_from": "11-05"}, 0, ["overdue"]),  # not due yet for 2027; 2026 was never made
        ({"due": "11-15", "counts_from": "11-05"}, 20, ["older_than_plan"]),
        ({}, 400, ["overdue"]),  # a year on, 2028 is due
    ],
)
def test_the_plan_says_which_year_is_due_and_what_is_too_old(
    found: Settings, now, due: dict, days: int, expected: list[str]
):
    report = examine(found, operations=planned(**due), now=now + timedelta(days=days))
    assert codes(report) == expected
