"""From the warehouse's counts and a municipality's facts to the planning tables, under their contracts' names.

Belongs here: which counts a funding year's forecast may see, what the facts give it, the names of columns. Does not: any
estimate (``models_py.forecast``), writing.
Facts (``facts.yml``): ``school_places`` are places per school unit; ``children_starting`` children in the area around a
unit who reach the preschool class in the year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from expectations.contracts import CONTRACTS, PLANNING
from models_py.forecast import (
    Cohorts,
    EnrollmentForecast,
    compare_capacity,
    enrollment_panel,
    forecast_budget,
    forecast_enrollment,
    planning_inputs,
    rates_of,
    summary,
)
from orchestration.names import PUPIL_LEVEL
from orchestration.resources.scope import Scope
from orchestration.school_forms import by_their_day, renamed

PLACES, CHILDREN = "school_places", "children_starting"
WHOLE = "all"
COUNT_DAY = (10, 15)

FORECASTS = ("fct_enrollment_forecast", "fct_municipality_forecast", "forecast_backtest", "forecast_break")
PLANS = ("forecast_capacity", "forecast_budget", "planning_enrollment")
PUBLISHED = "pupil_forecast"
YEARS_BEFORE = 6
"""Counts that stand before the forecast where it is told to the public."""

_NAMES = {
    "count_year": "target_count_year", "interval_lower": "interval_lower_count", "interval_upper": "interval_upper_count",
    "method": "forecast_method",
}  # fmt: skip

_AHEAD = ("expected_count", "interval_lower_count", "interval_upper_count", "forecast_method")


def forecast_of_year(
    enrollment: pd.DataFrame,
    units: pd.DataFrame,
    *,
    latest: Mapping[str, date],
    cohorts: pd.DataFrame | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Forecasts of the municipalities in ``latest``, and why others have none.

    Parameters
    ----------
    enrollment : the mart ``fct_enrollment``; every municipality in it lends its experience
    units : the mart ``dim_school_unit``, for predecessors
    latest : municipality to the later count date of its funding year; no later count is seen
    cohorts : ``intake.COLUMNS`` and school_unit_code, or None

    Returns tables by name without funding_year, and municipality to reason.
    """
    counts = _october(enrollment)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in FORECASTS}
    refused = {}
    for day in sorted(set(latest.values())):
        known = counts[counts["count_date"] <= day]
        codes = {code for code, own in latest.items() if own == day}
        counted = set(known.loc[known["count_date"] == day, "municipality_code"])
        refused |= dict.fromkeys(codes - counted, f"no pupils counted on {day}")
        codes &= counted
        if not codes:
            continue
        if known["count_year"].nunique() < 2:
            refused |= dict.fromkeys(codes, f"only one count year up to {day}; a forecast needs two")
            continue
        made = forecast_enrollment(
            enrollment_panel(known), links=_links(units), cohorts=None if cohorts is None else Cohorts(cohorts)
        )
        for name, table in _named(made).items():
            parts[name].append(table[table["municipality_code"].isin(codes)])
    tables = {
        name: pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_columns(name))
        for name, found in parts.items()
    }
    return tables, dict(sorted(refused.items()))


def own_forecasts(
    enrollment: pd.DataFrame,
    units: pd.DataFrame,
    *,
    latest: Mapping[str, date],
    cohorts: pd.DataFrame | None = None,
    funding_year: int,
) -> pd.DataFrame:
    """``pupil_forecast`` of the municipalities that deliver their own pupils, each from its own counts alone.

    A published table must not move because a neighbour's file was spoiled or came late, so nobody lends experience here.
    Those known from open statistics have no rows: one municipality's few counts of them would forecast poorly.
    Parameters as ``forecast_of_year``.
    """
    codes = sorted(set(enrollment.loc[enrollment["basis"] == PUPIL_LEVEL, "municipality_code"]) & set(latest))
    told = []
    for code in codes:
        own, own_units = (table[table["municipality_code"] == code] for table in (enrollment, units))
        mine = None if cohorts is None else cohorts[cohorts["municipality_code"] == code]
        lent = mine if mine is not None and len(mine) else None
        made, _ = forecast_of_year(own, own_units, latest={code: latest[code]}, cohorts=lent)
        told.append(told_forecast(made, own, latest=latest, funding_year=funding_year))
    told = [table for table in told if len(table)]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=list(CONTRACTS[PUBLISHED].names))


