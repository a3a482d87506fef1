"""Does the signal share say how much of a redistribution is true? Worlds whose truth is known, many per size.

Belongs here: fitting a simulated world, drawing its index from the fit's uncertainty, and comparing. Does not: any
estimator, any measure (``models_py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit

from bench.recovery import outcome_counts, register_counts
from models_py.allocation.scored_units import ScoredUnits, scored_units
from models_py.allocation.signal import SignalShare, krona_intervals, signal_share
from models_py.allocation.weighted import misplaced_share
from models_py.need import FACTORS, NeedFit, count_outcomes, fit_within_school
from models_py.need.design import level_codes
from models_py.need.logit import recalibrate
from models_py.world import WorldSettings, simulate
from models_py.world.recovery import true_need

WORLDS = {8: 40, 30: 24, 300: 6}
"""Schools of a municipality to number of worlds."""
DRAWS = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world: what the draws say, what is true, and whether the intervals in kronor cover the true amounts.

    Attributes
    ----------
    true_share : 1 − misplaced share against the true allocation / redistributed share, not cut off
    covered : share of units whose interval holds their true amount
    """

    schools: int
    events: int
    found: SignalShare
    true_share: float
    covered: float


def municipality(schools: int, seed: int) -> WorldSettings:
    """One municipality of ``schools`` ordinary units with 50 to 90 pupils a year, so that eight have some 350 events in five years."""
    return WorldSettings(
        seed=seed,
        municipality_codes=("9001",),
        units_per_municipality=(schools, schools),
        cohort_size=(50.0, 90.0),
        rural_share=0.0,
    )


@cache
def outcomes(schools: int) -> tuple[Outcome, ...]:
    """All worlds of one size."""
    return tuple(outcome(schools, seed) for seed in range(1, WORLDS[schools] + 1))


def outcome(schools: int, seed: int) -> Outcome:
    """Simulate, fit on five pooled years, draw weights from the fit's covariance, share a pot linearly by each draw."""
    settings = municipality(schools, seed)
    world = simulate(settings)
    year = max(settings.count_years)
    counts = outcome_counts(world, observed_education=True)
    fit = fit_within_school(count_outcomes(counts), minimum_events=1)
    register = register_counts(world, count_year=year)
    truth = true_need(world)
    truth = truth[truth["count_year"] == year].set_index("school_unit_code")
    coefficients = _draws(fit, seed)
    shares = _shares(fit, coefficients, counts=counts, register=register)
    codes = sorted(set(register["school_unit_code"]))
    pupils = truth.loc[codes, "pupil_count"].to_numpy()
    index = 100 * shares / (shares @ pupils / pupils.sum())[:, None]
    units = scored_units(pd.DataFrame({"school_unit_code": codes, "pupil_count": pupils, "need_index": index[0]}))
    found = signal_share(units, index_replicates=index[1:], allocate=lambda i: _linear(units, i))
    true_amounts = _linear(units, truth.loc[codes, "need_index"].to_numpy()[None])[0]
    missed = float(misplaced_share(_linear(units, index[:1])[0], true_amounts))
    ends = krona_intervals(
        units,
        index_replicates=index[1:],
        allocate=lambda i: _linear(units, i),
        degrees_of_freedom=fit.fitted_schools - 1,
    )
    inside = (ends["lower_ore"] <= true_amounts) & (true_amounts <= ends["upper_ore"])
    return Outcome(schools, fit.events, found, 1 - missed / found.redistributed_share, float(inside.mean()))


def _draws(fit: NeedFit, seed: int) -> np.ndarray:
    """The estimate, then ``DRAWS`` draws from a normal distribution with the fit's covariance; rows × terms."""
    values, vectors = np.linalg.eigh(fit.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = np.random.default_rng([seed, fit.events]).standard_normal((DRAWS, len(values)))
    return np.vstack([fit.coefficients, fit.coefficients + noise @ root.T])


def _shares(fit: NeedFit, coefficients: np.ndarray, *, counts: pd.DataFrame, register: pd.DataFrame) -> np.ndarray:
    """Need share per draw and unit (units ascending), the intercept recalibrated for each draw."""
    names = [factor.name for factor in FACTORS]
    cells = counts.groupby(names, observed=True)[["leaver_count", "not_eligible_count"]].sum().reset_index()
    fitted = fit.design.matrix(level_codes(cells, FACTORS))
    leavers, events = (cells[name].to_numpy(dtype=float) for name in ("leaver_count", "not_eligible_count"))
    scored = register.groupby(["school_unit_code", *names], observed=True)["pupil_count"].sum().reset_index()
    levels, place = np.unique(level_codes(scored, FACTORS), axis=0, return_inverse=True)
    design = fit.design.matrix(levels)
    units, at = np.unique(scored["school_unit_code"].astype(str), return_inverse=True)
    pupils = scored["pupil_count"].to_numpy(dtype=float)
    by_cell = np.zeros((len(units), len(levels)))
    np.add.at(by_cell, (at, place.reshape(-1)), pupils)
    by_cell /= by_cell.sum(axis=1, keepdims=True)
    rows = []
    for b in coefficients:
        intercept = recalibrate(fitted @ b, trials=leavers, total=float(events.sum()))
        rows.append(by_cell @ expit(intercept + design @ b))
    return np.array(rows)


def _linear(units: ScoredUnits, index: np.ndarray) -> np.ndarray:
    claims = units.pupil_count * index
    return 1e9 * claims / claims.sum(axis=-1, keepdims=True)
