"""The verb that shows all school forms side by side: reads arguments, calls, prints. Heavy imports stand in the verb."""

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
    app.command("forms", help=say("help_forms"))(forms)


def forms(
    year: Annotated[int, typer.Argument(help=say("help_year"))],
    municipality: Annotated[str | None, typer.Option(help=say("help_forms_municipality"))] = None,
    unit: Annotated[str | None, typer.Option(help=say("help_forms_unit"))] = None,
) -> None:
    """All school forms of a funding year, or the lines of one unit in them."""
    from orchestration.report.forms_view import NoFormsError, board_view, unit_view

    try:
        if unit is not None:
            out.print(unit_view(settings(), funding_year=year, school_unit_code=unit))
        else:
            out.print(board_view(settings(), funding_year=year, municipality_code=municipality))
    except NoFormsError as error:
        refuse(str(error))
