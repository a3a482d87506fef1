"""What a school unit adds over a stage: where its pupils end, given where they began.

Belongs here: slopes within schools, empirical Bayes by Paule and Mandel (1982), intervals, reliability, when a figure is
shown, the estimate with those who joined. Does not: matching pupils (``stages``), ranks: there are none.
Sources: Goldstein 1997 and Leckie & Goldstein 2009 (value-added and its limits); Efron & Morris 1975 (shrinkage).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from models_py.errors import FollowupError
from models_py.followup.stages import Stage, StagePupils

COHORTS = 3
"""Cohorts pooled: one cohort of a school says little about the school."""

FEWEST_PUPILS = 15
LEAST_RELIABILITY = 0.5
FEW_UNITS = 20
FEW_UNITS_WIDENING = 1.1
"""Below ``FEW_UNITS`` the spread between units is itself uncertain: standard errors are widened."""

NORMAL_REACH = 1.959964

SHOWN, FEW, UNRELIABLE = "shown", "few_pupils", "unreliable"

COLUMNS = (
    "school_unit_code", "matched_count", "enrolled_count", "coverage_share", "raw_value", "value_added", "standard_error",
    "interval_lower", "interval_upper", "reliability", "state", "joiner_count", "value_with_joiners", "joiners_differ",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ValueAdded:
    """Estimates of one stage and window of cohorts.

    Attributes
    ----------
    stage : the stage
    result_year : last result year of the window
    table : ``COLUMNS``, a row per unit with a matched pupil, by unit code. Values in SD of pupils, mean 0 over pupils;
        ``raw_value`` before shrinking; ``state`` shown, few_pupils or unreliable: only the first may be told
    slopes : column name to within-school slope
    within_sd : SD of pupils around their unit
    between_sd : SD of units, τ; 0 when nothing tells them apart
    points_per_sd : points of the outcome that one SD is
    """

    stage: Stage
    result_year: int
    table: pd.DataFrame
    slopes: dict[str, float]
    within_sd: float
    between_sd: float
    points_per_sd: float


def value_added(pupils: StagePupils, *, result_year: int, cohorts: int = COHORTS) -> ValueAdded:
    """Estimate every unit's value added from the ``cohorts`` cohorts that ended in ``result_year`` or just before.

    Raises FollowupError when no unit has two pupils who stayed, or there are fewer of them than columns need.
    """
    inside = (pupils.year > result_year - cohorts) & (pupils.year <= result_year)
    unit, stayed = pupils.unit[inside], pupils.stayed[inside]
    year_columns = _dummies(pupils.year[inside])
    x, y = np.column_stack([pupils.prior[inside], year_columns]), pupils.outcome[inside]
    slopes = _within_slopes(x[stayed], y[stayed], unit[stayed], names=pupils.names)
    residual = y - x @ slopes
    found, at = np.unique(unit[stayed], return_inverse=True)
    n = np.bincount(at)
    own = np.bincount(at, weights=residual[stayed]) / n
    centre = float(np.sum(n * own) / n.sum())
    freedom = int(n.sum()) - len(found) - np.linalg.matrix_rank(_demeaned(x[stayed], at, n))
    if freedom < 1:
        raise FollowupError(f"{pupils.stage.name} {result_year}: {int(n.sum())} pupils stayed, too few for the columns")
    s2 = float(np.sum((residual[stayed] - own[at]) ** 2) / freedom)
    raw = own - centre
    tau2, mean = paule_mandel(raw, variance=s2 / n)
    reliability = tau2 / (tau2 + s2 / n)
    shrunk = mean + reliability * (raw - mean)
    # The mean is estimated too (Morris 1983); where units cannot be told apart that is all that is left.
    of_mean = 1.0 / np.sum(1.0 / (tau2 + s2 / n))
    error = np.sqrt(reliability * s2 / n + (1.0 - reliability) ** 2 * of_mean)
    error = np.hypot(error, reliability * _left_by_measurement(pupils, x[stayed], slopes, at, n))
    error *= FEW_UNITS_WIDENING if len(found) < FEW_UNITS else 1.0
    joined = _with_joiners(found, unit, residual - centre, pupils.exposure[inside])
    columns = (pupils.years > result_year - cohorts) & (pupils.years <= result_year)
    enrolled = pupils.enrolled[found][:, columns].sum(axis=1)
    table = pd.DataFrame({
        "school_unit_code": pupils.units[found].astype(str), "matched_count": n, "enrolled_count": enrolled,
        "coverage_share": n / enrolled, "raw_value": raw, "value_added": shrunk, "standard_error": error,
        "interval_lower": shrunk - NORMAL_REACH * error, "interval_upper": shrunk + NORMAL_REACH * error,
        "reliability": reliability, "state": _states(n, reliability),
        "joiner_count": np.bincount(unit[~stayed], minlength=len(pupils.units))[found],
        "value_with_joiners": joined, "joiners_differ": np.abs(joined - raw) > np.sqrt(s2 / n),
    })[list(COLUMNS)]  # fmt: skip
    named = dict(zip(pupils.names, slopes.tolist(), strict=False))
    return ValueAdded(
        pupils.stage, result_year, table, named, float(np.sqrt(s2)), float(np.sqrt(tau2)), pupils.points_sd
    )


def _left_by_measurement(
    pupils: StagePupils, x: np.ndarray, slopes: np.ndarray, at: np.ndarray, n: np.ndarray
) -> np.ndarray:
    """What a unit's mean can owe to the opening test not being exactly what its pupils knew, SD; 0 where that is not known.

    A test of reliability ρ gives a slope that is too flat by the factor ρ, so that b (1/ρ − 1) (x̄ − mean) of where pupils began
    stays with the unit (Fuller 1987). Background takes some of it away, nobody knows how much: the whole is added to the
    uncertainty, and nothing is taken off the estimate.
    """
    if not pupils.opening_reliability > 0:
        return np.zeros(len(n))
    began = np.bincount(at, weights=x[:, 0]) / n
    apart = began - np.sum(n * began) / n.sum()
    return np.asarray(np.abs(slopes[0] * (1.0 / pupils.opening_reliability - 1.0) * apart))


def paule_mandel(values: np.ndarray, *, variance: np.ndarray) -> tuple[float, float]:
    """(τ², mean): the spread between units for which Σ (v − mean)² / (τ² + variance) = J − 1, and the weighted mean.

    Arrays (J,); variances above 0. τ² is 0 when the spread is no larger than sampling alone gives.
    """

    def over(tau2: float) -> float:
        weight = 1.0 / (tau2 + variance)
        return float(np.sum(weight * (values - _mean(values, weight)) ** 2)) - (len(values) - 1)

    if len(values) < 2 or over(0.0) <= 0:
        return 0.0, _mean(values, 1.0 / variance)
    highest = float(np.sum((values - values.mean()) ** 2)) + float(variance.max())
    tau2 = float(brentq(over, 0.0, highest, xtol=1e-14, rtol=1e-12))
    return tau2, _mean(values, 1.0 / (tau2 + variance))


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float(np.sum(weight * values) / np.sum(weight))


def _dummies(year: np.ndarray) -> np.ndarray:
    """Columns of the years but the first."""
    return (year[:, None] == np.unique(year)[None, 1:]).astype(float)


def _demeaned(x: np.ndarray, at: np.ndarray, n: np.ndarray) -> np.ndarray:
    means = np.column_stack([np.bincount(at, weights=column) for column in x.T]) / n[:, None]
    return np.asarray(x - means[at])


def _within_slopes(x: np.ndarray, y: np.ndarray, unit: np.ndarray, *, names: tuple[str, ...]) -> np.ndarray:
    """Least squares after taking out unit means: what differs between schools tells nothing about slopes."""
    found, at = np.unique(unit, return_inverse=True)
    n = np.bincount(at, minlength=len(found))
    if not (n > 1).any():
        raise FollowupError(
            "value added: no school unit has two pupils who stayed through the stage; pool more cohorts"
        )
    return np.asarray(np.linalg.lstsq(_demeaned(x, at, n), _demeaned(y[:, None], at, n)[:, 0], rcond=1e-10)[0])


def _with_joiners(found: np.ndarray, unit: np.ndarray, residual: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """All pupils, each with the share of the stage that the unit had to add: Σ e r / Σ e²."""
    size = int(max(unit.max(initial=0), found.max(initial=0))) + 1
    top = np.bincount(unit, weights=exposure * residual, minlength=size)
    return np.asarray((top / np.maximum(np.bincount(unit, weights=exposure**2, minlength=size), 1e-12))[found])


def _states(n: np.ndarray, reliability: np.ndarray) -> np.ndarray:
    return np.select([n < FEWEST_PUPILS, reliability < LEAST_RELIABILITY], [FEW, UNRELIABLE], SHOWN)
