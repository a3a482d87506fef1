"""How well frozen weights told a later cohort: of pupils, and of schools.

Belongs here: figures of one set of scored leavers. Does not: what chance alone would do (``noise_floor``), alarms.
Pupil figures reuse those of the need model's own check (``need.calibration_check``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import logit

from models_py.accuracy.leavers import EDGE, ScoredLeavers
from models_py.allocation.weighted import misplaced_share, weighted_line
from models_py.errors import AccuracyError, NeedError
from models_py.need.calibration_check import auc, brier_score, calibration_line
from models_py.need.logit import Rows, fit_absorbed, jackknife_of_blocks, within_blocks
from models_py.need.settle import settle
from models_py.need.validation import spearman


@dataclass(frozen=True, slots=True)
class Slope:
    """Calibration slope among pupils of one and the same school; below 1 the weights spread too far. ``schools``: those with
    both outcomes; limits by leaving out one school at a time, t(schools - 1)."""

    slope: float
    standard_error: float
    interval_lower: float
    interval_upper: float
    schools: int


@dataclass(frozen=True, slots=True)
class AccuracyFigures:
    """Figures of a judged set.

    Attributes
    ----------
    intercept : log-odds to add to every leaver so that expected equals observed (the level, not the index)
    slope : observed on expected log-odds over all leavers; ``within``: within schools, the one that alarms go by
    school_slope : realised on predicted index of schools, weighted by leavers; null where all are predicted alike
    brier, brier_skill, auc : see ``CalibrationCheck``; rank : Spearman of predicted and realised share over schools
    misplaced, flat_misplaced : share of the pot that would have to move for predicted need, or a flat amount per leaver, to
        equal realised failures. Even a perfect model "misplaces" some 16 %: read it with the noise floor
    """

    years: tuple[int, ...]
    schools: int
    pupils: int
    events: int
    intercept: float
    slope: float
    within: Slope | None
    school_slope: float
    brier: float
    brier_skill: float
    auc: float
    rank: float
    misplaced: float
    flat_misplaced: float


def accuracy_figures(leavers: ScoredLeavers) -> AccuracyFigures:
    """All figures. ``within`` is None where too few schools have both outcomes. Raises ``AccuracyError``
    (``too_few_schools``), ``NeedError`` (``no_convergence``)."""
    if len(leavers.schools) < 2:
        raise AccuracyError("one school has leavers; accuracy between schools needs two", reason="too_few_schools")
    trials, events = leavers.trials.astype(float), leavers.events.astype(float)
    share, group = np.unique(leavers.share, return_inverse=True)
    of_share = [np.bincount(group.reshape(-1), weights=w, minlength=len(share)) for w in (trials, events)]
    score = logit(np.clip(share, EDGE, 1 - EDGE))
    intercept, _, _ = calibration_line(score, trials=of_share[0], events=of_share[1], slope=False)
    _, slope, _ = calibration_line(score, trials=of_share[0], events=of_share[1])
    common = events.sum() / trials.sum()
    brier = brier_score(share, trials=of_share[0], events=of_share[1])
    schools = leavers.per_school()
    pupils, expected, observed = (
        schools[name].to_numpy(dtype=float) for name in ("leaver_count", "expected_count", "observed_count")
    )
    line = weighted_line(observed / pupils, x=expected / pupils, weights=pupils)
    figures = settle(
        np.array(
            [
                np.nan if line is None else line.slope,
                brier,
                1.0 - brier / (common * (1.0 - common)),
                auc(share, trials=of_share[0], events=of_share[1]),
                spearman(expected / pupils, observed / pupils),
                float(misplaced_share(expected, observed)),
                float(misplaced_share(pupils, observed)),
            ]
        )
    )
    return AccuracyFigures(
        tuple(sorted({int(year) for year in leavers.year})),
        len(schools),
        int(trials.sum()),
        int(events.sum()),
        intercept,
        slope,
        within_slope(leavers),
        *map(float, figures),
    )


def within_slope(leavers: ScoredLeavers) -> Slope | None:
    """Logit of the outcome on the expected log-odds with an intercept per school, so that a good school is no miscalibration.

    Every school is left out once (CR3). None with fewer than three schools that have both outcomes, or where expected shares
    do not vary within them.
    """
    size = len(leavers.schools)
    trials, events = (np.bincount(leavers.school, weights=w, minlength=size) for w in (leavers.trials, leavers.events))
    mixed = (events > 0) & (events < trials)
    if mixed.sum() < 3:
        return None
    kept = mixed[leavers.school]
    rows = Rows(
        logit(np.clip(leavers.relative[kept], EDGE, 1 - EDGE))[:, None],
        (np.cumsum(mixed) - 1)[leavers.school[kept]],
        np.arange(int(kept.sum())),
        leavers.trials[kept].astype(float),
        leavers.events[kept].astype(float),
    )
    penalty = np.zeros(1)
    try:
        fit = fit_absorbed(rows, penalty=penalty)
        blocks = within_blocks(rows, weights=fit.weights, residuals=fit.residuals, penalty=penalty)
        error = float(np.sqrt(jackknife_of_blocks(blocks)[0, 0]))
    except NeedError as failed:
        if failed.reason in ("not_identified", "no_convergence"):
            return None
        raise
    slope, schools = float(fit.slopes[0]), int(mixed.sum())
    reach = float(stats.t.ppf(0.975, schools - 1)) * error
    found = settle(np.array([slope, error, slope - reach, slope + reach])).tolist()
    return Slope(
        slope=found[0], standard_error=found[1], interval_lower=found[2], interval_upper=found[3], schools=schools
    )
