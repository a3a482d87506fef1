"""Claims of the monthly payments: the sum at the year's end, crashes, re-runs, and what a large month costs.

The year and the crash go through the sealed runs on disk; the million pupils are one size of ``bench.scale.month``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from bench.claim import Claim, Measured
from bench.claims.publication_crash import judged
from bench.faults.paying import POLICY, Paying
from bench.faults.tracing import missing, workers
from bench.faults.trials import errors_of, fail, found_points, kill
from bench.faults.work import no_other
from bench.homes import remove
from bench.scale.month import paid
from models_py.payment import PaymentLine, SchoolEvent, Supplement, reconcile
from orchestration.payments import book
from orchestration.payments.inputs import YearInputs, months_due
from orchestration.payments.places import Place
from orchestration.payments.prepare import prepare
from orchestration.payments.release import approve_run, release_run
from orchestration.publication import ledger
from orchestration.publication.act import Person
from orchestration.publication.files import file_sha256
from orchestration.resources.payment_export import read_export
from orchestration.resources.payment_policy import payment_policy
from tests.models_py.payment.payment_worlds import CODE, EVENTS, INCREASE, YEAR, register, terms

NOW = datetime(2027, 1, 20, 8, 30, tzinfo=UTC)
PUPILS, UNITS = 1_000_000, 5_000
CPU_SECONDS, KILLS = 60, 50


def _in_folder(measure: Callable[[Path], Measured]) -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="likvard-month-"))
    try:
        return measure(folder)
    finally:
        remove(folder)


def _paid(place: Place) -> tuple[PaymentLine, ...]:
    return book.paid_lines(place, ledger.read(place.ledger))


def _prepare(place: Place, inputs: YearInputs, month: int) -> object:
    return prepare(
        place, month=month, inputs=inputs, mapping=read_export(POLICY), municipality_name="Exempelkommun",
        earlier=no_other, actor="annika", user="annika", is_demo=False, now=NOW,
    )  # fmt: skip


def _release(place: Place, run_id: str) -> str:
    for name in ("cecilia", "berit"):
        approve_run(place, run_id=run_id, person=Person(name, "board", False), actor=name, now=NOW)
    return release_run(
        place, run_id=run_id, person=Person("ove", "official", False), actor="ove", preparer_may_approve=False, now=NOW
    ).status


def simulated_year() -> Measured:
    """Twelve months and the closing run on disk, with everything that can happen in a year."""
    return _in_folder(_year)


def _year(folder: Path) -> Measured:
    everything, counts = register(seed=27), {}
    place, told, hashes = Place(folder / "payments", CODE, YEAR), [], {}
    inputs = None
    for month in range(1, 14):
        late = {4: 5, 10: 11}
        counts |= {day: table for day, table in everything.items() if late.get(day.month, day.month) <= month}
        if month == 7:
            march = next(day for day in everything if day.month == 3)
            counts[march] = everything[march].assign(pupil_count=lambda table: table["pupil_count"] + (table.index < 5))
        inputs = _inputs(counts, month)
        done = _prepare(place, inputs, month)
        told += [] if done.status == "prepared" else [f"month {month}: {done.status}"]
        if month in (2, 6, 9):  # the same run again
            told += (
                [] if _prepare(place, inputs, month).status == "verified" else [f"month {month} again: not verified"]
            )
        told += [] if _release(place, done.run_id) == "done" else [f"month {month}: not released"]
        told += [name for name, before in hashes.items() if file_sha256(Path(name)) != before]
        hashes |= {str(path): file_sha256(path) for path in place.run(done.run_id).rglob("*") if path.is_file()}
    sums = reconcile(_paid(place), due=months_due(inputs, month=13).due)
    off = sum(one.difference_ore != 0 for one in sums)
    corrections = sum(not line.is_original for line in _paid(place))
    figure = (
        f"{len(sums)} school units, {len(_paid(place))} lines, {corrections} corrections; {off} units off by an öre, "
        f"{len(told)} paid files changed or runs astray"
    )
    return Measured(figure, not off and not told and corrections > 0, "; ".join(told[:3]))


def _inputs(counts: dict, month: int) -> YearInputs:
    policy = payment_policy(POLICY, funding_year=YEAR)
    events: tuple[SchoolEvent, ...] = () if month < 4 else EVENTS[:1] if month < 8 else EVENTS

    policy = replace(policy, events=events, changes=(INCREASE,) if month >= 6 else ())
    supplements = (Supplement("2027-001", "99990010", 1_000_001, 2, 12),)
    return YearInputs(CODE, YEAR, policy, terms(), pd.concat(counts.values(), ignore_index=True), supplements)


def kill_points() -> Measured:
    """SIGKILL at every own system call of preparing, approving and releasing a month, and errors at those that write."""
    if reason := missing():
        return Measured("not measured", None, reason)
    folder = Path(tempfile.mkdtemp(prefix="likvard-faults-"))
    try:
        with workers() as serving:
            scenario = Paying(folder / "pay", serving)
            points = found_points(scenario)
            trials = [kill(scenario, point) for point in points]
            trials += [fail(scenario, point, error) for point, error in errors_of(points, every=4)]
    finally:
        remove(folder)
    return judged(trials, least=KILLS)


def million_pupils() -> Measured:
    """From a million register rows to a sealed run, CPU seconds, best of three."""
    month = paid(PUPILS, UNITS)
    if month.pupil_count != PUPILS:
        return Measured("pupils were lost", False, f"{month.pupil_count} of {PUPILS} counted")
    return Measured(
        f"{month.cpu_seconds:.1f} CPU-s, {month.line_count} lines of {UNITS} school units",
        month.cpu_seconds <= CPU_SECONDS and month.line_count > UNITS,
    )


CLAIMS = (
    Claim(
        id="month-year",
        sentence="A year of twelve months with 5 % movers, late files, two closures, a merge, a budget increase in June and three "
        "re-runs ends with paid + corrections = entitlement for every school unit, and no paid file changed.",
        goal="0 units off by an öre, 0 changed",
        measure=simulated_year,
    ),
    Claim(
        id="month-kill",
        sentence="Killed or starved at any of its own system calls, paying a month leaves it paid whole or not at all; a plain "
        "re-run pays it once.",
        goal=f"at least {KILLS} points, 0 bad",
        measure=kill_points,
    ),
    Claim(
        id="month-million",
        sentence="The month of one million pupils goes from register rows to a sealed run with files for the finance system.",
        goal=f"at most {CPU_SECONDS} CPU-s",
        measure=million_pupils,
    ),
)
