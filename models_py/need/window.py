"""Which cohorts a need model is fitted on: enough to be stable, none from after the decision.

Belongs here: the choice of result years. Does not: fitting, freezing weights over funding years.
"""

from __future__ import annotations

from collections.abc import Sequence

SMALL_MUNICIPALITY_UNITS = 30
COHORTS_SMALL, COHORTS_LARGE = 5, 3
"""Simulated index change caused by re-estimation alone, rms index points: at 12 schools 5.1 with three cohorts and 3.0
with five; at 60 schools 2.9 and 1.8. Small municipalities therefore pool five."""


def result_years(available: Sequence[int], *, funding_year: int, unit_count: int) -> tuple[int, ...]:
    """The result years to pool, oldest first: those ended by June of the year before, the newest five or three.

    Parameters
    ----------
    available : years of June with results
    unit_count : school units with results; up to 30 pool five cohorts
    """
    ended = sorted({int(year) for year in available if year <= funding_year - 1})
    return tuple(ended[-(COHORTS_SMALL if unit_count <= SMALL_MUNICIPALITY_UNITS else COHORTS_LARGE) :])
