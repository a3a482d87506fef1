"""Pupils that come from outside: into the preschool class, and into grades that a unit takes from other units.

Belongs here: births or registered children times a unit's or municipality's own share, own history without them, shares of
the municipality's grade below. Does not: progress within a unit (``ratios``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import ForecastError
from models_py.forecast.panel import EnrollmentPanel

RECENT = (0.6, 0.4)
"""Weights of the last count and the one before it in a recent level."""

SHARE_YEARS = 3
"""Years behind a share."""

PSEUDO_CHILDREN = 8
"""Children at the overall share that are added to a unit's own: a unit with few children in its area is drawn to the mean."""

COLUMNS = ("municipality_code", "count_year", "child_count")


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """Children of the age of the preschool class per count year.

    Attributes
    ----------
    table : ``COLUMNS``, and ``school_unit_code`` where the children of the area around each unit are known; years that
        have been counted and years ahead, one row per key
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        missing = [name for name in COLUMNS if name not in self.table]
        if missing:
            raise ForecastError(f"cohorts lack the columns {', '.join(missing)}", reason="columns")
        wrong = self.table["child_count"].isna() | (self.table["child_count"] < 0)
        if wrong.any():
            codes = sorted(set(self.table.loc[wrong, "municipality_code"].astype(str)))[:5]
            raise ForecastError(
                f"cohorts.child_count is missing or negative in {int(wrong.sum())} rows, municipalities {', '.join(codes)}",
                reason="count",
            )
        keys = [name for name in ("municipality_code", "school_unit_code", "count_year") if name in self.table]
        if self.table.duplicated(keys).any():
            raise ForecastError(f"cohorts must have one row per {', '.join(keys)}", reason="twice")

    def by(self, key: str, codes: np.ndarray, years: range) -> np.ndarray:
        """(N, years) children per code of ``key`` (municipality or unit) and year; NaN where not delivered."""
        summed = self.table.groupby([key, "count_year"], sort=True)["child_count"].sum(min_count=1)
        wide = summed.unstack("count_year").reindex(index=codes, columns=list(years))
        return wide.to_numpy(dtype=float)


@dataclass(frozen=True, slots=True, eq=False)
class FirstGrade:
    """Expected pupils in the preschool class: ``units`` (H, J), ``municipalities`` (H, M), and ``born`` (H, M): the same
    from delivered cohorts alone, NaN where there are none."""

    units: np.ndarray
    municipalities: np.ndarray
    born: np.ndarray


def expected_first_grade(
    panel: EnrollmentPanel, *, usable: np.ndarray, base: np.ndarray, cohorts: Cohorts | None, horizon: int
) -> FirstGrade:
    """Cohort times own share of the last years where cohorts are delivered for them and ahead; else own recent level.

    A unit's share of the children in its area is drawn to the overall share by ``PSEUDO_CHILDREN``.
    """
    last = len(panel.years) - 1
    own = recent_level(panel, usable=usable, base=base)[:, 0]
    units = np.repeat(own[None], horizon, axis=0)
    municipal = _municipal_level(panel, usable)
    municipalities = np.repeat(municipal[None], horizon, axis=0)
    if cohorts is None or not panel.years:
        return FirstGrade(units, municipalities, np.full(municipalities.shape, np.nan))
    past = range(max(0, last + 1 - SHARE_YEARS), last + 1)
    years = range(panel.years[past[0]], panel.years[last] + horizon + 1)
    children = cohorts.by("municipality_code", panel.municipality_codes, years)
    counted = panel.by_municipality(panel.count)[:, past, 0].astype(float)
    share = _share(counted, children[:, : len(past)], usable[:, past])
    born = (children[:, len(past) :] * share[:, None]).T
    if "school_unit_code" in cohorts.table:
        near = cohorts.by("school_unit_code", panel.school_unit_code, years)
        taught = panel.count[:, past, 0].astype(float)
        known = usable[panel.municipality][:, past] & (panel.unit_total[:, past] > 0) & ~np.isnan(near[:, : len(past)])
        base_children = np.where(known, near[:, : len(past)], 0).sum(axis=1)
        entered = np.where(known, taught, 0).sum(axis=1)
        overall = entered.sum() / base_children.sum() if base_children.sum() else np.nan
        drawn = (entered + PSEUDO_CHILDREN * overall) / (base_children + PSEUDO_CHILDREN)
        own_share = np.where((base_children > 0) & (entered > 0), drawn, np.nan)
        expected = (near[:, len(past) :] * own_share[:, None]).T
        units = np.where(np.isnan(expected), units, expected)
    return FirstGrade(units, np.where(np.isnan(born), municipalities, born), born)


def recent_level(panel: EnrollmentPanel, *, usable: np.ndarray, base: np.ndarray) -> np.ndarray:
    """(J, 10) weighted mean of each grade over the last usable count and the one before it, where the unit had pupils."""
    total, rows = panel.unit_total, np.arange(len(base))
    level, weight = np.zeros((len(base), 10)), np.zeros(len(base))
    for back, part in enumerate(RECENT):
        place = np.maximum(base - back, 0)
        there = (total[rows, place] > 0) & usable[panel.municipality, place] & (base - back >= 0)
        level += part * panel.count[rows, place] * there[:, None]
        weight += part * there
    return np.divide(level, weight[:, None], out=np.zeros_like(level), where=weight[:, None] > 0)


def handed_on(panel: EnrollmentPanel, *, usable: np.ndarray) -> np.ndarray:
    """(J, 9) share of the municipality's grade g that has begun grade g + 1 at the unit, over the last years."""
    total, municipal = panel.unit_total > 0, panel.by_municipality(panel.count)[panel.municipality]
    begun, cohort = np.zeros((len(total), 9)), np.zeros((len(total), 9))
    for y in range(max(1, len(panel.years) - SHARE_YEARS), len(panel.years)):
        known = (total[:, y] & usable[panel.municipality, y] & usable[panel.municipality, y - 1])[:, None]
        begun += panel.count[:, y, 1:] * known
        cohort += municipal[:, y - 1, :9] * known
    return np.divide(begun, cohort, out=np.zeros_like(begun), where=cohort > 0)


def _municipal_level(panel: EnrollmentPanel, usable: np.ndarray) -> np.ndarray:
    counted = panel.by_municipality(panel.count)[:, :, 0].astype(float)
    level, weight = np.zeros(len(counted)), np.zeros(len(counted))
    newest = np.where(usable, np.arange(counted.shape[1]), 0).max(axis=1, initial=0)
    rows = np.arange(len(counted))
    for back, part in enumerate(RECENT):
        place = np.maximum(newest - back, 0)
        there = usable[rows, place] & (newest - back >= 0)
        level += part * counted[rows, place] * there
        weight += part * there
    return np.divide(level, weight, out=np.zeros_like(level), where=weight > 0)


def _share(counted: np.ndarray, children: np.ndarray, usable: np.ndarray) -> np.ndarray:
    known = usable & ~np.isnan(children)
    base = np.where(known, children, 0).sum(axis=1)
    return np.divide(np.where(known, counted, 0).sum(axis=1), base, out=np.full(len(base), np.nan), where=base > 0)
