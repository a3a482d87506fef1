"""Verbs that show the follow-up: cohorts of a unit, accuracy, effect, goals. Reads arguments, calls, prints.

Heavy imports stand in the verbs, as in ``orchestration.cli``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from orchestration.cli_console import refuse
from orchestration.settings import settings
from orchestration.texts import say

if TYPE_CHECKING:
    from orchestration.report.followup_tables import FollowUp

out = Console(highlight=False, markup=False)
Municipality = Annotated[str | None, typer.Argument(help=say("help_followup_municipality"))]
Year = Annotated[int | None, typer.Option(help=say("help_followup_year"))]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("accuracy", help=say("help_accuracy"))(accuracy)
    app.command("effect", help=say("help_effect"))(effect)
    app.command("goals", help=say("help_goals"))(goals)
    app.command("followup", help=say("help_followup"))(followup)


def followup(school: Annotated[str, typer.Argument(help=say("help_school"))], year: Year = None) -> None:
    """How a unit's cohorts came along, what it adds, and what the naive comparison is worth."""
    from orchestration.report.followup_tables import NoFollowUpError
    from orchestration.report.followup_view import unit_view

    try:
        out.print(unit_view(settings(), school_unit_code=school, funding_year=year))
    except NoFollowUpError as error:
        refuse(str(error))


def accuracy(municipality: Municipality = None, year: Year = None) -> None:
    """Frozen weights against later cohorts."""
    from orchestration.report.accuracy_view import accuracy_view

    out.print(accuracy_view(_found("accuracy", municipality, year)))


def effect(municipality: Municipality = None, year: Year = None) -> None:
    """What the money led to, by the municipality's design file."""
    from orchestration.report.effect_view import effect_view

    out.print(effect_view(_found("effect", municipality, year)))


def goals(municipality: Municipality = None, year: Year = None) -> None:
    """From goal to money to result."""
    from orchestration.followup.goals_file import goals_of
    from orchestration.followup.quality_report import report_path
    from orchestration.report.goals_view import goals_view
    from orchestration.resources.policy_text import PolicyError

    told = _found("goals", municipality, year)
    try:
        file = goals_of(settings().policies / told.municipality_code)
    except PolicyError as error:
        refuse(str(error))
    if file is None:
        refuse(say("goals_no_file", municipality=told.municipality_code))
    found = settings()
    out.print(goals_view(told, file, language=found.language))
    page = report_path(
        found.home, municipality_code=told.municipality_code, funding_year=told.funding_year, language=found.language
    )
    if page.is_file():
        out.print(say("goals_page", path=str(page)))


def _found(part: str, municipality: str | None, year: int | None) -> FollowUp:
    """The rows of a part of the follow-up; wrong use where there are none."""
    from orchestration.report.followup_tables import NoFollowUpError, follow_up

    try:
        return follow_up(settings(), part, municipality_code=municipality, funding_year=year)
    except NoFollowUpError as error:
        refuse(str(error))
