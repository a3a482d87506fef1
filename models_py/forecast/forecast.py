"""The forecast as tables: every unit and grade, every municipality, with intervals, methods and what was not learned from.

Belongs here: from arrays to rows. Does not: any estimate (``origin``, ``combine``, ``interval``).
Expected counts are expectations with three decimals, and add up to their municipality's within those. Ends of intervals are
whole pupils, outward, and never below 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import ForecastError
from models_py.forecast.backtest import judge_origins
from models_py.forecast.combine import METHODS
from models_py.forecast.intake import Cohorts
from models_py.forecast.interval import Band
from models_py.forecast.origin import HORIZON
from models_py.forecast.panel import GRADES, EnrollmentPanel

ALL = "all"
"""In the place of a grade: the sum over grades."""

UNIT_COLUMNS = (
    "municipality_code", "school_unit_code", "grade", "horizon_years", "count_year", "expected_count", "interval_lower",
    "interval_upper", "method", "unit_state",
)  # fmt: skip
MUNICIPALITY_COLUMNS = tuple(name for name in UNIT_COLUMNS if name not in ("school_unit_code", "unit_state"))


@dataclass(frozen=True, slots=True, eq=False)
class EnrollmentForecast:
    """Tables ordered by their keys.

    Attributes
    ----------
    units : ``UNIT_COLUMNS``; grades taught or expected, and ``all``; units open at the last count
    municipalities : ``MUNICIPALITY_COLUMNS``
    states : municipality_code, school_unit_code, unit_state, last_count_year of every unit ever seen
    backtest : see ``backtest.COLUMNS``
    breaks : see ``breaks.COLUMNS``
    """

    units: pd.DataFrame
    municipalities: pd.DataFrame
    states: pd.DataFrame
    backtest: pd.DataFrame
    breaks: pd.DataFrame


def forecast_enrollment(
    panel: EnrollmentPanel, *, links: Sequence[tuple[str, str]] = (), cohorts: Cohorts | None = None
) -> EnrollmentForecast:
    """Forecast every open unit and grade for one to three years after the panel's last year.

    Parameters
    ----------
    links : (predecessor_code, successor_code) of school units
    cohorts : children of the age of the preschool class, where delivered

    Raises ForecastError (``years``) with fewer than two count years: nothing has then been seen to move up.
    """
    if len(panel.years) < 2:
        raise ForecastError(
            f"{len(panel.years)} count years; a forecast needs pupils counted in at least two years that follow each other",
            reason="years",
        )
    judged = judge_origins(panel, links=links, cohorts=cohorts)
    origin, choice, expected = judged.newest
    open_units = np.flatnonzero(origin.is_open)
    units, towns = [], []
    for h in range(HORIZON):
        method = choice.unit_method[h][panel.municipality]
        cells = expected.units[h][open_units]
        units.append(
            _rows(cells, judged.bands["grade", h + 1], judged.bands["unit", h + 1], panel=panel, h=h).assign(
                municipality_code=np.repeat(panel.municipality_code[open_units], len(GRADES) + 1),
                school_unit_code=np.repeat(panel.school_unit_code[open_units], len(GRADES) + 1),
                method=np.repeat(np.array(METHODS)[method[open_units]], len(GRADES) + 1),
                unit_state=np.repeat(origin.state[open_units], len(GRADES) + 1),
            )
        )
        band = judged.bands["municipality", h + 1]
        towns.append(
            _rows(expected.municipalities[h], band, band, panel=panel, h=h).assign(
                municipality_code=np.repeat(panel.municipality_codes, len(GRADES) + 1),
                method=np.repeat(np.array(METHODS)[choice.municipal_method[h]], len(GRADES) + 1),
            )
        )
    return EnrollmentForecast(
        units=_ordered(units, UNIT_COLUMNS),
        municipalities=_ordered(towns, MUNICIPALITY_COLUMNS),
        states=_states(panel, origin.state),
        backtest=judged.table,
        breaks=origin.breaks.found,
    )


def _rows(
    cells: np.ndarray, of_cells: Band | None, of_all: Band | None, *, panel: EnrollmentPanel, h: int
) -> pd.DataFrame:
    """(N, 10) expected to rows of 10 grades and their sum, N after N."""
    whole = np.column_stack([cells, cells.sum(axis=1)])
    reach = np.full(whole.shape, np.nan)
    if of_cells is not None:
        reach[:, :-1] = of_cells.reach(cells)
    if of_all is not None:
        reach[:, -1] = of_all.reach(whole[:, -1])
    grades = np.tile([*GRADES, ALL], len(cells))
    return pd.DataFrame(
        {
            "grade": grades,
            "horizon_years": h + 1,
            "count_year": panel.years[-1] + h + 1,
            "expected_count": np.round(whole, 3).ravel(),
            "interval_lower": np.maximum(np.floor(whole - reach), 0).ravel(),
            "interval_upper": np.ceil(whole + reach).ravel(),
        }
    )


def _ordered(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """Rows by key, grades in school order; grades that nobody is expected in are left out."""
    table = pd.concat(parts, ignore_index=True)
    table = table[(table["expected_count"] > 0) | (table["grade"] == ALL)]
    place = table["grade"].map({grade: k for k, grade in enumerate((*GRADES, ALL))})
    keys = [name for name in ("municipality_code", "school_unit_code", "horizon_years") if name in columns]
    table = table.assign(_place=place).sort_values([*keys, "_place"], ignore_index=True)
    ends = {name: table[name].astype("Int64") for name in ("interval_lower", "interval_upper")}
    return table.assign(**ends)[list(columns)]


def _states(panel: EnrollmentPanel, state: np.ndarray) -> pd.DataFrame:
    seen = panel.unit_total > 0
    known = np.flatnonzero(seen.any(axis=1))
    last = len(panel.years) - 1 - np.argmax(seen[known][:, ::-1], axis=1)
    return pd.DataFrame(
        {
            "municipality_code": panel.municipality_code[known],
            "school_unit_code": panel.school_unit_code[known],
            "unit_state": state[known],
            "last_count_year": np.array(panel.years)[last],
        }
    )
