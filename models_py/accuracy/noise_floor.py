"""What chance and school quality alone would misplace, if the weights were right: the floor that no model goes under.

Belongs here: outcomes drawn from the predictions, and skill between floor and flat. Does not: the observed figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from models_py.accuracy.leavers import EDGE, ScoredLeavers
from models_py.accuracy.measures import AccuracyFigures
from models_py.allocation.weighted import misplaced_share
from models_py.errors import AccuracyError

SCHOOL_SD = 0.35
"""Of schools' quality, log-odds: an assumption, stated wherever the floor is."""


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """``floor``: mean misplaced share of a right model; ``interval_lower``/``_upper``: 2.5 and 97.5 % of the draws;
    ``exceeded_share``: draws at or above the observed (small = worse than chance); ``skill``: (flat - model) / (flat -
    floor), 1 = as good as can be measured, null where flat is no worse than the floor."""

    floor: float
    interval_lower: float
    interval_upper: float
    exceeded_share: float
    skill: float
    draws: int
    school_sd: float


def noise_floor(
    leavers: ScoredLeavers, figures: AccuracyFigures, *, draws: int = 500, school_sd: float = SCHOOL_SD, seed: int
) -> NoiseFloor:
    """Draw each leaver's outcome from the predicted share at a school of drawn quality. Raises ``AccuracyError``
    (``bad_setting``)."""
    if draws < 100 or not school_sd >= 0:
        raise AccuracyError(
            f"draws is {draws}, school_sd {school_sd}; 100 draws or more and a spread of zero or more are needed",
            reason="bad_setting",
        )
    stream = np.random.default_rng(seed)
    score = logit(np.clip(leavers.relative, EDGE, 1 - EDGE))
    expected = leavers.per_school()["expected_count"].to_numpy()
    size, found = len(leavers.schools), np.empty(draws)
    for draw in range(draws):
        quality = school_sd * stream.standard_normal(size)
        events = stream.binomial(leavers.trials, expit(score + quality[leavers.school]))
        drawn = np.bincount(leavers.school, weights=events, minlength=size)
        # A draw without any event has nothing to misplace; it occurs only in tiny sets.
        found[draw] = float(misplaced_share(expected, drawn)) if drawn.any() else 0.0
    floor = float(found.mean())
    room = figures.flat_misplaced - floor
    skill = (figures.flat_misplaced - figures.misplaced) / room if room > 0 else float("nan")
    low, high = np.quantile(found, [0.025, 0.975])
    return NoiseFloor(
        floor=round(floor, 10),
        interval_lower=round(float(low), 10),
        interval_upper=round(float(high), 10),
        exceeded_share=float((found >= figures.misplaced).mean()),
        skill=round(skill, 10),
        draws=draws,
        school_sd=school_sd,
    )
