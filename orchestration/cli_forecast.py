"""The verb that shows a forecast: reads arguments, calls, prints. Heavy imports stand in the verb."""

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
    app.command("forecast", help=say("help_forecast"))(forecast)


def forecast(
    school: Annotated[str | None, typer.Argument(help=say("help_school"))] = None,
    municipality: Annotated[str | None, typer.Option(help=say("help_forecast_municipality"))] = None,
    year: Annotated[int | None, typer.Option(help=say("help_forecast_year"))] = None,
) -> None:
    """Expected pupils one to three years ahead."""
    from orchestration.report.forecast_view import NoForecastError, municipality_view, unit_view

    if (school is None) == (municipality is None):
        refuse(say("forecast_which"))
    try:
        if municipality is not None:
            out.print(municipality_view(settings(), municipality_code=municipality, funding_year=year))
        else:
            out.print(unit_view(settings(), school_unit_code=str(school), funding_year=year))
    except NoForecastError as error:
        refuse(str(error))
