"""The forecast in kronor, and as whole pupils to allocate by: what next years' money would be at this year's amounts.

Belongs here: expected pupils times the rates of a year that is decided, composition held; whole planning counts; the index
re-based on them. Does not: rates of later years, money that is paid (settled on pupils that are counted).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from models_py.allocation.rounding import round_to_total
from models_py.errors import ForecastError
from models_py.forecast.forecast import ALL

GRADE_LINE = "grade_"
BUDGET_COLUMNS = (
    "municipality_code", "horizon_years", "count_year", "expected_count", "budget_sek", "budget_lower_sek",
    "budget_upper_sek", "units_without_rates",
)  # fmt: skip
UNIT_BUDGET_COLUMNS = (
    "municipality_code",
    "school_unit_code",
    "horizon_years",
    "count_year",
    "expected_count",
    "budget_sek",
)


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Öre per pupil of a decided or proposed year.

    Attributes
    ----------
    grade : grade to öre, the same for every unit
    beside : school_unit_code to öre per pupil of everything else that the unit has: its index and composition, held
    usual : öre per pupil of everything else over all units; for a unit without amounts of its own
    """

    grade: Mapping[str, float]
    beside: Mapping[str, float]
    usual: float


@dataclass(frozen=True, slots=True, eq=False)
class BudgetForecast:
    """``municipality``: ``BUDGET_COLUMNS``; ``units``: ``UNIT_BUDGET_COLUMNS``. Whole kronor, rounded half to even."""

    municipality: pd.DataFrame
    units: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class PlanningInputs:
    """What ``allocate`` takes, from a forecast instead of a count.

    Attributes
    ----------
    enrollment : school_unit_code, grade, pupil_count: whole pupils
    need : school_unit_code, pupil_count, need_index; pupil-weighted mean 100 over these pupils
    without_index : units that are expected to have pupils and have no index yet; they take the mean, 100
    """

    enrollment: pd.DataFrame
    need: pd.DataFrame
    without_index: tuple[str, ...]


def rates_of(lines: pd.DataFrame, *, pupils: Mapping[str, int]) -> Rates:
    """Rates behind one municipality's lines.

    Parameters
    ----------
    lines : school_unit_code, line_code, count, count_unit, rate_ore, amount_ore of one municipality and year
    pupils : school_unit_code to pupils that the lines were computed on

    A line ``grade_X`` counted in pupils follows that grade; every other öre follows the unit's pupils.
    Raises ForecastError (``rates``) for lines of units without pupils, or a grade with two rates.
    """
    strangers = sorted(set(lines["school_unit_code"].astype(str)) - {code for code, n in pupils.items() if n > 0})
    if strangers:
        raise ForecastError(
            f"{len(strangers)} school units have amounts and no pupils ({', '.join(strangers[:5])}); use the same year in both",
            reason="rates",
        )
    follows = lines["line_code"].astype(str).str.startswith(GRADE_LINE) & (lines["count_unit"] == "pupils")
    grade: dict[str, float] = {}
    for code, rates in lines[follows].groupby("line_code", sort=True)["rate_ore"]:
        if rates.nunique() > 1:
            raise ForecastError(
                f"line {code} has {rates.nunique()} rates; a grade has one for all units", reason="rates"
            )
        grade[str(code).removeprefix(GRADE_LINE).upper()] = float(rates.iloc[0])
    # Öre that the rates do not explain (rounding) stay with the unit, so that this year's pupils give this year's money.
    explained = (lines["count"].astype(float) * lines["rate_ore"].astype(float)).where(follows, 0.0)
    beside = (lines["amount_ore"].astype(float) - explained).groupby(lines["school_unit_code"].astype(str)).sum()
    return Rates(
        grade=grade,
        beside={code: float(beside[code]) / pupils[code] for code in sorted(beside.index)},
        usual=float(beside.sum()) / sum(pupils[code] for code in beside.index) if len(beside) else 0.0,
    )


