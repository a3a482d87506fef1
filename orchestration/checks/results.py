"""Rows of ``rule_result`` from every home: the door's ledgers, dbt's rule models, suites, rules.

Belongs here: reading what each home needs for one funding year, and putting the rows together.
Does not: any rule (``expectations``, ``dbt_project/models/rules``), the verdict (``orchestration.publication``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from expectations import suites
from expectations.contracts.change import CHANGE
from expectations.contracts.forms import FORMS
from expectations.rules import result_rows, rules_of
from expectations.rules.tables import judge_all
from orchestration.checks.door import NATIONAL, concerned, door_results
from orchestration.names import PUPIL_LEVEL
from orchestration.partitions import count_dates
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

Dates = tuple[date, date]
"""Later and earlier count date."""

JUDGED = (
    "fct_need_index", "fct_allocation", "organiser_allocation", "organiser_calculation", "school_area_factor", "weights_drift",
    *(c.table for c in (*CHANGE, *FORMS)),
)  # fmt: skip
"""Tables that rules with home ``rule`` read."""


def ledgers(accepted: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The door's two ledgers: deliveries and findings. Raises FileNotFoundError before the door was ever run."""
    return tuple(pq.read_table(accepted / f"_{name}.parquet").to_pandas() for name in ("deliveries", "findings"))  # type: ignore[return-value]


def corrections(accepted: Path) -> pd.DataFrame:
    """The door's ledger of corrections. Raises FileNotFoundError before the door was ever run."""
    return pq.read_table(accepted / "_corrections.parquet").to_pandas()


def dates_of(codes: Sequence[str], *, scope: Scope, funding_year: int) -> dict[str, Dates]:
    """Municipality → later and earlier count date by its policy; a policy that cannot be used gives the usual ones."""
    dates = {}
    for code in codes:
        try:
            lag = scope.decided(code, funding_year).count_lag_years
        except PolicyError:  # refused where need is computed; here it still has a year
            lag = 0
        dates[code] = count_dates(funding_year, lag_years=lag)
    return dates


def basis_of(
    factors: pd.DataFrame, deliveries: pd.DataFrame, *, scope: Scope, funding_year: int
) -> tuple[dict[str, str], dict[str, Dates]]:
    """Municipality → basis, and → its count dates, of all that this run concerns: those with units on their later count
    date, and those that delivered something for it that could not be used."""
    present = sorted({*factors["municipality_code"], *deliveries["municipality_code"]} - {NATIONAL})
    dates = dates_of(scope.chosen(present), scope=scope, funding_year=funding_year)
    counted = {
        (code, day): basis
        for code, day, basis in zip(factors["municipality_code"], factors["count_date"], factors["basis"], strict=True)
    }
    bases = {}
    for code, (later, earlier) in dates.items():
        own = deliveries[deliveries["municipality_code"] == code]
        if (code, later) in counted:
            bases[code] = counted[code, later]
        elif len(concerned(own, start_years=[later.year, earlier.year])):
            bases[code] = PUPIL_LEVEL
    return bases, {code: dates[code] for code in bases}


def start_years(dates: Dates, *, fit: Mapping[str, Any]) -> list[int]:
    """Years in which the deliveries begin that a funding year builds on: its count dates, and its fit's school years."""
    trained = {year - 1 for year in fit.get("trained_on", {}).get("result_years", [])}
    return sorted({day.year for day in dates} | trained)


def collect(
    *,
    tables: Tables,
    warehouse: Warehouse,
    accepted: Path,
    bases: Mapping[str, str],
    dates: Mapping[str, Dates],
    funding_year: int,
) -> pd.DataFrame:
    """Every rule's rows for the municipalities in ``bases``, each on its own count dates."""
    municipalities = sorted(bases)
    deliveries, findings = ledgers(accepted)
    fits = tables.read_record("need_fit", funding_year)
    years_of = {code: start_years(dates[code], fit=fits.get(code, {})) for code in municipalities}
    judged = {name: tables.read_or_empty(name, funding_year) for name in JUDGED}
    parts = [
        door_results(deliveries, findings, basis_of=bases, years_of=years_of, funding_year=funding_year),
        model_results(warehouse, dates=dates, funding_year=funding_year),
        judge_all(judged, funding_year=funding_year, municipalities=municipalities),
        suite_results(warehouse, judged["fct_need_index"], dates=dates, funding_year=funding_year),
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["municipality_code", "rule_id"], ignore_index=True)


def model_results(warehouse: Warehouse, *, dates: Mapping[str, Dates], funding_year: int) -> pd.DataFrame:
    """Rows of the rules with home ``dbt``: what their models list for each municipality's later count date, or for
    every date where they name none."""
    rows = []
    for found in rules_of("dbt"):
        listed = warehouse.query(
            f'select municipality_code, count_date, cast(count(*) as integer) as failing from rules."{found.model}" group by all'
        )
        failing: Counter[str] = Counter()
        for code, day, count in listed.itertuples(index=False):
            if code in dates and (pd.isna(day) or day.date() == dates[code][0]):
                failing[code] += int(count)
        rows.append(result_rows(failing, rule=found, funding_year=funding_year, municipalities=sorted(dates)))
    return pd.concat(rows, ignore_index=True)


def suite_results(
    warehouse: Warehouse, index: pd.DataFrame, *, dates: Mapping[str, Dates], funding_year: int
) -> pd.DataFrame:
    """Rows of the rules with home ``gx``."""
    verdicts = suite_verdicts(warehouse, index, dates=dates)
    return suites.results(verdicts, funding_year=funding_year, municipalities=sorted(dates))


def suite_verdicts(warehouse: Warehouse, index: pd.DataFrame, *, dates: Mapping[str, Dates]) -> list[suites.Verdict]:
    """What Great Expectations says of the municipalities in ``dates``, each on its own count dates."""
    factors = warehouse.mart("fct_school_factors")
    counted = zip(factors["municipality_code"], factors["count_date"], strict=True)
    own_date = pd.Series([day in dates.get(code, ()) for code, day in counted], index=factors.index, dtype=bool)
    years = suites.municipality_year(factors[own_date])
    return [*suites.run_suite("municipality_year", years), *suites.run_suite("fct_need_index", index)]
