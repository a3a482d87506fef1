"""The outcome of a school and year with composition taken out: how much better leavers did than their background says.

Belongs here: from outcome cells and a fit to school × year residuals in standard deviations. Does not: estimation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import EffectError
from models_py.need.cells import CellCounts
from models_py.need.fit import NeedFit
from models_py.need.scoring import predicted_share
from models_py.need.settle import settle_shares

MINIMUM_LEAVERS = 5
"""Below this a school's year is mostly its single pupils; it is left out and counted."""


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedOutcome:
    """``table``: municipality_code, school_unit_code, result_year, outcome (standard deviations between pupils, higher is
    better), pupil_count; ordered by key. ``pupil_sd``: of a pupil around the expectation, same units. ``left_out``: school
    years with fewer than ``MINIMUM_LEAVERS``."""

    table: pd.DataFrame
    pupil_sd: float
    left_out: int


def adjusted_outcome(fit: NeedFit, counts: CellCounts, *, minimum_leavers: int = MINIMUM_LEAVERS) -> AdjustedOutcome:
    """Expected less observed share not eligible per school and year, over the pupils' standard deviation of it.

    The fit must not have seen school effects in its weights (within-school weights have not). Raises ``NeedError`` as
    ``predicted_share``, ``EffectError`` (``one_outcome``, ``no_school_years``).
    """
    collapsed = counts.of_factors([factor.name for factor in fit.design.factors])
    share = settle_shares(predicted_share(fit, collapsed.levels))[collapsed.cell]
    place = collapsed.school * len(collapsed.years) + collapsed.year[collapsed.cell]
    size = len(collapsed.schools) * len(collapsed.years)
    trials, events = (np.bincount(place, weights=w, minlength=size) for w in (collapsed.trials, collapsed.sums))
    expected = np.bincount(place, weights=collapsed.trials * share, minlength=size)
    common = events.sum() / trials.sum()
    if not 0 < common < 1:
        raise EffectError("all or none of the leavers have the outcome; it has no spread", reason="one_outcome")
    spread = float(np.sqrt(common * (1.0 - common)))
    kept = trials >= minimum_leavers
    if not kept.any():
        raise EffectError(f"no school year has {minimum_leavers} leavers", reason="no_school_years")
    school, year = np.divmod(np.flatnonzero(kept), len(collapsed.years))
    squared = float((collapsed.trials * share * (1.0 - share)).sum()) / float(trials.sum())
    table = pd.DataFrame(
        {
            "municipality_code": [collapsed.schools[j][0] for j in school],
            "school_unit_code": [collapsed.schools[j][1] for j in school],
            "result_year": np.array(collapsed.years)[year],
            "outcome": np.round((expected - events)[kept] / trials[kept] / spread, 10) + 0.0,
            "pupil_count": trials[kept].astype(np.int64),
        }
    )
    return AdjustedOutcome(table, float(np.sqrt(squared) / spread), int(((trials > 0) & ~kept).sum()))
