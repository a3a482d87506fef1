"""The pooled need model: one intercept for all schools. For comparison only, never for money.

Its slopes mix background with school quality wherever the two go together, so the spread of its index, and with it the
money, can be a fifth off although the ranking looks perfect (Mundlak 1978; Neuhaus & McCulloch 2006). It stands beside
the within-school fit to show how much of that there is. Here: from outcome counts to a ``NeedFit``. Not here: the
numerical core (``common_intercept``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_py.errors import NeedError
from models_py.need.calibration import calibrated_intercept, calibration_of
from models_py.need.cells import CellCounts
from models_py.need.cluster import covariance_cluster
from models_py.need.common_intercept import CommonFit, common_blocks, fit_common
from models_py.need.design import Design
from models_py.need.fit import NeedFit
from models_py.need.logit import Rows, jackknife_of_blocks
from models_py.need.settle import settle
from models_py.need.within import (
    YEAR_RIDGE,
    design_of,
    require_events,
    require_ridge,
    require_two_schools,
    year_columns,
    year_effects,
)


@dataclass(frozen=True, slots=True, eq=False)
class PooledSolution:
    """Slopes on cells alone. ``x``: cells × columns: the terms, the years, then a column of ones (the intercept)."""

    design: Design
    x: np.ndarray
    penalty: np.ndarray
    solved: CommonFit


def solve_pooled(counts: CellCounts, *, ridge: float = 0.05) -> PooledSolution:
    """Slopes of one logit over all leavers, without their uncertainty: needs cells only, however many the schools.

    Raises ``NeedError``: ``no_varying_factor``, ``bad_setting`` and those of the core.
    """
    require_ridge(ridge)
    trials, events = (
        np.bincount(counts.cell, weights=values, minlength=len(counts.levels))
        for values in (counts.trials, counts.sums)
    )
    design = design_of(counts)
    x = np.hstack([design.matrix(counts.levels), year_columns(counts), np.ones((len(counts.levels), 1))])
    penalty = np.repeat([ridge, min(ridge, YEAR_RIDGE), 0.0], [len(design.terms), len(counts.years) - 1, 1])
    return PooledSolution(design, x, penalty, fit_common(x, trials=trials, events=events, penalty=penalty))


def fit_pooled(
    counts: CellCounts, *, ridge: float = 0.05, minimum_events: int = 350, covariance_rule: str = "school_jackknife"
) -> NeedFit:
    """Fit the logit of not eligible on background over all leavers, whatever their school.

    Columns of ``blocks``: the terms, the years, then the intercept. ``covariance_rule``: ``school_jackknife`` (CR3, as
    the within-school fit) or ``school_cluster`` (CR1, what most packages report; too narrow with few schools).
    Raises ``NeedError``: ``too_few_events``, ``too_few_schools``, ``bad_setting`` and those of the core.
    """
    if covariance_rule not in ("school_jackknife", "school_cluster"):
        raise NeedError(f"covariance rule {covariance_rule!r} is not known", reason="bad_setting")
    require_events(counts, minimum_events)
    require_two_schools(counts)
    pooled = solve_pooled(counts, ridge=ridge)
    terms = len(pooled.design.terms)
    rows = Rows(pooled.x, counts.school, counts.cell, counts.trials.astype(float), counts.sums.astype(float))
    blocks = common_blocks(rows, mean=pooled.solved.mean, penalty=pooled.penalty)
    clustered = covariance_rule == "school_cluster"
    full = covariance_cluster(blocks, observations=counts.pupils) if clustered else jackknife_of_blocks(blocks)
    coefficients, covariance = settle(pooled.solved.slopes[:terms]), settle(full[:terms, :terms])
    calibration = calibration_of(counts)
    for array in (coefficients, covariance):
        array.setflags(write=False)
    return NeedFit(
        estimator="pooled",
        link="logit",
        design=pooled.design,
        intercept=calibrated_intercept(pooled.design, coefficients=coefficients, calibration=calibration),
        coefficients=coefficients,
        covariance=covariance,
        interval_rule="school_cluster" if clustered else "school_jackknife",
        degrees_of_freedom=float(len(counts.schools) - 1),
        year_effects=year_effects(counts.years, pooled.solved.slopes[terms:-1]),
        ridge=float(ridge),
        result_years=counts.years,
        municipality_codes=tuple(sorted({municipality for municipality, _ in counts.schools})),
        fitted_schools=len(counts.schools),
        dropped_schools=(),
        pupils=counts.pupils,
        events=counts.total,
        iterations=pooled.solved.iterations,
        blocks=blocks,
        calibration=calibration,
    )
