"""Own results drawn towards a prior: as far as the data say that this municipality differs from the others.

Weights b ~ N(prior mean, prior covariance + tau²), where tau, how much municipalities differ, is not chosen but
averaged over a grid by the evidence for each value (half-normal beforehand). With few events the prior speaks, with
many the own results do. Here: from outcome counts and a prior to a ``NeedFit`` and the record of tau. Not here: the
numerical core (``newton``), draws from the posterior (``posterior``), weights taken as they are (``from_prior``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models_py.errors import NeedError
from models_py.need.calibration import calibrated_intercept, calibration_of
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit
from models_py.need.from_prior import PUBLISHED_TAU
from models_py.need.logit import Rows, recalibrate
from models_py.need.newton import Problem, Solution, blocks_at, log_evidence, solve, with_slopes
from models_py.need.posterior import TauPosterior
from models_py.need.prior import Prior
from models_py.need.prior_design import PriorDesign, align_prior
from models_py.need.prior_text import prior_sha256
from models_py.need.settle import settle
from models_py.need.within import YEAR_RIDGE, year_columns, year_effects

TAU_GRID = (0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7)
TAU_SCALE = 0.3
"""Log-odds; scale of the half-normal prior of tau."""

SCHOOL_PRECISION = 1.0
"""Log-odds⁻²; school intercepts ~ N(0, 1) around the prior's expectation, so that no school has to be dropped."""

WIDENING = 1.25
"""The posterior interval is too narrow where municipalities differ much: by simulation, a quarter."""


def fit_toward_prior(
    counts: CellCounts,
    *,
    prior: Prior,
    taus: Sequence[float] | None = None,
    extra_factors: Sequence[str] = (),
) -> tuple[NeedFit, TauPosterior]:
    """Estimator ``prior_weighted``, and what the data say of tau. ``taus``: ascending, log-odds; by default ``TAU_GRID``,
    and ``PUBLISHED_TAU`` alone for a prior without covariance, which cannot carry the evidence.

    The prior must not have been fitted on this municipality, or its results count twice. ``extra_factors``: counted
    factors the prior lacks, taken in with mean zero. Intervals rest on the mixture over tau (approximate).
    Raises ``NeedError``: ``no_own_events`` (use the prior as it is), ``wrong_link``, ``frozen_prior``, ``bad_setting``
    and those of ``align_prior``.
    """
    grid = _grid(prior, taus)
    _require_usable(prior, counts)
    aligned = align_prior(prior, factors=counts.factors, counts=counts, extra_factors=extra_factors)
    counts = counts.of_factors([factor.name for factor in aligned.design.factors])
    problem = _problem(counts, aligned)
    terms = len(aligned.means)
    problems = [replace(problem, precision=_precision(aligned, tau, counts)) for tau in grid]
    solutions: list[Solution] = []
    for at_tau in problems:
        solutions.append(solve(at_tau, start=solutions[-1] if solutions else None))
    support = [log_evidence(*pair) for pair in zip(problems, solutions, strict=True)]
    posterior = _tau_posterior(grid, support, solutions, aligned, prior)
    slopes = posterior.weights @ np.stack([solution.slopes for solution in solutions])
    middle = replace(problem, precision=_precision(aligned, posterior.mean, counts))
    blocks = blocks_at(middle, with_slopes(middle, slopes, start=solutions[int(np.argmax(posterior.weights))]))
    coefficients, covariance = settle(aligned.means + slopes[:terms]), settle(posterior.covariance)
    calibration = calibration_of(counts)
    for array in (coefficients, covariance):
        array.setflags(write=False)
    fit = NeedFit(
        estimator="prior_weighted",
        link="logit",
        design=aligned.design,
        intercept=calibrated_intercept(aligned.design, coefficients=coefficients, calibration=calibration),
        coefficients=coefficients,
        covariance=covariance,
        interval_rule="approximate_posterior",
        degrees_of_freedom=math.inf,
        widening=WIDENING,
        year_effects=year_effects(counts.years, slopes[terms:]),
        ridge=0.0,
        result_years=counts.years,
        municipality_codes=tuple(sorted({municipality for municipality, _ in counts.schools})),
        fitted_schools=len(counts.schools),
        dropped_schools=(),
        pupils=counts.pupils,
        events=counts.total,
        iterations=sum(solution.iterations for solution in solutions),
        blocks=blocks,
        calibration=calibration,
        prior_sha256=posterior.prior_sha256,
    )
    return fit, posterior


