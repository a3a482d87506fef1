"""Verbs that show the follow-up of accuracy, effect and goals: read arguments, call, print. Heavy imports stand in the verbs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from orchestration.cli_console import refuse
from orchestration.settings import settings
from orchestration.texts import say

out = Console(highlight=False, markup=False)


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("accuracy", help=say("help_accuracy"))(accuracy)
    app.command("effect", help=say("help_effect"))(effect)
    app.command("goals", help=say("help_goals"))(goals)


def accuracy(
    municipality: Annotated[str | None, typer.Argument(help=say("help_followup_municipality"))] = None,
    year: Annotated[int | None, typer.Option(help=say("help_effect_year"))] = None,
) -> None:
    """Frozen weights against later cohorts."""
    from orchestration.report.accuracy_view import accuracy_view
    from orchestration.report.followup_tables import NoFollowUpError, follow_up

    try:
        out.print(accuracy_view(follow_up(settings(), "accuracy", municipality_code=municipality, funding_year=year)))
    except NoFollowUpError as error:
        refuse(str(error))


def effect(
    municipality: Annotated[str | None, typer.Argument(help=say("help_followup_municipality"))] = None,
    year: Annotated[int | None, typer.Option(help=say("help_effect_year"))] = None,
) -> None:
    """What the money led to, by the municipality's design file."""
    from orchestration.report.effect_view import effect_view
    from orchestration.report.followup_tables import NoFollowUpError, follow_up

    try:
        out.print(effect_view(follow_up(settings(), "effect", municipality_code=municipality, funding_year=year)))
    except NoFollowUpError as error:
        refuse(str(error))


def goals(
    municipality: Annotated[str | None, typer.Argument(help=say("help_followup_municipality"))] = None,
    year: Annotated[int | None, typer.Option(help=say("help_effect_year"))] = None,
) -> None:
    """From goal to money to result."""
    from orchestration.followup.goals_file import goals_of
    from orchestration.report.followup_tables import NoFollowUpError, follow_up
    from orchestration.report.goals_view import goals_view
    from orchestration.resources.policy_text import PolicyError

    found = settings()
    try:
        told = follow_up(found, "goals", municipality_code=municipality, funding_year=year)
        file = goals_of(found.policies / told.municipality_code)
    except (NoFollowUpError, PolicyError) as error:
        refuse(str(error))
    if file is None:
        refuse(say("goals_no_file", municipality=told.municipality_code))
    out.print(goals_view(told, file, language=found.language))
