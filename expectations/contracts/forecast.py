"""Contracts of the planning tables: the forecast of pupils, how it has done, places and kronor that follow.

They are kept in the home and not sealed with a publication: a forecast is not decided, and nothing is paid on it. The pupils
that the public is told to expect stand in ``progress``.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")
_AHEAD = ("horizon_years", "target_count_year")
_SPREAD = ("expected_count", "interval_lower_count", "interval_upper_count")
_NO_INTERVAL = frozenset({"interval_lower_count", "interval_upper_count"})

FORECAST: tuple[Contract, ...] = (
    Contract(
        table="fct_enrollment_forecast",
        grain_en="One row per municipality, funding year, school unit, grade (all = the whole unit) and horizon.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, årskurs (all = hela enheten) och horisont.",
        keys=(*_YEAR, "school_unit_code", "grade", "horizon_years"),
        names=(*_YEAR, "school_unit_code", "grade", *_AHEAD, *_SPREAD, "forecast_method", "unit_state"),
        nullable=_NO_INTERVAL,
    ),
    Contract(
        table="fct_municipality_forecast",
        grain_en="One row per municipality, funding year, grade (all = the whole municipality) and horizon.",
        grain_sv="En rad per kommun, bidragsår, årskurs (all = hela kommunen) och horisont.",
        keys=(*_YEAR, "grade", "horizon_years"),
        names=(*_YEAR, "grade", *_AHEAD, *_SPREAD, "forecast_method"),
        nullable=_NO_INTERVAL,
    ),
    Contract(
        table="forecast_backtest",
        grain_en="One row per municipality, funding year, level and horizon: forecasts from every earlier count date against "
        "what came. Sums, so that municipalities can be added together.",
        grain_sv="En rad per kommun, bidragsår, nivå och horisont: prognoser från varje tidigare avläsningsdag mot utfallet. "
        "Summor, så att kommuner kan läggas ihop.",
        keys=(*_YEAR, "forecast_level", "horizon_years"),
        names=(
            *_YEAR, "forecast_level", "horizon_years", "origin_count", "forecast_count", "pupil_sum", "absolute_error",
            "same_grade_error", "previous_grade_error", "relative_count", "relative_error", "same_grade_relative_error",
            "previous_grade_relative_error", "interval_count", "covered_count",
        ),
    ),
    Contract(
        table="forecast_break",
        grain_en="One row per municipality, funding year, count year, kind and school unit: what was not learned from.",
        grain_sv="En rad per kommun, bidragsår, avläsningsår, slag och skolenhet: det som prognosen inte lärt av.",
        keys=(*_YEAR, "break_count_year", "break_kind", "break_unit_code"),
        names=(*_YEAR, "break_count_year", "break_kind", "break_unit_code", "break_pupil_count", "compared_count"),
    ),
    Contract(
        table="forecast_capacity",
        grain_en="One row per municipality, funding year, school unit with known places, and horizon.",
        grain_sv="En rad per kommun, bidragsår, skolenhet med kända platser och horisont.",
        keys=(*_YEAR, "school_unit_code", "horizon_years"),
        names=(
            *_YEAR, "school_unit_code", *_AHEAD, "place_count", "expected_count", "expected_surplus", "expected_shortage",
            "shortage_probability",
        ),
        nullable=frozenset({"shortage_probability"}),
    ),
    Contract(
        table="forecast_budget",
        grain_en="One row per municipality, funding year and horizon: the expected pupils at this year's amounts.",
        grain_sv="En rad per kommun, bidragsår och horisont: väntade elever till årets belopp.",
        keys=(*_YEAR, "horizon_years"),
        names=(
            *_YEAR, *_AHEAD, "expected_count", "forecast_budget_sek", "forecast_budget_lower_sek",
            "forecast_budget_upper_sek", "units_without_rates",
        ),
        nullable=frozenset({"forecast_budget_lower_sek", "forecast_budget_upper_sek"}),
    ),
    Contract(
        table="planning_enrollment",
        grain_en="One row per municipality, funding year, school unit and grade: whole pupils to plan next year's allocation by.",
        grain_sv="En rad per kommun, bidragsår, skolenhet och årskurs: hela elever att planera nästa års tilldelning efter.",
        keys=(*_YEAR, "school_unit_code", "grade"),
        names=(*_YEAR, "school_unit_code", "grade", "planned_pupil_count", "planned_need_index"),
    ),
)  # fmt: skip
