"""Verbs that compare: scenarios of a published year, and last year's amounts against need.

Reads arguments, calls, prints. Heavy imports stand in the verbs, as in ``orchestration.cli``.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestration.cli_console import refuse
from orchestration.settings import settings
from orchestration.texts import say

out = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("scenarios", help=say("help_scenarios"))(scenarios)
    app.command("diagnose", help=say("help_diagnose"))(diagnose)


def scenarios(
    year: Annotated[int, typer.Argument(help=say("help_year"))],
    municipality: Annotated[str | None, typer.Option(help=say("help_one_municipality"))] = None,
    file: Annotated[Path | None, typer.Option(help=say("help_scenarios_file"), exists=True, dir_okay=False)] = None,
    ratio: Annotated[str | None, typer.Option(help=say("help_ratio"))] = None,
    csv: Annotated[Path | None, typer.Option(help=say("help_csv"), dir_okay=False)] = None,
) -> None:
    """Compare ways to share the published kronor."""
    from models_py.errors import LikvardError
    from orchestration.comparison.published_year import published_year
    from orchestration.comparison.scenario_file import BUILT_IN, read_scenario_set, scenario_file_of
    from orchestration.comparison.scenarios import compare_scenarios, shares_for_ratio
    from orchestration.report.scenarios_view import ratio_view, scenarios_view, write_csv
    from orchestration.resources.policy_text import PolicyError

    found = settings()
    wanted = None if ratio is None else _ratio(ratio)
    if csv is not None and not csv.parent.is_dir():
        refuse(say("csv_no_folder", path=str(csv)))
    try:
        known = published_year(found.published, funding_year=year, municipality_code=municipality)
        path = file or scenario_file_of(found.policies, municipality_code=known.publication.municipality_code)
        chosen = read_scenario_set(path)
        table = compare_scenarios(known, chosen=chosen)
        shares = None if wanted is None else shares_for_ratio(known, chosen=chosen, ratio=wanted)
    except (LikvardError, PolicyError) as error:
        refuse(str(error))
    source = say("scenarios_built_in") if path == BUILT_IN else f"{path.parent.name}/{path.name}"
    out.print(scenarios_view(known, table, chosen=chosen, source=source))
    if shares is not None:
        out.print(ratio_view(shares, ratio=str(ratio)))
    if csv is not None:
        write_csv(table, csv)
        out.print(say("csv_written", path=str(csv)), markup=False, soft_wrap=True)


def diagnose(
    file: Annotated[Path, typer.Argument(help=say("help_diagnose_file"), exists=True, dir_okay=False)],
    year: Annotated[int, typer.Argument(help=say("help_year"))],
    municipality: Annotated[str, typer.Option(help=say("help_one_municipality"))],
    share: Annotated[float | None, typer.Option(help=say("help_diagnose_share"), min=0.001, max=0.999)] = None,
) -> None:
    """Score last year's amounts against need."""
    from models_py.errors import LikvardError
    from orchestration.comparison.last_year import diagnose_last_year, read_last_year
    from orchestration.comparison.published_year import published_year
    from orchestration.report.diagnosis_view import diagnosis_view

    found = settings()
    try:
        amounts = read_last_year(file)
        known = published_year(found.published, funding_year=year, municipality_code=municipality)
        diagnosis = diagnose_last_year(known, last_year=amounts, structural_share=share)
    except LikvardError as error:
        refuse(str(error))
    out.print(diagnosis_view(known, diagnosis))


def _ratio(text: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 1:
        refuse(say("ratio_unknown", ratio=text))
    return value
