"""Invented pupils by time since immigration at the small municipalities' units: one row small, the others large."""

from __future__ import annotations

from datetime import date

import pandas as pd

DAY, DAY_BEFORE = date(2026, 10, 15), date(2025, 10, 15)
LEVELS = ("born_in_sweden", "years_9_or_more", "years_4_to_8", "years_0_to_3", "missing")


def counts(totals: dict[str, int], *, seed: int = 0) -> pd.DataFrame:
    """Counts of two dates that add up to ``totals`` (unit → pupils) on the later one."""
    rows = []
    for day in (DAY, DAY_BEFORE):
        for place, (unit, pupils) in enumerate(sorted(totals.items())):
            parts = [18 + (3 * place + seed) % 5, 14 + place % 3, 4 + (place + seed) % 4, 12 + place % 2]
            told = dict(zip(LEVELS, (pupils - sum(parts), *parts), strict=True))
            rows += [(day, unit, "immigration", level, count) for level, count in told.items()]
    return pd.DataFrame(rows, columns=["count_date", "school_unit_code", "factor", "level", "pupil_count"])
