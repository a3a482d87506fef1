"""Invented municipalities whose cohorts move up as told: rows as the warehouse has them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.forecast import GRADES

YEARS = tuple(range(2012, 2022))


def rows(municipality: str, unit: str, by_year: dict[int, list[int]]) -> pd.DataFrame:
    """Counts of one unit: year to ten grades."""
    return pd.DataFrame(
        [
            (municipality, unit, year, grade, count)
            for year, counts in by_year.items()
            for grade, count in zip(GRADES, counts, strict=True)
            if count
        ],
        columns=["municipality_code", "school_unit_code", "count_year", "grade", "pupil_count"],
    )


def steady(municipality: str, unit: str, size: int = 50, *, years: tuple[int, ...] = YEARS) -> pd.DataFrame:
    """The same number in every grade and year."""
    return rows(municipality, unit, {year: [size] * 10 for year in years})


def world(*, municipalities: int = 25, units: int = 6, seed: int = 1, years: tuple[int, ...] = YEARS) -> pd.DataFrame:
    """Units F-9 that keep their own part of each cohort, .82 to 1, and take some from outside; intake around an own level."""
    random = np.random.default_rng(seed)
    parts = []
    for m in range(municipalities):
        for u in range(units):
            level, keep = random.uniform(15, 70), random.uniform(0.82, 1)
            now = random.poisson(level, size=10)
            by_year = {}
            for year in years:
                by_year[year] = now.tolist()
                stay = random.binomial(now[:9], keep) + random.poisson(0.03 * level, size=9)
                now = np.concatenate([[random.poisson(level)], stay])
            parts.append(rows(f"{9000 + m}", f"{9000 + m}{u:04d}", by_year))
    return pd.concat(parts, ignore_index=True)


def without(counts: pd.DataFrame, *, unit: str, year: int) -> pd.DataFrame:
    """The rows without one unit's year."""
    return counts[~((counts["school_unit_code"] == unit) & (counts["count_year"] == year))].reset_index(drop=True)
