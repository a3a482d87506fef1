"""What own results and a prior together say: of how much municipalities differ, and of the weights for each answer.

Here: the mixture over tau, draws from it, and limits from draws. Not here: how it is fitted (``toward_prior``), index
and money, through which the draws are carried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_py.errors import NeedError
from models_py.need.design import Term
from models_py.need.settle import settle


@dataclass(frozen=True, slots=True, eq=False)
class TauPosterior:
    """Mixture of normals over ``taus``.

    Attributes
    ----------
    taus : log-odds, standard deviation of municipal weights around the prior
    log_evidence : per tau, of the own results, the largest 0
    weights : per tau, sum 1: evidence times the half-normal prior
    coefficients : taus × terms, log-odds; covariances : taus × terms × terms
    unknown_terms : terms that only own leavers have; left_out : counted factors the prior does not know
    prior_sha256 : which prior
    """

    taus: tuple[float, ...]
    log_evidence: np.ndarray
    weights: np.ndarray
    coefficients: np.ndarray
    covariances: np.ndarray
    unknown_terms: tuple[Term, ...]
    left_out: tuple[str, ...]
    prior_sha256: str

    @property
    def mean(self) -> float:
        """Posterior mean of tau, log-odds."""
        return float(np.array(self.taus) @ self.weights / self.weights.sum())

    @property
    def covariance(self) -> np.ndarray:
        """Of the weights over the whole mixture: mean of the covariances and spread of the means, terms × terms."""
        share = self.weights / self.weights.sum()
        apart = self.coefficients - share @ self.coefficients
        return np.einsum("t,tij->ij", share, self.covariances) + (apart * share[:, None]).T @ apart


def posterior_draws(posterior: TauPosterior, *, draws: int = 200, seed: int) -> np.ndarray:
    """Weights drawn from the mixture, draws × terms, log-odds: tau by weight, then a normal around its mode.

    For the interval of anything that follows from the weights (index, kronor): recalibrate and compute it per draw, then
    ``widened_limits``. Raises ``NeedError`` (``bad_setting``).
    """
    if draws < 2:
        raise NeedError(f"draws is {draws}; two or more are needed", reason="bad_setting")
    stream = np.random.default_rng(seed)
    share = posterior.weights / posterior.weights.sum()
    chosen = stream.choice(len(share), size=draws, p=share)
    normal = stream.standard_normal((draws, posterior.coefficients.shape[1]))
    lower = np.linalg.cholesky(posterior.covariances)
    return settle(posterior.coefficients[chosen] + np.einsum("dij,dj->di", lower[chosen], normal))


def widened_limits(drawn: np.ndarray, *, estimate: np.ndarray, widening: float) -> np.ndarray:
    """Lower and upper 95 % limits, quantities × 2: percentiles of ``drawn`` (draws × quantities), their distance from the
    ``estimate`` times ``widening``. Raises ``NeedError`` (``bad_setting``) below 1, which would narrow them."""
    if not widening >= 1:
        raise NeedError(f"widening is {widening}; it must be 1 or more", reason="bad_setting")
    limits = np.percentile(drawn, [2.5, 97.5], axis=0)
    return (estimate + widening * (limits - estimate)).T
