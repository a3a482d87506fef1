"""Small worlds drawn straight into outcome counts: a nation, municipalities whose weights differ from it, cohorts whose
composition matters. What is planted stands beside what is observed.

Belongs here: drawing and the distance of an index from the planted one. Does not: any estimator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import FACTORS
from models_py.need.fit import NeedFit
from models_py.need.scoring import predicted_share
from models_py.world.background import FACTORS as PLANTED
from models_py.world.background import INTERCEPT

NATIONAL = {factor: tuple(effect for _, effect in levels) for factor, levels in PLANTED.items()}
QUALITY_SD, COMPOSITION_SD, COHORT_SD = 0.3, 0.6, 0.25
STAGES = 10  # grades F-9: the register holds ten cohorts for every one that leaves


@dataclass(frozen=True, slots=True, eq=False)
class SmallWorld:
    """``leavers``: counts; ``levels``, ``school``: of every pupil in the register; ``weights``: factor → planted weight per
    level; ``score``: planted log-odds of every pupil in the register, without school quality."""

    leavers: CellCounts
    levels: np.ndarray
    school: np.ndarray
    weights: dict[str, np.ndarray]
    score: np.ndarray

    def index(self, shares: np.ndarray) -> np.ndarray:
        """Index per school from a share per pupil in the register."""
        pupils = np.bincount(self.school)
        need = np.bincount(self.school, weights=shares) / pupils
        return 100 * need / (need @ pupils / pupils.sum())

    def planted_index(self, *, gamma: float = 0.0) -> np.ndarray:
        """The true index; with ``gamma`` the one that counts what composition adds."""
        mean = np.bincount(self.school, weights=self.score) / np.bincount(self.school)
        return self.index(expit(self.score + gamma * (mean[self.school] - self.score.mean())))

    def index_of(self, fit: NeedFit) -> np.ndarray:
        columns = [FACTORS.index(factor) for factor in fit.design.factors]
        return self.index(predicted_share(fit, self.levels[:, columns]))

    def error(self, index: np.ndarray, *, gamma: float = 0.0) -> float:
        """Pupil-weighted root mean square distance from the planted index, points."""
        apart = (index - self.planted_index(gamma=gamma)) ** 2
        return float(np.sqrt(np.average(apart, weights=np.bincount(self.school))))

    def register_counts(self, count_date: str = "2026-10-15") -> pd.DataFrame:
        """The register as a table of counts."""
        names = [factor.name for factor in FACTORS]
        table = pd.DataFrame(
            {name: np.array(FACTORS[k].levels, dtype=object)[self.levels[:, k]] for k, name in enumerate(names)}
        )
        table = table.assign(municipality_code="9999", count_date=count_date, pupil_count=1)
        table["school_unit_code"] = [f"9999{number:04d}" for number in self.school]
        keys = ["municipality_code", "count_date", "school_unit_code", *names]
        return table.groupby(keys, observed=True)["pupil_count"].sum().reset_index()


def small_world(
    seed: int,
    *,
    schools: int,
    leavers: int,
    years: int = 3,
    tau: float = 0.0,
    municipalities: int = 1,
    rho: float = 0.0,
    gamma: float = 0.0,
    register: bool = True,
) -> SmallWorld:
    """Draw one.

    Parameters
    ----------
    schools, leavers : numbers; ``leavers`` over all schools and years together
    tau : standard deviation, log-odds, of a municipality's weights around the national ones; schools are dealt out to
        ``municipalities`` in turn, and the first one's weights are the planted ones
    rho : correlation of school quality with composition
    gamma : what a cohort's mean log-odds adds to each of its pupils
    register : draw the register too; without it a world cannot be asked for its index
    """
    rng = np.random.default_rng(seed)
    composition = rng.normal(0, COMPOSITION_SD, schools)
    quality = rho * composition / COMPOSITION_SD + np.sqrt(1 - rho**2) * rng.normal(size=schools)
    weights = [
        {name: np.array(b) + np.r_[0.0, rng.normal(0, tau, len(b) - 1)] for name, b in NATIONAL.items()}
        for _ in range(municipalities)
    ]
    school = np.arange(leavers) % schools
    year = np.arange(leavers) // schools % years
    cohort = school * years + year
    levels = _levels(rng, composition[school] + rng.normal(0, COHORT_SD, schools * years)[cohort], composition[school])
    score = np.zeros(leavers)
    for number, own in enumerate(weights):
        score = np.where(school % municipalities == number, _score(own, levels), score)
    mean = np.bincount(cohort, weights=score) / np.maximum(np.bincount(cohort), 1)
    eta = score + gamma * (mean[cohort] - score.mean()) + QUALITY_SD * quality[school]
    events = (rng.random(leavers) < expit(eta)).astype(np.int64)
    codes = [f"{9999 - number % municipalities}" for number in range(schools)]
    names = [(code, f"9999{number:04d}") for number, code in enumerate(codes)]
    order = sorted(range(schools), key=lambda number: names[number])
    place = np.argsort(order)
    one = np.ones(leavers, dtype=np.int64)
    counts = cell_counts(
        FACTORS,
        years=tuple(range(2026 - years, 2026)),
        schools=[names[number] for number in order],
        levels=levels,
        year=year,
        school=place[school],
        counts=(one, events, events),
    )
    enrolled = np.repeat(np.arange(schools), np.bincount(school, minlength=schools) * STAGES // years)
    if not register:
        enrolled = enrolled[:0]
    shown = _levels(rng, composition[enrolled], composition[enrolled])
    return SmallWorld(counts, shown, enrolled, weights[0], _score(weights[0], shown))


def _levels(rng: np.random.Generator, mean: np.ndarray, composition: np.ndarray) -> np.ndarray:
    """Levels of all factors from one latent disadvantage, pupils × factors."""
    size = len(mean)
    s = rng.normal(mean, 1.0)

    def cut(score: np.ndarray, *bounds: float) -> np.ndarray:
        return np.searchsorted(bounds, score)

    immigrant = rng.random(size) < expit(-2.6 + 0.85 * s)
    codes = {
        "guardian_education": cut(s + rng.normal(0, 0.8, size), -0.35, 0.25, 1.75),
        "immigration": np.where(immigrant, rng.choice([1, 2, 3], size, p=[0.4, 0.35, 0.25]), 0),
        "household_income": cut(0.8 * s + rng.normal(0, 0.8, size), -0.98, -0.29, 0.29, 0.98),
        "area_type": cut(1.3 * composition + 0.4 * s + rng.normal(0, 0.6, size), -0.9, -0.3, 0.3, 0.9),
        "sex": rng.random(size) < 0.515,
        "econ_assistance": rng.random(size) < expit(-3.4 + 1.1 * s),
        "household": rng.random(size) < expit(-1.05 + 0.35 * s),
        "siblings": rng.random(size) < expit(-1.7 + 0.4 * s),
    }
    return np.column_stack([codes[factor.name] for factor in FACTORS]).astype(np.int64)


def _score(weights: dict[str, np.ndarray], levels: np.ndarray) -> np.ndarray:
    return INTERCEPT + sum(weights[factor.name][levels[:, k]] for k, factor in enumerate(FACTORS))