def told_forecast(
    made: Mapping[str, pd.DataFrame], enrollment: pd.DataFrame, *, latest: Mapping[str, date], funding_year: int
) -> pd.DataFrame:
    """``pupil_forecast``: what is published of a forecast, with the counts before it.

    ``made`` is as ``forecast_of_year`` gives it; municipalities without a forecast have no rows. School units are told in all
    grades together: a single grade of a school is missed by a sixth. Expected pupils have one decimal.
    """
    town = made["fct_municipality_forecast"].assign(school_unit_code=WHOLE)
    units = made["fct_enrollment_forecast"]
    if town.empty:
        return pd.DataFrame(columns=list(CONTRACTS[PUBLISHED].names))
    ahead = pd.concat([town, units[units["grade"] == WHOLE]], ignore_index=True)
    ahead = ahead.assign(
        count_year=ahead["target_count_year"], expected_count=ahead["expected_count"].astype(float).round(1),
        counted_count=None,
    )  # fmt: skip
    counts = _october(enrollment[enrollment["municipality_code"].isin(set(town["municipality_code"]))])
    newest = counts["municipality_code"].map({code: day.year for code, day in latest.items()})
    counts = counts[(counts["count_year"] <= newest) & (counts["count_year"] > newest - YEARS_BEFORE)]
    known = pd.MultiIndex.from_frame(ahead[["municipality_code", "school_unit_code"]].drop_duplicates())
    parts = []
    for over in (["school_unit_code"], ["grade"], []):  # units; the municipality's grades; the municipality
        keys = ["municipality_code", *over, "count_year"]
        summed = counts.groupby(keys, as_index=False, sort=True)["pupil_count"].sum()
        parts.append(summed.assign(**{name: WHOLE for name in ("school_unit_code", "grade") if name not in over}))
    before = pd.concat(parts, ignore_index=True)
    before = before[pd.MultiIndex.from_frame(before[["municipality_code", "school_unit_code"]]).isin(known)]
    before = before.assign(counted_count=before["pupil_count"].astype(int), **dict.fromkeys(_AHEAD))
    columns = list(CONTRACTS[PUBLISHED].names)
    whole = pd.concat([part[[*columns[:1], *columns[2:]]].astype(object) for part in (before, ahead)])
    return CONTRACTS[PUBLISHED].arranged(whole.assign(funding_year=funding_year))


def plans_of_municipality(
    units: pd.DataFrame,
    town: pd.DataFrame,
    *,
    lines: pd.DataFrame,
    need: pd.DataFrame,
    places: pd.DataFrame | None,
) -> dict[str, pd.DataFrame]:
    """Capacity, budget and planning pupils of one municipality, of those that its facts and amounts allow.

    ``units`` and ``town`` are its rows of the first two ``FORECASTS``; ``lines`` of ``fct_allocation`` and ``need`` of
    ``fct_need_index`` may be empty; ``places`` is school_unit_code, place_count.
    """
    plain = {new: old for old, new in _NAMES.items()}
    cells, whole = (_of_the_lines(table.rename(columns=plain)) for table in (units, town))
    made: dict[str, pd.DataFrame] = {}
    if places is not None and len(places):
        made["forecast_capacity"] = compare_capacity(cells, places=places).rename(columns=_NAMES)
    if len(lines) and len(need):
        pupils = dict(zip(need["school_unit_code"].astype(str), need["pupil_count"].astype(int), strict=True))
        budget = forecast_budget(cells, municipality=whole, rates=rates_of(lines, pupils=pupils)).municipality
        sek = {name: f"forecast_{name}" for name in ("budget_sek", "budget_lower_sek", "budget_upper_sek")}
        budget = budget.rename(columns=_NAMES | sek)
        made["forecast_budget"] = budget.assign(
            **{
                name: [None if pd.isna(value) else Decimal(int(value)) for value in budget[name]]
                for name in sek.values()
            }
        )
        plan = planning_inputs(cells, need=need)
        index = plan.need.set_index("school_unit_code")["need_index"]
        ahead = date(int(cells.loc[cells["horizon_years"] == 1, "count_year"].max()), *COUNT_DAY)
        told_on = date(ahead.year - 1, *COUNT_DAY)
        made["planning_enrollment"] = plan.enrollment.rename(columns={"pupil_count": "planned_pupil_count"}).assign(
            grade=lambda t: renamed(t["grade"], told_on=[told_on] * len(t), wanted_on=ahead),
            planned_need_index=lambda t: t["school_unit_code"].map(index),
            municipality_code=cells["municipality_code"].iloc[0],
        )
    return made


