"""Claims of the accuracy follow-up: what a right model looks like, and which faults are seen, where the truth is known.

Belongs here: measuring over many drawn worlds. Does not: any figure of accuracy (``models_py.accuracy``).
"""

from __future__ import annotations

import time
from functools import cache, partial

import numpy as np

from bench.accuracy_worlds import with_effect_from
from bench.claim import Claim, Measured
from bench.small_worlds import QUALITY_SD, small_world
from models_py.accuracy import (
    accuracy_figures,
    expected_by_level,
    factor_drift,
    find_alarms,
    judge_accuracy,
    noise_floor,
    score_leavers,
)
from models_py.need import fit_within_school

OWN = partial(fit_within_school, minimum_events=1)
FACTORS_KEPT = ("immigration", "household_income", "area_type", "sex", "econ_assistance", "siblings")
"""All but parents' education and household."""


@cache
def _next_cohort() -> dict[str, dict[str, float]]:
    """Means over worlds of 300 schools: a right model, two factors left out, an effect that halves."""
    found: dict[str, list[tuple[float, ...]]] = {"right": [], "two factors omitted": [], "immigration halves": []}
    for seed in range(6):
        world = small_world(seed, schools=300, leavers=300 * 50 * 4, years=4, register=False)
        for name, scale in (("right", 1.0), ("two factors omitted", 1.0), ("immigration halves", 0.5)):
            counts = with_effect_from(world, seed=seed, year=world.leavers.years[3], factor="immigration", scale=scale)
            if name == "two factors omitted":
                counts = counts.of_factors(FACTORS_KEPT)
            scored = score_leavers(OWN(counts.of_years(counts.years[:3])), counts.of_years(counts.years[3:]))
            figures = accuracy_figures(scored)
            # The spread of quality that was planted, which nobody knows outside a drawn world.
            floor = noise_floor(scored, figures, draws=200, school_sd=QUALITY_SD, seed=seed)
            found[name].append(
                (
                    figures.slope,
                    figures.auc,
                    figures.rank,
                    figures.misplaced,
                    floor.floor,
                    figures.flat_misplaced,
                    floor.skill,
                )
            )
    keys = ("slope", "auc", "rank", "misplaced", "floor", "flat", "skill")
    return {name: dict(zip(keys, np.mean(rows, axis=0).tolist(), strict=True)) for name, rows in found.items()}


def next_cohort() -> Measured:
    found = _next_cohort()
    told = "; ".join(
        f"{name}: slope {row['slope']:.2f}, AUC {row['auc']:.3f}, rank {row['rank']:.2f}, misplaced {row['misplaced']:.3f} "
        f"against floor {row['floor']:.3f} and flat {row['flat']:.3f}, skill {row['skill']:.2f}"
        for name, row in found.items()
    )
    right, fewer, halved = found.values()
    kept = (
        abs(right["slope"] - 1) < 0.05
        and 0.9 < right["skill"] < 1.1
        and right["auc"] > max(fewer["auc"], halved["auc"])
    )
    return Measured(
        told, bool(kept and abs(right["misplaced"] - right["floor"]) < 0.01 and halved["slope"] < right["slope"])
    )


@cache
def _drift(schools: int, worlds: int, scale: float) -> tuple[float, float, float]:
    """Shares of worlds: immigration's own p below .05, any factor below .05 after Holm, any level below .05 after Holm."""
    found = []
    for seed in range(worlds):
        world = small_world(seed, schools=schools, leavers=schools * 50 * 6, years=6, register=False)
        years = world.leavers.years
        counts = with_effect_from(world, seed=seed, year=years[3], factor="immigration", scale=scale)
        early, late = OWN(counts.of_years(years[:3])), OWN(counts.of_years(years[3:]))
        drift = factor_drift(early, late).set_index("factor")
        levels = expected_by_level(score_leavers(early, counts.of_years(years[3:])))
        found.append(
            (
                drift.loc["immigration", "p_value"] < 0.05,
                (drift["adjusted_p_value"] < 0.05).any(),
                (levels["adjusted_p_value"] < 0.05).any(),
            )
        )
    return tuple(np.mean(np.array(found, dtype=float), axis=0).tolist())


WORLDS = {10: 200, 40: 150, 300: 100}


def drift_power() -> Measured:
    found = {schools: (_drift(schools, n, 1.0)[0], _drift(schools, n, 0.5)[0]) for schools, n in WORLDS.items()}
    told = ", ".join(f"{schools} schools {size:.2f} → {power:.2f}" for schools, (size, power) in found.items())
    kept = all(size <= 0.09 for size, _ in found.values())
    return Measured(
        f"share of worlds called drifted, unchanged → halved: {told}",
        bool(kept and found[40][1] >= 0.5 and found[300][1] >= 0.95),
    )


def false_alarms() -> Measured:
    found = {schools: _drift(schools, n, 1.0)[1:] for schools, n in WORLDS.items()}
    told = ", ".join(f"{schools} schools {drift:.2f} and {level:.2f}" for schools, (drift, level) in found.items())
    return Measured(f"any factor, any level: {told}", all(max(shares) <= 0.09 for shares in found.values()))


def slope_alarms() -> Measured:
    """Where own weights are allowed: five cohorts of a small municipality, at least 350 events."""
    alarmed = []
    for seed in range(80):
        counts = small_world(seed, schools=20, leavers=20 * 50 * 8, years=8, register=False).leavers
        fit = fit_within_school(counts.of_years(counts.years[:5]))
        figures = accuracy_figures(score_leavers(fit, counts.of_years(counts.years[5:])))
        alarmed.append(
            bool(
                find_alarms(
                    figures, levels=expected_by_level(score_leavers(fit, counts.of_years(counts.years[5:]))).iloc[:0]
                )
            )
        )
    return Measured(
        f"{np.mean(alarmed):.3f} of 80 unchanged municipalities of 20 schools", bool(np.mean(alarmed) <= 0.05)
    )


def nation_is_quick() -> Measured:
    counts = small_world(1, schools=1500, leavers=1500 * 40 * 10, years=10, register=False).leavers
    start = time.process_time()
    found = judge_accuracy(counts, estimate=OWN, window=3, draws=500, seed=1)
    spent = time.process_time() - start
    return Measured(
        f"{spent:.0f} CPU s; {len(found.cohorts)} cohorts judged, pooled skill {found.pooled_floor.skill:.2f}",
        bool(spent < 60 and len(found.cohorts) == 8),
    )


CLAIMS = (
    Claim("followup-accuracy-table", "A right model misplaces what chance does, and faults show where they should.", "right model: slope within .05 of 1, skill .9–1.1, misplaced within .01 of the floor, best AUC; a halved effect lowers the slope", next_cohort),
    Claim("followup-accuracy-drift", "A factor whose effect halves is found by the drift test.", "called drifted in at most 9 % unchanged; halved: 50 % at 40 schools, 95 % at 300", drift_power),
    Claim("followup-accuracy-false-alarms", "Alarms over all factors and all levels keep to their rate.", "any alarm in at most 9 % of unchanged worlds, drift and levels each", false_alarms),
    Claim("followup-accuracy-slope-alarm", "The slope alarm keeps quiet where own weights are allowed and nothing has changed.", "at most 5 %", slope_alarms),
    Claim("followup-accuracy-quick", "Ten cohorts of a nation are judged, each with 500 draws of its floor.", "eight cohorts under 60 CPU s for 1 500 schools", nation_is_quick),
)  # fmt: skip
