"""How small an effect the own schools could show: their own sizes, years and doses, no effect, drawn many times.

Belongs here: noise, its size as measured, the smallest detectable effect. Does not: the estimate itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from models_py.effect.cluster import cluster_regression
from models_py.effect.panel import EffectPanel, freed, two_way
from models_py.errors import EffectError

CHUNK_VALUES = 4_000_000
"""Rows × draws held at a time; 32 MB."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What moves a school's mean besides money, in standard deviations between pupils.

    ``pupil_sd``: of a pupil around the school's mean, what background explains taken off; ``shock_sd``: of a school's year;
    ``shock_ar``: correlation of a school's shocks from one year to the next.
    """

    pupil_sd: float = 0.75
    shock_sd: float = 0.08
    shock_ar: float = 0.4

    def __post_init__(self) -> None:
        if not (self.pupil_sd >= 0 and self.shock_sd >= 0 and -1 < self.shock_ar < 1):
            raise EffectError(
                f"noise {self}: spreads are zero or more, the correlation lies in -1..1", reason="bad_setting"
            )


@dataclass(frozen=True, slots=True)
class Detectable:
    """``effect``: found in 80 of 100 cases at 5 %, per kkr; ``false_share``: how often no effect is called one, 0..1."""

    effect: float
    standard_deviation: float
    degrees_of_freedom: float
    false_share: float
    noise: Noise
    draws: int


def smallest_detectable(panel: EffectPanel, *, noise: Noise, draws: int = 500, seed: int) -> Detectable:
    """(t.975 + t.8) · sd(b) over ``draws`` panels without effect. Raises ``EffectError``: ``bad_setting`` and those of the
    regression."""
    if draws < 100:
        raise EffectError(f"draws is {draws}; 100 or more are needed", reason="bad_setting")
    x = freed(panel.dose[:, None], panel)[:, 0]
    fit = cluster_regression(x[:, None], y=two_way(panel.outcome, panel), starts=panel.starts)
    degrees = float(fit.degrees_of_freedom[0])
    square = float(x @ x)
    leverage = np.add.reduceat(x**2, panel.starts) / square
    slopes, found = [], 0
    for drawn in noise_draws(panel, noise=noise, draws=draws, seed=seed):
        y = two_way(drawn, panel)
        slope = x @ y / square
        scores = np.add.reduceat(x[:, None] * (y - x[:, None] * slope), panel.starts, axis=0)
        error = np.sqrt((scores**2 / (1.0 - leverage)[:, None]).sum(axis=0)) / square
        found += int((np.abs(slope) > stats.t.ppf(0.975, degrees) * error).sum())
        slopes.append(slope)
    spread = float(np.concatenate(slopes).std(ddof=1))
    reach = float(stats.t.ppf(0.975, degrees) + stats.t.ppf(0.8, degrees))
    return Detectable(round(reach * spread, 10), round(spread, 10), round(degrees, 10), found / draws, noise, draws)


def noise_draws(panel: EffectPanel, *, noise: Noise, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Rows × draws in chunks: pupils' noise by the number of pupils, schools' shocks correlated over calendar years."""
    stream = np.random.default_rng(seed)
    calendar = np.array(panel.years) - panel.years[0]
    span = int(calendar[-1]) + 1
    size = max(1, CHUNK_VALUES // max(len(panel.schools) * span, len(panel.school)))
    for first in range(0, draws, size):
        count = min(size, draws - first)
        shock = stream.standard_normal((len(panel.schools), span, count))
        for t in range(1, span):
            shock[:, t] = noise.shock_ar * shock[:, t - 1] + np.sqrt(1.0 - noise.shock_ar**2) * shock[:, t]
        pupils = stream.standard_normal((len(panel.school), count)) / np.sqrt(panel.pupils)[:, None]
        yield noise.pupil_sd * pupils + noise.shock_sd * shock[panel.school, calendar[panel.year]]


def measured_noise(panel: EffectPanel, *, pupil_sd: float, shock_ar: float = 0.4, draws: int = 200, seed: int) -> Noise:
    """The schools' yearly shocks as large as the residuals say: their square sum beyond what pupils alone would leave."""
    x = freed(panel.dose[:, None], panel)[:, 0]
    fit = cluster_regression(x[:, None], y=two_way(panel.outcome, panel), starts=panel.starts)
    left = float(fit.residuals @ fit.residuals)
    pupils, shocks = (
        _left_over(panel, x, noise=noise, draws=draws, seed=seed)
        for noise in (Noise(1.0, 0.0, shock_ar), Noise(0.0, 1.0, shock_ar))
    )
    variance = max(0.0, (left - pupil_sd**2 * pupils) / shocks)
    return Noise(pupil_sd, round(float(np.sqrt(variance)), 10), shock_ar)


def closed_form_detectable(panel: EffectPanel, *, first_year: int) -> float:
    """(t.975 + t.8) · sqrt(Var(change of outcome) / ((N - 1) Var(change of dose))), change = mean after less mean before.

    A quick bound: some 20 % optimistic at ten schools, right at 300. Raises ``EffectError`` (``no_pre_period``).
    """
    after = np.array(panel.years)[panel.year] >= first_year
    moved = []
    for values in (panel.outcome, panel.dose):
        sides = []
        for side in (after, ~after):
            count = np.bincount(panel.school, weights=side, minlength=len(panel.schools))
            total = np.bincount(panel.school, weights=values * side, minlength=len(panel.schools))
            sides.append(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))
        moved.append(sides[0] - sides[1])
    known = np.isfinite(moved[0]) & np.isfinite(moved[1])
    schools = int(known.sum())
    if schools < 3:
        raise EffectError(f"{schools} school units have years on both sides of {first_year}", reason="no_pre_period")
    reach = stats.t.ppf(0.975, schools - 2) + stats.t.ppf(0.8, schools - 2)
    outcome, dose = (np.var(values[known], ddof=1) for values in moved)
    return float(reach * np.sqrt(outcome / ((schools - 1) * dose)))


def _left_over(panel: EffectPanel, x: np.ndarray, *, noise: Noise, draws: int, seed: int) -> float:
    """Mean square sum of residuals of pure noise."""
    square, total = float(x @ x), 0.0
    for drawn in noise_draws(panel, noise=noise, draws=draws, seed=seed):
        y = two_way(drawn, panel)
        total += float(((y - x[:, None] * (x @ y / square)) ** 2).sum())
    return total / draws
