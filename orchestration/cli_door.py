"""Verbs of the door: rejected rows out and back, drafts of mappings, conflicts, the key, forgetting by rule.

Reads arguments, calls, prints counts and places; never a cell, a key or an identity. Everything that changes the home
holds its lock. Heavy imports stand in the verbs, as in ``orchestration.cli``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli_console import alone, errors, out, refuse
from orchestration.settings import Settings, settings
from orchestration.texts import say

if TYPE_CHECKING:
    from orchestration.intake.inbox import MappingSet


CONFLICTS = {
    "two_units_on_count_date": "conflict_two_units",
    "overlapping_enrollment": "conflict_overlapping",
    "unit_code_ended": "conflict_code_ended",
    "unit_code_replaced": "conflict_code_replaced",
    "unit_code_split": "conflict_unit_split",
    "unit_code_merged": "conflict_units_merged",
}
"""Kind of conflict -> the words for it."""

rejects = typer.Typer(help=say("help_rejects"), no_args_is_help=True)
key = typer.Typer(help=say("help_key"), no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the door's verbs to the command."""
    app.add_typer(rejects, name="rejects")
    app.add_typer(key, name="key")
    app.command("map", help=say("help_map"))(draft)
    app.command("conflicts", help=say("help_conflicts"))(conflicts)
    app.command("purge", help=say("help_purge"))(purge)


@rejects.command("export", help=say("help_rejects_export"))
def rejects_export(
    source: Annotated[str, typer.Argument(help=say("help_source"))],
    period: Annotated[str, typer.Argument(help=say("help_period"))],
    municipality: Annotated[str | None, typer.Option(help=say("help_one_municipality"))] = None,
) -> None:
    """Write the rejected rows of the newest delivery as a file to be mended."""
    from orchestration.intake.rejects import NothingToMendError, export_rejects

    found = settings()
    code = _municipality(found, municipality)
    with _alone(found):
        try:
            export = export_rejects(
                found.home,
                source=source,
                period=period,
                municipality_code=code,
                mappings=_mappings(found),
                language=found.language,
            )
        except NothingToMendError as error:
            refuse(str(error))
    out.print(say("rejects_written", rows=export.rows, path=str(export.path)))
    if export.withheld_rows:
        out.print(say("rejects_withheld", rows=export.withheld_rows))
    out.print(say("rejects_next", path=str(export.path)))


@rejects.command("load", help=say("help_rejects_load"))
def rejects_load(file: Annotated[Path, typer.Argument(help=say("help_mended_file"))]) -> None:
    """Take a mended file in and read its delivery again."""
    from orchestration.intake.corrections import receive_correction
    from orchestration.intake.door import read_deliveries
    from orchestration.intake.errors import DoorError
    from orchestration.resources.keys import pseudonym_key

    found = settings()
    content = _content(file)
    with _alone(found):
        receipt = receive_correction(
            content,
            home=found.home,
            municipality_code=None,
            file_name=file.name,
            sender="likvard rejects load",
            received=datetime.now(UTC),
        )
        if isinstance(receipt, DoorError):
            refuse(receipt.text(found.language))
        report = read_deliveries(found.home, mappings=_mappings(found), key=pseudonym_key(found))
    if receipt.note != "new":
        out.print(say("notice_received_again", file=file.name, period=receipt.delivery.period))
    mendings = {item.correction_id: item for outcome in report.outcomes for item in outcome.mendings}
    mending = mendings.get(receipt.delivery.delivery_id)
    if mending is None:
        refuse(say("correction_without_effect"))
    if mending.refusal_code is not None:
        refuse(DoorError(file=file.name, code=mending.refusal_code).text(found.language))
    out.print(
        say(
            "correction_reconciled",
            before=mending.rejected_before,
            mended=mending.mended_rows,
            still=mending.still_rejected_rows,
        )
    )
    if mending.unplaced_rows:
        out.print(say("correction_unplaced", rows=mending.unplaced_rows))


def draft(
    file: Annotated[Path, typer.Argument(help=say("help_map_file"))],
    source: Annotated[str | None, typer.Option(help=say("help_source"))] = None,
) -> None:
    """Print a draft of a mapping file as YAML; what is left to do goes to standard error."""
    from orchestration.intake.draft import NoHeaderError, draft_mapping
    from orchestration.intake.errors import DoorError, RefusalError

    found = settings()
    try:
        drafted = draft_mapping(_content(file), file_name=file.name, known=_mappings(found), source=source)
    except NoHeaderError as error:
        refuse(str(error))
    except RefusalError as error:
        refuse(DoorError(file=file.name, code=error.code).text(found.language))
    typer.echo(drafted.text)
    errors.print(
        say(
            "map_left_to_do",
            guessed=len(drafted.guessed),
            missing=len(drafted.missing),
            unknown=drafted.unknown_columns,
            folder=str(found.policies),
            source=drafted.source,
        )
    )


