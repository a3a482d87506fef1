"""Schools whose effect of money is known: panels drawn straight from the assumptions, and how often a method says what.

Belongs here: drawing a reform's panel, and counting over many of them. Does not: any estimator (``models_py.effect``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from models_py.effect import EffectPanel, Noise, cluster_regression, effect_panel
from models_py.effect.panel import two_way
from models_py.effect.power import noise_draws

YEARS = tuple(range(2018, 2026))
FIRST_YEAR = 2022
BEFORE, AFTER = 0.03, 0.08
"""Kkr per pupil and index point, before and after the reform."""
PUPILS = 50
INDEX_LOG_SD = 0.45
"""Of the logarithm of the need index between schools: 5 to 95 in 100 lie at 43 to 190."""
NOISE = Noise(pupil_sd=0.75, shock_sd=0.08, shock_ar=0.4)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """``panel``; ``index``: need index per school in the base year; ``noise``: what was added to each row."""

    panel: EffectPanel
    index: np.ndarray


def reform(
    schools: int,
    *,
    seed: int,
    effect: float = 0.0,
    trend: float = 0.0,
    pupils: int = PUPILS,
    walk_sd: float = 3.0,
    harm: float = 0.0,
) -> Drawn:
    """Four years before and four after a formula became steeper.

    Parameters
    ----------
    effect : SD per kkr; trend : SD per year and 100 index points, whatever the money does
    walk_sd : index points a school's composition moves in a year; what is received follows it
    harm : SD per 100 index points: what composition itself does to an outcome nobody has adjusted
    """
    rng = np.random.default_rng([seed, schools])
    base = np.clip(100.0 * np.exp(INDEX_LOG_SD * rng.standard_normal(schools) - INDEX_LOG_SD**2 / 2), 40.0, 220.0)
    walked = base[:, None] + np.cumsum(rng.normal(0.0, walk_sd, (schools, len(YEARS))), axis=1)
    rate = np.array([BEFORE if year < FIRST_YEAR else AFTER for year in YEARS])
    level = rng.normal(0.0, 0.2, schools)
    calendar = np.arange(len(YEARS)) - 3.5
    table = pd.DataFrame(
        {
            "school_unit_code": np.repeat([f"{number:05d}" for number in range(schools)], len(YEARS)),
            "result_year": np.tile(YEARS, schools),
            "pupil_count": pupils,
            "dose_kkr": (base[:, None] * rate).reshape(-1),
            "received_kkr": (walked * rate).reshape(-1),
        }
    )
    mean = level[:, None] + trend * (base[:, None] - 100) / 100 * calendar - harm * (walked - 100) / 100
    table["outcome"] = (mean + effect * walked * rate).reshape(-1)
    quiet = effect_panel(table)
    noise = next(noise_draws(quiet, noise=NOISE, draws=1, seed=int(rng.integers(2**31))))[:, 0]
    return Drawn(effect_panel(table.assign(outcome=table["outcome"] + noise)), base)


def false_shares(schools: int, *, designs: int = 10, draws: int = 100, seed: int = 1) -> dict[str, float]:
    """How often a true zero is called an effect at 5 %, by the error used: iid, CR1 with normal and t limits, CR2.

    ``designs`` draws of schools, ``draws`` of noise for each.
    """
    found = dict.fromkeys(("iid", "cr1_z", "cr1_t", "cr2"), 0)
    for design in range(designs):
        panel = reform(schools, seed=seed + design).panel
        x = two_way(panel.dose, panel)
        noise = np.hstack(list(noise_draws(panel, noise=NOISE, draws=draws, seed=seed + design)))
        y = two_way(noise, panel)
        rows, square = len(y), float(x @ x)
        slope = x @ y / square
        residual = y - x[:, None] * slope
        left = rows - schools - len(YEARS)
        scores = np.add.reduceat(x[:, None] * residual, panel.starts, axis=0)
        correction = schools / (schools - 1) * (rows - 1) / (rows - len(YEARS))
        cr1 = np.sqrt(correction * (scores**2).sum(axis=0)) / square
        iid = np.sqrt((residual**2).sum(axis=0) / left / square)
        found["iid"] += int((np.abs(slope) > stats.t.ppf(0.975, left) * iid).sum())
        found["cr1_z"] += int((np.abs(slope) > stats.norm.ppf(0.975) * cr1).sum())
        found["cr1_t"] += int((np.abs(slope) > stats.t.ppf(0.975, schools - 1) * cr1).sum())
        fits = (cluster_regression(x[:, None], y=one, starts=panel.starts) for one in y.T)
        found["cr2"] += sum(bool(fit.p_values[0] < 0.05) for fit in fits)
    return {name: count / (designs * draws) for name, count in found.items()}
