"""The points model: each characteristic adds the same points to the expected outcome, within one and the same school.

The most transparent of the estimators: least squares with one absorbed intercept per school, on the cell table and the
schools' sums. For a share the points are probabilities (a linear probability model; its index is some 3 % too narrow),
for merit value they are merit points. Merit value is an outcome to look at beside need, never need itself: grades carry
each school's leniency. Here: from counts to a ``NeedFit``. Not here: scoring (``scoring``, ``merit``).
"""

from __future__ import annotations

import numpy as np

from models_py.errors import NeedError
from models_py.need.calibration import calibrated_intercept, calibration_of
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit, Outcome
from models_py.need.logit import Rows, jackknife_of_blocks, require_identified, within_blocks
from models_py.need.settle import settle
from models_py.need.within import (
    YEAR_RIDGE,
    design_of,
    require_events,
    require_ridge,
    require_two_schools,
    schools_with_both,
    year_columns,
    year_effects,
)


def fit_points(
    counts: CellCounts,
    *,
    outcome: Outcome = "not_eligible",
    ridge: float = 0.5,
    minimum_events: int = 350,
) -> NeedFit:
    """Least squares of the outcome on background within schools: b = (X'X - Σ n x̄x̄' + P)⁻¹ (X'y - Σ n x̄ȳ).

    Parameters
    ----------
    counts : events for ``not_eligible``; for ``merit_value`` sums and squares in steps of ``counts.step`` points
    ridge : pupils per dummy; half a pupil is about what .05 log-odds⁻² is at a share of one in eight
    minimum_events : least events; for merit value, where everybody tells something, least pupils

    ``coefficients``: share 0..1, or merit points. The intercept makes the mean of the expected outcome that of the
    observed, for a share after clipping to 0..1. No school is dropped. Columns of ``blocks``: the terms, the years.
    Raises ``NeedError``: ``bad_outcome``, ``too_few_events``, ``too_few_pupils``, ``too_few_schools``, ``bad_setting``,
    ``not_identified``.
    """
    require_ridge(ridge)
    _require_outcome(counts, outcome, minimum_events)
    design = design_of(counts)
    terms, years = len(design.terms), len(counts.years) - 1
    x = np.hstack([design.matrix(counts.levels), year_columns(counts)])
    rows = Rows(x, counts.school, counts.cell, counts.trials.astype(float), counts.sums * counts.step)
    penalty = np.repeat([ridge, min(ridge, YEAR_RIDGE)], [terms, years])
    slopes, residuals = solve_points(rows, penalty=penalty)
    blocks = within_blocks(rows, weights=rows.trials, residuals=residuals, penalty=penalty)
    coefficients, covariance = settle(slopes[:terms]), settle(jackknife_of_blocks(blocks)[:terms, :terms])
    calibration = calibration_of(counts)
    for array in (coefficients, covariance):
        array.setflags(write=False)
    return NeedFit(
        estimator="points",
        link="identity",
        design=design,
        intercept=calibrated_intercept(
            design, coefficients=coefficients, calibration=calibration, link="identity", outcome=outcome
        ),
        coefficients=coefficients,
        covariance=covariance,
        interval_rule="school_jackknife",
        degrees_of_freedom=float(len(counts.schools) - 1),
        year_effects=year_effects(counts.years, slopes[terms:]),
        ridge=float(ridge),
        result_years=counts.years,
        municipality_codes=tuple(sorted({municipality for municipality, _ in counts.schools})),
        fitted_schools=len(counts.schools),
        dropped_schools=(),
        pupils=counts.pupils,
        events=counts.total,
        iterations=1,
        blocks=blocks,
        calibration=calibration,
        outcome=outcome,
    )


def solve_points(rows: Rows, *, penalty: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of least squares with one intercept per school, and the rows' residuals; ``rows.events`` holds Σ y.

    Raises ``NeedError`` (``not_identified``).
    """
    x = rows.x
    pupils = rows.by_school(rows.trials)
    cross = rows.spread(rows.trials) @ x
    mean_y = rows.by_school(rows.events) / pupils
    hessian = x.T @ (rows.by_cell(rows.trials)[:, None] * x) - cross.T @ (cross / pupils[:, None]) + np.diag(penalty)
    require_identified(hessian)
    slopes = np.linalg.solve(hessian, x.T @ rows.by_cell(rows.events) - cross.T @ mean_y)
    level = mean_y - (cross / pupils[:, None]) @ slopes
    return slopes, rows.events - rows.trials * (level[rows.school] + (x @ slopes)[rows.cell])


def _require_outcome(counts: CellCounts, outcome: str, minimum_events: int) -> None:
    if outcome == "not_eligible":
        if counts.step != 1.0 or not np.array_equal(counts.sums, counts.squares) or (counts.sums > counts.trials).any():
            raise NeedError("the counts are not of an outcome that is 0 or 1; name the outcome", reason="bad_outcome")
        require_events(counts, minimum_events)
        schools_with_both(counts)
    elif outcome == "merit_value":
        if counts.pupils < minimum_events:
            raise NeedError(
                f"{counts.pupils} pupils have a merit value; own weights need {minimum_events}: pool more years",
                reason="too_few_pupils",
            )
        require_two_schools(counts)
    else:
        raise NeedError(f"outcome {outcome!r} is not known; use not_eligible or merit_value", reason="bad_outcome")
