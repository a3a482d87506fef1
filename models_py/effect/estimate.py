"""Effect of the dose within school units and years, and the checks that stand beside it.

Never results on kronor in cross section: money follows need, so there it looks as if money did harm. Here: the estimate, 2SLS with what was received, trend
by exposure, the test of trends before, the event study. Not here: power (``power``), the verdict (``verdict``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from models_py.effect.cluster import ClusterFit, cluster_regression
from models_py.effect.dose import exposure
from models_py.effect.panel import EffectPanel, effect_panel, freed, of_years, panel_table, two_way
from models_py.errors import EffectError

DECIMALS = 10
"""Estimates are kept to these decimals: far below their uncertainty, far above what processors differ by."""

EVENT_COLUMNS = ("result_year", "is_reference", "estimate", "standard_error", "interval_lower", "interval_upper")


@dataclass(frozen=True, slots=True)
class Estimate:
    """One slope with its CR2 standard error and 95 % interval; standard deviations per kkr (per kkr and year: a trend)."""

    estimate: float
    standard_error: float
    degrees_of_freedom: float
    interval_lower: float
    interval_upper: float
    p_value: float
    schools: int


def within_effect(panel: EffectPanel) -> Estimate:
    """Outcome on simulated dose, school and year effects. Raises ``EffectError`` as ``cluster_regression``."""
    return _first(_fit(panel, panel.dose[:, None]))


def trend_robust_effect(panel: EffectPanel, *, first_year: int) -> Estimate:
    """The same, where units may drift in proportion to their exposure; wide, but right where trends differ."""
    kept, exposed = _with_exposure(panel, first_year)
    drift = exposed[kept.school] * np.array(kept.years)[kept.year]
    return _first(_fit(kept, np.column_stack([kept.dose, drift - drift.mean()])))


def pre_trend(panel: EffectPanel, *, first_year: int) -> Estimate:
    """Yearly drift of the outcome per kkr of coming exposure, before the change: should be zero.

    Raises ``EffectError`` (``no_pre_period``) with fewer than two years before, and those of the regression.
    """
    kept, exposed = _with_exposure(panel, first_year)
    before = tuple(year for year in kept.years if year < first_year)
    if len(before) < 2:
        raise EffectError(f"{len(before)} years lie before {first_year}; a trend needs two", reason="no_pre_period")
    early = of_years(kept, before)
    place = dict(zip(kept.schools, exposed, strict=True))
    own = np.array([place[code] for code in early.schools])
    years = np.array(early.years, dtype=float)
    return _first(_fit(early, (own[early.school] * (years - years.mean())[early.year])[:, None]))


def event_study(panel: EffectPanel, *, first_year: int) -> pd.DataFrame:
    """``EVENT_COLUMNS``: effect per kkr of exposure in every year against the last one before the change.

    Years before should lie around zero. Raises ``EffectError`` (``no_pre_period``) and those of the regression.
    """
    kept, exposed = _with_exposure(panel, first_year)
    reference = max(year for year in kept.years if year < first_year)
    shown = [place for place, year in enumerate(kept.years) if year != reference]
    x = np.column_stack([exposed[kept.school] * (kept.year == place) for place in shown])
    fit = _fit(kept, x)
    limits = fit.intervals
    rows = [(reference, True, 0.0, 0.0, 0.0, 0.0)]
    for k, place in enumerate(shown):
        low, high = _settled(limits[k, 0]), _settled(limits[k, 1])
        error = _settled(fit.standard_errors[k])
        rows.append((kept.years[place], False, _settled(fit.coefficients[k]), error, low, high))
    return pd.DataFrame(sorted(rows), columns=list(EVENT_COLUMNS))


def instrumented_effect(panel: EffectPanel) -> tuple[Estimate, float]:
    """Outcome on what was received, with the simulated dose as instrument (2SLS), and the first stage's t².

    Raises ``EffectError``: ``no_received_dose``, ``weak_dose`` (the simulated dose says nothing of the received one).
    """
    if panel.received is None:
        raise EffectError("what units received is not known; deliver it", reason="no_received_dose")
    x = freed(panel.dose[:, None], panel)[:, 0]
    y, d = (two_way(values, panel) for values in (panel.outcome, panel.received))
    first = cluster_regression(x[:, None], y=d, starts=panel.starts)
    if not first.coefficients[0] ** 2 > 1e-12:
        raise EffectError("the simulated dose says nothing of the received one", reason="weak_dose")
    slope = float(x @ y / (x @ d))
    # The same influence weights as the reduced form, on the structural residual.
    again = cluster_regression(x[:, None], y=y - d * slope, starts=panel.starts)
    error = float(again.standard_errors[0] / abs(first.coefficients[0]))
    strength = (
        float((first.coefficients[0] / first.standard_errors[0]) ** 2) if first.standard_errors[0] > 0 else np.inf
    )
    return _estimate(slope, error, float(again.degrees_of_freedom[0]), again.schools), _settled(strength)


def _with_exposure(panel: EffectPanel, first_year: int) -> tuple[EffectPanel, np.ndarray]:
    """Schools with years on both sides of the change, and their exposure."""
    exposed = exposure(panel, first_year=first_year)
    known = np.isfinite(exposed)
    if not known.any():
        raise EffectError(f"no school unit has years on both sides of {first_year}", reason="no_pre_period")
    return effect_panel(panel_table(panel)[known[panel.school]]), exposed[known]


def _fit(panel: EffectPanel, x: np.ndarray) -> ClusterFit:
    return cluster_regression(freed(x, panel), y=two_way(panel.outcome, panel), starts=panel.starts)


def _first(fit: ClusterFit) -> Estimate:
    return _estimate(
        float(fit.coefficients[0]), float(fit.standard_errors[0]), float(fit.degrees_of_freedom[0]), fit.schools
    )


def _estimate(value: float, error: float, degrees: float, schools: int) -> Estimate:
    reach = float(stats.t.ppf(0.975, degrees)) * error
    p = 2.0 * float(stats.t.sf(abs(value) / error, degrees)) if error > 0 else float(value == 0.0)
    return Estimate(
        estimate=_settled(value),
        standard_error=_settled(error),
        degrees_of_freedom=_settled(degrees),
        interval_lower=_settled(value - reach),
        interval_upper=_settled(value + reach),
        p_value=_settled(p),
        schools=schools,
    )


def _settled(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0
