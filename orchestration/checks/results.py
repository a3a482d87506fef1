"""Rows of ``rule_result`` from every home: the door's ledgers, dbt's rule models, suites, rules.

Belongs here: reading what each home needs for one funding year, and putting the rows together.
Does not: any rule (``expectations``, ``dbt_project/models/rules``), the verdict (``orchestration.publication``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from expectations import suites
from expectations.rules import result_rows, rules_of
from expectations.rules.tables import judge_all
from orchestration.checks.door import concerned, door_results, failing_by_rule
from orchestration.names import PUPIL_LEVEL
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

JUDGED = ("fct_need_index", "fct_allocation")
"""Tables that rules with home ``rule`` read."""


def ledgers(accepted: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The door's two ledgers: deliveries and findings. Raises FileNotFoundError before the door was ever run."""
    return tuple(pq.read_table(accepted / f"_{name}.parquet").to_pandas() for name in ("deliveries", "findings"))  # type: ignore[return-value]


def corrections(accepted: Path) -> pd.DataFrame:
    """The door's ledger of corrections. Raises FileNotFoundError before the door was ever run."""
    return pq.read_table(accepted / "_corrections.parquet").to_pandas()


def basis_of(factors: pd.DataFrame, deliveries: pd.DataFrame, *, scope: Scope, dates: Sequence[date]) -> dict[str, str]:
    """Municipality → basis, of all that this run concerns: those with units on the later count date, and those that
    delivered something for it that could not be used."""
    later = factors[factors["count_date"] == dates[0]]
    found = dict(zip(later["municipality_code"], later["basis"], strict=True))
    delivered = concerned(deliveries, start_years=[day.year for day in dates])
    for code in sorted(set(delivered["municipality_code"]) - {"0000"}):
        found.setdefault(code, PUPIL_LEVEL)
    return {code: found[code] for code in scope.chosen(sorted(found))}


def start_years(funding_year: int, *, dates: Sequence[date], fits: Mapping[str, Mapping]) -> list[int]:
    """Years in which the deliveries begin that a funding year builds on: its count dates, and its fits' school years."""
    trained = {year - 1 for fit in fits.values() for year in fit.get("trained_on", {}).get("result_years", [])}
    return sorted({day.year for day in dates} | trained)


def collect(
    *,
    tables: Tables,
    warehouse: Warehouse,
    accepted: Path,
    bases: Mapping[str, str],
    dates: Sequence[date],
    funding_year: int,
) -> pd.DataFrame:
    """Every rule's rows for the municipalities in ``bases``."""
    municipalities = sorted(bases)
    deliveries, findings = ledgers(accepted)
    years = start_years(funding_year, dates=dates, fits=tables.read_record("need_fit", funding_year))
    failing = failing_by_rule(concerned(deliveries, start_years=years), concerned(findings, start_years=years))
    factors = warehouse.mart("fct_school_factors", dates=dates)
    judged = {name: tables.read_or_empty(name, funding_year) for name in JUDGED}
    parts = [
        door_results(failing, basis_of=bases, funding_year=funding_year),
        model_results(warehouse, dates=dates, funding_year=funding_year, municipalities=municipalities),
        judge_all(judged, funding_year=funding_year, municipalities=municipalities),
        suite_results(factors, judged["fct_need_index"], funding_year=funding_year, municipalities=municipalities),
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["municipality_code", "rule_id"], ignore_index=True)


def model_results(
    warehouse: Warehouse, *, dates: Sequence[date], funding_year: int, municipalities: Sequence[str]
) -> pd.DataFrame:
    """Rows of the rules with home ``dbt``: what their models list for the year's later count date, or for every date."""
    rows = []
    for found in rules_of("dbt"):
        counts = warehouse.query(
            f'select municipality_code, count(*) as failing from rules."{found.model}" '
            "where count_date is null or count_date = ? group by municipality_code",
            [dates[0]],
        )
        failing = dict(zip(counts["municipality_code"], counts["failing"].astype(int), strict=True))
        rows.append(result_rows(failing, rule=found, funding_year=funding_year, municipalities=municipalities))
    return pd.concat(rows, ignore_index=True)


def suite_results(
    factors: pd.DataFrame, index: pd.DataFrame, *, funding_year: int, municipalities: Sequence[str]
) -> pd.DataFrame:
    """Rows of the rules with home ``gx``."""
    years = suites.municipality_year(factors[factors["municipality_code"].isin(municipalities)])
    verdicts = [*suites.run_suite("municipality_year", years), *suites.run_suite("fct_need_index", index)]
    return suites.results(verdicts, funding_year=funding_year, municipalities=municipalities)
