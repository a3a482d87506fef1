"""The forecast step: pupils one to three years ahead, how such forecasts have done, and what they mean for premises and kronor.

Planning tables stay in the home; a publication holds ``pupil_forecast`` alone, and no refusal of a forecast stops one.
"""

from datetime import date

import dagster as dg
import pandas as pd

from expectations.contracts import PLANNING
from models_py.errors import LikvardError
from orchestration.forecast_charts import backtest_chart, forecast_chart
from orchestration.forecasting import (
    FORECASTS,
    PLANS,
    PUBLISHED,
    cohorts_of,
    forecast_of_year,
    own_forecasts,
    places_of,
    planning_rows,
    plans_of_municipality,
    weighted_errors,
)
from orchestration.names import FORECAST, STATISTICS_TEAM
from orchestration.partitions import count_dates, funding_years
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

ENROLLMENT, UNITS = dg.AssetKey(["marts", "fct_enrollment"]), dg.AssetKey(["marts", "dim_school_unit"])
LINES, INDEX = dg.AssetKey(["allocation", "fct_allocation"]), dg.AssetKey(["need", "fct_need_index"])

TOLD = {
    "fct_enrollment_forecast": "Expected pupils per school unit and grade one to three years ahead, with 95 % intervals measured on own earlier "
    "forecasts and the method behind each.",
    "fct_municipality_forecast": "Expected pupils per municipality and grade one to three years ahead; school units add up to it.",
    "forecast_backtest": "Forecasts as if made from every earlier count date against what came, beside the two naive forecasts.",
    "forecast_break": "Years, transitions and school units that the forecast did not learn from, by name: missing, impossible, leaping.",
    PUBLISHED: "What is published: pupils counted and expected with their band, per municipality and grade and per school unit.",
    "forecast_capacity": "Expected surplus or shortage of places and its probability, where the facts give places.",
    "forecast_budget": "The expected pupils at this year's amounts, composition held, with interval.",
    "planning_enrollment": "Whole pupils per school unit and grade and a re-based index, to plan next year's allocation by.",
}


def _spec(name: str, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        _key(name), deps=deps, owners=[STATISTICS_TEAM], kinds={"python", "numpy"}, description=TOLD[name]
    )


def _key(name: str) -> dg.AssetKey:
    return dg.AssetKey(["forecast", name])


@dg.multi_asset(
    name="enrollment_forecast",
    partitions_def=funding_years,
    group_name=FORECAST,
    specs=[_spec(name, [ENROLLMENT, UNITS]) for name in (*FORECASTS, PUBLISHED)],
)
def enrollment_forecast(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Forecast every municipality of the run from its later count date; all municipalities lend their experience."""
    year = int(context.partition_key)
    enrollment = warehouse.mart("fct_enrollment")
    latest, refused = _latest(sorted(enrollment["municipality_code"].unique()), scope=scope, year=year)
    cohorts = cohorts_of(scope, sorted(latest), years=range(year - 5, year + 3))
    units = warehouse.mart("dim_school_unit")
    made, without = forecast_of_year(enrollment, units, latest=latest, cohorts=cohorts)
    tables.write_record(
        "forecast", year, {"refused": refused | without, "errors": weighted_errors(made["forecast_backtest"])}
    )
    told = {"municipalities": made["fct_municipality_forecast"]["municipality_code"].nunique()}
    pictures = {
        "fct_municipality_forecast": {"ahead": forecast_chart(made["fct_municipality_forecast"], enrollment)},
        "forecast_backtest": {"errors": backtest_chart(made["forecast_backtest"])},
    }
    for name, table in made.items():
        rows = tables.write(name, planning_rows(name, table, funding_year=year), year)
        yield dg.MaterializeResult(
            asset_key=_key(name), metadata=told | {"dagster/row_count": rows} | pictures.get(name, {})
        )
    published = own_forecasts(enrollment, units, latest=latest, cohorts=cohorts, funding_year=year)
    yield dg.MaterializeResult(
        asset_key=_key(PUBLISHED), metadata=told | {"dagster/row_count": tables.write(PUBLISHED, published, year)}
    )


@dg.multi_asset(
    name="forecast_plans",
    partitions_def=funding_years,
    group_name=FORECAST,
    specs=[
        _spec(name, [_key("fct_enrollment_forecast"), _key("fct_municipality_forecast"), LINES, INDEX])
        for name in PLANS
    ],
)
def forecast_plans(context: dg.AssetExecutionContext, tables: Tables, scope: Scope):
    """Set the forecast against places, and carry it through this year's amounts."""
    year = int(context.partition_key)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in PLANS}
    cut = {name: tables.by_municipality(name, year) for name in (*FORECASTS[:2], "fct_allocation", "fct_need_index")}
    refused: dict[str, str] = {}
    for code in sorted(cut["fct_enrollment_forecast"]):
        try:
            made = plans_of_municipality(
                cut["fct_enrollment_forecast"][code],
                cut["fct_municipality_forecast"][code],
                lines=cut["fct_allocation"].get(code, pd.DataFrame()),
                need=cut["fct_need_index"].get(code, pd.DataFrame()),
                places=places_of(scope, code, funding_year=year),
            )
        except (PolicyError, LikvardError) as error:  # one municipality's facts must not stop its neighbours
            refused[code] = str(error)
            continue
        for name, table in made.items():
            parts[name].append(table)
    tables.write_record("forecast_plans", year, {"refused": refused})
    for name, found in parts.items():
        table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(PLANNING[name].names))
        yield dg.MaterializeResult(
            asset_key=_key(name),
            metadata={
                "dagster/row_count": tables.write(name, planning_rows(name, table, funding_year=year), year),
                "refused": len(refused),
            },
        )


def _latest(codes: list[str], *, scope: Scope, year: int) -> tuple[dict[str, date], dict[str, str]]:
    latest, refused = {}, {}
    for code in scope.chosen(codes):
        try:
            latest[code] = count_dates(year, lag_years=scope.decided(code, year).count_lag_years)[0]
            scope.facts(code, year)
        except PolicyError as error:
            latest.pop(code, None)
            refused[code] = str(error)
    return latest, refused
