"""An expected result per school unit from its pupils' background, as Skolverket's SALSA states one: description only.

Belongs here: ordinary and weighted regression on units, residuals with intervals, how far published expected values can
be reproduced from the published factors. Does not: value-added, need, money. A fit on some municipalities is not SALSA and
must not be called so; residuals are not comparable over years in which the factors' definitions changed.
Source: Skolverket, SALSA (units with at least 15 leavers and background known for at least 75 % of them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm

from models_py.errors import FollowupError
from models_py.followup.tables import require

FEWEST_LEAVERS = 15
LEAST_KNOWN_SHARE = 0.75
FACTORS = ("parental_education", "newly_immigrated_share", "boy_share")
"""Mean education of the parents on the scale 1 to 3, and shares 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class SchoolLevelFit:
    """Attributes
    ----------
    coefficients : term, estimate, standard_error
    r_squared : 0..1
    residual_sd : in units of the outcome (standard error of the estimate)
    unit_count : units in the fit
    units : rows in the fit in the order given, with expected, residual, interval_lower, interval_upper (95 % of where a
        unit with these factors may lie)
    is_weighted : by leavers
    """

    coefficients: pd.DataFrame
    r_squared: float
    residual_sd: float
    unit_count: int
    units: pd.DataFrame
    is_weighted: bool


def salsa_like(
    units: pd.DataFrame, *, outcome: str, factors: Sequence[str] = FACTORS, weighted: bool = False
) -> SchoolLevelFit:
    """Regress a unit's outcome on its factors.

    ``units``: the outcome, the factors, and where known leaver_count and known_background_share; units below
    ``FEWEST_LEAVERS`` or ``LEAST_KNOWN_SHARE`` and units with an empty value stay out. ``weighted`` needs leaver_count.
    Raises FollowupError for missing columns, too few units, and factors that cannot be told apart.
    """
    require(units, (outcome, *factors, *(("leaver_count",) if weighted else ())), what="units")
    keep = units[[outcome, *factors]].notna().all(axis=1)
    if "leaver_count" in units:
        keep &= units["leaver_count"] >= FEWEST_LEAVERS
    if "known_background_share" in units:
        keep &= units["known_background_share"] >= LEAST_KNOWN_SHARE
    used = units[keep]
    if len(used) < 2 * (len(factors) + 1):
        raise FollowupError(f"salsa_like: {len(used)} units for {len(factors) + 1} coefficients; more are needed")
    x = sm.add_constant(used[list(factors)].astype(float), has_constant="add")
    if np.linalg.matrix_rank(x.to_numpy()) < x.shape[1]:
        raise FollowupError(f"salsa_like: factors {', '.join(factors)} cannot be told apart in these {len(used)} units")
    weights = used["leaver_count"].to_numpy(float) if weighted else np.ones(len(used))
    fit = sm.WLS(used[outcome].astype(float), x, weights=weights / weights.mean()).fit()
    place = fit.get_prediction(x, weights=weights / weights.mean()).summary_frame(alpha=0.05)
    expected = np.asarray(fit.fittedvalues)
    told = used.assign(
        expected=expected, residual=used[outcome].to_numpy(float) - expected,
        interval_lower=place["obs_ci_lower"].to_numpy(), interval_upper=place["obs_ci_upper"].to_numpy(),
    )  # fmt: skip
    table = pd.DataFrame(
        {"term": list(x.columns), "estimate": np.asarray(fit.params), "standard_error": np.asarray(fit.bse)}
    )
    return SchoolLevelFit(table, float(fit.rsquared), float(np.sqrt(fit.mse_resid)), len(used), told, weighted)


@dataclass(frozen=True, slots=True)
class Reproduced:
    """How far published expected values follow from the published factors; in units of the outcome.

    ``within_share``: share of units reproduced within the tolerance given.
    """

    unit_count: int
    r_squared: float
    residual_sd: float
    largest_miss: float
    within_share: float
    coefficients: dict[str, float]


def reproduce_expected(
    units: pd.DataFrame, *, published: str, tolerance: float, factors: Sequence[str] = FACTORS
) -> Reproduced:
    """Fit the published expected values on the published factors: the national equation within rounding.

    Raises FollowupError as ``salsa_like`` does.
    """
    fit = salsa_like(units, outcome=published, factors=factors)
    miss = fit.units["residual"].abs()
    named = dict(zip(fit.coefficients["term"], fit.coefficients["estimate"].astype(float), strict=True))
    return Reproduced(
        fit.unit_count, fit.r_squared, fit.residual_sd, float(miss.max()), float((miss <= tolerance).mean()), named
    )
