"""Leaving out whole schools, or whole cohorts: what each fold holds out, as counts per cell.

Pupils of one school share its quality, so a fold that splits a school flatters every model; folds hold whole schools.
Here: who is in which fold, and what it holds. Folds come from codes, so there is no random number and no row order.
Not here: any fit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models_py.errors import NeedError
from models_py.need.cells import CellCounts

Validation = Literal["school", "cohort"]


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """``trials``, ``events``: float64 (whole numbers), folds × cells of the counts: what each fold holds out.

    ``validation``: 'school' (whole schools are left out) or 'cohort' (one result year at a time).
    """

    validation: Validation
    trials: np.ndarray
    events: np.ndarray

    @property
    def pupils(self) -> np.ndarray:
        """Leavers that each fold holds out."""
        return self.trials.sum(axis=1)


def school_folds(counts: CellCounts, *, folds: int = 10) -> Folds:
    """Schools dealt into ``folds`` in the order of the SHA-256 of their municipality and unit code.

    With fewer schools than folds each school is a fold. Raises ``NeedError`` (``too_few_schools``, ``bad_setting``).
    """
    if folds < 2:
        raise NeedError(f"folds is {folds}; two are needed to leave one out", reason="bad_setting")
    schools = len(counts.schools)
    if schools < 2:
        raise NeedError(f"{schools} school has leavers; leaving schools out needs two", reason="too_few_schools")
    digests = [hashlib.sha256("/".join(school).encode()).hexdigest() for school in counts.schools]
    order = sorted(range(schools), key=digests.__getitem__)
    fold = np.empty(schools, dtype=np.int64)
    fold[order] = np.arange(schools) % min(folds, schools)
    return _held_out(counts, fold[counts.school], "school")


def cohort_folds(counts: CellCounts) -> Folds:
    """One result year per fold. Raises ``NeedError`` (``too_few_cohorts``) with one year."""
    if len(counts.years) < 2:
        raise NeedError(
            f"results of {counts.years[0]} only; leaving cohorts out needs two years", reason="too_few_cohorts"
        )
    return _held_out(counts, counts.year[counts.cell], "cohort")


def _held_out(counts: CellCounts, fold: np.ndarray, validation: Validation) -> Folds:
    cells = len(counts.levels)
    folds = int(fold.max()) + 1
    place = fold * cells + counts.cell
    trials, events = (
        np.bincount(place, weights=count, minlength=folds * cells).reshape(folds, cells)
        for count in (counts.trials, counts.sums)
    )
    rest = trials.sum() - trials.sum(axis=1), events.sum() - events.sum(axis=1)
    bare = (rest[1] == 0) | (rest[1] == rest[0])
    if bare.any():
        raise NeedError(
            f"without {int(bare.sum())} of the {folds} {validation} folds all or none of the leavers are eligible;"
            " pool more years or schools",
            reason="too_few_events",
        )
    return Folds(validation, trials, events)
