"""The attacker's verdict on what is published: what could be worked out, and how narrowly.

Belongs here: counting. Does not: the programmes (``attack``), where the cells stand (the publication).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_py.disclosure.attack import TOLERANCE, intervals
from models_py.disclosure.cells import Tables, blocks
from models_py.disclosure.rule import DisclosureRule
from models_py.errors import DisclosureError


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What an attacker finds of the withheld cells (``keys``, k of them).

    Attributes
    ----------
    low, high : k, ends of each interval; where ``exact`` was not asked for, two values at least the required width apart
    required : k, the threshold, or what totals that always stand leave of it
    recoverable : withheld cells that can be worked out to the pupil, though totals alone would not tell
    too_narrow : withheld cells whose interval is narrower than required, those recoverable among them
    narrowest : smallest width among cells that could be as wide as the threshold; None without any
    told_by_totals : withheld cells that totals alone leave less than the threshold, such as those of a tiny unit
    """

    keys: np.ndarray
    low: np.ndarray
    high: np.ndarray
    required: np.ndarray
    recoverable: int
    too_narrow: int
    narrowest: float | None
    told_by_totals: int

    @property
    def narrow_keys(self) -> list[str]:
        """Keys of the cells that are too narrow, in order."""
        return list(self.keys[self.high - self.low < self.required - TOLERANCE])


def audit(tables: Tables, *, rule: DisclosureRule, exact: bool = False) -> Audit:
    """Attack every cell whose value is -1, with all sums and every told cell at once.

    ``exact``: find both ends of every interval; otherwise a cell seen to be wide enough is not looked at further.
    Raises ``DisclosureError``: ``contradiction``, ``unknown_value`` (a total that always stands is empty).
    """
    hidden = tables.values < 0
    told = np.where(hidden, np.nan, tables.values.astype(float))
    count = len(told)
    low, high, required = told.copy(), told.copy(), np.zeros(count)
    goal = np.full(count, float(rule.threshold))
    for rows, cells in blocks(tables.sums, open_cells=tables.may_hide | hidden):
        if not hidden[cells].any():
            continue
        sums = tables.sums[rows]
        ties = np.unique(np.concatenate([cells, sums.indices]))
        sums = sums[:, ties]
        free = np.isin(ties, cells)
        # What totals that always stand leave open, had nothing else been told.
        if np.isnan(told[ties][~free]).any():
            raise DisclosureError("a cell that always stands has no value", reason="unknown_value")
        alone = intervals(
            sums,
            told=np.where(free, np.nan, told[ties]),
            wanted=np.where(hidden[ties], goal[ties], 0.0),
            lower=np.zeros(len(ties)),
            upper=np.full(len(ties), np.inf),
        )
        needed = np.minimum(goal[ties], np.floor(alone.width + TOLERANCE))
        seen = intervals(
            sums, told=told[ties], wanted=np.full(len(ties), np.inf) if exact else needed,
            lower=tables.lower[ties], upper=tables.upper[ties],
        )  # fmt: skip
        low[cells], high[cells] = seen.low[free], seen.high[free]
        required[cells] = needed[free]
    low, high, required = low[hidden], high[hidden], required[hidden]
    width = high - low
    whole_width = width[required >= rule.threshold]
    return Audit(
        keys=tables.keys[hidden],
        low=low,
        high=high,
        required=required,
        recoverable=int(((width < 1.0 - TOLERANCE) & (required >= 1.0)).sum()),
        too_narrow=int((width < required - TOLERANCE).sum()),
        narrowest=float(np.floor(whole_width.min() + TOLERANCE)) if len(whole_width) else None,
        told_by_totals=int((required < rule.threshold).sum()),
    )
