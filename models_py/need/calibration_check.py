"""Does a fit say how common the outcome is, and for whom? Observed against expected, on pupils it has or has not seen.

Belongs here: discrimination, Brier score, calibration line and tenths of risk, from counts. Does not: alarms, verdicts on
schools: realised outcomes hold school quality and money already at work, so no unit's index is ever set by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit
from models_py.need.register import require_share
from models_py.need.scoring import predicted_share
from models_py.need.settle import settle, settle_shares

PUBLISHED_FROM = 10
"""Pupils with, and without, the outcome behind a published tenth."""

TENTH_COLUMNS = ("tenths", "pupil_count", "observed_count", "expected_count", "observed_share", "expected_share")
EDGE = 1e-9  # shares are kept to nine decimals; a lesser one may have become 0, which has no log-odds


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCheck:
    """Figures of one fit on one set of leavers.

    Attributes
    ----------
    fitted_years, judged_years : result years the weights come from, and those they are judged on
    auc : chance that a not eligible leaver has a higher expected share than an eligible one, ties half; 0..1
    brier, brier_skill : mean squared error of the expected share; 1 - brier / that of the common share
    intercept : log-odds to add to every leaver so that expected equals observed; a share 0..1 for points
    slope, slope_standard_error : of observed on expected log-odds, or on expected shares for points (a share clipped to
        0 or 1 has no log-odds); below 1 the weights spread too far
    tenths : ``TENTH_COLUMNS``, groups of leavers by ascending expected share, a tenth of the leavers each, joined until
        ten with and ten without the outcome stand in each; empty where all leavers together have fewer
    """

    fitted_years: tuple[int, ...]
    judged_years: tuple[int, ...]
    pupils: int
    events: int
    auc: float
    brier: float
    brier_skill: float
    intercept: float
    slope: float
    slope_standard_error: float
    tenths: pd.DataFrame


def out_of_time(counts: CellCounts, *, estimate: Callable[[CellCounts], NeedFit]) -> CalibrationCheck:
    """Weights frozen on all cohorts but the last, judged on the last.

    Raises ``NeedError``: ``one_cohort``, those of the estimator on fewer cohorts, and those of ``check_calibration``.
    """
    if len(counts.years) < 2:
        raise NeedError(
            "one cohort alone cannot be both fitted and judged on; pool more result years", reason="one_cohort"
        )
    return check_calibration(estimate(counts.of_years(counts.years[:-1])), counts.of_years(counts.years[-1:]))


def check_calibration(fit: NeedFit, counts: CellCounts) -> CalibrationCheck:
    """Judge ``fit`` on ``counts`` (0/1 outcome). Raises ``NeedError``: ``one_outcome``, ``no_need_share``, …"""
    require_share(fit)
    collapsed = counts.of_factors([factor.name for factor in fit.design.factors])
    share_of_cell = settle_shares(predicted_share(fit, collapsed.levels))
    # Cells with one expected share are one group: figures must not hang on how cells are cut.
    share, group = np.unique(share_of_cell, return_inverse=True)
    at = group.reshape(-1)[collapsed.cell]
    trials = np.bincount(at, weights=collapsed.trials, minlength=len(share))
    events = np.bincount(at, weights=collapsed.sums, minlength=len(share))
    if not 0 < events.sum() < trials.sum():
        raise NeedError("all or none of the leavers have the outcome; nothing can be judged", reason="one_outcome")
    used = trials > 0
    share, trials, events = share[used], trials[used], events[used]
    if fit.link == "logit":
        score = logit(np.clip(share, EDGE, 1 - EDGE))
        intercept, _, _ = calibration_line(score, trials=trials, events=events, slope=False)
        _, slope, error = calibration_line(score, trials=trials, events=events)
    else:
        intercept, slope, error = share_line(share, trials=trials, events=events)
    common = events.sum() / trials.sum()
    brier = brier_score(share, trials=trials, events=events)
    return CalibrationCheck(
        fitted_years=fit.result_years,
        judged_years=counts.years,
        pupils=int(trials.sum()),
        events=int(events.sum()),
        auc=auc(share, trials=trials, events=events),
        brier=brier,
        brier_skill=1.0 - brier / (common * (1.0 - common)),
        intercept=intercept,
        slope=slope,
        slope_standard_error=error,
        tenths=tenths_of_risk(share, trials=trials, events=events),
    )


def auc(share: np.ndarray, *, trials: np.ndarray, events: np.ndarray) -> float:
    """Area under the ROC curve from counts per expected share; equal shares count half. 0..1."""
    order = np.argsort(share, kind="stable")
    _values, first = np.unique(share[order], return_index=True)
    with_it = np.add.reduceat(events[order], first)
    without = np.add.reduceat((trials - events)[order], first)
    below = np.cumsum(without) - without
    return float((with_it * (below + 0.5 * without)).sum() / (with_it.sum() * without.sum()))


def brier_score(share: np.ndarray, *, trials: np.ndarray, events: np.ndarray) -> float:
    """Mean of (y - share)² over leavers, from counts."""
    squared = events * (1.0 - share) ** 2 + (trials - events) * share**2
    return math.fsum(squared.tolist()) / math.fsum(trials.tolist())


def calibration_line(
    score: np.ndarray, *, trials: np.ndarray, events: np.ndarray, slope: bool = True
) -> tuple[float, float, float]:
    """Logit of the outcome on the expected log-odds: intercept, slope and the slope's standard error.

    Without ``slope`` it is held at 1, with no error. Cox (1958). Raises ``NeedError`` (``no_convergence``) where the
    score separates the outcomes or does not vary.
    """
    x = np.column_stack([np.ones_like(score), score]) if slope else np.ones((len(score), 1))
    offset = np.zeros_like(score) if slope else score
    found = np.array([0.0, 1.0]) if slope else np.zeros(1)
    for _ in range(50):
        share = expit(offset + x @ found)
        hessian = x.T @ ((trials * share * (1.0 - share))[:, None] * x)
        if np.linalg.cond(hessian) > 1e12:
            break
        step = np.linalg.solve(hessian, x.T @ (events - trials * share))
        found = found + min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300)) * step
        if np.abs(step).max() < 1e-10:
            if not slope:
                return float(settle(found)[0]), 1.0, 0.0
            error = math.sqrt(np.linalg.inv(hessian)[1, 1])
            return float(settle(found)[0]), float(settle(found)[1]), float(settle(np.array([error]))[0])
    raise NeedError(
        "the calibration line did not settle; the expected shares separate the outcomes, or do not vary",
        reason="no_convergence",
    )


def share_line(share: np.ndarray, *, trials: np.ndarray, events: np.ndarray) -> tuple[float, float, float]:
    """Least squares of the outcome on the expected share: mean distance, slope, and its heteroscedastic standard error.

    Raises ``NeedError`` (``no_convergence``) where the expected share does not vary.
    """
    pupils = trials.sum()
    centred = share - trials @ share / pupils
    spread = trials @ centred**2
    if not spread > 0:
        raise NeedError("the expected shares do not vary; no line can be laid through them", reason="no_convergence")
    slope = events @ centred / spread
    line = events.sum() / pupils + slope * centred
    squared = events * (1.0 - line) ** 2 + (trials - events) * line**2
    error = math.sqrt(squared @ centred**2) / spread
    found = settle(np.array([(events.sum() - trials @ share) / pupils, slope, error]))
    return float(found[0]), float(found[1]), float(found[2])


def tenths_of_risk(share: np.ndarray, *, trials: np.ndarray, events: np.ndarray) -> pd.DataFrame:
    """``TENTH_COLUMNS``: leavers by expected share, cut into tenths, joined until counts may be published.

    ``tenths`` names what was joined ('1', '2-4', …). A share many leavers have stands whole in the tenth where its middle
    lies. A last group with too few is joined to the one before.
    """
    order = np.argsort(share, kind="stable")
    share, trials, events = share[order], trials[order], events[order]
    middle = (np.cumsum(trials) - 0.5 * trials) / trials.sum()
    tenth = np.minimum((middle * 10).astype(int), 9)
    sums = [np.bincount(tenth, weights=w, minlength=10) for w in (trials, events, trials * share)]
    groups: list[list[int]] = []
    for place in range(10):
        if groups and not _enough(groups[-1], sums):
            groups[-1].append(place)
        else:
            groups.append([place])
    if len(groups) > 1 and not _enough(groups[-1], sums):
        last = groups.pop()
        groups[-1] += last
    if not _enough(groups[0], sums):
        return pd.DataFrame(columns=list(TENTH_COLUMNS))
    rows = []
    for places in groups:
        pupils, observed, expected = (float(s[places].sum()) for s in sums)
        name = str(places[0] + 1) if len(places) == 1 else f"{places[0] + 1}-{places[-1] + 1}"
        rows.append((name, int(pupils), int(observed), round(expected, 6), observed / pupils, expected / pupils))
    return pd.DataFrame(rows, columns=list(TENTH_COLUMNS))


def _enough(places: list[int], sums: list[np.ndarray]) -> bool:
    pupils, observed = sums[0][places].sum(), sums[1][places].sum()
    return min(observed, pupils - observed) >= PUBLISHED_FROM
