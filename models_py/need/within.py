"""The within-school need model: which background goes with not becoming eligible, at one and the same school.

Each school has its own absorbed intercept, so school quality, and money already at work, cannot leak into the weights
of background (fixed effects: Chamberlain 1980; Mundlak 1978). Slopes carry a small ridge; nothing else is shrunk.
Here: from outcome counts to a ``NeedFit``. Not here: the numerical core (``logit``) and scoring (``scoring``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from models_py.errors import NeedError
from models_py.need.design import FACTORS, Design, Factor, build_design, level_codes
from models_py.need.logit import fit_absorbed, recalibrate, within_covariance
from models_py.need.settle import settle, settle_one
from models_py.need.tables import canonical_counts, starts_of

SCHOOL_KEYS = ("municipality_code", "school_unit_code")
OUTCOME_COUNTS = ("leaver_count", "not_eligible_count")
YEAR_RIDGE = 1e-4  # identifies a year only one school has, and is far too weak to move the others


@dataclass(frozen=True, slots=True, eq=False)
class NeedFit:
    """Weights of background, log-odds, aligned with ``design.terms``.

    ``intercept`` is recalibrated: with it the expected not eligible equal the observed over all schools and years.
    ``covariance`` is CR3 (one-step jackknife over schools); ``intervals`` are 95 %, t with ``fitted_schools - 1``.
    ``dropped_schools``: all or none not eligible; without say in the slopes, counted in the intercept.
    """

    design: Design
    intercept: float
    coefficients: np.ndarray
    covariance: np.ndarray
    year_effects: tuple[tuple[int, float], ...]
    ridge: float
    result_years: tuple[int, ...]
    municipality_codes: tuple[str, ...]
    fitted_schools: int
    dropped_schools: tuple[tuple[str, str], ...]
    pupils: int
    events: int
    iterations: int

    @property
    def standard_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    @property
    def intervals(self) -> np.ndarray:
        """Terms × 2: lower and upper 95 % limits."""
        reach = stats.t.ppf(0.975, self.fitted_schools - 1) * self.standard_errors
        return np.column_stack([self.coefficients - reach, self.coefficients + reach])


def outcome_cells(outcome_counts: pd.DataFrame, *, factors: Sequence[Factor] = FACTORS) -> pd.DataFrame:
    """School × year × cell counts in canonical order: what the fit sees, and what its identity is taken from."""
    keys = [*SCHOOL_KEYS, "result_year", *(factor.name for factor in factors)]
    cells = canonical_counts(outcome_counts, keys=keys, counts=OUTCOME_COUNTS, what="outcome counts")
    beyond = cells["not_eligible_count"] > cells["leaver_count"]
    if beyond.any():
        units = sorted(set(cells.loc[beyond, "school_unit_code"]))[:3]
        raise NeedError(
            f"outcome counts: {int(beyond.sum())} cells have more not eligible than leavers, first units {units};"
            " correct the counts",
            reason="events_exceed_leavers",
        )
    return cells


def fit_within_school(
    outcome_counts: pd.DataFrame,
    *,
    factors: Sequence[Factor] = FACTORS,
    ridge: float = 0.05,
    minimum_events: int = 350,
) -> NeedFit:
    """Fit the logit of not eligible on background within schools.

    ``outcome_counts``: municipality_code, school_unit_code, result_year, one column per factor (level names),
    leaver_count, not_eligible_count; one row per cell or per pupil, in any order, gives the same bits. A school is a
    unit within a municipality. Years always have their own level. ``ridge`` is per dummy, log-odds⁻².
    Raises ``NeedError``: ``too_few_events`` (own weights are noise below some 350 events), ``too_few_schools``, and
    those of the input (``empty_input``, ``negative_count``, ``events_exceed_leavers``, ``unknown_level``, …).
    """
    if not ridge >= 0:
        raise NeedError(f"ridge is {ridge}; it must be zero or more", reason="bad_setting")
    cells = outcome_cells(outcome_counts, factors=factors)
    codes = level_codes(cells, factors)
    leavers = cells["leaver_count"].to_numpy(dtype=float)
    events = cells["not_eligible_count"].to_numpy(dtype=float)
    if events.sum() < minimum_events:
        raise NeedError(
            f"{int(events.sum())} leavers are not eligible; own weights need {minimum_events}:"
            " pool more years, use national weights or the open statistics",
            reason="too_few_events",
        )
    starts = starts_of(*(cells[key] for key in SCHOOL_KEYS))
    sizes = np.diff(np.append(starts, len(cells)))
    school_leavers, school_events = np.add.reduceat(leavers, starts), np.add.reduceat(events, starts)
    mixed = (school_events > 0) & (school_events < school_leavers)
    if mixed.sum() < 2:
        raise NeedError(
            f"{int(mixed.sum())} of {len(starts)} schools have both outcomes; two are needed to compare within schools",
            reason="too_few_schools",
        )
    keep = np.repeat(mixed, sizes)
    # Levels are judged on the schools that inform the slopes, or a column could be all zero.
    design = build_design(codes[keep], leavers[keep], factors)
    years = sorted({int(year) for year in cells["result_year"]})
    year_dummies = cells["result_year"].to_numpy(dtype=float)[keep, None] == np.array(years[1:], dtype=float)[None, :]
    x = np.hstack([design.matrix(codes[keep]), year_dummies.astype(float)])
    kept_starts = np.concatenate([[0], np.cumsum(sizes[mixed])[:-1]])
    terms = len(design.terms)
    penalty = np.full(x.shape[1], ridge)
    penalty[terms:] = min(ridge, YEAR_RIDGE)
    solved = fit_absorbed(x, trials=leavers[keep], events=events[keep], starts=kept_starts, penalty=penalty)
    covariance = within_covariance(
        x, weights=solved.weights, residuals=solved.residuals, starts=kept_starts, penalty=penalty
    )[:terms, :terms]
    coefficients = settle(solved.slopes[:terms])
    covariance = settle(covariance)
    intercept = settle_one(recalibrate(design.matrix(codes) @ coefficients, trials=leavers, events=events))
    for array in (coefficients, covariance):
        array.setflags(write=False)
    first_rows = cells.iloc[starts[~mixed]]
    return NeedFit(
        design=design,
        intercept=intercept,
        coefficients=coefficients,
        covariance=covariance,
        year_effects=((years[0], 0.0), *zip(years[1:], settle(solved.slopes[terms:]).tolist(), strict=True)),
        ridge=float(ridge),
        result_years=tuple(years),
        municipality_codes=tuple(sorted(set(cells["municipality_code"]))),
        fitted_schools=int(mixed.sum()),
        dropped_schools=tuple(zip(first_rows["municipality_code"], first_rows["school_unit_code"], strict=True)),
        pupils=int(leavers.sum()),
        events=int(events.sum()),
        iterations=solved.iterations,
    )
