"""A home with the planning tables of two invented municipalities, as a run leaves them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from orchestration.forecasting import forecast_of_year, planning_rows, plans_of_municipality
from orchestration.resources.tables import Tables
from tests.models_py.forecast.forecast_worlds import steady, without, world

YEAR, TOWN, GAP, PLACED = 2022, "9001", "9100", "90010000"
NO_UNITS = pd.DataFrame({"school_unit_code": ["90010000"], "predecessor_codes": [None]})


def enrollment() -> pd.DataFrame:
    """Rows as the mart ``fct_enrollment`` has them: four municipalities, one of which falls out in 2015."""
    counts = pd.concat([world(municipalities=3, units=5), steady(GAP, "A", 24), steady(GAP, "B", 3)])
    counts = without(counts, unit="A", year=2015)
    days = [date(year, 10, 15) for year in counts["count_year"]]
    return counts.drop(columns="count_year").assign(count_date=days, basis="pupil_level")


def lines_and_need(counts: pd.DataFrame, code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One line per grade at 100 000 kr, and an index of 100, on the pupils of the newest count."""
    own = counts[(counts["municipality_code"] == code) & (counts["count_date"] == date(2021, 10, 15))]
    lines = own.assign(
        line_code="grade_" + own["grade"].str.lower(), count=own["pupil_count"], count_unit="pupils",
        rate_ore=Decimal(10_000_000), amount_ore=own["pupil_count"] * 10_000_000,
    )  # fmt: skip
    need = own.groupby("school_unit_code", as_index=False)["pupil_count"].sum().assign(need_index=100.0)
    return lines, need


def planned(root: Path) -> dict[str, pd.DataFrame]:
    """Write every planning table below ``root`` and return them."""
    counts, tables = enrollment(), Tables(root=str(root / "aggregate" / "tables"))
    made, refused = forecast_of_year(
        counts, NO_UNITS, latest=dict.fromkeys(sorted(counts["municipality_code"].unique()), date(2021, 10, 15))
    )
    lines, need = lines_and_need(counts, TOWN)
    of_town = {name: table[table["municipality_code"] == TOWN] for name, table in made.items()}
    made |= plans_of_municipality(
        of_town["fct_enrollment_forecast"],
        of_town["fct_municipality_forecast"],
        lines=lines,
        need=need,
        places=pd.DataFrame({"school_unit_code": [PLACED], "place_count": [150.0]}),
    )
    rows = {name: planning_rows(name, table, funding_year=YEAR) for name, table in made.items()}
    for name, table in rows.items():
        tables.write(name, table, YEAR)
    tables.write_record("forecast", YEAR, {"refused": refused | {"9777": "no pupils counted"}})
    return rows
