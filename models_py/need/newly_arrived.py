"""Newly arrived pupils paid per head beside the index: their own risk, and what a head weighs at each unit.

Newly arrived are those of School Act 3 kap. 12 a §: at most four years of schooling here. Their needs change within the
year, so they are counted more often than the index is built; whoever is paid here is taken out of fit and index, and
nobody is paid twice. Belongs here: the split, the risk model, heads and weights. Does not: kronor, published lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit
from models_py.need.logit import STEP_LIMIT, recalibrate
from models_py.need.register import register_cells, require_share
from models_py.need.scoring import UNIT_KEYS
from models_py.need.settle import settle_one, settle_shares
from models_py.need.tables import canonical_counts, require_columns

SCHOOLING_YEAR = "schooling_year"
IMMIGRATION = "immigration"
STEPS = (1, 2, 3, 4)
"""Year of schooling here; after four years a pupil is no longer newly arrived."""

NeedSetting = Literal["in_index", "per_head"]


@dataclass(frozen=True, slots=True)
class NewlyArrivedFit:
    """Risk of a newly arrived pupil: expit(level + slope · (score - score_mean)), score = x'b of the others without
    immigration, log-odds.

    ``slope_rule``: 'fitted' towards the prior, or 'prior' as it is. ``level_rule``: 'fitted'; 'smoothed', from the few
    outcomes there are with half a pupil added to each side; 'as_others', the others' level at the same background, which
    is likely too low, where no newly arrived leaver is known.
    """

    level: float
    slope: float
    slope_standard_error: float
    score_mean: float
    slope_rule: Literal["fitted", "prior"]
    level_rule: Literal["fitted", "smoothed", "as_others"]
    leavers: int
    not_eligible: int


def refuse_both(need_setting: NeedSetting, *, has_per_head_pot: bool) -> None:
    """Raise ``NeedError`` unless newly arrived are paid for exactly once.

    ``newly_arrived_paid_twice``: a factor in the index and a pot per head; ``newly_arrived_not_paid``: taken out of the
    index without a pot.
    """
    if need_setting not in ("in_index", "per_head"):
        raise NeedError(f"newly arrived: {need_setting!r} is not in_index or per_head", reason="bad_setting")
    if need_setting == "in_index" and has_per_head_pot:
        raise NeedError(
            "newly arrived stand in the index and in a pot per head; drop the pot, or set newly arrived to per_head",
            reason="newly_arrived_paid_twice",
        )
    if need_setting == "per_head" and not has_per_head_pot:
        raise NeedError(
            "newly arrived are taken out of the index and no pot per head is set; add the pot, or set them to in_index",
            reason="newly_arrived_not_paid",
        )


def split_newly_arrived(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the others (schooling_year 0) and of the newly arrived (1..4); no row is lost.

    Raises ``NeedError``: ``missing_columns``, ``null_key``, ``bad_schooling_year``. A table without rows has two parts
    without rows.
    """
    if len(table):
        require_columns(table, [SCHOOLING_YEAR], what="counts")
    unknown = ~table[SCHOOLING_YEAR].isin([0, *STEPS])
    if unknown.any():
        raise NeedError(
            f"counts: {int(unknown.sum())} rows have a schooling_year outside 0..4; correct the first day of school here",
            reason="bad_schooling_year",
        )
    newly = (table[SCHOOLING_YEAR] > 0).to_numpy()
    return table[~newly].reset_index(drop=True), table[newly].reset_index(drop=True)


def fit_newly_arrived(
    counts: CellCounts | None,
    *,
    others: NeedFit,
    minimum_leavers: int = 30,
    prior_mean: float = 0.5,
    prior_sd: float = 0.5,
) -> NewlyArrivedFit:
    """Level and slope of newly arrived leavers, the slope drawn towards N(prior_mean, prior_sd²).

    ``counts``: newly arrived leavers in the others' factors, or None without any. With fewer than ``minimum_leavers``,
    or one outcome only, the slope is the prior's and only the level comes from them.
    Raises ``NeedError``: ``wrong_link``, ``bad_setting``, ``unknown_factor``, ``no_convergence``.
    """
    _require_log_odds(others)
    if not prior_sd > 0:
        raise NeedError(f"prior_sd is {prior_sd}; it must be above zero", reason="bad_setting")
    if counts is None:
        mean = 0.0
        if others.calibration is not None:
            mean = float(np.average(_score(others, others.calibration.levels), weights=others.calibration.trials))
        mean = settle_one(mean)
        level = settle_one(others.intercept + mean)
        return NewlyArrivedFit(level, prior_mean, prior_sd, mean, "prior", "as_others", 0, 0)
    counts = counts.of_factors([factor.name for factor in others.design.factors])
    trials = np.bincount(counts.cell, weights=counts.trials, minlength=len(counts.levels))
    events = np.bincount(counts.cell, weights=counts.sums, minlength=len(counts.levels))
    score = _score(others, counts.levels)
    leavers, missed = counts.pupils, counts.total
    mean = settle_one(float(np.average(score, weights=trials)))
    centred = score - mean
    if leavers < minimum_leavers or not 0 < missed < leavers:
        smoothed = leavers * (missed + 0.5) / (leavers + 1)
        level = settle_one(recalibrate(prior_mean * centred, trials=trials, total=smoothed))
        return NewlyArrivedFit(level, prior_mean, prior_sd, mean, "prior", "smoothed", leavers, missed)
    level, slope, error = _fit_line(centred, trials, events, prior_mean=prior_mean, prior_sd=prior_sd)
    return NewlyArrivedFit(level, slope, error, mean, "fitted", "fitted", leavers, missed)


