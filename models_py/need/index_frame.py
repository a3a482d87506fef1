"""How unit shares become index shares: mean of the count dates, units without composition, small-unit groups.

Belongs here: one linear path, for one column of shares or a thousand, so that the index, its replicates, its gradients
and its contributions all take the same way. Does not: estimation, scoring, money.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.small_units import merge_small_units
from models_py.need.tables import require_columns, require_unique, whole_counts


@dataclass(frozen=True, slots=True, eq=False)
class IndexFrame:
    """The units of one municipality and what decides how their shares are put together.

    Attributes
    ----------
    dates : count dates, ascending
    units : school_unit_code of every unit with pupils at the latest date, ascending
    pupils : int64 per unit, at the latest date
    known : bool, dates × units: the unit has pupils of known composition at the date
    present : bool, dates × units: the unit has pupils at the date
    group : object per unit: code of the small-unit group, or None
    rule : object per unit: 'own', 'municipal_mean' or 'merged_group'
    """

    dates: tuple[Any, ...]
    units: tuple[str, ...]
    pupils: np.ndarray
    known: np.ndarray
    present: np.ndarray
    group: np.ndarray
    rule: np.ndarray

    @property
    def together(self) -> np.ndarray:
        """Pupils whose shares stand behind the unit's index: its group's, or its own; int64 per unit."""
        together = self.pupils.copy()
        for members in self.groups:
            together[members] = self.pupils[members].sum()
        return together

    @property
    def date_count(self) -> np.ndarray:
        """Count dates that the unit's own share rests on (with pupils, where no composition is known); int per unit."""
        count = self.known.sum(axis=0)
        return np.where(count > 0, count, self.present.sum(axis=0))

    @property
    def groups(self) -> list[np.ndarray]:
        """Members of every small-unit group, bool per unit, ordered by code."""
        return [self.group == code for code in sorted({code for code in self.group if code is not None})]

    def spread(self, table: pd.DataFrame, values: np.ndarray) -> np.ndarray:
        """Rows of unit need (count_date, school_unit_code) × columns, as dates × units × columns; null where none."""
        spread = np.full((len(self.dates), len(self.units), values.shape[1]), np.nan)
        unit = pd.Index(self.units).get_indexer(pd.Index(table["school_unit_code"].astype(str)))
        for position, date in enumerate(self.dates):
            rows = (table["count_date"] == date).to_numpy() & (unit >= 0)
            spread[position, unit[rows]] = values[rows]
        return spread

    def mean_over_dates(self, values: np.ndarray) -> np.ndarray:
        """Dates × units × columns to units × columns: mean over the dates with composition, null where there is none."""
        count = self.known.sum(axis=0)
        mean = np.where(self.known[:, :, None], values, 0.0).sum(axis=0) / np.maximum(count, 1)[:, None]
        mean[count == 0] = np.nan
        return mean

    def put_together(self, own: np.ndarray, *, mean: np.ndarray | None = None) -> np.ndarray:
        """Shares as the index uses them, units × columns, from the units' own (``mean_over_dates``).

        A unit without composition takes the municipal mean of the others (per column, or ``mean`` given per column), a
        member of a group the group's pupil-weighted mean. Linear in ``own``.
        """
        used = own.copy()
        known = self.known.any(axis=0)
        if not known.all():
            used[~known] = weighted_mean(own[known], self.pupils[known]) if mean is None else mean
        for members in self.groups:
            used[members] = weighted_mean(used[members], self.pupils[members])
        return used

    def used_shares(self, values: np.ndarray) -> np.ndarray:
        """Dates × units × columns to units × columns, as the index uses them. Linear in ``values``."""
        return self.put_together(self.mean_over_dates(values))

    def municipal_mean(self, used: np.ndarray) -> np.ndarray:
        """Pupil-weighted mean of every column: what index 100 stands for."""
        return weighted_mean(used, self.pupils)

    def index(self, used: np.ndarray) -> np.ndarray:
        """Index of ``used_shares``, units × columns; the pupil-weighted mean of every column is 100."""
        return 100.0 * used / self.municipal_mean(used)


def index_frame(
    unit_need: pd.DataFrame,
    *,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
    maximum_count_dates: int = 2,
) -> IndexFrame:
    """The frame of one municipality's unit need. Arguments and errors as ``need_index``."""
    rows = checked_rows(unit_need, maximum_count_dates=maximum_count_dates)
    dates = sorted(set(rows["count_date"]))
    rows = rows[rows["pupil_count"] > 0]
    current = rows[rows["count_date"] == dates[-1]].sort_values("school_unit_code")
    if current.empty:
        raise NeedError(f"no unit has pupils at {dates[-1]}; nothing can be indexed", reason="no_pupils")
    units = tuple(str(unit) for unit in current["school_unit_code"])
    pupils = current["pupil_count"].to_numpy()
    known = np.zeros((len(dates), len(units)), dtype=bool)
    present = np.zeros((len(dates), len(units)), dtype=bool)
    place = pd.Index(units).get_indexer(pd.Index(rows["school_unit_code"].astype(str)))
    for position, date in enumerate(dates):
        own = (rows["count_date"] == date).to_numpy() & (place >= 0)
        present[position, place[own]] = True
        known[position, place[own]] = rows["need_share"].notna().to_numpy()[own]
    somewhere = known.any(axis=0)
    if not somewhere.any():
        raise NeedError("no unit has a known composition; the index cannot be built", reason="no_composition")
    group_of = merge_small_units(
        dict(zip(units, pupils.tolist(), strict=True)), minimum=index_minimum_pupils, groups=groups
    )
    group = np.array([group_of.get(unit) for unit in units], dtype=object)
    alone = np.where(somewhere, "own", "municipal_mean")
    rule = np.array([a if g is None else "merged_group" for a, g in zip(alone, group, strict=True)], dtype=object)
    for array in (pupils, known, present, group, rule):
        array.setflags(write=False)
    return IndexFrame(tuple(dates), units, pupils, known, present, group, rule)


def checked_rows(unit_need: pd.DataFrame, *, maximum_count_dates: int) -> pd.DataFrame:
    """Unit need with whole pupil counts, of one municipality and few enough dates. Errors as ``need_index``."""
    keys = ["municipality_code", "count_date", "school_unit_code"]
    require_columns(unit_need, [*keys, "basis", "pupil_count"], what="unit need")
    require_unique(unit_need, keys, what="unit need")
    checked = unit_need.assign(pupil_count=whole_counts(unit_need["pupil_count"], what="unit need"))
    if checked["municipality_code"].nunique() > 1:
        raise NeedError("unit need holds several municipalities; index one at a time", reason="several_municipalities")
    dates = checked["count_date"].nunique()
    if dates > maximum_count_dates:
        raise NeedError(
            f"unit need holds {dates} count dates; pass the {maximum_count_dates} latest at most",
            reason="too_many_count_dates",
        )
    return checked


def weighted_mean(values: np.ndarray, pupils: np.ndarray) -> np.ndarray:
    """Mean of every column of units × columns. Exactly rounded sums: no order of units matters. Null in, null out."""
    total = math.fsum(pupils.tolist())
    return np.array([math.fsum(column) / total for column in (values * pupils[:, None]).T.tolist()])
