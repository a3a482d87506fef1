"""Leavers scored by weights that have not seen them: expected and observed per school and cell.

Belongs here: scoring a cohort, moving its level, adding cohorts together. Does not: any figure about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models_py.errors import AccuracyError
from models_py.need.cells import CellCounts, School
from models_py.need.design import Factor
from models_py.need.fit import NeedFit
from models_py.need.logit import recalibrate
from models_py.need.scoring import predicted_share
from models_py.need.settle import settle, settle_shares

EDGE = 1e-9
"""Shares are kept to nine decimals; one that became 0 or 1 has no log-odds."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredLeavers:
    """Rows of school, result year and cell, ascending by (school, year, cell).

    Attributes
    ----------
    schools : (municipality_code, school_unit_code), ascending; factors, levels : int64 rows × factors
    school : int64 per row; year : int64 per row, the result year itself
    share : per row, expected share not eligible by the frozen weights, 0..1
    relative : per row, the same moved on the logit scale until each year's expected sum equals the observed one: the index
        tells who needs more than others, not how many fail in a year
    trials, events : int64 per row
    level_shift : (year, log-odds that the level was moved by)
    fits : (year, the weights it was scored by)
    """

    schools: tuple[School, ...]
    factors: tuple[Factor, ...]
    levels: np.ndarray
    school: np.ndarray
    year: np.ndarray
    share: np.ndarray
    relative: np.ndarray
    trials: np.ndarray
    events: np.ndarray
    level_shift: tuple[tuple[int, float], ...]
    fits: tuple[tuple[int, NeedFit], ...]

    def per_school(self) -> pd.DataFrame:
        """municipality_code, school_unit_code, leaver_count, expected_count (relative), observed_count."""
        size = len(self.schools)
        leavers, observed = (np.bincount(self.school, weights=w, minlength=size) for w in (self.trials, self.events))
        return pd.DataFrame(
            {
                "municipality_code": [municipality for municipality, _ in self.schools],
                "school_unit_code": [unit for _, unit in self.schools],
                "leaver_count": leavers.astype(np.int64),
                "expected_count": np.bincount(self.school, weights=self.trials * self.relative, minlength=size),
                "observed_count": observed.astype(np.int64),
            }
        )


def score_leavers(fit: NeedFit, counts: CellCounts) -> ScoredLeavers:
    """Score every leaver of ``counts``. Raises ``NeedError`` (``no_need_share``), ``AccuracyError`` (``one_outcome``)."""
    cells = counts.of_factors([factor.name for factor in fit.design.factors])
    share = settle_shares(predicted_share(fit, cells.levels))[cells.cell]
    year = np.array(cells.years)[cells.year[cells.cell]]
    relative, shifts = np.empty(len(share)), []
    for one in cells.years:
        at = year == one
        trials, events = cells.trials[at].astype(float), int(cells.sums[at].sum())
        if not 0 < events < trials.sum():
            raise AccuracyError(
                f"all or none of the leavers of {one} have the outcome; nothing can be judged", reason="one_outcome"
            )
        score = logit(np.clip(share[at], EDGE, 1 - EDGE))
        shift = float(settle(np.array([recalibrate(score, trials=trials, total=float(events))]))[0])
        relative[at] = settle_shares(expit(score + shift))
        shifts.append((int(one), shift))
    order = np.lexsort((cells.cell, year, cells.school))
    return ScoredLeavers(
        schools=cells.schools,
        factors=cells.factors,
        levels=cells.levels[cells.cell][order],
        school=cells.school[order],
        year=year[order],
        share=share[order],
        relative=relative[order],
        trials=cells.trials[order],
        events=cells.sums[order],
        level_shift=tuple(shifts),
        fits=tuple((int(one), fit) for one in cells.years),
    )


def together(parts: Sequence[ScoredLeavers]) -> ScoredLeavers:
    """Several cohorts, each scored by its own frozen weights, as one. Raises ``AccuracyError``: ``no_cohorts``,
    ``other_factors`` (the weights know different factors)."""
    if not parts:
        raise AccuracyError("no cohort has been judged; pool more result years", reason="no_cohorts")
    if len({part.factors for part in parts}) > 1:
        raise AccuracyError("the cohorts were scored by different factors; judge them apart", reason="other_factors")
    schools = tuple(sorted({school for part in parts for school in part.schools}))
    place = {school: position for position, school in enumerate(schools)}
    school = np.concatenate([np.array([place[s] for s in part.schools], dtype=np.int64)[part.school] for part in parts])
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("levels", "year", "share", "relative", "trials", "events")
    }
    keys = [joined["levels"][:, column] for column in range(joined["levels"].shape[1] - 1, -1, -1)]
    order = np.lexsort((*keys, joined["year"], school))
    return ScoredLeavers(
        schools=schools,
        factors=parts[0].factors,
        school=school[order],
        level_shift=tuple(sorted(shift for part in parts for shift in part.level_shift)),
        fits=tuple(sorted((each for part in parts for each in part.fits), key=lambda each: each[0])),
        **{name: values[order] for name, values in joined.items()},
    )
