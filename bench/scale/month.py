"""``python -m bench.scale.month PUPILS UNITS``: a month's payments, from register rows to a sealed run.

The rows go through the SQL of the warehouse's own models and the sealed run on disk, with an invented policy: payments need
a decided one. Belongs here: rows and terms of that size, one run. Does not: what must hold of payments (``bench.claims``).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from bench.faults.paying import POLICY
from bench.faults.work import no_other
from bench.homes import remove
from bench.rendered_model import rendered
from models_py.payment import DecidedLine, Payee, YearTerms, year_terms
from models_py.payment.terms import GRADES, MICRO
from orchestration.payments import record
from orchestration.payments.inputs import YearInputs
from orchestration.payments.places import Place
from orchestration.payments.prepare import prepare
from orchestration.resources.payment_export import read_export
from orchestration.resources.payment_policy import payment_policy
from tests.models_py.payment.payment_worlds import CODE, OVERHEADS, YEAR

NOW = datetime(2027, 1, 20, 8, 30, tzinfo=UTC)
RUNS = 3


@dataclass(frozen=True, slots=True)
class Month:
    """One month paid: CPU seconds, the least of some runs; pupils that were counted; lines of the sealed run."""

    cpu_seconds: float
    pupil_count: int
    line_count: int


def paid(pupils: int, units: int) -> Month:
    """A month of so many pupils in so many school units, in a folder that is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="likvard-month-"))
    try:
        return min(
            (_once(folder / str(run), pupils, units) for run in range(RUNS)), key=lambda month: month.cpu_seconds
        )
    finally:
        remove(folder)


def _once(folder: Path, pupils: int, units: int) -> Month:
    known, rows = _terms(pupils, units), _rows(pupils, units)
    place = Place(folder, CODE, YEAR)
    start = time.process_time()
    counts = _counted(rows)
    inputs = YearInputs(CODE, YEAR, payment_policy(POLICY, funding_year=YEAR), known, counts)
    done = prepare(
        place, month=1, inputs=inputs, mapping=read_export(POLICY), municipality_name="Exempelkommun",
        earlier=no_other, actor="annika", user="annika", is_demo=False, now=NOW,
    )  # fmt: skip
    used = time.process_time() - start
    lines = record.load(place.run(done.run_id))["content"]["control"]["line_count"]
    return Month(used, int(counts["pupil_count"].sum()), lines)


def _terms(all_pupils: int, units: int) -> YearTerms:
    lines, payees, pupils = [], {}, {}
    for number in range(units):
        unit = f"{10_000_000 + number}"
        payees[unit] = Payee(f"org-{number % 700}", number % 5 == 0, CODE)
        pupils[unit] = all_pupils // units
        for place, grade in enumerate(GRADES):
            rate = 7_287_384_861082 + place * 311_415_926535
            lines.append(DecidedLine(unit, "base_part", f"grade_{grade}", "pupils", rate, rate * 20 // MICRO))
        lines.append(DecidedLine(unit, "structural_part", "need", "need_weighted_pupils", 1, 150_000_000 + number))
        lines.append(DecidedLine(unit, "meals", "stage_low", "pupils", 500_000 * MICRO, 500_000 * 80))
        lines.append(DecidedLine(unit, "head_teacher", "lump_sum", "units", 90_000_000 * MICRO, 90_000_000))
    return year_terms(
        lines, publication_id="2027.1.0", mode="follow_pupil", payees=payees, decided_pupils=pupils, overheads=OVERHEADS
    )


def _rows(pupils: int, units: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({
        "delivery_id": "d1", "delivery_row_number": np.arange(pupils), "municipality_code": CODE,
        "count_date": pd.Timestamp(f"{YEAR}-01-15"), "pupil_key": np.arange(pupils).astype(str),
        "school_unit_code": (10_000_000 + rng.integers(0, units, pupils)).astype(str), "school_form": "compulsory_school",
        "grade": np.array(GRADES)[rng.integers(0, 10, pupils)], "valid_from": pd.Timestamp("2026-08-17"),
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


if __name__ == "__main__":
    print(json.dumps({"seconds": {"month": paid(*map(int, sys.argv[1:])).cpu_seconds}}))
