"""How a share of a cohort is told to the public: rounded, from as many on both sides as the threshold, else as an end.

Belongs here: what is printed of a count, and what a reader can infer of the count from what is printed. Does not: sums over
school units and earlier publications (the publication's disclosure control), shares for the municipality's own people
(``progression``).

A share is told where everything that rounds to what is printed has at least the threshold of pupils on either side, so a
nought or a hundred per cent is never told. Otherwise it is said that few do not reach (or few reach), with the end that
follows from the rule itself: Skolverket's "~100" says the same of one to four pupils. Pupils are rounded to the nearest
five (ACRO's base), since pupils per grade are public and the rest would count pupils without a result or a past.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.errors import FollowupError

BASE = 5
COHORTS_TOGETHER = 3
"""Cohorts that a school unit's share is told of: always the same three together, so that no two figures differ by one cohort."""

TOLD, FEW_NOT_REACHED, FEW_REACHED, FEW_PUPILS = "told", "few_not_reached", "few_reached", "few_pupils"
WITHHELD = "withheld"
STATES = (TOLD, FEW_NOT_REACHED, FEW_REACHED, FEW_PUPILS, WITHHELD)

_Z = 1.959964
_NEAR = BASE // 2
"""Pupils that rounding may have moved a count by."""


def first_cohort(cohort_year: pd.Series | int) -> pd.Series | int:
    """The first of the three cohorts that ``cohort_year`` is told together with; the same whenever it is asked."""
    return cohort_year - cohort_year % COHORTS_TOGETHER


def about(count: np.ndarray) -> np.ndarray:
    """Whole numbers to the nearest five."""
    return BASE * ((np.asarray(count, dtype=np.int64) + _NEAR) // BASE)


def fewest_percent(about_count: np.ndarray, *, threshold: int) -> np.ndarray:
    """The smallest whole percentage of ``about_count`` pupils that surely stands for ``threshold`` of them; 101 for none."""
    least = np.maximum(np.asarray(about_count, dtype=np.int64) - _NEAR, 1)
    return np.minimum(-((-200 * threshold - least) // (2 * least)), 101)


def told_shares(assessed: np.ndarray, reached: np.ndarray, *, threshold: int) -> pd.DataFrame:
    """What is printed of n counts.

    Parameters
    ----------
    assessed, reached : n whole numbers, ``reached`` of ``assessed`` pupils, of whom there is at least one
    threshold : pupils from which a count is told, on both sides

    Returns n rows: ``about_count``, ``state``, ``percent`` (whole, -1 where it is not told), ``at_least``, ``at_most``
    (whole per cent that the share surely is within, -1 without). Raises FollowupError for counts that cannot be.
    """
    n, r = (np.asarray(values, dtype=np.int64) for values in (assessed, reached))
    if len(n) and ((n < 1) | (r < 0) | (r > n)).any():
        raise FollowupError(
            f"{int(((n < 1) | (r < 0) | (r > n)).sum())} of {len(n)} counts: 0 ≤ reached ≤ assessed and 1 ≤ assessed are needed"
        )
    counted = about(n)
    percent = (200 * r + n) // np.maximum(2 * n, 1)
    fewest = fewest_percent(counted, threshold=threshold)
    side = np.minimum(percent, 100 - percent)
    state = np.select(
        [fewest > 50, side >= fewest, percent >= 50], [FEW_PUPILS, TOLD, FEW_NOT_REACHED], FEW_REACHED
    ).astype(object)
    return pd.DataFrame(
        {
            "about_count": counted,
            "state": state,
            "percent": np.where(state == TOLD, percent, -1),
            "at_least": np.where(state == FEW_NOT_REACHED, 100 - fewest, -1),
            "at_most": np.where(state == FEW_REACHED, fewest, -1),
        }
    )


def share_interval(percent: np.ndarray, about_count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of told shares as whole per cent, outward: what chance leaves open had other pupils gone there.

    Wilson 1927. It is made of what is printed, so it tells no more of the count.
    """
    share, n = np.asarray(percent, dtype=float) / 100, np.asarray(about_count, dtype=float)
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    lower, upper = 100 * (middle - reach), 100 * (middle + reach)
    return np.floor(lower + 1e-9).astype(np.int64), np.ceil(upper - 1e-9).astype(np.int64)


def pupils_within(about_count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the pupils that rounded counts stand for; a negative count, which is not printed, has no upper end."""
    counted = np.asarray(about_count, dtype=float)
    return np.maximum(counted - _NEAR, 0.0), np.where(counted < 0, np.inf, counted + _NEAR)


def not_reached_within(printed: pd.DataFrame, *, assessed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the number of pupils who did not reach, as a reader infers them from what is printed.

    Parameters
    ----------
    printed : n rows as ``told_shares`` gives them; ``about_count`` -1 where it is not printed
    assessed : n pupils, for a reader who knows them; otherwise what rounding leaves open is used

    A withheld row's ends are 0 and its pupils, or no end where these are not known.
    """
    state = printed["state"].to_numpy()
    percent, at_least, at_most, counted = (
        printed[name].to_numpy(float) for name in ("percent", "at_least", "at_most", "about_count")
    )
    least, most = pupils_within(counted) if assessed is None else (np.asarray(assessed, dtype=float),) * 2
    lower = np.select(
        [state == TOLD, state == FEW_REACHED],
        [(99.5 - percent) / 100 * least, (100.5 - at_most) / 100 * least],
        0.0,
    )
    upper = most.copy()
    for of, ends in ((TOLD, 100.5 - percent), (FEW_NOT_REACHED, 99.5 - at_least)):
        upper[state == of] = (ends / 100 * most)[state == of]
    return lower, upper
