"""Verbs of operations: doctor, backup, restore, upgrade --check.

Reads arguments, calls, prints. Heavy imports stand in the verbs, as in ``orchestration.cli``.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from orchestration.cli_console import UNEXPECTED, alone, errors, out, refuse
from orchestration.settings import Settings, settings
from orchestration.texts import say

if TYPE_CHECKING:
    from orchestration.operations.doctor import Report
    from orchestration.operations.sameness import Sameness
    from orchestration.operations.settings_file import Operations

DAMAGED, DIFFERENT, NOT_MADE = 3, 3, 4
MOST_MUNICIPALITIES = 10
"""A re-run takes minutes; more than these are named by the caller."""


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("doctor", help=say("help_doctor"))(doctor)
    app.command("backup", help=say("help_backup"))(backup)
    app.command("restore", help=say("help_restore"))(restore)
    app.command("upgrade", help=say("help_upgrade"))(upgrade)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help=say("help_doctor_json"))] = False,
    prometheus: Annotated[Path | None, typer.Option(help=say("help_doctor_prometheus"), dir_okay=False)] = None,
    alert: Annotated[bool, typer.Option("--alert", help=say("help_doctor_alert"))] = False,
) -> None:
    """Look at everything and say what is not as it should be."""
    from orchestration.operations import doctor as looking
    from orchestration.report.doctor_view import doctor_view

    found, now = settings(), datetime.now(UTC)
    if not found.home.is_dir():
        refuse(say("doctor_no_home", home=str(found.home)))
    if prometheus is not None and not prometheus.parent.is_dir():
        refuse(say("csv_no_folder", path=str(prometheus)))
    operations = _operations(found)
    try:
        report = looking.examine(found, operations=operations, now=now)
    except PermissionError as error:
        refuse(say("doctor_may_not_read", path=str(error.filename)))
    if as_json:
        typer.echo(json.dumps(looking.as_json(report), indent=1, ensure_ascii=False))
    else:
        Console(highlight=False).print(doctor_view(report))
    if prometheus is not None:
        looking.write_metrics(report, prometheus, now=now)
    failed = alert and not _alert(found, operations, report, now)
    raise typer.Exit(max(report.exit_code, UNEXPECTED) if failed else report.exit_code)


def backup(
    folder: Annotated[Path, typer.Argument(help=say("help_backup_folder"))],
    restricted: Annotated[bool, typer.Option("--restricted", help=say("help_backup_restricted"))] = False,
    key: Annotated[bool, typer.Option("--key", help=say("help_backup_key"))] = False,
) -> None:
    """Copy the home, with a list of hashes."""
    from orchestration.operations.backup import BackupError, write_backup

    found = settings()
    try:
        if not found.home.is_dir():
            raise BackupError(say("doctor_no_home", home=str(found.home)))
        with alone(found):
            made = write_backup(found, folder, now=datetime.now(UTC), restricted=restricted, key=key)
    except BackupError as error:
        refuse(str(error))
    out.print(say("backup_written", path=str(made.folder), files=made.files, megabytes=-(-made.bytes // 10**6)))
    out.print(say("backup_personal") if restricted or key else say("backup_left_out"))
    for problem in made.problems:
        errors.print(say("backup_damaged", problem=problem))
    raise typer.Exit(DAMAGED if made.problems else 0)


def restore(folder: Annotated[Path, typer.Argument(help=say("help_restore_folder"))]) -> None:
    """Put a backup back into an empty home."""
    from orchestration.operations.backup import BackupError
    from orchestration.operations.restore import restore_backup

    found = settings()
    try:
        done = restore_backup(found, folder)
    except BackupError as error:
        refuse(str(error))
    out.print(say("restore_done", home=str(found.home), files=done.files))
    words = {"restored": "restore_policies_put", "same": "restore_policies_same", "differ": "restore_policies_differ"}
    out.print(say(words[done.policies], policies=str(found.policies), backup=str(folder / "policies")))
    if not done.has_restricted:
        out.print(say("restore_without_deliveries"))
    if done.has_key:
        out.print(say("restore_key", path=str(folder / "key")))
    for problem in done.problems:
        errors.print(say("backup_damaged", problem=problem))
    raise typer.Exit(DAMAGED if done.problems else 0)


def upgrade(
    check: Annotated[bool, typer.Option("--check", help=say("help_upgrade_check"))] = False,
    year: Annotated[int | None, typer.Option(help=say("help_upgrade_year"))] = None,
    municipality: Annotated[list[str] | None, typer.Option(help=say("help_municipality"))] = None,
    publication: Annotated[str | None, typer.Option(help=say("help_upgrade_publication"))] = None,
) -> None:
    """Make a publication again with this program, and say whether it says the same."""
    from orchestration.operations.backup import discard
    from orchestration.operations.rerun import RerunError, run_again, subject_of
    from orchestration.operations.sameness import compare

    found = settings()
    if not check:
        refuse(say("upgrade_only_check"))
    year, codes = _chosen(found, year, municipality or [])
    code_of_exit = 0
    for code in codes:
        try:
            subject = subject_of(found, municipality_code=code, funding_year=year, publication_id=publication)
        except (RerunError, ValueError) as error:  # also a pointer that leads astray
            refuse(str(error))
        out.print(say("upgrade_running", municipality=code, publication=subject.publication_id))
        scratch = Path(tempfile.mkdtemp(prefix=".rerun-", dir=found.restricted))
        try:
            same = compare(subject.path, run_again(found, subject, scratch=scratch))
        except RerunError as error:
            errors.print(str(error))
            code_of_exit = NOT_MADE
            continue
        finally:
            discard(scratch)
        _tell_sameness(same)
        code_of_exit = max(code_of_exit, 0 if same.is_same else DIFFERENT)
    raise typer.Exit(code_of_exit)


def _chosen(found: Settings, year: int | None, codes: list[str]) -> tuple[int, list[str]]:
    from orchestration.report.published import publications

    standing = publications(found.published, funding_year=year)
    if not standing:
        refuse(say("upgrade_nothing", folder=str(found.published)))
    newest = max(each.funding_year for each in standing)
    present = sorted({each.municipality_code for each in standing if each.funding_year == newest})
    if unknown := sorted(set(codes) - set(present)):
        refuse(say("upgrade_unknown", codes=", ".join(unknown), year=str(newest)))
    if not codes and len(present) > MOST_MUNICIPALITIES:
        refuse(say("upgrade_many", count=len(present)))
    return newest, codes or present


def _tell_sameness(same: Sameness) -> None:
    if same.is_same:
        out.print(say("upgrade_same", content=same.after_sha256[:16]))
        return
    out.print(say("upgrade_differs", before=same.before_sha256[:16], after=same.after_sha256[:16]))
    if same.policy_differs:
        out.print(f"  {say('upgrade_policy')}")
    for each in same.tables:
        if each.rows_before is None or each.rows_after is None:
            out.print(
                f"  {say('upgrade_table_new' if each.rows_before is None else 'upgrade_table_gone', table=each.table)}"
            )
            continue
        rows = say("upgrade_rows", table=each.table, gone=each.only_before, added=each.only_after)
        columns = [f"{name} ({count})" for name, count in each.columns]
        shape = [say("upgrade_shape", columns=", ".join(each.shape))] if each.shape else []
        told = [say("upgrade_columns", columns=", ".join(columns))] if columns else []
        out.print(f"  {'; '.join([rows, *told, *shape])}")


def _operations(found: Settings) -> Operations:
    from orchestration.operations.settings_file import read_operations
    from orchestration.resources.policy_text import PolicyError

    try:
        return read_operations(found.operations_file)
    except PolicyError as error:
        refuse(str(error))


def _alert(found: Settings, operations: Operations, report: Report, now: datetime) -> bool:
    """Tell what is new; False when a channel failed."""
    from orchestration.operations.alerts import tell

    if operations.alerts.email is None and operations.alerts.teams is None:
        refuse(say("alert_nobody"))
    telling = tell(found, report.findings, alerts=operations.alerts, now=now, is_all=True)
    for channel, count in telling.told.items():
        errors.print(say("alert_told", channel=channel, count=count))
    for failure in telling.failures:
        errors.print(say("alert_failed", failure=failure))
    return not telling.failures
