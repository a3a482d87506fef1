"""How large the municipalities of the nation are. Sizes only; no pupil is drawn here.

Sizes are spread as Sweden's are, few large and many small: log-normal by rank, so that no draw decides the total.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from scipy.special import ndtri

MUNICIPALITIES, UNITS, YEARS, FIRST_YEAR = 290, 4_800, 15, 2012
COHORT = (8.0, 76.0)
"""Yearly intake of a unit, log-uniform: with it a unit has some 229 pupils, and the nation 1.1 million."""
_SPREAD = 0.9
_DISTRICT_UNITS = 16  # the reserved identity numbers suffice for a world of some 5 000 pupils a year
_SEED = 290


@dataclass(frozen=True, slots=True)
class Municipality:
    """An invented municipality. ``districts``: units of each world it is made of; ``first_unit``: units before its own."""

    code: str
    first_unit: int
    districts: tuple[int, ...]


def nation(municipalities: int = MUNICIPALITIES) -> tuple[Municipality, ...]:
    """The first municipalities of the nation, large and small mixed; the same ones whatever their number."""
    size = np.exp(_SPREAD * ndtri((np.arange(MUNICIPALITIES) + 0.5) / MUNICIPALITIES))
    edges = np.round(np.concatenate([[0.0], np.cumsum(size)]) / size.sum() * UNITS).astype(int)
    units = np.random.default_rng(_SEED).permutation(np.maximum(np.diff(edges), 1)).tolist()
    before = list(accumulate(units, initial=0))
    return tuple(
        Municipality(f"{9000 + number}", before[number], _districts(units[number])) for number in range(municipalities)
    )


def of_size(municipalities: int) -> tuple[Municipality, ...]:
    """That many municipalities to measure by: the first ones, or for one alone the one nearest to the mean in units."""
    if municipalities > 1:
        return nation(municipalities)
    return (min(nation(), key=lambda each: (abs(sum(each.districts) - UNITS / MUNICIPALITIES), each.code)),)


def _districts(units: int) -> tuple[int, ...]:
    count = -(-units // _DISTRICT_UNITS)
    return tuple(units // count + (place < units % count) for place in range(count))
