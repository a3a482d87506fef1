"""From scores to expected shares, by link; and the intercept that makes expected equal observed, for many weights at once.

Belongs here: arrays in, arrays out, one column per set of weights. Does not: tables, names, estimation.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.fit import Link

REACH = 30.0  # log-odds beyond the scores; there an expected share is 0 or 1 to the last bit that matters


def expected(score: np.ndarray, link: Link) -> np.ndarray:
    """Expected share 0..1: inverse logit of log-odds, or points clipped to 0..1."""
    return expit(score) if link == "logit" else np.clip(score, 0.0, 1.0)


def expected_slope(share: np.ndarray, link: Link) -> np.ndarray:
    """Derivative of the expected share by its score, from the share: p(1-p), or 1 inside 0..1 and 0 where clipped."""
    return share * (1.0 - share) if link == "logit" else ((share > 0.0) & (share < 1.0)).astype(float)


NEWTON_STEPS = 40
"""Steps after which an intercept is found by halving alone; Newton settles in some five."""


def intercepts(
    scores: np.ndarray, *, trials: np.ndarray, total: float, link: Link, start: float, max_iterations: int = 100
) -> np.ndarray:
    """Solve Σ n · expected(a + score) = total for every column of ``scores`` (cells × draws): one a per draw.

    Newton inside a bracket that only shrinks; a step that leaves it is replaced by halving.
    Raises ``NeedError``: ``no_calibration`` (total is not between 0 and Σ n), ``no_convergence``.
    """
    if not 0 < total < trials.sum():
        raise NeedError(
            "all or none of the calibration pupils have the outcome; no intercept can be set", reason="no_calibration"
        )
    width = REACH if link == "logit" else 1.0
    lower, upper = -scores.max(axis=0) - width, -scores.min(axis=0) + width
    a = np.clip(np.full(scores.shape[1], float(start)), lower, upper)
    for iteration in range(max_iterations):
        share = expected(a + scores, link)
        beyond = trials @ share - total
        lower, upper = np.where(beyond <= 0, a, lower), np.where(beyond >= 0, a, upper)
        slope = trials @ expected_slope(share, link)
        step = np.divide(-beyond, slope, out=np.full_like(a, np.inf), where=slope > 0)
        after = a + step
        # Between two kinks of the identity link Newton can go to and fro for ever: then only halving is left.
        outside = ~((after >= lower) & (after <= upper)) | (iteration >= NEWTON_STEPS)
        after = np.where(outside, 0.5 * (lower + upper), after)
        moved = np.abs(after - a)
        a = after
        if (moved < 1e-12 * np.maximum(1.0, np.abs(a))).all():
            return a
    raise NeedError(
        f"the intercept did not settle in {max_iterations} iterations; the weights are not usable",
        reason="no_convergence",
    )
