"""What every estimator of the need model returns: weights of background, how sure they are, and on what they rest.

Here: results as frozen values. Not here: how they are estimated, nor what they are used for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from models_py.need.cells import School
from models_py.need.design import Design

Estimator = Literal["within_school", "between_within", "points", "pooled", "prior_weighted", "prior"]
"""``prior_weighted``: own data drawn towards a prior (MAP). ``prior``: a prior's weights as they are, or frozen ones."""

Link = Literal["logit", "identity"]
"""``identity``: points are added straight to the expected share, which is clipped to 0..1 when scored."""

IntervalRule = Literal["school_jackknife", "school_cluster", "approximate_posterior", "as_delivered"]


Outcome = Literal["not_eligible", "merit_value"]


@dataclass(frozen=True, slots=True, eq=False)
class SchoolBlocks:
    """What each school adds to the fit at its solution: enough to leave schools out or draw them anew in one step.

    Attributes
    ----------
    scores : schools × columns, gradient of the log-likelihood (columns centred within school where intercepts are
        absorbed); the first ``len(design.terms)`` columns are the terms, then the years
    hessians : schools × columns × columns, negative second derivative
    penalty : columns × columns, ridge or prior precision
    """

    scores: np.ndarray
    hessians: np.ndarray
    penalty: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The cells that the intercept is set by: with it Σ n·p = Σ s over all schools and years.

    ``levels``: int, cells × factors; ``trials``: int64 per cell; ``total``: Σ y in units of y (events, or points).
    """

    levels: np.ndarray
    trials: np.ndarray
    total: float


@dataclass(frozen=True, slots=True, eq=False)
class NeedFit:
    """Weights of background aligned with ``design.terms``: log-odds, or points of the outcome when the link is identity.

    Attributes
    ----------
    intercept : recalibrated: with it the expected sum equals the observed one over all schools and years
    covariance : of ``coefficients``, by ``interval_rule``
    degrees_of_freedom, widening : 95 % intervals reach ``widening`` × t(degrees_of_freedom) standard errors
    year_effects : year → effect, the first year 0
    dropped_schools : all or none not eligible; without say in the slopes, counted in the intercept
    blocks : None where no own pupils stand behind the weights (a prior used as it is)
    ridge : log-odds⁻² per dummy; pupils per dummy when the link is identity
    events : Σ y: the not eligible, or merit value in steps
    random_intercept_sd : of the schools' intercepts, log-odds, where they are drawn from one distribution
    outcome : 'not_eligible' (share 0..1) or 'merit_value' (points; higher is better)
    prior_sha256 : identity of the prior behind the weights; empty where there is none
    """

    estimator: Estimator
    link: Link
    design: Design
    intercept: float
    coefficients: np.ndarray
    covariance: np.ndarray
    interval_rule: IntervalRule
    degrees_of_freedom: float
    year_effects: tuple[tuple[int, float], ...]
    ridge: float
    result_years: tuple[int, ...]
    municipality_codes: tuple[str, ...]
    fitted_schools: int
    dropped_schools: tuple[School, ...]
    pupils: int
    events: int
    iterations: int
    blocks: SchoolBlocks | None
    calibration: Calibration | None
    widening: float = 1.0
    outcome: Outcome = "not_eligible"
    random_intercept_sd: float | None = None
    prior_sha256: str = ""

    @property
    def standard_errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    @property
    def intervals(self) -> np.ndarray:
        """Terms × 2: lower and upper 95 % limits."""
        reach = self.widening * stats.t.ppf(0.975, self.degrees_of_freedom) * self.standard_errors
        return np.column_stack([self.coefficients - reach, self.coefficients + reach])