def conflicts(year: Annotated[int, typer.Argument(help=say("help_year"))]) -> None:
    """Counts of conflicting enrollments per pair of units on the funding year's count dates."""
    from orchestration.intake.conflicts import conflict_counts

    found = settings()
    if year not in found.funding_years:
        first, last = min(found.funding_years), max(found.funding_years)
        refuse(say("unknown_year", year=str(year), first=str(first), last=str(last)))
    dates = (date(year - 2, 10, 15), date(year - 1, 10, 15))
    try:
        counted = conflict_counts(found.warehouse, count_dates=dates)
    except FileNotFoundError as error:
        refuse(str(error))
    if not counted:
        out.print(say("conflicts_none", year=str(year)))
        return
    out.print(say("conflicts_title", year=str(year)), style="bold")
    for item in counted:  # lines rather than a table: words and two codes do not fit eighty columns
        line = say(
            "conflict_line",
            municipality=item.municipality_code,
            day=item.count_date.isoformat(),
            unit=item.school_unit_code,
            other=item.other_school_unit_code or "–",
            kind=say(CONFLICTS[item.conflict_kind]),
            pupils=item.pupil_count,
            counted=item.counted_here,
        )
        out.print(f"  {line}", soft_wrap=True)
    out.print(say("conflicts_where", path=str(found.restricted / "conflicts")))


@key.command("rotate", help=say("help_key_rotate"))
def key_rotate(
    old: Annotated[Path, typer.Option(help=say("help_old_key"))],
    new: Annotated[Path, typer.Option(help=say("help_new_key"))],
) -> None:
    """Read everything again under a new key and keep the step from old to new pseudonyms."""
    from orchestration.intake.key_ledger import KeyMismatchError
    from orchestration.intake.pseudonym import WeakKeyError, load_key
    from orchestration.intake.rotation import rotate_key
    from orchestration.intake.succession import SuccessionError

    found = settings()
    if found.is_demo:
        refuse(say("key_of_a_demo"))
    with _alone(found):
        try:
            done = rotate_key(
                found.home, mappings=_mappings(found), old=load_key(old), new=load_key(new), now=datetime.now(UTC)
            )
        except (KeyMismatchError, WeakKeyError, SuccessionError) as error:
            refuse(str(error))
    out.print(
        say(
            "key_rotated",
            old=done.old_fingerprint,
            new=done.new_fingerprint,
            files=done.read_deliveries,
            carried=done.carried_deliveries,
            pupils=done.pupil_keys,
        )
    )
    out.print(say("key_next"))


def purge(dry_run: Annotated[bool, typer.Option("--dry-run", help=say("help_dry_run"))] = False) -> None:
    """Forget delivered files and lists that were kept long enough."""
    from orchestration.intake import retention

    found, now = settings(), datetime.now(UTC)
    with _alone(found):
        plan = retention.plan_purge(found.home, now=now, months=found.retention_months)
        if not dry_run:
            retention.purge(found.home, plan, now=now)
    said = "purge_would" if dry_run else "purge_done"
    out.print(
        say(said, contents=len(plan.contents), files=len(plan.files), months=found.retention_months)
        if not plan.is_empty
        else say("purge_nothing", months=found.retention_months)
    )
    for sha256 in plan.contents:
        out.print(f"  {sha256}")
    if plan.unread_deliveries:
        out.print(say("purge_unread", count=plan.unread_deliveries))


@contextmanager
def _alone(found: Settings) -> Iterator[None]:
    from orchestration.intake.zones import create_zones

    create_zones(found.home)
    with alone(found):
        yield


def _mappings(found: Settings) -> MappingSet:
    from orchestration.intake.inbox import load_mapping_set

    return load_mapping_set(found.policies, municipality_codes=_own_folders(found))


def _own_folders(found: Settings) -> list[str]:
    return sorted(path.name for path in found.policies.iterdir() if path.is_dir() and path.name.isdigit())


def _municipality(found: Settings, asked: str | None) -> str:
    """The municipality asked for; without asking, the only one that has a policy folder."""
    own = _own_folders(found)
    if asked is not None and asked not in own:
        refuse(say("municipality_without_folder", code=asked, folder=str(found.policies)))
    if asked is None and len(own) != 1:
        refuse(say("which_municipality", codes=", ".join(own)))
    return asked or own[0]


def _content(file: Path) -> bytes:
    from orchestration.intake.errors import DoorError
    from orchestration.intake.reader import MAXIMUM_BYTES

    if file.is_symlink() or not file.is_file():
        refuse(say("no_such_file", file=file.name))
    if file.stat().st_size > MAXIMUM_BYTES:
        refuse(DoorError(file=file.name, code="E-SIZE").text(settings().language))
    return file.read_bytes()
