"""Pupils with more candidates than a model needs: eight factors that matter, three that repeat them, three of noise.

Belongs here: drawing such pupils and their true need. Does not: choosing factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from models_py.need import FACTORS, CellCounts, Factor
from models_py.need.cells import cell_counts
from models_py.world.background import FACTORS as PLANTED
from models_py.world.background import INTERCEPT

EFFECTS = {factor: tuple(effect for _, effect in levels) for factor, levels in PLANTED.items()}
PROXIES = (
    Factor("other_education", ("a", "b", "c", "d")),
    Factor("other_income", ("a", "b", "c", "d", "e")),
    Factor("unemployment", ("no", "yes")),
)
NOISE = (
    Factor("noise_2", ("a", "b")),
    Factor("noise_3", ("a", "b", "c")),
    Factor("noise_5", ("a", "b", "c", "d", "e")),
)
CANDIDATES = (*FACTORS, *PROXIES, *NOISE)


@dataclass(frozen=True, slots=True, eq=False)
class Pupils:
    """``levels``: int, pupils × CANDIDATES; ``school``; ``risk``: true log-odds without the school's quality."""

    levels: np.ndarray
    school: np.ndarray
    risk: np.ndarray


def draw(rng: np.random.Generator, *, composition: np.ndarray, pupils: int) -> Pupils:
    """``pupils`` per school, of schools with the given composition (latent mean)."""
    school = np.repeat(np.arange(len(composition)), pupils)
    size = len(school)
    s = rng.normal(composition[school], 1)

    def cut(spread: float, *bounds: float, of: np.ndarray = s) -> np.ndarray:
        return np.searchsorted(bounds, of + rng.normal(0, spread, size))

    def one_in(logit: np.ndarray) -> np.ndarray:
        return (rng.random(size) < expit(logit)).astype(int)

    education = cut(0.8, -0.35, 0.25, 1.75)
    immigrant = one_in(-2.6 + 0.85 * s)
    income = cut(0.8, -0.98, -0.29, 0.29, 0.98, of=0.8 * s)
    area = cut(0.6, -0.9, -0.3, 0.3, 0.9, of=1.3 * composition[school] + 0.4 * s)
    welfare = one_in(-3.4 + 1.1 * s)
    levels = np.column_stack(
        [
            education,
            immigrant * rng.choice([1, 2, 3], size, p=[0.4, 0.35, 0.25]),
            income,
            area,
            (rng.random(size) < 0.515).astype(int),
            welfare,
            one_in(-1.05 + 0.35 * s),
            one_in(-1.7 + 0.4 * s),
            np.where(rng.random(size) < 0.7, education, rng.integers(0, 4, size)),
            np.where(rng.random(size) < 0.7, income, rng.integers(0, 5, size)),
            np.where(rng.random(size) < 0.8, welfare, rng.integers(0, 2, size)),
            rng.integers(0, 2, size),
            rng.integers(0, 3, size),
            rng.integers(0, 5, size),
        ]
    )
    risk = np.full(size, INTERCEPT)
    for position, factor in enumerate(FACTORS):
        risk += np.array(EFFECTS[factor.name])[levels[:, position]]
    return Pupils(levels, school, risk)


def quality(rng: np.random.Generator, schools: int) -> np.ndarray:
    return 0.3 * rng.normal(size=schools)


def counted(
    rng: np.random.Generator,
    pupils: Pupils,
    *,
    quality: np.ndarray,
    factors: Sequence[Factor] = CANDIDATES,
    years: int = 3,
) -> CellCounts:
    """Outcomes drawn and counted per school, year and cell of the first ``len(factors)`` candidates."""
    y = (rng.random(len(pupils.risk)) < expit(pupils.risk + quality[pupils.school])).astype(np.int64)
    return cell_counts(
        factors,
        years=[2026 - years + 1 + number for number in range(years)],
        schools=[("9999", f"{number:08d}") for number in range(len(quality))],
        levels=pupils.levels[:, : len(factors)],
        year=rng.integers(0, years, len(y)),
        school=pupils.school,
        counts=(np.ones(len(y), dtype=np.int64), y, y),
    )


def as_register(pupils: Pupils) -> pd.DataFrame:
    """Counts of enrolled pupils by candidate, one row per pupil."""
    names = {
        factor.name: np.array(factor.levels, dtype=object)[pupils.levels[:, position]]
        for position, factor in enumerate(CANDIDATES)
    }
    units = np.array([f"{number:08d}" for number in range(int(pupils.school.max()) + 1)], dtype=object)
    return pd.DataFrame(names).assign(
        municipality_code="9999", count_date="2026-10-15", school_unit_code=units[pupils.school], pupil_count=1
    )


def true_index(pupils: Pupils) -> np.ndarray:
    """Per school, pupil-weighted mean 100."""
    n = np.bincount(pupils.school)
    need = np.bincount(pupils.school, weights=expit(pupils.risk)) / n
    return 100 * need / np.average(need, weights=n)