def planning_rows(name: str, table: pd.DataFrame, *, funding_year: int) -> pd.DataFrame:
    """The table under its contract: its columns, in key order. Raises ContractError."""
    return PLANNING[name].arranged(table.assign(funding_year=funding_year))


def weighted_errors(backtest: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Level and horizon to the weighted errors over all municipalities of ``forecast_backtest``, ours and naive, 0..1."""
    if backtest.empty:
        return {}
    told = summary(backtest.rename(columns={"forecast_level": "level"}))
    return {
        f"{row.level}_{row.horizon_years}": {
            "ours": round(float(row.wape), 6),
            "naive": round(float(row.naive_wape), 6),
        }
        for row in told.itertuples()
    }


def places_of(scope: Scope, code: str, *, funding_year: int) -> pd.DataFrame | None:
    """school_unit_code, place_count from the year's facts; None without them. Raises PolicyError."""
    values = _measure(scope, code, funding_year, PLACES)
    return None if values is None else pd.DataFrame(values, columns=["school_unit_code", "place_count"])


def cohorts_of(scope: Scope, codes: Iterable[str], *, years: Sequence[int]) -> pd.DataFrame | None:
    """Children starting per unit's area and count year, from the facts of each year; None where nobody gives any."""
    rows = [
        (code, unit, year, count)
        for code in codes
        for year in years
        for unit, count in _measure(scope, code, year, CHILDREN) or ()
    ]
    names = ["municipality_code", "school_unit_code", "count_year", "child_count"]
    return pd.DataFrame(rows, columns=names) if rows else None


def _measure(scope: Scope, code: str, year: int, name: str) -> list[tuple[str, float]] | None:
    measures = scope.facts(code, year).measures
    if measures is None or name not in measures:
        return None
    given = measures[measures[name].notna()]
    return [(str(unit), float(value)) for unit, value in zip(given["school_unit_code"], given[name], strict=True)]


def _october(enrollment: pd.DataFrame) -> pd.DataFrame:
    """Counts of 15 October with their year, grades named by age; spring counts have other pupils."""
    days = pd.Series(enrollment["count_date"], dtype=object)
    autumn = pd.Series([day.month == COUNT_DAY[0] for day in days], index=days.index, dtype=bool)
    kept = enrollment[autumn].assign(count_year=[day.year for day in days[autumn]])
    return kept.assign(grade=renamed(kept["grade"], told_on=kept["count_date"]))


def _links(units: pd.DataFrame) -> list[tuple[str, str]]:
    named = units[units["predecessor_codes"].notna()]
    pairs = {
        (old.strip(), str(new))
        for new, codes in zip(named["school_unit_code"], named["predecessor_codes"], strict=True)
        for old in str(codes).split(",")
    }
    return sorted(pairs)


def _named(made: EnrollmentForecast) -> dict[str, pd.DataFrame]:
    return {
        "fct_enrollment_forecast": _of_its_day(made.units).rename(columns=_NAMES),
        "fct_municipality_forecast": _of_its_day(made.municipalities).rename(columns=_NAMES),
        "forecast_backtest": made.backtest.rename(columns={"level": "forecast_level"}),
        "forecast_break": made.breaks.rename(
            columns={
                "count_year": "break_count_year", "kind": "break_kind", "school_unit_code": "break_unit_code",
                "pupil_count": "break_pupil_count", "expected_count": "compared_count",
            }
        ).assign(break_unit_code=lambda t: t["break_unit_code"].fillna(WHOLE)),
    }  # fmt: skip


def _of_its_day(cells: pd.DataFrame) -> pd.DataFrame:
    """Expected pupils under the names that grades have on the day they are expected for."""
    days = [date(year, *COUNT_DAY) for year in cells["count_year"]]
    return cells.assign(grade=by_their_day(cells["grade"], wanted_on=days))


def _of_the_lines(cells: pd.DataFrame) -> pd.DataFrame:
    """Expected pupils under the names of the day that they were forecast from, which the year's amounts are told by."""
    if cells.empty:
        return cells
    told_on = [date(year, *COUNT_DAY) for year in cells["count_year"]]
    origin = int((cells["count_year"] - cells["horizon_years"]).max())
    return cells.assign(grade=renamed(cells["grade"], told_on=told_on, wanted_on=date(origin, *COUNT_DAY)))


def _columns(name: str) -> list[str]:
    return [column for column in PLANNING[name].names if column != "funding_year"]
