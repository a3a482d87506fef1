"""Verbs of the month: run, approve, release, status.

Reads arguments, calls, prints. Everything that changes the home holds its lock. Heavy imports stand in the verbs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

from orchestration.cli_console import UNEXPECTED, errors, out, refuse
from orchestration.cli_publish import REFUSED, AsRole, Municipality, actor_of, in_home, told_errors
from orchestration.settings import Settings, settings
from orchestration.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.payments.release import ActOutcome
    from orchestration.publication.candidate import Reason

month = typer.Typer(help=say("help_month"), no_args_is_help=True, add_completion=False)
wide = Console(highlight=False, markup=False)
progress = Console(highlight=False)

Asked = Annotated[str, typer.Argument(help=say("help_month_asked"), metavar="YEAR-MONTH")]
RunId = Annotated[str, typer.Argument(help=say("help_month_run_id"), metavar="RUN")]


@month.command("run", help=say("help_month_run"))
def run(
    asked: Asked,
    municipality: Municipality = None,
    as_role: AsRole = None,
    as_delivered: Annotated[bool, typer.Option("--as-delivered", help=say("help_month_as_delivered"))] = False,
) -> None:
    """Take deliveries in and prepare the month's runs."""
    from orchestration.paying import paying_municipalities, prepare_month, with_publication
    from orchestration.payments.places import month_of
    from orchestration.report.month_view import run_view

    found = settings()
    refused = False
    with told_errors(), in_home(found):
        year, number = month_of(asked)
        codes = [municipality] if municipality else paying_municipalities(found)
        if not codes:
            refuse(say("month_nobody", folder=str(found.policies)))
        codes, reasons = with_publication(found, codes, funding_year=year)
        if not codes:
            refuse("\n".join(reasons))
        for reason in reasons:
            errors.print(reason)
            refused = True
        counts, registers = _counts(found, asked, as_delivered=as_delivered)
        for code in codes:
            done = prepare_month(
                found,
                counts,
                municipality_code=code,
                year=year,
                month=number,
                actor=actor_of(as_role),
                now=datetime.now(UTC),
                registers=registers,
            )
            refused |= done.status == "refused"
            wide.print(run_view(code, asked, done))
    if refused:
        raise typer.Exit(REFUSED)


@month.command("approve", help=say("help_month_approve"))
def approve(run_id: RunId, as_role: AsRole = None, municipality: Municipality = None) -> None:
    """Approve a prepared run."""
    from orchestration.paying import approve_month, municipality_of_run

    found = settings()
    with told_errors(), in_home(found):
        code = municipality or municipality_of_run(found, run_id=run_id)
        done = approve_month(
            found, municipality_code=code, run_id=run_id, actor=actor_of(as_role), now=datetime.now(UTC)
        )
        _stop_if_refused(done)
    out.print(say("approved" if done.status == "done" else "approved_before", publication=run_id, municipality=code))
    for one in done.approvals:
        role = f"{one.role}, {say('demo_approval')}" if one.is_demo else one.role
        out.print(say("approved_by", person=one.person, role=role))


@month.command("release", help=say("help_month_release"))
def release(run_id: RunId, as_role: AsRole = None, municipality: Municipality = None) -> None:
    """Pay a prepared run that two persons have approved."""
    from orchestration.paying import municipality_of_run, release_month
    from orchestration.payments.places import Place, run_of
    from orchestration.report.month_view import released_view

    found = settings()
    with told_errors(), in_home(found):
        code = municipality or municipality_of_run(found, run_id=run_id)
        done = release_month(
            found, municipality_code=code, run_id=run_id, actor=actor_of(as_role), now=datetime.now(UTC)
        )
        _stop_if_refused(done)
    wide.print(released_view(Place(found.payments, code, run_of(run_id)[0]), done))


@month.command("status", help=say("help_month_status"))
def status(municipality: Municipality = None) -> None:
    """Every run, whether it is released, and whether it is whole."""
    from orchestration.paying import damaged, places
    from orchestration.report.month_view import status_view

    found = settings()
    with told_errors():
        wide.print(status_view([one for one in places(found) if municipality in (None, one.municipality_code)]))
        problems = damaged(found)
    if problems:
        for problem in problems:
            errors.print(f"  {problem}")
        raise typer.Exit(REFUSED)


def _counts(found: Settings, asked: str, *, as_delivered: bool) -> Any:
    """The counts of the warehouse, and the registers of the other school forms; first everything that has been delivered is taken in, unless that was asked not to."""
    from orchestration.home import prepare
    from orchestration.paying import COUNTS_MART, form_registers
    from orchestration.resources.warehouse import Warehouse

    if not as_delivered:
        prepare(found)
        from orchestration.progress import progress_logger
        from orchestration.runner import take_in

        if found.is_demo:
            from orchestration.demo import deliver_demo_month
            from orchestration.payments.places import month_of

            year, number = month_of(asked)
            deliver_demo_month(found, year=year, month=min(number, 12))
        logger, stop = progress_logger(progress)
        for failure in take_in(found, logger=logger, stop_logger=stop):
            errors.print(say("step_failed", step=failure.step, error=failure.error))
            raise typer.Exit(UNEXPECTED)
    try:
        warehouse = Warehouse(path=str(found.warehouse))
        return warehouse.mart(COUNTS_MART), form_registers(warehouse)
    except FileNotFoundError:
        refuse(say("month_no_counts", month=asked))


def _stop_if_refused(done: ActOutcome) -> None:
    if done.status == "refused":
        _stop(done.run_id, done.reasons)


def _stop(run_id: str, reasons: Sequence[Reason]) -> NoReturn:
    from orchestration.report.terminal import told_reason

    errors.print(say("act_refused", publication=run_id))
    for one in reasons:
        errors.print(f"  {told_reason(one.rule_id, one.failing_count, one.detail)}")
    raise typer.Exit(REFUSED)
