"""Does a concentration of need add to each pupil's need? Measured from cohorts that differ within one school.

A school's cohorts vary by chance around its usual intake. If a pupil with the same background fares worse in a heavier
cohort of the same school, composition itself counts. Between schools the same comparison would measure school quality
(and money) along with it, so that coefficient is never used (Mundlak 1978; Hoxby 2000; Angrist 2014). Here: the effect,
drawn towards what is believed beforehand, and need with it (estimand B). Not here: the need without it (``scoring``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.design import level_codes
from models_py.need.fit import NeedFit
from models_py.need.logit import Rows, jackknife_of_blocks
from models_py.need.newton import Problem, blocks_at, solve
from models_py.need.scoring import UNIT_KEYS, UnitNeed, predict_from_counts
from models_py.need.settle import settle_one, settle_shares
from models_py.need.tables import canonical_counts, starts_of
from models_py.need.within import YEAR_RIDGE, schools_with_both, year_columns


@dataclass(frozen=True, slots=True)
class CompositionFit:
    """Log-odds that one log-odd of the cohort's mean adds to each of its pupils.

    ``estimate``, ``standard_error``: from the cohorts alone (school jackknife); ``effect``, ``effect_standard_error``:
    drawn towards N(``prior_mean``, ``prior_sd``²). ``schools``: with both outcomes and enough cohorts.
    """

    effect: float
    effect_standard_error: float
    estimate: float
    standard_error: float
    prior_mean: float
    prior_sd: float
    schools: int
    cohorts: int


def fit_composition(
    counts: CellCounts,
    *,
    fit: NeedFit,
    minimum_schools: int = 300,
    minimum_cohorts: int = 3,
    prior_mean: float = 0.25,
    prior_sd: float = 0.25,
    ridge: float = 0.05,
) -> CompositionFit:
    """Within-school logit on background, years and the cohort's mean score; ``fit``: within-school weights of ``counts``.

    The uncertainty of those weights is not in the standard error; with this many schools it is far smaller. National
    data only. Raises ``NeedError``: ``too_few_schools`` (fewer than ``minimum_schools`` with ``minimum_cohorts`` each),
    ``wrong_estimator`` (weights that school quality may have leaked into), ``bad_setting``.
    """
    if fit.estimator not in ("within_school", "between_within") or fit.link != "logit":
        raise NeedError(
            f"the cohorts' scores need within-school log-odds, not {fit.estimator}", reason="wrong_estimator"
        )
    if not (prior_sd > 0 and ridge >= 0):
        raise NeedError(f"prior_sd is {prior_sd} and ridge {ridge}; above zero, and zero or more", reason="bad_setting")
    counts = counts.of_factors([factor.name for factor in fit.design.factors])
    inside = counts.of_schools(schools_with_both(counts))
    cohort = inside.school * len(inside.years) + inside.year[inside.cell]
    _require_schools(inside, cohort, minimum_schools=minimum_schools, minimum_cohorts=minimum_cohorts)
    x = fit.design.matrix(inside.levels)
    score = (x @ fit.coefficients)[inside.cell]
    trials = inside.trials.astype(float)
    sizes = np.bincount(cohort, weights=trials)
    mean = (np.bincount(cohort, weights=trials * score) / np.maximum(sizes, 1.0))[cohort]
    mean = mean - trials @ mean / trials.sum()
    columns = np.hstack([x, year_columns(inside)])
    rows = Rows(columns, inside.school, inside.cell, trials, inside.sums.astype(float))
    weak = min(ridge, YEAR_RIDGE)
    penalty = np.repeat([ridge, weak, weak], [x.shape[1], columns.shape[1] - x.shape[1], 1])
    problem = Problem(rows, np.zeros(len(columns)), mean[:, None], np.diag(penalty))
    solution = solve(problem)
    estimate = float(solution.slopes[-1])
    error = math.sqrt(jackknife_of_blocks(blocks_at(problem, solution))[-1, -1])
    precision, believed = 1.0 / error**2, 1.0 / prior_sd**2
    return CompositionFit(
        effect=settle_one((estimate * precision + prior_mean * believed) / (precision + believed)),
        effect_standard_error=settle_one(1.0 / math.sqrt(precision + believed)),
        estimate=settle_one(estimate),
        standard_error=settle_one(error),
        prior_mean=float(prior_mean),
        prior_sd=float(prior_sd),
        schools=len(inside.schools),
        cohorts=len(inside.years),
    )


def predict_with_composition(fit: NeedFit, register_counts: pd.DataFrame, *, effect: float) -> UnitNeed:
    """Need with the composition effect (B): mean of expit(a + x'b + effect · (unit's mean score - mean over all pupils)).

    The mean over all pupils is taken per municipality and count date, so a unit's need does not hang on which other
    municipalities stand in the table. ``register_counts`` as in ``predict_from_counts``; with ``effect`` 0 the result is
    the same. Raises ``NeedError``: ``wrong_link`` (points), ``bad_setting`` and those of the register counts.
    """
    if fit.link != "logit":
        raise NeedError("the composition effect is in log-odds; the fit holds points", reason="wrong_link")
    if not math.isfinite(effect):
        raise NeedError(f"the composition effect is {effect}; it must be a finite number", reason="bad_setting")
    without = predict_from_counts(fit, register_counts)
    names = [factor.name for factor in fit.design.factors]
    rows = canonical_counts(register_counts, keys=[*UNIT_KEYS, *names], counts=["pupil_count"], what="register counts")
    pupils = rows["pupil_count"].to_numpy(dtype=float)
    score = fit.intercept + fit.design.matrix(level_codes(rows, fit.design.factors)) @ fit.coefficients
    units = _positions(starts_of(*(rows[key] for key in UNIT_KEYS)), len(rows))
    dates = _positions(starts_of(*(rows[key] for key in UNIT_KEYS[:2])), len(rows))
    heavier = _mean(score, pupils, units)[units] - _mean(score, pupils, dates)[dates]
    share = _mean(expit(score + effect * heavier), pupils, units)
    return replace(without, table=without.table.assign(need_share=settle_shares(share)))


def _require_schools(inside: CellCounts, cohort: np.ndarray, *, minimum_schools: int, minimum_cohorts: int) -> None:
    cohorts = np.bincount(np.unique(cohort) // len(inside.years), minlength=len(inside.schools))
    enough = int((cohorts >= minimum_cohorts).sum())
    if enough < minimum_schools:
        raise NeedError(
            f"{enough} schools have both outcomes and {minimum_cohorts} cohorts; the composition effect needs"
            f" {minimum_schools}: estimate it on national data, or leave it at zero",
            reason="too_few_schools",
        )


def _positions(starts: np.ndarray, rows: int) -> np.ndarray:
    """Group of every row from the groups' first rows."""
    return np.repeat(np.arange(len(starts)), np.diff(np.append(starts, rows)))


def _mean(values: np.ndarray, pupils: np.ndarray, group: np.ndarray) -> np.ndarray:
    return np.bincount(group, weights=values * pupils) / np.bincount(group, weights=pupils)
