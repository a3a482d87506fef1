"""Verbs of weights: keep those of a publication, pool those of several municipalities, look at a file.

Reads arguments, calls, prints. Heavy imports stand in the verbs, as in ``orchestration.cli``.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestration.cli_console import out, refuse
from orchestration.settings import settings
from orchestration.texts import say

if TYPE_CHECKING:
    from models_py.need.prior import Prior
    from orchestration.weights import WeightsFile


weights = typer.Typer(help=say("help_weights"), no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.add_typer(weights, name="weights")


@weights.command("freeze", help=say("help_weights_freeze"))
def freeze(
    year: Annotated[int, typer.Argument(help=say("help_year"))],
    municipality: Annotated[str, typer.Option(help=say("help_one_municipality"))],
) -> None:
    """Keep a publication's weights as a file that a policy can name."""
    from orchestration import weights as files

    found = settings()
    try:
        kept = files.freeze(found.published, policies=found.policies, municipality_code=municipality, funding_year=year)
    except files.WeightsError as error:
        refuse(str(error))
    _tell(kept)
    out.print(say("weights_name_them", parameter="need.weights", name=kept.name))


@weights.command("pool", help=say("help_weights_pool"))
def pool(
    year: Annotated[int, typer.Argument(help=say("help_year"))],
    name: Annotated[str, typer.Option(help=say("help_weights_name"))],
    label: Annotated[str, typer.Option(help=say("help_weights_label"))],
    source: Annotated[str, typer.Option(help=say("help_weights_source"))],
    kind: Annotated[str, typer.Option(help=say("help_weights_kind"))] = "partners",
    municipality: Annotated[list[str] | None, typer.Option(help=say("help_weights_of"))] = None,
) -> None:
    """Fit over several municipalities and write a prior for the small ones."""
    from orchestration import weights as files
    from orchestration.resources.warehouse import Warehouse

    found = settings()
    outcomes = Warehouse(path=str(found.warehouse)).mart("fct_need_outcome_counts")
    try:
        kept = files.pool(
            outcomes,
            policies=found.policies,
            funding_year=year,
            kind=kind,
            name=name,
            label=label,
            source=source,
            only=municipality or (),
        )
    except files.WeightsError as error:
        refuse(str(error))
    _tell(kept)
    out.print(say("weights_name_them", parameter="need.prior", name=kept.name))


@weights.command("show", help=say("help_weights_show"))
def show(path: Annotated[Path, typer.Argument(help=say("help_weights_file"), exists=True, dir_okay=False)]) -> None:
    """What a weights file holds."""
    from orchestration import weights as files

    try:
        prior = files.read(path)
    except files.WeightsError as error:
        refuse(str(error))
    _describe(prior)
    table = Table(say("weights_factor"), say("weights_level"), box=None, header_style="bold")
    table.add_column(say("weights_log_odds"), justify="right")
    table.add_column(say("weights_odds"), justify="right")
    table.add_column(say("weights_error"), justify="right")
    error_of = (
        [None] * len(prior.terms) if prior.covariance is None else [math.sqrt(v) for v in prior.covariance.diagonal()]
    )
    for term, mean, error in zip(prior.terms, prior.means, error_of, strict=True):
        told = "–" if error is None else f"{error:.3f}"
        table.add_row(term.factor, term.level, f"{mean:.3f}", f"{math.exp(mean):.2f}", told)
    Console(highlight=False).print(table)


def _tell(kept: WeightsFile) -> None:
    out.print(say("weights_there" if kept.was_there else "weights_written", path=str(kept.path)))
    _describe(kept.prior)


def _describe(prior: Prior) -> None:
    from models_py.need.prior_text import prior_sha256

    out.print(
        say(
            "weights_describe",
            kind=prior.kind,
            label=prior.label,
            municipalities=prior.municipalities,
            schools=prior.schools,
            pupils=prior.pupils,
            events=prior.events,
            first=str(min(prior.result_years, default="–")),
            last=str(max(prior.result_years, default="–")),
            sha=prior_sha256(prior)[:12],
        )
    )
    if prior.composition_effect is not None:
        out.print(say("weights_composition", effect=f"{prior.composition_effect:.2f}"))
