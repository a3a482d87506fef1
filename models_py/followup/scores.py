"""From points and shares to scores that can be compared between years and tests.

Belongs here: normal scores of ranks, one score of several subjects and how reliable it is. Does not: schools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from models_py.followup.tables import codes_of

FEWEST_SUBJECTS = 2
"""Subjects a score must rest on, where the measure has that many."""


def normal_scores(values: np.ndarray, *, groups: np.ndarray) -> np.ndarray:
    """Φ⁻¹((rank − ½) / n) within each group; equal values share their mean rank.

    Points, shares of parts and merit values have no common scale, ranks have (van der Waerden 1952). Arrays (N,), no nan;
    ``groups`` whole numbers. The result does not depend on the order of the rows.
    """
    order = np.lexsort((values, groups))
    group, value = groups[order], values[order]
    if not len(order):
        return np.zeros(0)
    new_group = np.concatenate([[True], group[1:] != group[:-1]])
    new_value = new_group | np.concatenate([[True], value[1:] != value[:-1]])
    group_start = np.maximum.accumulate(np.where(new_group, np.arange(len(order)), 0))
    size = np.diff(np.append(np.flatnonzero(new_group), len(order)))[np.cumsum(new_group) - 1]
    starts = np.flatnonzero(new_value)
    ends = np.append(starts[1:], len(order))
    middle = ((starts + ends - 1) / 2)[np.cumsum(new_value) - 1]
    scores = np.empty(len(order))
    scores[order] = ndtri((middle - group_start + 0.5) / size)
    return scores


@dataclass(frozen=True, slots=True, eq=False)
class SubjectScores:
    """Scores of one measure and grade, a row per pupil and school year, a column per subject; nan = not assessed.

    ``pupil_key`` (N,), ``result_year`` (N,), ``z`` and ``points`` (N, subjects). Every row has ``FEWEST_SUBJECTS``, or all.
    """

    pupil_key: np.ndarray
    result_year: np.ndarray
    z: np.ndarray
    points: np.ndarray

    @property
    def reliability(self) -> float:
        """How much of the mean over subjects another set of such subjects would tell again, 0..1: Cronbach's alpha (1951) of the
        pupils with every subject; nan with one subject, or where no two go together."""
        whole = self.z[np.isfinite(self.z).all(axis=1)]
        count = self.z.shape[1]
        if count < 2 or len(whole) <= count:
            return float("nan")
        together = np.corrcoef(whole[np.lexsort(whole.T)].T)
        mean = float(together.sum() - count) / (count * (count - 1))
        return count * mean / (1 + (count - 1) * mean) if mean > 0 else float("nan")


def subject_scores(rows: pd.DataFrame) -> SubjectScores:
    """Each subject ranked within its year.

    ``rows``: pupil_key, result_year, subject, value (nan = not assessed) of one measure and grade. Pupils with fewer than
    ``FEWEST_SUBJECTS`` are left out where the measure has as many.
    """
    told = rows[rows["value"].notna()]
    named, subject = np.unique(codes_of(told["subject"])[0], return_inverse=True)
    year = told["result_year"].to_numpy(np.int64)
    z = normal_scores(told["value"].to_numpy(float), groups=year * max(len(named), 1) + subject)
    pupil, keys = pd.factorize(told["pupil_key"])
    first, span = (int(year.min()), int(np.ptp(year)) + 1) if len(year) else (0, 1)
    # One slot per subject, so that the mean never adds in another order.
    slot, cells = pd.factorize(pupil * span + year - first)
    at = np.column_stack(np.divmod(np.asarray(cells), span)) + np.array([0, first])
    wide_z, wide_points = (np.full((len(at), max(len(named), 1)), np.nan) for _ in range(2))
    wide_z[slot, subject], wide_points[slot, subject] = z, told["value"].to_numpy(float)
    enough = np.isfinite(wide_z).sum(axis=1) >= min(FEWEST_SUBJECTS, len(named))
    return SubjectScores(np.asarray(keys[at[enough, 0]]), at[enough, 1], wide_z[enough], wide_points[enough])


def one_score(scores: SubjectScores) -> pd.DataFrame:
    """One score per pupil and school year: the subjects' scores averaged, and the average ranked again within the year.

    Columns: pupil_key, result_year, score (SD), points (mean value).
    """
    found = np.isfinite(scores.z).sum(axis=1)
    mean = np.nansum(scores.z, axis=1) / found
    return pd.DataFrame({
        "pupil_key": scores.pupil_key,
        "result_year": scores.result_year,
        "score": normal_scores(mean, groups=scores.result_year),
        "points": np.nansum(scores.points, axis=1) / found,
    })  # fmt: skip
