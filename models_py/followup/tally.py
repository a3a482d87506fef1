"""Whole counts of a cohort's pupils per place, year and group.

Belongs here: adding up. Integers, so that no order of pupils matters. Does not: who belongs to which group (``cohort``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ALL, STAYERS, JOINERS, LEAVERS = "all", "stayers", "joiners", "leavers"
GROUPS = (ALL, STAYERS, JOINERS, LEAVERS)

COUNTS = (
    "enrolled_count", "assessed_count", "reached_count", "prior_assessed_count", "prior_reached_count", "both_count",
    "both_reached_count", "gained_count", "lost_count",
)  # fmt: skip


class Tally:
    """Whole counts per place, year and group."""

    def __init__(self, places: int, span: int) -> None:
        self._places, self._span = places, span
        self._counts: dict[str, dict[str, np.ndarray]] = {}

    def _add(self, group: str, name: str, cell: np.ndarray, flag: np.ndarray) -> None:
        size = self._places * self._span
        counts = self._counts.setdefault(group, {n: np.zeros(size, dtype=np.int64) for n in COUNTS})
        counts[name] += np.bincount(cell[flag], minlength=size)

    def add(
        self, group: str, place: np.ndarray, year: np.ndarray, *, enrolled: np.ndarray, reached: np.ndarray,
        prior: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Count pupils; ``reached`` and ``prior`` are 1, 0 or -1 = not assessed."""
        cell = place * self._span + year
        self._add(group, "enrolled_count", cell, enrolled > 0)
        self._add(group, "assessed_count", cell, reached >= 0)
        self._add(group, "reached_count", cell, reached == 1)
        if prior is not None:
            self._add(group, "prior_assessed_count", cell, prior >= 0)
            self._add(group, "prior_reached_count", cell, prior == 1)
            both = (reached >= 0) & (prior >= 0)
            self._add(group, "both_count", cell, both)
            self._add(group, "both_reached_count", cell, both & (reached == 1))
            self._add(group, "gained_count", cell, both & (reached > prior))
            self._add(group, "lost_count", cell, both & (reached < prior))

    def add_prior(self, group: str, place: np.ndarray, year: np.ndarray, prior: np.ndarray) -> None:
        """Prior counts of pupils who were there then."""
        cell = place * self._span + year
        self._add(group, "prior_assessed_count", cell, prior >= 0)
        self._add(group, "prior_reached_count", cell, prior == 1)

    def rows(self) -> pd.DataFrame:
        """A row per place, year and group with a pupil."""
        parts = []
        for group in GROUPS:
            if group in self._counts:
                held = np.flatnonzero(self._counts[group]["enrolled_count"])
                values = {name: counts[held] for name, counts in self._counts[group].items()}
                place, year = np.divmod(held, self._span)
                parts.append(pd.DataFrame({"place": place, "result_year": year, "pupil_group": group, **values}))
        return pd.concat(parts, ignore_index=True)
