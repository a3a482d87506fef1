"""Expected against observed for every level of every factor: is there a group whose need the weights misjudge?

Expected is set to the observed sum within each school, so that a school that succeeds, or fails, with everybody does not
look like a fault of a group that happens to go there. Here: one table. Not here: what follows from it (``alarms``).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models_py.accuracy.leavers import EDGE, ScoredLeavers
from models_py.accuracy.poisson_binomial import chance_of
from models_py.need.calibration_check import PUBLISHED_FROM
from models_py.need.logit import recalibrate

COLUMNS = (
    "factor", "level", "leaver_count", "expected_count", "observed_count", "observed_to_expected", "interval_lower",
    "interval_upper", "p_value", "adjusted_p_value",
)  # fmt: skip


def expected_by_level(leavers: ScoredLeavers) -> pd.DataFrame:
    """``COLUMNS``, levels with ten leavers or more both with and without the outcome, in the order of the factors. Where what a
    factor leaves out would be fewer than ten of either, its smallest level is left out too, or they would follow.

    ``interval_*``: observed to expected that chance, and the uncertainty of the weights, make in 95 of 100 (Poisson-binomial
    widened by a normal); outside it is unusual. ``adjusted_p_value``: Holm (1979) over the rows. A little cautious, since
    a school's sum is held, and the weights of several judged years are taken to err alike.
    """
    share = within_school_shares(leavers)
    places = [(column, place) for column, factor in enumerate(leavers.factors) for place in range(len(factor.levels))]
    unsure, shown = _unsure(leavers, share, places), _shown(leavers)
    rows = []
    for (column, place), error in zip(places, unsure, strict=True):
        factor = leavers.factors[column]
        at = leavers.levels[:, column] == place
        if (column, place) not in shown:
            continue
        trials, observed = leavers.trials[at], int(leavers.events[at].sum())
        own = share[at]
        expected = float(trials @ own)
        chance = chance_of(observed, share=own, trials=trials, unsure_sd=error)
        ratios = (round(value / expected, 6) for value in (observed, chance.low, chance.high))
        known = (factor.name, factor.levels[place], int(trials.sum()), round(expected, 6), observed)
        rows.append((*known, *ratios, round(chance.p_value, 9)))
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    return table.assign(adjusted_p_value=np.round(holm(table["p_value"].to_numpy(dtype=float)), 9))


def _shown(leavers: ScoredLeavers) -> set[tuple[int, int]]:
    """Column and place of the levels whose counts may be told."""
    found = set()
    for column, factor in enumerate(leavers.factors):
        size = len(factor.levels)
        trials, events = (
            np.bincount(leavers.levels[:, column], weights=w, minlength=size) for w in (leavers.trials, leavers.events)
        )
        fewest = np.minimum(events, trials - events)
        kept = fewest >= PUBLISHED_FROM
        while kept.any():
            rest = events[~kept].sum(), (trials - events)[~kept].sum()
            if sum(rest) == 0 or min(rest) >= PUBLISHED_FROM:
                break
            kept[np.flatnonzero(kept)[np.argmin(fewest[kept])]] = False
        found |= {(column, int(place)) for place in np.flatnonzero(kept)}
    return found


def _unsure(leavers: ScoredLeavers, share: np.ndarray, places: list[tuple[int, int]]) -> np.ndarray:
    """Standard deviation, pupils, of each level's expected sum by the covariance of the weights, schools' sums held."""
    variance = leavers.trials * share * (1.0 - share)
    member = np.column_stack([leavers.levels[:, column] == place for column, place in places]).astype(float)
    starts = np.flatnonzero(np.diff(leavers.school, prepend=-1))
    whole = np.add.reduceat(variance, starts)
    safe = np.where(whole > 0, whole, 1.0)
    found = np.zeros(len(places))
    for year, fit in leavers.fits:
        x = fit.design.matrix(leavers.levels)
        if fit.link == "identity":  # points move log-odds the more, the nearer a share is to 0 or 1
            x = x / np.clip(leavers.share * (1.0 - leavers.share), EDGE, None)[:, None]
        own = np.where(leavers.year == year, variance, 0.0)
        of_school = np.add.reduceat(own[:, None] * x, starts, axis=0)
        of_level = np.add.reduceat(variance[:, None] * member, starts, axis=0)
        gradient = member.T @ (own[:, None] * x) - of_level.T @ (of_school / safe[:, None])
        found += np.sqrt(np.maximum(np.einsum("lt,ts,ls->l", gradient, fit.covariance, gradient), 0.0))
    return np.round(found, 9)


def within_school_shares(leavers: ScoredLeavers) -> np.ndarray:
    """Expected shares per row, moved on the logit scale until each school's sum is the observed one."""
    found = np.empty(len(leavers.school))
    bounds = np.append(np.flatnonzero(np.diff(leavers.school, prepend=-1)), len(leavers.school))
    score = logit(np.clip(leavers.relative, EDGE, 1 - EDGE))
    for first, last in pairwise(bounds):
        own = slice(first, last)
        trials, events = leavers.trials[own], int(leavers.events[own].sum())
        if 0 < events < trials.sum():
            found[own] = expit(score[own] + recalibrate(score[own], trials=trials.astype(float), total=float(events)))
        else:
            found[own] = float(events > 0)
    return found


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjusted for how many were looked at (Holm 1979), same order."""
    order = np.argsort(p_values, kind="stable")
    count = len(p_values)
    stepped = np.maximum.accumulate((count - np.arange(count)) * p_values[order])
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
