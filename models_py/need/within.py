"""The within-school need model: which background goes with not becoming eligible, at one and the same school.

Each school has its own absorbed intercept, so school quality, and money already at work, cannot leak into the weights
of background (fixed effects: Chamberlain 1980; Mundlak 1978). Slopes carry a small ridge; nothing else is shrunk.
Here: from outcome counts to a ``NeedFit``. Not here: the numerical core (``logit``) and scoring (``scoring``).
"""

from __future__ import annotations

import numpy as np

from models_py.errors import NeedError
from models_py.need.calibration import calibrated_intercept, calibration_of
from models_py.need.cells import CellCounts
from models_py.need.design import Design, build_design
from models_py.need.fit import NeedFit
from models_py.need.logit import Rows, fit_absorbed, jackknife_of_blocks, within_blocks
from models_py.need.settle import settle

YEAR_RIDGE = 1e-4  # identifies a year only one school has, and is far too weak to move the others


def fit_within_school(counts: CellCounts, *, ridge: float = 0.05, minimum_events: int = 350) -> NeedFit:
    """Fit the logit of not eligible on background within schools.

    Years always have their own level. ``ridge`` is per dummy, log-odds⁻². Raises ``NeedError``: ``too_few_events`` (own
    weights are noise below some 350 events), ``too_few_schools``, ``bad_setting`` and those of the core.
    """
    require_ridge(ridge)
    require_events(counts, minimum_events)
    mixed = schools_with_both(counts)
    inside = counts.of_schools(mixed)
    # Levels are judged on the schools that inform the slopes, or a column could be all zero.
    design = design_of(inside)
    terms, years = len(design.terms), len(counts.years) - 1
    x = np.hstack([design.matrix(inside.levels), year_columns(inside)])
    penalty = np.repeat([ridge, min(ridge, YEAR_RIDGE)], [terms, years])
    rows = Rows(x, inside.school, inside.cell, inside.trials.astype(float), inside.sums.astype(float))
    solved = fit_absorbed(rows, penalty=penalty)
    blocks = within_blocks(rows, weights=solved.weights, residuals=solved.residuals, penalty=penalty)
    covariance = settle(jackknife_of_blocks(blocks)[:terms, :terms])
    coefficients = settle(solved.slopes[:terms])
    calibration = calibration_of(counts)
    for array in (coefficients, covariance):
        array.setflags(write=False)
    return NeedFit(
        estimator="within_school",
        link="logit",
        design=design,
        intercept=calibrated_intercept(design, coefficients=coefficients, calibration=calibration),
        coefficients=coefficients,
        covariance=covariance,
        interval_rule="school_jackknife",
        degrees_of_freedom=float(mixed.sum() - 1),
        year_effects=year_effects(counts.years, solved.slopes[terms:]),
        ridge=float(ridge),
        result_years=counts.years,
        municipality_codes=tuple(sorted({municipality for municipality, _ in counts.schools})),
        fitted_schools=int(mixed.sum()),
        dropped_schools=tuple(school for school, kept in zip(counts.schools, mixed, strict=True) if not kept),
        pupils=counts.pupils,
        events=counts.total,
        iterations=solved.iterations,
        blocks=blocks,
        calibration=calibration,
    )


def design_of(counts: CellCounts) -> Design:
    """The coding that the leavers of these counts can support. Raises ``NeedError`` (``no_varying_factor``)."""
    leavers = np.bincount(counts.cell, weights=counts.trials, minlength=len(counts.levels))
    return build_design(counts.levels, leavers, counts.factors)


def require_ridge(ridge: float) -> None:
    """Raise ``NeedError`` (``bad_setting``) unless the ridge is zero or more."""
    if not ridge >= 0:
        raise NeedError(f"ridge is {ridge}; it must be zero or more", reason="bad_setting")


def require_two_schools(counts: CellCounts) -> None:
    """Raise ``NeedError`` (``too_few_schools``) below two schools."""
    if len(counts.schools) < 2:
        raise NeedError(
            "one school has leavers; two are needed to tell how sure the weights are", reason="too_few_schools"
        )


def require_events(counts: CellCounts, minimum_events: int) -> None:
    """Raise ``NeedError`` (``too_few_events``) below ``minimum_events`` leavers that are not eligible."""
    if counts.total < minimum_events:
        raise NeedError(
            f"{counts.total} leavers are not eligible; own weights need {minimum_events}:"
            " pool more years, use national weights or the open statistics",
            reason="too_few_events",
        )


def schools_with_both(counts: CellCounts) -> np.ndarray:
    """Bool per school: some are eligible and some are not. Raises ``NeedError`` (``too_few_schools``) below two."""
    starts = counts.starts
    trials, events = np.add.reduceat(counts.trials, starts), np.add.reduceat(counts.sums, starts)
    mixed = (events > 0) & (events < trials)
    if mixed.sum() < 2:
        raise NeedError(
            f"{int(mixed.sum())} of {len(starts)} schools have both outcomes; two are needed to compare within schools",
            reason="too_few_schools",
        )
    return mixed


def year_columns(counts: CellCounts) -> np.ndarray:
    """Dummies of the cells' years, the first year left out: cells × (years - 1)."""
    return (counts.year[:, None] == np.arange(1, len(counts.years))[None, :]).astype(float)


def year_effects(years: tuple[int, ...], effects: np.ndarray) -> tuple[tuple[int, float], ...]:
    """Year → effect, the first year 0."""
    return ((years[0], 0.0), *zip(years[1:], settle(effects).tolist(), strict=True))
