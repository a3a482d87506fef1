"""The forecast of a school unit or municipality in the terminal.

Belongs here: reading the planning tables of a funding year, layout and words. Does not: any number that is not in them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models_py.errors import LikvardError
from models_py.forecast import ALL, summary
from orchestration.resources.tables import Tables
from orchestration.school_forms import stage_calendar
from orchestration.settings import Settings
from orchestration.texts import kronor, number, say, share

UNITS, TOWNS = "fct_enrollment_forecast", "fct_municipality_forecast"


class NoForecastError(LikvardError):
    """There is no such forecast; the message says what to do."""


def unit_view(found: Settings, *, school_unit_code: str, funding_year: int | None) -> RenderableType:
    """Expected pupils of one school unit, and its places. Raises NoForecastError."""
    tables, year = _tables(found, funding_year)
    rows = tables.read_or_empty(UNITS, year)
    own = rows[rows["school_unit_code"] == school_unit_code]
    if own.empty:
        raise NoForecastError(say("forecast_no_unit", school=school_unit_code, year=str(year)))
    first = own.iloc[0]
    parts: list[RenderableType] = [
        _bold(say("forecast_unit_title", school=school_unit_code, municipality=str(first["municipality_code"]))),
        _grid(own),
        say("forecast_unit_state", state=say(f"part_unit_{first['unit_state']}")),
        _method_line(own),
    ]
    places = tables.read_or_empty("forecast_capacity", year)
    for row in places[places["school_unit_code"] == school_unit_code].itertuples():
        chance = "–" if pd.isna(row.shortage_probability) else share(float(row.shortage_probability))
        parts.append(
            say(
                "forecast_places", year=str(row.target_count_year), places=number(row.place_count), chance=chance,
                shortage=number(row.expected_shortage), surplus=number(row.expected_surplus),
            )
        )  # fmt: skip
    return Group(*parts, say("forecast_reading"))


def municipality_view(found: Settings, *, municipality_code: str, funding_year: int | None) -> RenderableType:
    """Expected pupils of a municipality, kronor at this year's amounts, past errors and breaks. Raises NoForecastError."""
    tables, year = _tables(found, funding_year)
    own = _of(tables, TOWNS, year, municipality_code)
    if own.empty:
        refused = tables.read_record("forecast", year)["refused"].get(municipality_code)
        reason = f" {refused}" if refused else ""
        raise NoForecastError(say("forecast_no_municipality", municipality=municipality_code, year=str(year)) + reason)
    parts: list[RenderableType] = [
        _bold(say("forecast_municipality_title", municipality=municipality_code)),
        _grid(own),
        _method_line(own),
    ]
    for row in _of(tables, "forecast_budget", year, municipality_code).itertuples():
        ends = [row.forecast_budget_lower_sek, row.forecast_budget_upper_sek]
        between = "" if any(pd.isna(end) for end in ends) else f" ({kronor(ends[0])} – {kronor(ends[1])})"
        told = kronor(row.forecast_budget_sek) + between
        parts.append(say("forecast_budget_line", year=str(row.target_count_year), amount=told, funding_year=str(year)))
    parts += _errors(_of(tables, "forecast_backtest", year, municipality_code))
    for row in _of(tables, "forecast_break", year, municipality_code).itertuples():
        parts.append(
            say(
                "forecast_break_line", year=str(row.break_count_year), kind=say(f"part_break_{row.break_kind}"),
                unit="" if row.break_unit_code == ALL else str(row.break_unit_code),
                pupils=number(row.break_pupil_count), before=number(row.compared_count),
            )
        )  # fmt: skip
    return Group(*parts, say("forecast_reading"))


def _tables(found: Settings, funding_year: int | None) -> tuple[Tables, int]:
    """The home's tables and the year asked for, or the newest that has a forecast."""
    years = sorted(int(path.stem.split("=")[1]) for path in Path(found.tables, "forecast").glob("funding_year=*.json"))
    if not years or (funding_year is not None and funding_year not in years):
        raise NoForecastError(say("forecast_none", year=str(funding_year or "YEAR")))
    return Tables(root=str(found.tables)), funding_year or years[-1]


def _of(tables: Tables, name: str, year: int, code: str) -> pd.DataFrame:
    if code not in tables.municipalities(name, year):
        return pd.DataFrame()
    return tables.read(name, year, municipalities=[code])


def _grid(rows: pd.DataFrame) -> Table:
    """A row per grade, a column per year: expected and interval."""
    years = sorted(rows["target_count_year"].unique())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=False)
    table.add_column(say("forecast_grade"), no_wrap=True)
    for year in years:
        table.add_column(f"{year}", justify="right", no_wrap=True)
    cells = {(row.grade, row.target_count_year): _cell(row) for row in rows.itertuples()}
    grades = [grade for grade in dict.fromkeys(rows["grade"]) if grade != ALL]
    order = sorted(grades, key=stage_calendar().grade_names.index)
    for grade in [*order, ALL]:
        name = say("forecast_all") if grade == ALL else grade
        table.add_row(name, *(cells.get((grade, year), "–") for year in years), style="bold" if grade == ALL else None)
    return table


def _cell(row: object) -> str:
    count = float(row.expected_count)  # type: ignore[attr-defined]
    expected = number(count, decimals=1 if count < 1000 else 0)
    low, high = row.interval_lower_count, row.interval_upper_count  # type: ignore[attr-defined]
    return expected if pd.isna(low) else f"{expected} ({number(low)}–{number(high)})"


def _method_line(rows: pd.DataFrame) -> str:
    methods = list(dict.fromkeys(rows.sort_values("horizon_years")["forecast_method"]))
    return say("forecast_method_line", methods=", ".join(say(f"part_method_{method}") for method in methods))


def _errors(backtest: pd.DataFrame) -> list[RenderableType]:
    if backtest.empty:
        return [say("forecast_not_judged")]
    told = summary(backtest.rename(columns={"forecast_level": "level"}))
    return [
        say(
            "forecast_error_line", years=int(row.horizon_years), level=say(f"part_level_{row.level}"),
            ours=share(float(row.wape)), naive=share(float(row.naive_wape)),
        )
        for row in told.itertuples()
    ]  # fmt: skip


def _bold(text: str) -> Text:
    return Text(text, style="bold")
