"""The verbs ``likvard fetch …``: open interfaces as sources. Reads arguments, calls, prints.

Imports here are light, as in ``orchestration.cli``.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from orchestration.cli_console import alone
from orchestration.settings import Settings, settings
from orchestration.texts import say

if TYPE_CHECKING:
    from orchestration.intake.interfaces.fetch import Fetch

fetch = typer.Typer(help=say("help_fetch"), no_args_is_help=True)
out = Console(highlight=False, markup=False)  # titles come from outside
errors = Console(stderr=True, highlight=False, markup=False)

FAILED, USAGE = 1, 2
_MUNICIPALITY, _KPI = re.compile(r"[0-9]{4}"), re.compile(r"[NU][0-9]{5}")

Municipalities = Annotated[list[str], typer.Option("--municipality", help=say("help_fetch_municipality"))]


@fetch.command(help=say("help_fetch_skolverket"))
def skolverket(municipality: Municipalities) -> None:
    """Units, details and statistics of Planned Educations; the figures become a delivery of Skolverket's results."""
    from datetime import UTC, datetime

    from orchestration.intake.inbox import load_mapping_set, sweep
    from orchestration.intake.interfaces.fetch import fetch_skolverket

    codes = _checked(municipality)
    with _asking(settings().skolverket_url) as found:
        now = datetime.now(UTC)
        mappings = load_mapping_set(found.policies, municipality_codes=())
        # The published table first, where there is one: what is fetched now is laid over it.
        sweep(found.home, mappings=mappings, open_data=found.open_data, received=now)
        done = fetch_skolverket(
            found.home, municipality_codes=codes, base_url=found.skolverket_url, mappings=mappings, received=now
        )
        _told(done)
        out.print(say("fetch_next", year=str(now.year)))


@fetch.command(help=say("help_fetch_register"))
def register(municipality: Municipalities) -> None:
    """Units of Skolenhetsregistret."""
    from datetime import UTC, datetime

    from orchestration.intake.interfaces.fetch import fetch_units

    codes = _checked(municipality)
    with _asking(settings().skolverket_url) as found:
        _told(
            fetch_units(found.home, municipality_codes=codes, base_url=found.skolverket_url, received=datetime.now(UTC))
        )


@fetch.command(help=say("help_fetch_kolada"))
def kolada(
    kpi: Annotated[list[str], typer.Option(help=say("help_kpi"))],
    municipality: Annotated[list[str] | None, typer.Option(help=say("help_fetch_municipality"))] = None,
    title: Annotated[str | None, typer.Option(help=say("help_title"))] = None,
) -> None:
    """Key figures of Kolada."""
    from datetime import UTC, datetime

    from orchestration.intake.interfaces.fetch import fetch_kolada

    codes = _checked(municipality or [])
    for code in kpi:
        if not _KPI.fullmatch(code):
            _refuse(say("unknown_kpi", kpi=code))
    if title is not None and len(kpi) > 1:
        _refuse(say("one_title"))
    with _asking(settings().kolada_url) as found:
        done, figures = fetch_kolada(
            found.home,
            kpis=kpi,
            municipality_codes=codes,
            base_url=found.kolada_url,
            received=datetime.now(UTC),
            expected_title=title,
        )
        for part in figures:
            missing = sum(value.value is None for value in part.values)
            out.print(say("fetch_title", kpi=part.kpi, title=part.title, count=len(part.values), missing=missing))
        _told(done)


@contextmanager
def _asking(url: str) -> Iterator[Settings]:
    """The home, prepared and held, while an interface is asked; what goes wrong is told and ends the command."""
    from orchestration.home import prepare
    from orchestration.intake.interfaces.errors import InterfaceError

    found = settings()
    prepare(found)
    out.print(say("fetching", url=url))
    try:
        with alone(found):
            yield found
    except InterfaceError as error:
        errors.print(say("fetch_failed", error=error.text(found.language)))
        raise typer.Exit(FAILED) from None


def _told(done: "Fetch") -> None:
    out.print(say("fetched", questions=done.questions, units=done.units, figures=done.figures))
    for receipt in (*done.kept, *([done.for_the_door] if done.for_the_door else [])):
        key = "fetch_kept" if receipt.note == "new" else "fetch_known"
        out.print(say(key, delivery=receipt.delivery.delivery_id))


def _checked(codes: Sequence[str]) -> list[str]:
    for code in codes:
        if not _MUNICIPALITY.fullmatch(code):
            _refuse(say("unknown_municipality", code=code))
    return list(dict.fromkeys(codes))


def _refuse(text: str) -> None:
    errors.print(text)
    raise typer.Exit(USAGE)
