"""The demonstration: an invented municipality delivers its files into a home marked as a demo.

Belongs here: marking the home, writing the world's deliveries into the inbox, the demo's key.
Does not: how the world is made (``models_py.world``), reading the files (they go through the same door as all others).
"""

import os
from dataclasses import replace
from pathlib import Path

from models_py.world import (
    DEMO,
    Delivery,
    WorldError,
    deliver,
    deliver_accounts,
    deliver_forms,
    deliver_month,
    deliver_subject_results,
    simulate,
)
from orchestration.home import prepare
from orchestration.intake.inbox import inbox
from orchestration.intake.pseudonym import demo_key
from orchestration.school_forms import school_forms
from orchestration.settings import Settings

MUNICIPALITY = "9999"


class NotADemoHomeError(RuntimeError):
    """The home holds something already and is not marked as a demonstration."""


def prepare_demo(found: Settings) -> int:
    """Mark the home as a demo and put the invented deliveries into its inbox. Returns the number of files.

    Raises NotADemoHomeError for a home with deliveries of its own: invented and real pupils never share a home.
    """
    if not found.is_demo and _holds_deliveries(found):
        raise NotADemoHomeError(str(found.home))
    prepare(found)
    found.demo_marker.write_text(
        "This home is a demonstration: invented municipality, invented pupils, a key anyone can derive.\n"
    )
    folder = inbox(found.home, municipality_code=MUNICIPALITY)
    world = simulate(DEMO)
    files = (*deliver(world), *deliver_subject_results(world), *deliver_accounts(world), *deliver_forms(world))
    for file in files:
        _drop(folder, file)
    return len(files)


def deliver_demo_month(found: Settings, *, year: int, month: int) -> int:
    """Put the invented register of a month (1..12) into a demonstration's inbox. Returns the number of files.

    The world goes on for two count dates, so that the months of the decided year have moves in them; a month that lies
    outside it has no file. Raises NotADemoHomeError for a home that is not marked.
    """
    if not found.is_demo:
        raise NotADemoHomeError(str(found.home))
    try:
        files = deliver_month(simulate(replace(DEMO, years=DEMO.years + 2)), year=year, month=month)
        files += _forms_of_month(year, month)
    except WorldError:
        return 0
    for file in files:
        _drop(inbox(found.home, municipality_code=MUNICIPALITY), file)
    return len(files)


def _forms_of_month(year: int, month: int) -> tuple[Delivery, ...]:
    """Registers of the other school forms that are counted in a month after the decided year's counts; none in others."""
    if month not in {at for form in school_forms().values() for at, _ in form.count_days} or year in DEMO.count_years:
        return ()
    later = deliver_forms(simulate(replace(DEMO, years=year - DEMO.first_count_year + 1)))
    return tuple(file for file in later if file.period.startswith(f"{year}-{month:02d}-"))


def _drop(folder: Path, file: Delivery) -> None:
    path = folder / file.file_name
    if not path.is_file() or path.read_bytes() != file.content:
        path.write_bytes(file.content)
        os.chmod(path, 0o600)


def _holds_deliveries(found: Settings) -> bool:
    """Whether anything was received, or waits in any inbox."""
    folders = (found.restricted / "inputs", found.restricted / "inbox")
    return any(path.is_file() for folder in folders if folder.is_dir() for path in folder.rglob("*"))


def key_of_the_demo() -> bytes:
    """The key of the invented world; anyone can derive it, so it is accepted only in a home marked as a demo."""
    return demo_key(DEMO.seed)
