"""Out of time, again and again: weights frozen on the cohorts up to a year, judged on the next.

Belongs here: the order of the steps and what could not be judged. Does not: any figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from models_py.accuracy.alarms import Alarm, find_alarms
from models_py.accuracy.drift import factor_drift
from models_py.accuracy.factor_levels import expected_by_level
from models_py.accuracy.leavers import ScoredLeavers, score_leavers, together
from models_py.accuracy.measures import AccuracyFigures, accuracy_figures
from models_py.accuracy.noise_floor import NoiseFloor, noise_floor
from models_py.errors import AccuracyError, NeedError
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit
from models_py.need.within import fit_within_school

POOLED_COHORTS = 3
"""Cohorts judged together: with ten schools a single one says next to nothing."""
DRIFT_COHORTS = 3
"""Cohorts on either side of the drift test."""
DRIFT_EVENTS = 100
"""Leavers without eligibility on either side at least; the test knows how unsure both sides are."""
FEWEST_FITTED = 2
"""Cohorts that weights are estimated on at least, to be judged."""


@dataclass(frozen=True, slots=True, eq=False)
class JudgedCohort:
    """One later cohort under weights that had not seen it."""

    fitted_years: tuple[int, ...]
    judged_year: int
    figures: AccuracyFigures
    floor: NoiseFloor


@dataclass(frozen=True, slots=True, eq=False)
class Accuracy:
    """A municipality's backtest.

    Attributes
    ----------
    cohorts : oldest first; pooled, pooled_floor : the last ``POOLED_COHORTS`` of them together
    levels : ``expected_by_level`` of the pooled ones; drift : ``factor_drift`` or None
    schools : per school of the pooled cohorts, expected and observed; not for publication
    not_shown : part or year → why, as a code
    """

    cohorts: tuple[JudgedCohort, ...]
    pooled: AccuracyFigures
    pooled_floor: NoiseFloor
    levels: pd.DataFrame
    drift: pd.DataFrame | None
    alarms: tuple[Alarm, ...]
    schools: pd.DataFrame
    not_shown: dict[str, str]


def judge_accuracy(
    counts: CellCounts,
    *,
    estimate: Callable[[CellCounts], NeedFit],
    window: int = 5,
    draws: int = 500,
    seed: int,
) -> Accuracy:
    """Backtest every cohort that has enough before it.

    Parameters
    ----------
    counts : outcome counts of all result years at hand
    estimate : the fit that the policy asks for, on whatever cohorts it is given
    window : cohorts the weights are estimated on, the newest before the judged one

    Raises ``AccuracyError``: ``no_cohorts`` where no cohort could be judged, with the first reason.
    """
    judged: list[JudgedCohort] = []
    scored: list[ScoredLeavers] = []
    not_shown: dict[str, str] = {}
    for place in range(FEWEST_FITTED, len(counts.years)):
        year, before = counts.years[place], counts.years[max(0, place - window) : place]
        try:
            fit = estimate(counts.of_years(before))
            if fit.result_years and max(fit.result_years) >= year:
                not_shown[str(year)] = "weights_saw_the_year"
                continue
            leavers = score_leavers(fit, counts.of_years([year]))
            figures = accuracy_figures(leavers)
        except (AccuracyError, NeedError) as error:
            not_shown[str(year)] = error.reason
            continue
        scored.append(leavers)
        judged.append(
            JudgedCohort(
                fit.result_years or before, year, figures, noise_floor(leavers, figures, draws=draws, seed=seed)
            )
        )
    if not judged:
        why = next(iter(not_shown.values()), f"{len(counts.years)} result years")
        raise AccuracyError(
            f"no cohort can be judged: {why}; {FEWEST_FITTED + 1} result years with both outcomes are needed",
            reason="no_cohorts",
        )
    last = [part for part in scored[-POOLED_COHORTS:] if part.factors == scored[-1].factors]
    pool = together(last)
    figures = accuracy_figures(pool)
    levels = expected_by_level(pool)
    drift = _drift(counts, not_shown)
    return Accuracy(
        cohorts=tuple(judged),
        pooled=figures,
        pooled_floor=noise_floor(pool, figures, draws=draws, seed=seed),
        levels=levels,
        drift=drift,
        alarms=find_alarms(figures, levels=levels, drift=drift),
        schools=pool.per_school(),
        not_shown=not_shown,
    )


def _drift(counts: CellCounts, not_shown: dict[str, str]) -> pd.DataFrame | None:
    """The newest three cohorts against the three before, each fitted on own results whatever weights are in force: frozen
    ones cannot drift, the world can. None, with its reason, where they are too few."""
    years = counts.years[-2 * DRIFT_COHORTS :]
    if len(years) < 2 * DRIFT_COHORTS:
        not_shown["drift"] = "too_few_cohorts"
        return None
    try:
        early, late = (
            fit_within_school(counts.of_years(part), minimum_events=DRIFT_EVENTS)
            for part in (years[:DRIFT_COHORTS], years[DRIFT_COHORTS:])
        )
        return factor_drift(early, late)
    except (AccuracyError, NeedError) as error:
        not_shown["drift"] = error.reason
        return None
