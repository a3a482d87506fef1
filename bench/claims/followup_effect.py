"""Claims of the follow-up of effect: what is found, what is not, and how often either is wrong, where the truth is known.

Belongs here: measuring over many drawn worlds. Does not: any estimator (``models_py.effect``).
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache

import numpy as np

from bench.claim import Claim, Measured
from bench.effect_pupils import report_of_world
from bench.effect_worlds import FIRST_YEAR, NOISE, false_shares, reform
from bench.recovery import NATION
from models_py.effect import (
    effect_report,
    instrumented_effect,
    pass_through,
    pre_trend,
    smallest_detectable,
    trend_robust_effect,
    verdict,
    within_effect,
)
from models_py.effect.panel import panel_table
from models_py.effect.registered import EffectDesign
from models_py.world import WorldSettings, simulate
from models_py.world.costs import unit_costs

REALISTIC = 0.003
"""SD per kkr: one point of merit value per five kkr and pupil."""
SIZES = (6, 10, 15, 50, 100, 300, 1500)


def size_of_tests() -> Measured:
    found = {schools: false_shares(schools, designs=30, draws=100) for schools in (6, 10, 15, 50, 100)}
    told = "; ".join(
        f"{schools} schools {'/'.join(f'{found[schools][name]:.3f}' for name in ('iid', 'cr1_z', 'cr1_t', 'cr2'))}"
        for schools in found
    )
    kept = all(0.03 <= shares["cr2"] <= 0.07 for shares in found.values())
    return Measured(f"iid/CR1 normal/CR1 t/CR2 Bell-McCaffrey: {told}", bool(kept and found[6]["cr1_z"] > 0.14))


@cache
def _detectable() -> dict[int, float]:
    """Median over drawn sets of schools of that size."""
    return {
        schools: float(
            np.median(
                [
                    smallest_detectable(reform(schools, seed=seed).panel, noise=NOISE, draws=300, seed=seed).effect
                    for seed in range(1, 12 if schools <= 100 else 4)
                ]
            )
        )
        for schools in SIZES
    }


def detectable_by_size() -> Measured:
    found = _detectable()
    falling = all(a > b for a, b in zip(list(found.values())[:-1], list(found.values())[1:], strict=True))
    told = ", ".join(f"{schools}: {size:.4f}" for schools, size in found.items())
    return Measured(
        f"SD per kkr by schools {told}", bool(falling and found[300] > REALISTIC and found[1500] < 2 * REALISTIC)
    )


def power_at_the_detectable() -> Measured:
    shares = {}
    for schools in (15, 50, 300):
        hits = []
        for seed in range(100):
            quiet = reform(schools, seed=seed)
            size = smallest_detectable(quiet.panel, noise=NOISE, draws=100, seed=seed).effect
            hits.append(within_effect(reform(schools, seed=seed, effect=size).panel).p_value < 0.05)
        shares[schools] = float(np.mean(hits))
    told = ", ".join(f"{schools} schools {share:.2f}" for schools, share in shares.items())
    return Measured(told, all(0.7 <= share <= 0.92 for share in shares.values()))


def bias() -> Measured:
    rows: dict[str, list[float]] = {
        "cross section": [],
        "simulated dose": [],
        "2SLS": [],
        "with a trend": [],
        "trend taken out": [],
    }
    seen = []
    for seed in range(40):
        harmed = panel_table(reform(300, seed=seed, effect=REALISTIC, harm=0.4).panel).query("result_year == 2025")
        rows["cross section"].append(float(np.polyfit(harmed["received_kkr"], harmed["outcome"], 1)[0]))
        calm, drifting = (reform(300, seed=seed, effect=REALISTIC, trend=trend).panel for trend in (0.0, 0.03))
        rows["simulated dose"].append(within_effect(calm).estimate)
        rows["2SLS"].append(instrumented_effect(calm)[0].estimate)
        rows["with a trend"].append(within_effect(drifting).estimate)
        rows["trend taken out"].append(trend_robust_effect(drifting, first_year=FIRST_YEAR).estimate)
        seen.append(pre_trend(drifting, first_year=FIRST_YEAR).p_value < 0.05)
    means = {name: float(np.mean(values)) for name, values in rows.items()}
    told = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
    right = all(abs(means[name] - REALISTIC) < 0.0015 for name in ("simulated dose", "2SLS", "trend taken out"))
    wrong = means["cross section"] < 0 and means["with a trend"] > 0.02
    return Measured(
        f"truth {REALISTIC}: {told}; the test before sees the trend in {np.mean(seen):.0%}",
        bool(right and wrong and np.mean(seen) > 0.95),
    )


def verdicts() -> Measured:
    """Share of municipalities by what is said."""
    told, kept = [], True
    for schools, effect, expected, least in (
        (15, REALISTIC, "cannot_be_determined", 0.85),
        (300, REALISTIC, "larger_excluded", 0.5),
        (15, 0.15, "shown", 0.85),
        (100, 0.05, "shown", 0.9),
    ):
        said = []
        for seed in range(60):
            panel = reform(schools, seed=seed, effect=effect).panel
            before = pre_trend(panel, first_year=FIRST_YEAR)
            said.append(verdict(within_effect(panel), pre_trend=before, relevant_effect=0.01).kind)
        share = said.count(expected) / len(said)
        kept &= share >= least
        told.append(f"{schools} schools, effect {effect}: {expected} {share:.2f}")
    return Measured("; ".join(told), kept)


def through_pupils() -> Measured:
    large = report_of_world(replace(NATION, effect_per_kkr=0.05))
    town = WorldSettings(
        seed=3, municipality_codes=("9991",), units_per_municipality=(15, 15), cohort_size=(30.0, 90.0), rural_share=0.0
    )
    small = report_of_world(town)
    told = (
        f"{large.effect.schools} schools, planted .05: {large.effect.estimate:.3f} ({large.effect.interval_lower:.3f} to "
        f"{large.effect.interval_upper:.3f}), {large.verdict.kind}; {small.effect.schools} schools, planted .003: "
        f"{small.effect.estimate:.3f}, smallest detectable {small.detectable.effect:.3f}, {small.verdict.kind}"
    )
    return Measured(told, large.verdict.kind == "shown" and small.verdict.kind == "cannot_be_determined")


def krona_passes_through() -> Measured:
    found = []
    for seed in range(40):
        settings = WorldSettings(
            seed=seed, municipality_codes=("9991",), units_per_municipality=(30, 30), cohort_size=(6.0, 20.0)
        )
        costs = unit_costs(simulate(settings))
        table = costs.table.assign(
            allocated_per_pupil=costs.table["allocated_sek"] / costs.table["pupil_count"] / 1000,
            teaching=costs.table["teaching_sek"] / costs.table["pupil_count"] / 1000,
        )
        row = pass_through(table, indicators=("teaching",)).iloc[0]
        inside = row["interval_lower"] <= costs.pass_through <= row["interval_upper"]
        found.append((row["estimate"], inside, row["interval_lower"] > 0))
    mean, covered, seen = np.mean(np.array(found, dtype=float), axis=0)
    return Measured(
        f"40 municipalities of 30 units, planted 0.80: mean {mean:.2f}, interval covers in {covered:.0%}, excludes zero in {seen:.0%}",
        bool(abs(mean - 0.8) < 0.06 and covered >= 0.85 and seen >= 0.95),
    )


def nation_is_quick() -> Measured:
    drawn = reform(1500, seed=1, effect=REALISTIC)
    rates = tuple((year, 0.03 if year < FIRST_YEAR else 0.08) for year in drawn.panel.years)
    design = EffectDesign("9999", "not_eligible", 2017, FIRST_YEAR, drawn.panel.years, rates)
    spent = []
    for _ in range(3):
        start = time.process_time()
        effect_report(design, drawn.panel, pupil_sd=0.75)
        spent.append(time.process_time() - start)
    return Measured(f"{min(spent):.1f} CPU s", min(spent) < 20)


CLAIMS = (
    Claim("followup-effect-size", "A true zero is called an effect five times in a hundred, however few the schools.", "CR2 with Bell-McCaffrey degrees of freedom .03–.07 at 6 to 100 schools; the usual sandwich above .14 at 6", size_of_tests),
    Claim("followup-effect-detectable", "The smallest effect that own schools can show is said, and it is larger than any realistic one in every municipality.", "falling with schools, above .003 SD per kkr at 300, below .006 at 1 500", detectable_by_size),
    Claim("followup-effect-power", "An effect of that size is found in four of five cases.", "70–92 % at 15, 50 and 300 schools", power_at_the_detectable),
    Claim("followup-effect-bias", "The simulated dose finds the planted effect where cross sections find harm and drifting schools deceive.", "within .0015 of .003 for simulated dose, 2SLS and with trends taken out; cross section below zero; the pre-trend test sees a drift of .03 in 95 %", bias),
    Claim("followup-effect-verdict", "A realistic effect in one municipality cannot be determined, and is said so; a large one is shown.", "at least 85/50/85/90 %", verdicts),
    Claim("followup-effect-pupils", "From simulated pupils, through need weights, to the verdict.", "planted .05 in a nation shown, .003 in one municipality cannot be determined", through_pupils),
    Claim("followup-pass-through", "The part of a krona that becomes teaching is found.", "mean within .06 of .8, covered in 85 % or more, zero excluded in 95 %", krona_passes_through),
    Claim("followup-effect-quick", "A nation's effect report, with bootstrap and simulated power.", "under 20 CPU s for 1 500 schools and 8 years", nation_is_quick),
)  # fmt: skip
