"""The between-within need model: a random intercept per school, and the school's own composition beside it.

For small schools. The school's mean risk takes up what differs between schools (Mundlak 1978; Neuhaus & McCulloch
2006), so the slopes of background are those within schools; the random intercept spares them the inflation that one
intercept per school brings where it rests on few leavers (Neyman & Scott 1948). Only the slopes within are used. The
coefficient of composition is not a peer effect: it holds school quality too. Here: from outcome counts to a
``NeedFit``. Not here: the numerical core (``random_intercept``) and scoring (``scoring``).
"""

from __future__ import annotations

import numpy as np

from models_py.need.calibration import calibrated_intercept, calibration_of
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit
from models_py.need.logit import Rows, jackknife_of_blocks
from models_py.need.pooled import PooledSolution, solve_pooled
from models_py.need.random_intercept import fit_random_intercept
from models_py.need.settle import settle, settle_one
from models_py.need.within import YEAR_RIDGE, require_events, require_two_schools, year_effects


def fit_between_within(counts: CellCounts, *, ridge: float = 0.05, minimum_events: int = 350) -> NeedFit:
    """Fit the logit of not eligible on background with random school intercepts and the school's mean pooled score.

    No school is dropped. Columns of ``blocks``: the terms, the years, the intercept, the school's mean score; intercepts
    of schools are absorbed with the precision 1/variance. ``random_intercept_sd`` is their standard deviation, log-odds.
    ``ridge`` is per dummy, log-odds⁻². Raises ``NeedError``: ``too_few_events``, ``too_few_schools``, ``bad_setting`` and
    those of the core.
    """
    require_events(counts, minimum_events)
    require_two_schools(counts)
    pooled = solve_pooled(counts, ridge=ridge)
    terms, years = len(pooled.design.terms), len(counts.years) - 1
    rows = Rows(pooled.x[:, :-1], counts.school, counts.cell, counts.trials.astype(float), counts.sums.astype(float))
    columns = np.column_stack([np.ones(rows.schools), mean_scores(rows, pooled)])
    weak = min(ridge, YEAR_RIDGE)
    penalty = np.repeat([ridge, weak, 0.0, weak], [terms, years, 1, 1])
    solved = fit_random_intercept(rows, school_columns=columns, penalty=penalty)
    coefficients = settle(solved.slopes[:terms])
    covariance = settle(jackknife_of_blocks(solved.blocks)[:terms, :terms])
    calibration = calibration_of(counts)
    for array in (coefficients, covariance):
        array.setflags(write=False)
    return NeedFit(
        estimator="between_within",
        link="logit",
        design=pooled.design,
        intercept=calibrated_intercept(pooled.design, coefficients=coefficients, calibration=calibration),
        coefficients=coefficients,
        covariance=covariance,
        interval_rule="school_jackknife",
        degrees_of_freedom=float(len(counts.schools) - 1),
        year_effects=year_effects(counts.years, solved.slopes[terms : terms + years]),
        ridge=float(ridge),
        result_years=counts.years,
        municipality_codes=tuple(sorted({municipality for municipality, _ in counts.schools})),
        fitted_schools=len(counts.schools),
        dropped_schools=(),
        pupils=counts.pupils,
        events=counts.total,
        iterations=solved.iterations,
        blocks=solved.blocks,
        calibration=calibration,
        random_intercept_sd=settle_one(np.sqrt(solved.variance)),
    )


def mean_scores(rows: Rows, pooled: PooledSolution) -> np.ndarray:
    """Mean over a school's leavers of x'b by the pooled slopes of background, centred at the mean of all leavers."""
    terms = len(pooled.design.terms)
    score = rows.trials * (pooled.x[:, :terms] @ pooled.solved.slopes[:terms])[rows.cell]
    return rows.by_school(score) / rows.by_school(rows.trials) - score.sum() / rows.trials.sum()
