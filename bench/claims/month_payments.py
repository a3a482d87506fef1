"""Claims of the monthly payments: the sum at the year's end, crashes, re-runs, and what a large month costs.

The year and the crash go through the sealed runs on disk; the million pupils go from register rows in DuckDB, by the SQL of
the warehouse's own model, to a prepared run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from bench.claim import Claim, Measured
from bench.claims.publication_crash import judged
from bench.faults.paying import POLICY, Paying
from bench.faults.tracing import missing, workers
from bench.faults.trials import errors_of, fail, found_points, kill
from bench.faults.work import no_other
from bench.homes import remove
from bench.rendered_model import rendered
from models_py.payment import DecidedLine, Payee, PaymentLine, SchoolEvent, Supplement, YearTerms, reconcile, year_terms
from models_py.payment.terms import GRADES, MICRO
from orchestration.payments import book, record
from orchestration.payments.inputs import YearInputs, months_due
from orchestration.payments.places import Place
from orchestration.payments.prepare import prepare
from orchestration.payments.release import approve_run, release_run
from orchestration.publication import ledger
from orchestration.publication.act import Person
from orchestration.publication.files import file_sha256
from orchestration.resources.payment_export import read_export
from orchestration.resources.payment_policy import payment_policy
from tests.models_py.payment.payment_worlds import CODE, EVENTS, INCREASE, OVERHEADS, YEAR, register, terms

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
    return _in_folder(_million)


def _million(folder: Path) -> Measured:
    known, rows = _country(), _rows()
    best, seen = float("inf"), 0
    for attempt in range(3):
        place = Place(folder / f"payments-{attempt}", CODE, YEAR)
        start = time.process_time()
        counts = _counted(rows)
        policy = payment_policy(POLICY, funding_year=YEAR)
        done = _prepare(place, YearInputs(CODE, YEAR, policy, known, counts), 1)
        best = min(best, time.process_time() - start)
        seen = record.load(place.run(done.run_id))["content"]["control"]["line_count"]
        if int(counts["pupil_count"].sum()) != PUPILS:
            return Measured("pupils were lost", False, f"{int(counts['pupil_count'].sum())} of {PUPILS} counted")
    return Measured(f"{best:.1f} CPU-s, {seen} lines of {UNITS} school units", best <= CPU_SECONDS and seen > UNITS)


def _country() -> YearTerms:
    lines, payees, pupils = [], {}, {}
    for number in range(UNITS):
        unit = f"{10_000_000 + number}"
        payees[unit] = Payee(f"org-{number % 700}", number % 5 == 0, CODE)
        pupils[unit] = PUPILS // UNITS
        for place, grade in enumerate(GRADES):
            rate = 7_287_384_861082 + place * 311_415_926535
            lines.append(DecidedLine(unit, "base_part", f"grade_{grade}", "pupils", rate, rate * 20 // MICRO))
        lines.append(DecidedLine(unit, "structural_part", "need", "need_weighted_pupils", 1, 150_000_000 + number))
        lines.append(DecidedLine(unit, "meals", "stage_low", "pupils", 500_000 * MICRO, 500_000 * 80))
        lines.append(DecidedLine(unit, "head_teacher", "lump_sum", "units", 90_000_000 * MICRO, 90_000_000))
    return year_terms(
        lines, publication_id="2027.1.0", mode="follow_pupil", payees=payees, decided_pupils=pupils, overheads=OVERHEADS
    )


def _rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({
        "delivery_id": "d1", "delivery_row_number": np.arange(PUPILS), "municipality_code": CODE,
        "count_date": pd.Timestamp(f"{YEAR}-01-15"), "pupil_key": np.arange(PUPILS).astype(str),
        "school_unit_code": (10_000_000 + rng.integers(0, UNITS, PUPILS)).astype(str), "school_form": "compulsory_school",
        "grade": np.array(GRADES)[rng.integers(0, 10, PUPILS)], "valid_from": pd.Timestamp("2026-08-17"),
        "valid_to": pd.NaT, "home_municipality_code": CODE,
    })  # fmt: skip


def _counted(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows through the SQL of the warehouse's own model."""
    several, months = (rendered(f"intermediate/int_enrollment__{name}") for name in ("several", "months"))
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("given", rows)
        connection.execute(
            "create table stg_municipality__enrollment as select * replace (cast(count_date as date) as count_date, "
            "cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to) from given"
        )
        connection.execute(
            "create table int_deliveries__accepted as select 'd1' as delivery_id, '2026-10-15' as period, true as is_newest"
        )
        connection.execute(
            "create table stg_municipality__protected_counts (delivery_id varchar, delivery_row_number int, municipality_code "
            "varchar, count_date date, school_unit_code varchar, grade varchar, pupil_count int)"
        )
        connection.execute(
            "create table int_protected_counts__fates (delivery_id varchar, delivery_row_number int, row_fate varchar)"
        )
        connection.execute(f"create table int_enrollment__several as {several}")
        connection.execute(f"create view int_enrollment__months as {months}")
        table = connection.execute(rendered("marts/fct_monthly_enrollment")).df()
    return table.assign(count_date=[day.date() for day in table["count_date"]])


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
