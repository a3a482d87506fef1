"""Claims of priors for small municipalities and of the composition effect: planted weights in small worlds.

Belongs here: own, national and drawn-together weights against the planted index, coverage of the latter's intervals, and
the composition effect over seeds. Does not: estimation, and larger municipalities (``main``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from bench.claim import Claim, Measured
from bench.recovery import NATION, outcome_counts
from bench.small_worlds import SmallWorld, small_world
from models_py.need import FACTORS, NeedFit, count_outcomes, fit_within_school
from models_py.need.calibration import calibrated_intercept
from models_py.need.composition import CompositionFit, fit_composition
from models_py.need.from_prior import fit_from_prior
from models_py.need.posterior import TauPosterior, posterior_draws, widened_limits
from models_py.need.prior import Prior
from models_py.need.prior_making import prior_from_fit
from models_py.need.prior_text import prior_from_json, prior_to_json
from models_py.need.toward_prior import fit_toward_prior
from models_py.world import simulate

MUNICIPALITIES = ((283, 6), (1189, 10), (2548, 12))
"""Leavers of three cohorts, and schools."""

TAUS = (0.0, 0.3, 0.5)
REPLICATES, SEEDS = 40, 20


@dataclass(frozen=True, slots=True)
class Cell:
    """One size of municipality at one tau: mean root mean square error of the index in points, coverage 0..1."""

    leavers: int
    tau: float
    events: float
    national: float
    own: float
    drawn: float
    coverage: float

    @property
    def regret(self) -> float:
        """Points behind the best of the three."""
        return self.drawn - min(self.national, self.own, self.drawn)


@cache
def _prior(tau: float) -> Prior:
    """Fitted on a nation whose 45 municipalities differ by ``tau``, published and read back."""
    nation = small_world(int(1000 * tau), schools=450, leavers=450 * 135, municipalities=45, tau=tau, register=False)
    fit = fit_within_school(nation.leavers)
    made = prior_from_fit(fit, counts=nation.leavers, kind="national", label="Nation", source="simulated nation")
    return prior_from_json(prior_to_json(made))


def _covered(world: SmallWorld, fit: NeedFit, posterior: TauPosterior, seed: int) -> float:
    """Share of the schools whose planted index lies in the widened interval."""
    drawn = []
    for weights in posterior_draws(posterior, draws=200, seed=seed):
        intercept = calibrated_intercept(fit.design, coefficients=weights, calibration=fit.calibration)
        drawn.append(world.index_of(replace(fit, coefficients=weights, intercept=intercept)))
    limits = widened_limits(np.array(drawn), estimate=world.index_of(fit), widening=fit.widening)
    planted = world.planted_index()
    return float(((limits[:, 0] <= planted) & (planted <= limits[:, 1])).mean())


@cache
def _cells() -> tuple[Cell, ...]:
    cells = []
    for leavers, schools in MUNICIPALITIES:
        for tau in TAUS:
            found = []
            for seed in range(1, REPLICATES + 1):
                world = small_world(10_000 * schools + seed, schools=schools, leavers=leavers, tau=tau)
                national = fit_from_prior(_prior(tau), factors=FACTORS, counts=world.leavers)
                own = fit_within_school(world.leavers, minimum_events=1)
                drawn, posterior = fit_toward_prior(world.leavers, prior=_prior(tau))
                errors = [world.error(world.index_of(fit)) for fit in (national, own, drawn)]
                found.append([world.leavers.total, *errors, _covered(world, drawn, posterior, seed)])
            cells.append(Cell(leavers, tau, *np.mean(found, axis=0).tolist()))
    return tuple(cells)


def drawn_is_near_the_best() -> Measured:
    cells = _cells()
    table = "; ".join(
        f"{c.leavers} leavers ({c.events:.0f} events), tau {c.tau}: {c.national:.1f}/{c.own:.1f}/{c.drawn:.1f}"
        for c in cells
    )
    worst, mean = max(cell.regret for cell in cells), float(np.mean([cell.regret for cell in cells]))
    figure = f"at most {worst:.2f} points behind the best, {mean:.2f} on average; national/own/drawn: {table}"
    return Measured(figure, worst < 1.5)


def own_weights_alone_are_noise() -> Measured:
    """Below 350 events: own weights against drawn ones."""
    small = [cell for cell in _cells() if cell.events < 200]
    ratios = [cell.own / cell.drawn for cell in small]
    return Measured(
        f"own weights err {min(ratios):.1f}–{max(ratios):.1f} times as much in {len(small)} cases", min(ratios) > 1
    )


def intervals_cover() -> Measured:
    cells = _cells()
    table = ", ".join(f"{c.leavers}/{c.tau}: {c.coverage:.2f}" for c in cells)
    mean, least = float(np.mean([cell.coverage for cell in cells])), min(cell.coverage for cell in cells)
    return Measured(f"{mean:.3f} on average; leavers/tau {table}", mean >= 0.93 and least >= 0.80)


def _z(found: CompositionFit, gamma: float) -> float:
    return (found.estimate - gamma) / found.standard_error


def composition_in_direct_worlds() -> Measured:
    """Ten seeds without an effect and ten with .5; quality goes against, beside and with composition in turn."""
    z = []
    for seed in range(SEEDS):
        gamma, rho = (0.0, 0.5)[seed % 2], (-0.5, 0.0, 0.5)[seed % 3]
        world = small_world(500 + seed, schools=320, leavers=320 * 180, years=4, rho=rho, gamma=gamma, register=False)
        z.append(_z(fit_composition(world.leavers, fit=fit_within_school(world.leavers)), gamma))
    figure = f"{len(z)} nations: |z| at most {np.abs(z).max():.2f}, mean {np.mean(z):.2f}, sd {np.std(z, ddof=1):.2f}"
    return Measured(figure, float(np.abs(z).max()) < 3)


def composition_in_flowing_worlds() -> Measured:
    """Nations with pupil flow, moves, newly arrived and money, by true levels; planted peer effect as the world states."""
    z, estimates = [], []
    for seed in range(1, SEEDS + 1):
        world = simulate(replace(NATION, seed=seed))
        counts = count_outcomes(outcome_counts(world, observed_education=False, years=NATION.years - 1))
        found = fit_composition(counts, fit=fit_within_school(counts))
        z.append(_z(found, world.settings.peer_effect))
        estimates.append(found.estimate)
    figure = (
        f"{len(z)} nations: |z| at most {np.abs(z).max():.2f}, mean {np.mean(z):.2f}, sd {np.std(z, ddof=1):.2f};"
        f" mean estimate {np.mean(estimates):.3f} of {NATION.peer_effect}"
    )
    return Measured(figure, float(np.abs(z).max()) < 3)


CLAIMS = (
    Claim("need-small-drawn", "Weights drawn towards national ones are close to the best choice at every size and difference.", "within 1.5 index points of the best of national, own and drawn", drawn_is_near_the_best),
    Claim("need-small-own", "Below some two hundred events own weights alone are worse than drawn ones.", "own error larger in every case", own_weights_alone_are_noise),
    Claim("need-small-coverage", "The widened approximate intervals of the index cover the planted one.", "0.93 on average, 0.80 in every case, of nominal 0.95", intervals_cover),
    Claim("need-composition-direct", "The composition effect is recovered whatever quality has to do with composition.", "|z| < 3 over 20 nations", composition_in_direct_worlds),
    Claim("need-composition-flow", "The composition effect is recovered in nations with pupil flow and money.", "|z| < 3 over 20 nations", composition_in_flowing_worlds),
)  # fmt: skip
