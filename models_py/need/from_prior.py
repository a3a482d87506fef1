"""A prior's weights as they are: for a municipality without usable results of its own, and for frozen own weights.

Here: from a prior to a ``NeedFit`` whose only own estimate, if any, is the intercept. Not here: weights drawn from the
prior towards own results (``toward_prior``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from models_py.need.calibration import calibrated_intercept, calibration_of
from models_py.need.cells import CellCounts
from models_py.need.design import Design, Factor
from models_py.need.fit import Calibration, NeedFit
from models_py.need.prior import Prior
from models_py.need.prior_design import align_prior
from models_py.need.prior_text import prior_sha256
from models_py.need.settle import settle, settle_one

PUBLISHED_TAU = 0.2
"""Standard deviation, log-odds, of a municipality's weights around published ones that came without a covariance."""


def fit_from_prior(prior: Prior, *, factors: Sequence[Factor], counts: CellCounts | None = None) -> NeedFit:
    """Estimator ``prior``: coefficients and covariance as delivered (no covariance: ``PUBLISHED_TAU``² each).

    The intercept is set by own results where ``counts`` has both outcomes, else it is the prior's; the index hardly
    feels it. ``pupils``, ``events`` and ``fitted_schools`` are those the prior rests on (0 where a publication does not
    say). Factors the prior does not know are left out. Raises ``NeedError`` as ``align_prior``.
    """
    aligned = align_prior(prior, factors=factors)
    covariance = aligned.covariance
    if prior.covariance is None:
        covariance = covariance + PUBLISHED_TAU**2 * np.eye(len(covariance))
    coefficients, covariance = settle(aligned.means), settle(covariance)
    for array in (coefficients, covariance):
        array.setflags(write=False)
    intercept, calibration = prior.intercept, None
    if counts is not None and 0 < counts.total < counts.pupils:
        calibration = calibration_of(counts.of_factors([factor.name for factor in aligned.design.factors]))
        intercept = _intercept(prior, aligned.design, coefficients, calibration)
    return NeedFit(
        estimator="prior",
        link=prior.link,
        design=aligned.design,
        intercept=intercept,
        coefficients=coefficients,
        covariance=covariance,
        interval_rule="as_delivered",
        degrees_of_freedom=math.inf if prior.degrees_of_freedom is None else prior.degrees_of_freedom,
        widening=prior.widening,
        year_effects=(),
        ridge=0.0,
        result_years=prior.result_years,
        municipality_codes=prior.municipality_codes,
        fitted_schools=prior.schools or 0,
        dropped_schools=(),
        pupils=prior.pupils or 0,
        events=prior.events or 0,
        iterations=0,
        blocks=None,
        calibration=calibration,
        prior_sha256=prior_sha256(prior),
    )


def _intercept(prior: Prior, design: Design, coefficients: np.ndarray, calibration: Calibration) -> float:
    if prior.link == "logit":
        return calibrated_intercept(design, coefficients=coefficients, calibration=calibration)
    score = design.matrix(calibration.levels) @ coefficients
    return settle_one((calibration.total - calibration.trials @ score) / calibration.trials.sum())
