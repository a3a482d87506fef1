"""Outcomes: grades and eligibility in grade 9, points in grade 6, the national tests of grade 3.

Belongs here: how true risk, school, peers, money and knowledge become what a register would say.
Does not belong here: estimation.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from models_py.world.background import FACTORS, Background, factor_levels
from models_py.world.flow import YearState
from models_py.world.schools import Sites
from models_py.world.settings import WorldSettings
from models_py.world.streams import Floats, Ints, Streams

NP3_THRESHOLDS = np.linspace(-1.7, -0.6, 8)  # low on purpose: the test has a ceiling


def _standardised(x: Floats) -> Floats:
    spread = x.std()
    return (x - x.mean()) / spread if spread > 0 else np.zeros_like(x)


def _points(x: Floats, highest: float) -> Floats:
    """Whole steps of 2.5 points within 0..highest."""
    return np.clip(np.round(x / 2.5) * 2.5, 0.0, highest)


def _residual_rank(theta: Floats, levels: dict[str, Ints], site: Ints) -> Floats:
    """Rank-normal of what theta says beyond background and school.

    Coupling eligibility to raw theta would count the background twice and distort the true slopes.
    """
    dummies = [level == k for factor, level in levels.items() for k in range(1, len(FACTORS[factor]))]
    x = np.column_stack([theta, *dummies]).astype(np.float64)
    _, group = np.unique(site, return_inverse=True)
    count = np.bincount(group)
    for k in range(x.shape[1]):
        x[:, k] -= (np.bincount(group, weights=x[:, k]) / count)[group]
    slopes, *_ = np.linalg.lstsq(x[:, 1:], x[:, 0], rcond=None)
    residual = x[:, 0] - x[:, 1:] @ slopes
    rank = np.empty(len(theta))
    rank[np.lexsort((np.arange(len(theta)), residual))] = np.arange(len(theta))
    return np.asarray(ndtri((rank + 0.5) / len(theta)))


def _rows(state: YearState, at: Ints, settings: WorldSettings, values: dict[str, Floats]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({
            "pupil": state.pupil[at], "result_year": settings.first_count_year + state.year + 1,
            "site": state.site[at], "grade": state.grade[at], "outcome": name, "value": value,
        })
        for name, value in values.items()
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _grade_9(
    states: tuple[YearState, ...], background: Background, sites: Sites, settings: WorldSettings, streams: Streams
) -> list[pd.DataFrame]:
    leavers = [np.flatnonzero(s.grade == 9) for s in states]
    grand_mean = np.concatenate([s.risk[at] for s, at in zip(states, leavers, strict=True)]).mean()
    mean_dose = 100 * np.mean([settings.slope(t) for t in range(settings.years)])  # the index has mean 100
    frames = []
    for s, at in zip(states, leavers, strict=True):
        pupil, site, risk, theta = s.pupil[at], s.site[at], s.risk[at], s.theta[at]
        count = np.bincount(site, minlength=sites.count)
        cohort = np.bincount(site, weights=risk, minlength=sites.count) / np.maximum(count, 1)
        log_odds = (risk + settings.peer_effect * (cohort[site] - grand_mean) + sites.quality[site, s.year]
                    - 4 * settings.effect_per_kkr * (s.dose_kkr[site] - mean_dose))  # fmt: skip
        levels = factor_levels(background, pupil, settings.first_count_year + s.year)
        rank = _residual_rank(theta, levels, site)
        draw = ndtr(0.6 * rank + 0.8 * streams.normal("eligibility", pupil))
        not_eligible = draw < expit(log_odds)
        merit = _points(222 + 62 * 0.95 * _standardised(theta) + 62 * sites.leniency[site]
                        + 20 * streams.normal("merit", pupil), 340.0)  # fmt: skip
        merit = np.where(not_eligible, np.minimum(merit, 190.0), merit)
        frames.append(_rows(s, at, settings, {"not_eligible": not_eligible.astype(np.float64), "merit_value": merit}))
    return frames


def _grades_3_and_6(s: YearState, background: Background, settings: WorldSettings, streams: Streams) -> pd.DataFrame:
    sixth, third = np.flatnonzero(s.grade == 6), np.flatnonzero(s.grade == 3)
    points = _points(200 + 58 * 0.94 * _standardised(s.theta[sixth])
                     + 20 * streams.normal("points_6", s.pupil[sixth]), 320.0)  # fmt: skip
    calendar = settings.first_count_year + s.year
    joined = background.is_arrival[s.pupil[sixth]] & (background.entry_year[s.pupil[sixth]] == calendar)
    pupil = s.pupil[third]
    common = 0.9 * _standardised(s.theta[third]) + 0.45 * streams.normal("np3", pupil)
    items = common[:, None] + 0.7 * streams.normal("np3.item", pupil[:, None], np.arange(len(NP3_THRESHOLDS)))
    rate = np.where(background.is_arrival[pupil], settings.missing_np3_new, settings.missing_np3_base)
    np3 = np.where(streams.uniform("np3.missing", pupil) < rate, np.nan, (items > NP3_THRESHOLDS).mean(axis=1))
    return pd.concat(
        [_rows(s, sixth, settings, {"points_6": np.where(joined, np.nan, points)}),
         _rows(s, third, settings, {"np3_share": np3})], ignore_index=True,
    )  # fmt: skip


def draw_outcomes(
    states: tuple[YearState, ...], background: Background, sites: Sites, settings: WorldSettings, streams: Streams
) -> pd.DataFrame:
    """Outcomes, one row per pupil, school year and outcome: pupil, result_year, site, grade, outcome, value.

    `outcome` is not_eligible (0/1), merit_value (0..340), points_6 (0..320) or np3_share (0..1); value nan = missing.
    `result_year` is the calendar year of the June in which the school year ends.
    """
    frames = _grade_9(states, background, sites, settings, streams)
    frames += [_grades_3_and_6(s, background, settings, streams) for s in states]
    return pd.concat(frames, ignore_index=True)
