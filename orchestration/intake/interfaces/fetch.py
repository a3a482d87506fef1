"""One fetch from beginning to end: ask everything, then keep everything; a fetch that fails leaves no trace.

Belongs here: the order of asking, keeping and handing over. Does not: what an answer means. The caller holds the lock of
the home and says where the interface lies, when it is and how fast to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.intake.inbox import MappingSet
from orchestration.intake.interfaces import context
from orchestration.intake.interfaces.client import Client, Pace
from orchestration.intake.interfaces.kept import content_of, keep
from orchestration.intake.interfaces.kolada import FetchedKpi, fetch_kpi
from orchestration.intake.interfaces.planned import ACCEPT, PATH, Figure, fetch_municipality
from orchestration.intake.interfaces.register import fetch_register
from orchestration.intake.interfaces.results import deliver
from orchestration.intake.interfaces.sources import KOLADA, REGISTER, SKOLVERKET
from orchestration.intake.schemas import NATIONAL
from orchestration.intake.store import Receipt
from orchestration.intake.zones import create_zones


@dataclass(frozen=True, slots=True)
class Fetch:
    """What came of a fetch: questions answered, units and figures in the answers, the kept deliveries, and the one that
    the door reads (None where there is none)."""

    questions: int
    units: int
    figures: int
    kept: tuple[Receipt, ...]
    for_the_door: Receipt | None = None


def fetch_skolverket(
    home: Path,
    *,
    municipality_codes: Sequence[str],
    base_url: str,
    mappings: MappingSet,
    received: datetime,
    pace: Pace | None = None,
) -> Fetch:
    """Units, details and statistics of compulsory school; the figures go on as a delivery of `skolverket_results`.

    Raises `InterfaceError` with nothing kept.
    """
    with Client(base_url, accept=ACCEPT, pace=pace) as client:
        fetched = {code: fetch_municipality(client, code) for code in municipality_codes}
        questions = client.questions
    contents = {code: content_of(part.answers, reference=received.date()) for code, part in fetched.items()}
    create_zones(home)
    sender = f"{base_url.rstrip('/')}/{PATH}"
    receipts = []
    figures: list[Figure] = []
    for code, part in fetched.items():
        receipts.append(
            keep(contents[code], home=home, source=SKOLVERKET, municipality_code=code, sender=sender, received=received)
        )
        context.put_units(home, part.units, source=SKOLVERKET, municipality_code=code, as_of=received.date())
        figures += part.figures
    for_the_door = deliver(figures, home=home, mappings=mappings, sender=sender, received=received)
    units = sum(len(part.units) for part in fetched.values())
    return Fetch(questions, units, len(figures), tuple(receipts), for_the_door)


def fetch_units(
    home: Path, *, municipality_codes: Sequence[str], base_url: str, received: datetime, pace: Pace | None = None
) -> Fetch:
    """Units of the register with their status, also those that have ceased. Raises `InterfaceError` with nothing kept."""
    with Client(base_url, pace=pace) as client:
        fetched = {code: fetch_register(client, code) for code in municipality_codes}
        questions = client.questions
    contents = {code: content_of(part.answers, reference=received.date()) for code, part in fetched.items()}
    create_zones(home)
    receipts = []
    for code, part in fetched.items():
        receipts.append(
            keep(contents[code], home=home, source=REGISTER, municipality_code=code, sender=base_url, received=received)
        )
        context.put_units(home, part.units, source=REGISTER, municipality_code=code, as_of=received.date())
    return Fetch(questions, sum(len(part.units) for part in fetched.values()), 0, tuple(receipts))


def fetch_kolada(
    home: Path,
    *,
    kpis: Sequence[str],
    base_url: str,
    received: datetime,
    municipality_codes: Sequence[str] = (),
    expected_title: str | None = None,
    pace: Pace | None = None,
) -> tuple[Fetch, tuple[FetchedKpi, ...]]:
    """Key figures with checked titles, of the named municipalities or of all. Raises `InterfaceError`, nothing kept."""
    with Client(base_url, pace=pace) as client:
        fetched = [
            fetch_kpi(
                client,
                kpi,
                municipality_codes=municipality_codes,
                newest_year=received.year,
                expected_title=expected_title,
            )
            for kpi in kpis
        ]
        questions = client.questions
    answers = [answer for part in fetched for answer in part.answers]
    content = content_of(answers, reference=received.date())
    create_zones(home)
    receipt = keep(content, home=home, source=KOLADA, municipality_code=NATIONAL, sender=base_url, received=received)
    for part in fetched:
        context.put_kolada(home, part)
    return Fetch(questions, 0, sum(len(part.values) for part in fetched), (receipt,)), tuple(fetched)
