"""When accuracy calls for somebody to look, and what the drift test says about keeping or renewing the weights.

Belongs here: the rules, as typed findings. Does not: figures, words for people. No rule is about a single school: realised
outcomes hold school quality and money already at work, and no index is ever lowered because a school did well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models_py.accuracy.measures import AccuracyFigures

SLOPE_RANGE = (0.8, 1.25)
LEVEL = 0.05

AlarmKind = Literal["calibration_slope", "factor_level", "drift"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """``value``: the slope, observed to expected, or the change in log-odds; ``factor``, ``level``: empty for the slope.
    ``p_value``: adjusted; NaN for the slope, which is judged by its interval."""

    kind: AlarmKind
    factor: str
    level: str
    value: float
    interval_lower: float
    interval_upper: float
    p_value: float


Advice = Literal["re_estimate", "keep", "freeze"]


@dataclass(frozen=True, slots=True)
class WeightsAdvice:
    """What a drift test says of the weights: advice for those who decide, never a decision.

    ``re_estimate`` frozen ones, or go on estimating every year; ``keep`` frozen ones; ``freeze`` those that are estimated
    every year, since re-estimation alone moves indices. ``reason``: ``factors_drifted``, ``weights_ran_out``,
    ``no_drift_seen``, ``drift_untested``; ``factors``: those that drifted.
    """

    advice: Advice
    reason: str
    factors: tuple[str, ...]


def find_alarms(
    figures: AccuracyFigures, *, levels: pd.DataFrame, drift: pd.DataFrame | None = None
) -> tuple[Alarm, ...]:
    """Slope outside .8–1.25 with an interval that excludes 1; a level outside its 95 % range after Holm; a factor that
    drifted after Holm. ``levels``: ``expected_by_level``, ``drift``: ``factor_drift`` or None."""
    found = []
    slope = figures.within
    if slope is not None:
        outside = not SLOPE_RANGE[0] <= slope.slope <= SLOPE_RANGE[1]
        if outside and not slope.interval_lower <= 1.0 <= slope.interval_upper:
            found.append(
                Alarm(
                    "calibration_slope", "", "", slope.slope, slope.interval_lower, slope.interval_upper, float("nan")
                )
            )
    for row in levels[levels["adjusted_p_value"] < LEVEL].to_dict("records"):
        found.append(
            Alarm(
                "factor_level",
                str(row["factor"]),
                str(row["level"]),
                float(row["observed_to_expected"]),
                float(row["interval_lower"]),
                float(row["interval_upper"]),
                float(row["adjusted_p_value"]),
            )
        )
    drifted = [] if drift is None else drift[drift["adjusted_p_value"] < LEVEL].to_dict("records")
    for row in drifted:
        change, p_value = float(row["largest_change"]), float(row["adjusted_p_value"])
        level = str(row["largest_change_level"])
        found.append(Alarm("drift", str(row["factor"]), level, change, float("nan"), float("nan"), p_value))
    return tuple(found)


def advise_weights(drift: pd.DataFrame | None, *, is_frozen: bool, funding_year: int, hold_until: int) -> WeightsAdvice:
    """Frozen weights while nothing has moved and their years have not run out.

    Parameters
    ----------
    drift : ``factor_drift``, or None where there are too few cohorts
    is_frozen : the weights in force are kept from an earlier year
    hold_until : the last funding year that uses them without a new decision
    """
    drifted = () if drift is None else tuple(drift.loc[drift["adjusted_p_value"] < LEVEL, "factor"])
    if drifted:
        return WeightsAdvice("re_estimate", "factors_drifted", drifted)
    if is_frozen and funding_year >= hold_until:
        return WeightsAdvice("re_estimate", "weights_ran_out", ())
    reason = "drift_untested" if drift is None else "no_drift_seen"
    return WeightsAdvice("keep" if is_frozen else "freeze", reason, ())
