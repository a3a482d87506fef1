"""The verb that shows the follow-up of a school unit: reads arguments, calls, prints. Heavy imports stand in the verb."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from orchestration.cli_console import refuse
from orchestration.settings import settings
from orchestration.texts import say

out = Console(highlight=False, markup=False)


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("followup", help=say("help_followup"))(followup)


def followup(
    school: Annotated[str, typer.Argument(help=say("help_school"))],
    year: Annotated[int | None, typer.Option(help=say("help_followup_year"))] = None,
) -> None:
    """How a unit's cohorts came along, what it adds, and what the naive comparison is worth."""
    from orchestration.report.followup_view import NoFollowupError, unit_view

    try:
        out.print(unit_view(settings(), school_unit_code=school, funding_year=year))
    except NoFollowupError as error:
        refuse(str(error))