def newly_arrived_weights(fit: NewlyArrivedFit, register_counts: pd.DataFrame, *, others: NeedFit) -> pd.DataFrame:
    """Heads by step and the weight of a head, per unit and count date.

    A head weighs its unit's mean expected risk by that of all heads of the municipality and count date, so weights have
    mean 1 over heads and never fall below 0; near the mean that is 1 + slope · (1 - risk) · (score - mean).

    ``register_counts``: newly arrived pupils with the columns of ``predict_from_counts`` and schooling_year (1..4).
    Returns ``UNIT_KEYS``, head_count, heads_year_1 … heads_year_4, need_share (0..1), head_weight; ordered by key.
    Raises ``NeedError``: ``bad_schooling_year`` and those of the counts.
    """
    _require_log_odds(others)
    steps = heads_by_step(register_counts)
    register = register_cells(others.design, register_counts)
    risk = expit(fit.level + fit.slope * (_score(others, register.levels) - fit.score_mean))
    table = register.units[list(UNIT_KEYS)].merge(steps, on=list(UNIT_KEYS), how="left", validate="one_to_one")
    table["need_share"] = settle_shares(register.parts @ risk)
    weight = np.empty(len(table))
    for _, rows in table.groupby(["municipality_code", "count_date"]).indices.items():
        heads, share = table["head_count"].to_numpy()[rows], table["need_share"].to_numpy()[rows]
        weight[rows] = share / (math.fsum((heads * share).tolist()) / math.fsum(heads.tolist()))
    return table.assign(head_weight=weight)


def heads_by_step(register_counts: pd.DataFrame) -> pd.DataFrame:
    """``UNIT_KEYS``, head_count, heads_year_1 … heads_year_4 (int), ordered by key.

    Raises ``NeedError``: ``bad_schooling_year`` and those of the counts.
    """
    counts = canonical_counts(
        register_counts, keys=[*UNIT_KEYS, SCHOOLING_YEAR], counts=["pupil_count"], what="newly arrived pupils"
    )
    year = pd.to_numeric(counts[SCHOOLING_YEAR], errors="coerce")
    beyond = ~year.isin(STEPS)
    if beyond.any():
        units = sorted({str(unit) for unit in counts.loc[beyond, "school_unit_code"]})[:3]
        raise NeedError(
            f"newly arrived pupils: {int(beyond.sum())} rows have a schooling_year outside 1..4, first units {units};"
            " they are not newly arrived, or their first day of school here is wrong",
            reason="bad_schooling_year",
        )
    table = counts[list(UNIT_KEYS)].copy()
    table["head_count"] = counts["pupil_count"]
    for step in STEPS:
        table[f"heads_year_{step}"] = counts["pupil_count"].where(year == step, 0)
    return table.groupby(list(UNIT_KEYS)).sum().reset_index()


def _score(others: NeedFit, levels: np.ndarray) -> np.ndarray:
    kept = np.array([term.factor != IMMIGRATION for term in others.design.terms])
    return others.design.matrix(levels) @ (kept * others.coefficients)


def _require_log_odds(others: NeedFit) -> None:
    require_share(others)
    if others.link != "logit":
        raise NeedError("the score of newly arrived is in log-odds; the others' fit holds points", reason="wrong_link")


def _fit_line(
    centred: np.ndarray, trials: np.ndarray, events: np.ndarray, *, prior_mean: float, prior_sd: float
) -> tuple[float, float, float]:
    """Level, slope and the slope's standard error, by Newton; the prior is on the slope alone."""
    x = np.column_stack([np.ones_like(centred), centred])
    penalty = np.diag([0.0, 1.0 / prior_sd**2])
    believed = np.array([0.0, prior_mean])
    found = np.array([logit(events.sum() / trials.sum()), prior_mean])
    for _ in range(50):
        share = expit(x @ found)
        hessian = x.T @ ((trials * share * (1 - share))[:, None] * x) + penalty
        step = np.linalg.solve(hessian, x.T @ (events - trials * share) - penalty @ (found - believed))
        largest = float(np.abs(step).max())
        found = found + STEP_LIMIT / max(largest, STEP_LIMIT) * step
        if largest < 1e-10:
            return settle_one(found[0]), settle_one(found[1]), settle_one(math.sqrt(np.linalg.inv(hessian)[1, 1]))
    raise NeedError("the risk of newly arrived did not settle; check their outcomes", reason="no_convergence")
