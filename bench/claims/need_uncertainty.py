"""Claims about how sure the index is: coverage of its intervals, spread of its replicates, sums of its parts.

Belongs here: a light world of leavers and registers with known weights, many times over. Does not: the world of the demo.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from bench.claim import Claim, Measured
from models_py.need import FACTORS, CellCounts, fit_within_school, need_index, predict_from_counts
from models_py.need.cells import cell_counts
from models_py.need.contributions import index_contributions
from models_py.need.replicates import index_replicates
from models_py.need.uncertainty import index_intervals

INTERCEPT = -3.35
WEIGHTS = (
    (0.0, 0.2, 0.6, 1.3),
    (0.0, 0.1, 0.5, 1.8),
    (0.0, 0.05, 0.15, 0.3, 0.5),
    (0.0, 0.05, 0.1, 0.2, 0.3),
    (0.0, 0.25),
    (0.0, 0.7),
    (0.0, 0.55),
    (0.0, 0.15),
)
"""Planted log-odds per level, in the order of ``FACTORS``; nobody's background is missing."""

LEAVERS, COHORTS, REGISTER = 45, 3, 180
WORLDS = 120
SCHOOLS = (8, 15, 30)
QUALITY_CORRELATIONS = (-0.5, 0.0, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class LightWorld:
    """``true_index``: per school ascending, of the register under the planted weights, school quality left out."""

    counts: CellCounts
    register: pd.DataFrame
    true_index: np.ndarray


def light_world(seed: int, *, schools: int) -> LightWorld:
    """Schools of 45 leavers a year for three years; quality goes with composition by -.5, 0 and .5 in turn."""
    rng = np.random.default_rng(seed)
    rho = QUALITY_CORRELATIONS[seed % 3]
    composition = rng.normal(0, 0.6, schools)
    quality = 0.3 * (rho * composition / 0.6 + np.sqrt(1 - rho**2) * rng.normal(size=schools))
    school = np.repeat(np.arange(schools), LEAVERS * COHORTS)
    levels = _background(rng, composition[school])
    missed = (rng.random(len(school)) < expit(_score(levels) + quality[school])).astype(np.int64)
    codes = [("9999", f"9999{number:04d}") for number in range(schools)]
    counts = cell_counts(
        FACTORS,
        years=range(2024, 2024 + COHORTS),
        schools=codes,
        levels=levels,
        year=np.tile(np.repeat(np.arange(COHORTS), LEAVERS), schools),
        school=school,
        counts=(np.ones(len(school), dtype=np.int64), missed, missed),
    )
    enrolled = np.repeat(np.arange(schools), REGISTER)
    levels = _background(rng, composition[enrolled])
    need = np.bincount(enrolled, weights=expit(_score(levels))) / REGISTER
    table = pd.DataFrame(
        {factor.name: np.array(factor.levels)[levels[:, position]] for position, factor in enumerate(FACTORS)}
    )
    table = table.assign(
        municipality_code="9999",
        count_date="2026-10-15",
        school_unit_code=np.array([code for _, code in codes])[enrolled],
        pupil_count=1,
    )
    return LightWorld(counts, table, 100 * need / need.mean())


@cache
def coverage(schools: int) -> tuple[float, float, float, float]:
    """Covered share and mean width, index points: by the jackknife's derivative, and by replicates' spread × t."""
    covered, width = np.zeros(2), np.zeros(2)
    reach = stats.t.ppf(0.975, schools - 1)
    for seed in range(WORLDS):
        world = light_world(1000 * schools + seed, schools=schools)
        fit = fit_within_school(world.counts, minimum_events=1)
        table = index_intervals(fit, world.register).table
        spread = index_replicates(fit, world.register, seed=seed, draws=200).standard_errors
        index = table["need_index"].to_numpy()
        ends = (
            (table["interval_lower"].to_numpy(), table["interval_upper"].to_numpy()),
            (index - reach * spread, index + reach * spread),
        )
        for place, (lower, upper) in enumerate(ends):
            covered[place] += ((lower <= world.true_index) & (world.true_index <= upper)).mean()
            width[place] += (upper - lower).mean()
    covered, width = covered / WORLDS, width / WORLDS
    return float(covered[0]), float(width[0]), float(covered[1]), float(width[1])


def jackknife_coverage(place: int) -> Measured:
    """``place`` 0: derivative with the jackknife covariance; 1: replicates' standard error × t."""
    found = [coverage(schools)[2 * place : 2 * place + 2] for schools in SCHOOLS]
    figure = ", ".join(
        f"{schools} schools {share:.3f} (width {width:.0f})"
        for schools, (share, width) in zip(SCHOOLS, found, strict=True)
    )
    return Measured(f"{WORLDS} worlds each: {figure}", all(0.92 <= share <= 0.98 for share, _ in found))


def replicate_spread() -> Measured:
    ratios, seconds = [], []
    for seed in range(5):
        world = light_world(7000 + seed, schools=100)
        fit = fit_within_school(world.counts, minimum_events=1)
        before = time.process_time()
        spread = index_replicates(fit, world.register, seed=seed, draws=1000).standard_errors
        seconds.append(time.process_time() - before)
        error = index_intervals(fit, world.register).table["index_standard_error"].to_numpy()
        ratios.append(float(np.sqrt(((spread / error) ** 2).mean())))
    figure = f"{min(ratios):.3f}–{max(ratios):.3f} of the jackknife's; 1 000 replicates in {min(seconds):.1f} CPU-s"
    return Measured(figure, all(0.85 <= ratio <= 1.15 for ratio in ratios))


def parts_sum() -> Measured:
    worst = 0.0
    for seed in range(20):
        world = light_world(9000 + seed, schools=30)
        earlier = light_world(9500 + seed, schools=30).register.assign(count_date="2025-10-15")
        # One unit of nine pupils, so that a group is made.
        small = world.register["school_unit_code"] == "99990007"
        later = pd.concat([world.register[~small], world.register[small].iloc[:9]])
        register = pd.concat([later, earlier])
        fit = fit_within_school(world.counts, minimum_events=1)
        parts = index_contributions(fit, register).table.groupby("school_unit_code")["index_contribution"].sum()
        index = need_index(predict_from_counts(fit, register).table).table.set_index("school_unit_code")["need_index"]
        worst = max(worst, float((parts - (index.loc[parts.index] - 100)).abs().max()))
    return Measured(f"20 worlds, at most {worst:.1e} index points", worst < 1e-9)


CLAIMS = (
    Claim("need-interval-coverage", "A 95 % interval of the index (jackknife over schools, t) covers the true index.", "0.92–0.98 at 8, 15 and 30 schools", partial(jackknife_coverage, 0)),
    Claim("need-replicate-coverage", "The spread of one-step replicates × t covers the true index.", "0.92–0.98 at 8, 15 and 30 schools", partial(jackknife_coverage, 1)),
    Claim("need-replicate-spread", "With 100 schools one-step replicates spread as the jackknife says.", "0.85–1.15 of its standard error", replicate_spread),
    Claim("need-contributions-sum", "A unit's parts sum to its index less 100, through two count dates and a small-unit group.", "below 1e-9 index points", parts_sum),
)  # fmt: skip


def _background(rng: np.random.Generator, composition: np.ndarray) -> np.ndarray:
    """Levels of pupils, rows × factors, from a latent score around their school's composition."""
    size = len(composition)
    s = rng.normal(composition, 1)
    immigrant = rng.random(size) < expit(-2.6 + 0.85 * s)
    return np.column_stack(
        [
            np.searchsorted((-0.35, 0.25, 1.75), s + rng.normal(0, 0.8, size)),
            np.where(immigrant, rng.choice([1, 2, 3], size, p=[0.4, 0.35, 0.25]), 0),
            np.searchsorted((-0.98, -0.29, 0.29, 0.98), 0.8 * s + rng.normal(0, 0.8, size)),
            np.searchsorted((-0.9, -0.3, 0.3, 0.9), 1.3 * composition + 0.4 * s + rng.normal(0, 0.6, size)),
            rng.random(size) < 0.515,
            rng.random(size) < expit(-3.4 + 1.1 * s),
            rng.random(size) < expit(-1.05 + 0.35 * s),
            rng.random(size) < expit(-1.7 + 0.4 * s),
        ]
    ).astype(np.int64)


def _score(levels: np.ndarray) -> np.ndarray:
    return INTERCEPT + sum(np.array(weights)[levels[:, place]] for place, weights in enumerate(WEIGHTS))
