"""From points and shares to scores that can be compared between years and tests.

Belongs here: normal scores of ranks, one score of several subjects. Does not: schools.
"""

from __future__ import annotations

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


def one_score(rows: pd.DataFrame) -> pd.DataFrame:
    """One score per pupil and school year out of several subjects of one measure and grade.

    ``rows``: pupil_key, result_year, subject, value (nan = not assessed). Each subject is ranked within its year, the
    scores are averaged, and the average is ranked again. Pupils with fewer than ``FEWEST_SUBJECTS`` are left out where
    the measure has as many. Columns: pupil_key, result_year, score (SD), points (mean value); a pupil and year once.
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
    found = np.isfinite(wide_z).sum(axis=1)
    enough = found >= min(FEWEST_SUBJECTS, len(named))
    at, wide_z, wide_points = at[enough], wide_z[enough], wide_points[enough]
    mean = np.nansum(wide_z, axis=1) / found[enough]
    return pd.DataFrame({
        "pupil_key": keys[at[:, 0]],
        "result_year": at[:, 1],
        "score": normal_scores(mean, groups=at[:, 1]),
        "points": np.nansum(wide_points, axis=1) / found[enough],
    })  # fmt: skip
