"""This year's grade against last year's, and how much of the difference is other pupils.

Belongs here: change, its sampling error, what chance alone would show, what is left after all comparisons are counted.
Does not: following the same pupils (``cohort``), ranks. Units are not ordered by change: the order is mostly noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from models_py.errors import FollowupError
from models_py.followup.tables import require, require_single

SHARE, MEAN = "share", "mean"
COLUMNS = ("school_unit_code", "result_year", "pupil_count", "value")
FEWEST_PUPILS = 10
LEVEL = 0.05
NORMAL_REACH = 1.959964

TABLE = (
    "school_unit_code", "result_year", "pupil_count", "previous_pupil_count", "change", "standard_error",
    "interval_lower", "interval_upper", "is_beyond_threshold", "chance_beyond_threshold", "is_beyond_chance",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class NaiveChange:
    """Attributes
    ----------
    table : ``TABLE``, a row per unit and pair of adjoining years with enough pupils in both. ``chance_beyond_threshold``:
        probability that the change passes the threshold when nothing has changed; ``is_beyond_chance``: still different
        from 0 at 5 % after all rows are counted as comparisons (Holm 1979)
    threshold : size of a change that people take note of, in units of the value
    compared_count, beyond_threshold_count, beyond_chance_count : rows
    expected_by_chance : rows that would pass the threshold though nothing changed
    observed_sd, noise_sd : of the changes, and what sampling alone gives
    noise_share : variance of sampling over variance of changes, at most 1
    """

    table: pd.DataFrame
    threshold: float
    compared_count: int
    beyond_threshold_count: int
    beyond_chance_count: int
    expected_by_chance: float
    observed_sd: float
    noise_sd: float
    noise_share: float


def naive_change(values: pd.DataFrame, *, kind: str, threshold: float, within_sd: float | None = None) -> NaiveChange:
    """Compare every unit's year with the year before.

    Parameters
    ----------
    values : ``COLUMNS``, one row per unit and result year: a share 0..1 or a mean, of pupil_count pupils
    kind : 'share' (binomial error) or 'mean' (normal error)
    threshold : change that would be taken note of, above 0
    within_sd : SD between pupils of a unit, for means

    Rows of fewer than ``FEWEST_PUPILS`` are left out. The error treats both years' pupils as drawn from the same school:
    that is what "nothing changed" means. Raises FollowupError for missing columns, an unknown kind, means without SD, and
    shares outside 0..1.
    """
    require(values, COLUMNS, what="values")
    require_single(values, ("school_unit_code", "result_year"), what="values")
    if kind not in (SHARE, MEAN) or not threshold > 0 or (kind == MEAN and not (within_sd or 0) > 0):
        raise FollowupError(
            f"kind {kind!r}, threshold {threshold}: give 'share' or 'mean', a threshold and an SD above 0"
        )
    if kind == SHARE and not values["value"].dropna().between(0, 1).all():
        raise FollowupError("values: shares must lie in 0..1")
    told = values[values["value"].notna() & (values["pupil_count"] >= FEWEST_PUPILS)]
    before = told.assign(result_year=told["result_year"] + 1)
    pairs = told.merge(before, on=["school_unit_code", "result_year"], suffixes=("", "_before"))
    pairs = pairs.sort_values(["school_unit_code", "result_year"], ignore_index=True)
    n, m = (pairs[name].to_numpy(float) for name in ("pupil_count", "pupil_count_before"))
    now, then = (pairs[name].to_numpy(float) for name in ("value", "value_before"))
    error = _share_error(now, then, n, m) if kind == SHARE else float(within_sd or 0) * np.sqrt(1 / n + 1 / m)
    change = now - then
    chance = 2 * ndtr(-threshold / error)
    holm = _holm(2 * ndtr(-np.abs(change) / error))
    beyond = np.abs(change) > threshold
    table = pd.DataFrame({
        "school_unit_code": pairs["school_unit_code"], "result_year": pairs["result_year"],
        "pupil_count": pairs["pupil_count"], "previous_pupil_count": pairs["pupil_count_before"], "change": change,
        "standard_error": error, "interval_lower": change - NORMAL_REACH * error,
        "interval_upper": change + NORMAL_REACH * error, "is_beyond_threshold": beyond,
        "chance_beyond_threshold": chance, "is_beyond_chance": holm,
    })[list(TABLE)]  # fmt: skip
    noise = float(np.mean(error**2)) if len(table) else 0.0
    spread = float(np.var(change)) if len(table) else 0.0
    return NaiveChange(
        table, threshold, len(table), int(beyond.sum()), int(holm.sum()), float(chance.sum()), float(np.sqrt(spread)),
        float(np.sqrt(noise)), min(1.0, noise / spread) if spread > 0 else 1.0,
    )  # fmt: skip


def pooled_sd(pupil_count: np.ndarray, value_sum: np.ndarray, square_sum: np.ndarray) -> float:
    """SD between pupils within units, from counts and sums per unit and year; nan without two pupils anywhere."""
    n = pupil_count.astype(float)
    freedom = float(np.sum(np.maximum(n - 1, 0)))
    if freedom == 0:
        return float("nan")
    inside = square_sum - np.divide(value_sum**2, n, out=np.zeros(len(n)), where=n > 0)
    return float(np.sqrt(np.sum(np.maximum(inside, 0.0)) / freedom))


def _share_error(now: np.ndarray, then: np.ndarray, n: np.ndarray, m: np.ndarray) -> np.ndarray:
    """Two shares of the same school; one success and one failure are added so that no school is certain."""
    p = (now * n + then * m + 1) / (n + m + 2)
    return np.asarray(np.sqrt(p * (1 - p) * (1 / n + 1 / m)))


def _holm(p: np.ndarray) -> np.ndarray:
    """Which differ from 0 at ``LEVEL`` over all of them together: from the smallest p up to the first that does not."""
    order = np.argsort(p, kind="stable")
    kept = np.logical_and.accumulate(p[order] <= LEVEL / np.arange(len(p), 0, -1))
    differs = np.zeros(len(p), dtype=bool)
    differs[order] = kept
    return differs
