"""Whether what stands below ``payments/`` is what was sealed, released and told: read-only, for doctor and backups.

Belongs here: comparing runs, links and ledger with each other. Does not: words for people
(``orchestration.operations.probes_payments``), repairing (``book.finish``), what a run must hold (``record.verify_run``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models_py.errors import PaymentError
from models_py.payment import refuse_broken
from orchestration.payments import book, record
from orchestration.payments.kept_forms import FOLDER, damage
from orchestration.payments.places import RELEASED, RUN_ID, RUNS, STAGING, Place
from orchestration.publication import ledger as ledgers

Kind = Literal["run", "ledger", "link", "open", "unfinished"]


@dataclass(frozen=True, slots=True)
class Unsound:
    """One thing that is wrong.

    Attributes
    ----------
    kind : run (its bytes, hashes or sums; or what a proposal decided of other school forms), ledger (its chain, or a month paid twice), link (what the finance system reads),
        open (a sealed folder that can be written in), unfinished (what a crash left, and the next act finishes)
    """

    kind: Kind
    path: Path
    problem: str


def places_below(payments: Path) -> list[Place]:
    """Every municipality and year with runs or with a released one in its ledger, in order."""
    found = {(path.parts[-3], path.parts[-2]) for path in payments.glob(f"[0-9]*/[0-9]*/{RUNS}")}
    for path in payments.glob(f"[0-9]*/{ledgers.NAME}"):
        years = {str(entry["funding_year"]) for entry in ledgers.read(path).entries if "funding_year" in entry}
        found |= {(path.parent.name, year) for year in years}
    return [Place(payments, code, int(year)) for code, year in sorted(found)]


def unsound(payments: Path) -> Iterator[Unsound]:
    """Everything that is wrong below ``payments``; nothing where there is no such folder."""
    for path in sorted(payments.glob(f"[0-9]*/{ledgers.NAME}")):
        ledger = ledgers.read(path)
        if ledger.problems:
            yield Unsound("ledger", path, ledger.problems[0])
        if ledger.whole_bytes != path.stat().st_size:
            yield Unsound("unfinished", path, "the last line was torn")
    for path in sorted(payments.glob(f"[0-9]*/[0-9]*/{STAGING}")):
        yield Unsound("unfinished", path, "a run was begun and not sealed")
    for path in sorted(payments.glob(f"[0-9]*/[0-9]*/{FOLDER}/*")):
        if path.name.startswith("."):
            yield Unsound("unfinished", path, "it was begun and not kept")
        elif problem := damage(path):
            yield Unsound("run", path, problem)
    for place in places_below(payments):
        yield from _of_year(place)


def _of_year(place: Place) -> Iterator[Unsound]:
    ledger = ledgers.read(place.ledger)
    released = book.released_ids(ledger, funding_year=place.funding_year)
    whole = True
    for run_id in sorted({*place.run_ids(), *released}):
        found = list(_of_run(place, ledger, run_id, is_released=run_id in released))
        whole = whole and not any(one.kind == "run" for one in found)
        yield from found
    if whole:
        lines = (line for run_id in released for line in record.lines_of(place.run(run_id)))
        try:
            refuse_broken(lines)
        except PaymentError as error:
            yield Unsound("ledger", place.ledger, str(error))
    folder = place.folder / RELEASED
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            yield Unsound("unfinished", path, "a link was begun and not set")
        elif RUN_ID.fullmatch(path.name) is None or path.name not in released:
            yield Unsound("link", path, "the ledger has not released it")


def _of_run(place: Place, ledger: ledgers.Ledger, run_id: str, *, is_released: bool) -> Iterator[Unsound]:
    run, link = place.run(run_id), place.released(run_id)
    if not run.is_dir():
        yield Unsound("run", run, f"{run_id}: it is released, and is not there")
        return
    problems = record.verify_run(run)
    act = book.act_of(ledger, event="released" if is_released else "prepared", run_id=run_id)
    if not problems and act is not None and book.manifest_sha256(run) != act.get("manifest_sha256"):
        problems = [f"{run_id}: the manifest is not the one in the ledger"]
    if problems:
        yield Unsound("run", run, problems[0])
    elif act is None:
        yield Unsound("unfinished", run, "it is sealed, and the ledger does not tell of it")
    if any(folder.stat().st_mode & 0o222 for folder in (run, *(path for path in run.rglob("*") if path.is_dir()))):
        yield Unsound("open", run, "the folder can be written in")
    if is_released and not link.is_symlink():
        yield Unsound("unfinished", link, "it is released, and the finance system cannot read it yet")
    elif is_released and os.readlink(link) != f"../{RUNS}/{run_id}":
        yield Unsound("link", link, "it leads to another run")
