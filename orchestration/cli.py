"""The command ``likvard``: reads arguments, calls, prints. No arithmetic.

Imports here are light; what a verb needs it imports itself, so that ``--help`` answers at once.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console

from orchestration import (
    cli_compare,
    cli_door,
    cli_followup,
    cli_forecast,
    cli_forms,
    cli_host,
    cli_init,
    cli_month,
    cli_operations,
    cli_postgres,
    cli_publish,
    cli_site,
    cli_weights,
)
from orchestration.cli_console import alone
from orchestration.cli_fetch import fetch
from orchestration.settings import Settings, settings
from orchestration.texts import day, say

# One thread per fit, set before numpy is imported: shared cores do not fight, and sums come out in one order.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

app = typer.Typer(help=say("help_app"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


DEMO_YEAR = 2027
USAGE = 2


@app.command(help=say("help_demo"))
def demo() -> None:
    """Write the example municipality's deliveries, run the main job, say where to look."""
    from orchestration.demo import NotADemoHomeError, prepare_demo

    out.print(say("running_demo"))
    try:
        _run(settings(), DEMO_YEAR, default_policy=False, only=[], before=prepare_demo)
    except NotADemoHomeError as error:
        _refuse(say("not_a_demo_home", home=str(error)))


@app.command(help=say("help_run"))
def run(
    year: Annotated[int, typer.Argument(help=say("help_year"))],
    policy: Annotated[str | None, typer.Option(help=say("help_policy"))] = None,
    municipality: Annotated[list[str] | None, typer.Option(help=say("help_municipality"))] = None,
    decided: Annotated[bool, typer.Option("--decided", help=say("help_decided"))] = False,
) -> None:
    """Run one funding year."""
    found = settings()
    only = municipality or []
    if year not in found.funding_years:
        _refuse(
            say("unknown_year", year=str(year), first=str(min(found.funding_years)), last=str(max(found.funding_years)))
        )
    if policy not in (None, "default"):
        _refuse(say("unknown_policy", folder=str(found.policies)))
    for code in only:
        if not (code.isascii() and code.isdigit() and len(code) == 4):
            _refuse(say("unknown_municipality", code=code))
    _run(found, year, default_policy=policy == "default", only=only, decided_only=decided)


@app.command(help=say("help_status"))
def status() -> None:
    """Deliveries and publications of this home."""
    from orchestration.report.terminal import status_view

    out.print(status_view(settings()))


@app.command(help=say("help_explain"))
def explain(
    asked: Annotated[list[str], typer.Argument(help=say("help_explain_asked"), metavar="[SCHOOL] YEAR")],
    organiser: Annotated[str | None, typer.Option(help=say("help_organiser"))] = None,
    month: Annotated[str | None, typer.Option(help=say("help_explain_month"), metavar="YEAR-MONTH")] = None,
) -> None:
    """One school unit's amount, or one organiser's statutory calculation, line by line."""
    from orchestration.report.organiser_view import organiser_view
    from orchestration.report.terminal import NotPublishedError, explain_view

    if month is not None:
        _explain_month(asked, month)
        return
    *schools, year = asked
    if len(schools) != (organiser is None) or not (year.isascii() and year.isdigit()):
        _refuse(say("explain_asked"))
    try:
        if organiser is not None:
            out.print(organiser_view(settings(), organiser_key=organiser, funding_year=int(year)))
        else:
            out.print(explain_view(settings(), school_unit_code=schools[0], funding_year=int(year)))
    except NotPublishedError as error:
        _refuse(str(error))


@app.command(help=say("help_ui"))
def ui(port: Annotated[int, typer.Option(help=say("help_port"))] = 3000) -> None:
    """Open the Dagster UI; it stays until Ctrl+C."""
    from pathlib import Path

    from orchestration.home import prepare
    from orchestration.settings import REPOSITORY

    found = settings()
    prepare(found)
    out.print(say("ui_at", port=str(port)))
    dagster = str(Path(sys.executable).parent / "dagster")
    os.chdir(REPOSITORY)
    os.execv(dagster, [dagster, "dev", "-w", "workspace.yaml", "-p", str(port), "-h", "127.0.0.1"])


cli_door.register(app)
cli_weights.register(app)
cli_compare.register(app)
cli_followup.register(app)
cli_forecast.register(app)
cli_forms.register(app)
cli_host.register(app)
cli_init.register(app)
cli_operations.register(app)
cli_publish.register(app)
cli_site.register(app)
cli_postgres.register(app)
app.add_typer(fetch, name="fetch")
app.add_typer(cli_month.month, name="month")


def _run(
    found: Settings,
    year: int,
    *,
    default_policy: bool,
    only: Sequence[str],
    decided_only: bool = False,
    before: Callable[[Settings], object] = lambda _: None,
) -> None:
    from datetime import date

    from orchestration.home import prepare
    from orchestration.report.terminal import door_view, notices_view, outcome_view

    prepare(found)
    out.print(say("run_title", year=str(year), home=str(found.home)), markup=False, style="bold")
    with alone(found):
        before(found)
        from orchestration.progress import progress_logger
        from orchestration.runner import run_year

        logger, stop = progress_logger(out)
        outcome = run_year(
            found,
            funding_year=year,
            default_policy=default_policy,
            only=only,
            decided_only=decided_only,
            logger=logger,
            stop_logger=stop,
        )
    for failure in outcome.failures:
        errors.print(say("step_failed", step=failure.step, error=failure.error), markup=False, style="red")
        errors.print(say("see_log", run=outcome.run_id[:8]))
    for notice in notices_view(found):
        out.print(notice)
    for view in door_view(found, year):
        out.print(view)
    if outcome.failures:
        errors.print(f"{say('nothing_published')} {say('left_as_it_was')}")
    elif not outcome.municipalities:
        inbox = found.restricted / "inbox"
        errors.print(say("no_data", year=str(year), day=day(date(year - 1, 10, 15)), inbox=str(inbox)), markup=False)
    else:
        out.print(outcome_view(found, outcome))
    raise typer.Exit(outcome.exit_code)


def _explain_month(asked: Sequence[str], month: str) -> None:
    from orchestration.report.month_view import explain_month_view

    if len(asked) != 1:
        _refuse(say("explain_asked"))
    try:
        out.print(explain_month_view(settings(), school_unit_code=asked[0], asked=month))
    except LookupError as error:
        _refuse(str(error))


def _refuse(text: str) -> None:
    errors.print(text, markup=False)
    raise typer.Exit(USAGE)


def main() -> None:
    """Entry of the console command."""
    app()
