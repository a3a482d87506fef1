"""Forecast of pupils: who will be in which grade of which school unit, one to three years ahead, and how sure that is.

Here: the panel of counts, what cannot be learned from, progression, intervals measured on own forecasts, places and money
that follow. Not here: files, SQL, what is paid (``models_py.allocation``).
"""

from __future__ import annotations

from models_py.forecast.backtest import Judged, judge_origins, summary
from models_py.forecast.breaks import Breaks, find_breaks
from models_py.forecast.budget import (
    BudgetForecast,
    PlanningInputs,
    Rates,
    forecast_budget,
    planning_inputs,
    rates_of,
)
from models_py.forecast.capacity import compare_capacity
from models_py.forecast.forecast import ALL, EnrollmentForecast, forecast_enrollment
from models_py.forecast.intake import Cohorts
from models_py.forecast.panel import GRADES, EnrollmentPanel, enrollment_panel

__all__ = [
    "ALL",
    "GRADES",
    "Breaks",
    "BudgetForecast",
    "Cohorts",
    "EnrollmentForecast",
    "EnrollmentPanel",
    "Judged",
    "PlanningInputs",
    "Rates",
    "compare_capacity",
    "enrollment_panel",
    "find_breaks",
    "forecast_budget",
    "forecast_enrollment",
    "judge_origins",
    "planning_inputs",
    "rates_of",
    "summary",
]