def forecast_budget(units: pd.DataFrame, *, municipality: pd.DataFrame, rates: Rates) -> BudgetForecast:
    """Cost of the expected pupils at ``rates``, one municipality.

    ``units`` and ``municipality`` as in ``EnrollmentForecast``. The interval is that of the municipality's pupils: who they
    are is held, only how many is uncertain; empty where the count has none.
    """
    cells = units[units["grade"] != ALL]
    per_pupil = cells["grade"].map(rates.grade).fillna(0.0).to_numpy(dtype=float)
    own = cells["school_unit_code"].map(rates.beside)
    ore = cells["expected_count"].to_numpy(dtype=float) * (per_pupil + own.fillna(rates.usual).to_numpy(dtype=float))
    keys = ["municipality_code", "school_unit_code", "horizon_years", "count_year"]
    by_unit = cells.assign(ore=ore).groupby(keys, sort=True)[["expected_count", "ore"]].sum().reset_index()
    by_unit["budget_sek"] = np.rint(by_unit["ore"] / 100).astype("int64")
    by_unit["expected_count"] = by_unit["expected_count"].round(3)
    summed = by_unit.groupby(["municipality_code", "horizon_years"], sort=True).agg(ore=("ore", "sum")).reset_index()
    unknown = by_unit[~by_unit["school_unit_code"].isin(rates.beside)].groupby("horizon_years").size()
    whole = municipality[municipality["grade"] == ALL].merge(summed, on=["municipality_code", "horizon_years"])
    each = whole["ore"] / whole["expected_count"].where(whole["expected_count"] > 0) / 100
    ends = {
        f"budget_{end}_sek": (whole[f"interval_{end}"].astype("Float64") * each).round(0).astype("Int64")
        for end in ("lower", "upper")
    }
    made = whole.assign(
        budget_sek=np.rint(whole["ore"] / 100).astype("int64"),
        units_without_rates=whole["horizon_years"].map(unknown).fillna(0).astype("int64"),
        **ends,
    )
    return BudgetForecast(municipality=made[list(BUDGET_COLUMNS)], units=by_unit[list(UNIT_BUDGET_COLUMNS)])


def planning_inputs(units: pd.DataFrame, *, need: pd.DataFrame, horizon_years: int = 1) -> PlanningInputs:
    """Whole pupils per unit and grade, and the index held and re-based on them, of one municipality.

    Expected counts are rounded by largest remainder to the rounded total of all units, ties by unit and grade.
    ``need`` is school_unit_code, need_index. Raises ForecastError (``horizon``) when there is no such horizon.
    """
    cells = units[(units["horizon_years"] == horizon_years) & (units["grade"] != ALL)]
    if cells.empty:
        raise ForecastError(f"the forecast has no horizon of {horizon_years} years", reason="horizon")
    exact = {
        f"{unit} {grade}": Fraction(str(count))
        for unit, grade, count in zip(
            cells["school_unit_code"], cells["grade"], cells["expected_count"].round(3), strict=True
        )
    }
    whole = round_to_total(exact, round(sum(exact.values(), Fraction(0))))
    rows = [(*key.split(" "), count) for key, count in sorted(whole.items()) if count]
    enrollment = pd.DataFrame(rows, columns=["school_unit_code", "grade", "pupil_count"])
    pupils = enrollment.groupby("school_unit_code", sort=True)["pupil_count"].sum()
    index = need.set_index(need["school_unit_code"].astype(str))["need_index"].astype(float).reindex(pupils.index)
    without = tuple(index.index[index.isna()])
    known = index.notna()
    mean = float((index[known] * pupils[known]).sum() / pupils[known].sum()) if known.any() else 100.0
    based = (index / mean * 100).fillna(100.0)
    return PlanningInputs(
        enrollment=enrollment,
        need=pd.DataFrame(
            {"school_unit_code": pupils.index, "pupil_count": pupils.to_numpy(), "need_index": based.to_numpy()}
        ),
        without_index=without,
    )