def _grid(prior: Prior, taus: Sequence[float] | None) -> tuple[float, ...]:
    if taus is None:
        taus = TAU_GRID if prior.covariance is not None else (PUBLISHED_TAU,)
    grid = tuple(float(tau) for tau in taus)
    if not grid or list(grid) != sorted(set(grid)) or not all(0 < tau < math.inf for tau in grid):
        raise NeedError(f"taus are {list(grid)}; they must ascend and be above zero", reason="bad_setting")
    return grid


def _require_usable(prior: Prior, counts: CellCounts) -> None:
    if prior.link != "logit":
        raise NeedError(f"prior {prior.label!r} holds points, not log-odds; use it as it is", reason="wrong_link")
    if prior.kind == "frozen":
        raise NeedError(
            f"prior {prior.label!r} holds own weights; results would count twice: use them as they are, or fit anew",
            reason="frozen_prior",
        )
    if not 0 < counts.total < counts.pupils:
        raise NeedError(
            f"{counts.total} of {counts.pupils} leavers are not eligible; both outcomes are needed to leave the prior:"
            " use it as it is",
            reason="no_own_events",
        )


def _problem(counts: CellCounts, aligned: PriorDesign) -> Problem:
    """Deviations from the prior: its score is the offset, with the level of the whole municipality in it."""
    x = aligned.design.matrix(counts.levels)
    trials = np.bincount(counts.cell, weights=counts.trials, minlength=len(x))
    score = x @ aligned.means
    score = score + recalibrate(score, trials=trials, total=float(counts.total))
    columns = np.hstack([x, year_columns(counts)])
    # Around the mean pupil: deviating weights then move no school's expectation as a whole, which the intercepts' N(0, 1)
    # would hold against them.
    columns = columns - trials @ columns / trials.sum()
    rows = Rows(columns, counts.school, counts.cell, counts.trials.astype(float), counts.sums.astype(float))
    nothing = np.empty((len(counts.school), 0))
    return Problem(rows, score, nothing, np.eye(columns.shape[1]), SCHOOL_PRECISION)


def _precision(aligned: PriorDesign, tau: float, counts: CellCounts) -> np.ndarray:
    terms, years = len(aligned.means), len(counts.years) - 1
    precision = YEAR_RIDGE * np.eye(terms + years)
    inverse = np.linalg.inv(aligned.covariance + tau**2 * np.eye(terms))
    precision[:terms, :terms] = (inverse + inverse.T) / 2
    return precision


def _tau_posterior(
    grid: tuple[float, ...], support: list[float], solutions: list[Solution], aligned: PriorDesign, prior: Prior
) -> TauPosterior:
    terms = len(aligned.means)
    evidence = settle(np.array(support) - max(support))
    logs = evidence - 0.5 * (np.array(grid) / TAU_SCALE) ** 2
    weights = np.exp(logs - logs.max())
    inverses = np.stack([np.linalg.inv(solution.hessian)[:terms, :terms] for solution in solutions])
    weights = settle(weights / weights.sum())
    coefficients = settle(aligned.means + np.stack([solution.slopes[:terms] for solution in solutions]))
    covariances = settle((inverses + inverses.transpose(0, 2, 1)) / 2)
    for array in (evidence, weights, coefficients, covariances):
        array.setflags(write=False)
    return TauPosterior(
        taus=grid,
        log_evidence=evidence,
        weights=weights,
        coefficients=coefficients,
        covariances=covariances,
        unknown_terms=aligned.unknown_terms,
        left_out=aligned.left_out,
        prior_sha256=prior_sha256(prior),
    )
