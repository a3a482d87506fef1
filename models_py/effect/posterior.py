"""What own data and studies elsewhere say together, and how much of that is own data.

Source of the default prior: Jackson & Mackevicius 2024 (AEJ Applied): 1 000 dollars a pupil over four years raise results
by .0316 standard deviations, with a spread between studies of about two thirds of that; at ten kronor a dollar
(an assumption) .003 per kkr and year with standard deviation .002. Leuven et al. 2007 found none in the Netherlands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from models_py.errors import EffectError


@dataclass(frozen=True, slots=True)
class EffectPrior:
    """Normal; standard deviations between pupils per kkr and year."""

    mean: float = 0.003
    standard_deviation: float = 0.002


@dataclass(frozen=True, slots=True)
class EffectPosterior:
    """Normal; ``own_share``: weight of own data, 0..1; ``positive_probability``: that money helps, 0..1."""

    mean: float
    standard_deviation: float
    interval_lower: float
    interval_upper: float
    own_share: float
    positive_probability: float


def effect_posterior(estimate: float, *, standard_error: float, prior: EffectPrior) -> EffectPosterior:
    """Precision-weighted mean. Raises ``EffectError`` (``bad_setting``) unless both spreads are above zero."""
    if not (standard_error > 0 and prior.standard_deviation > 0):
        raise EffectError(
            f"a posterior needs spreads above zero; got {standard_error} and {prior.standard_deviation}",
            reason="bad_setting",
        )
    own, other = standard_error**-2, prior.standard_deviation**-2
    share = own / (own + other)
    mean = share * estimate + (1.0 - share) * prior.mean
    spread = float(np.sqrt(1.0 / (own + other)))
    reach = float(stats.norm.ppf(0.975)) * spread
    return EffectPosterior(
        mean=round(mean, 10),
        standard_deviation=round(spread, 10),
        interval_lower=round(mean - reach, 10),
        interval_upper=round(mean + reach, 10),
        own_share=round(share, 10),
        positive_probability=round(float(stats.norm.cdf(mean / spread)), 10),
    )
