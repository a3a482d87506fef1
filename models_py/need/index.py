"""From need shares to the need index of one municipality: 100 is its average pupil.

Here: mean of two count dates, units without composition, small-unit groups, re-basing, and both ends of what suppressed
shares allow. Nothing is shrunk: the pupils are a census of the unit, and shrinking would take money from small units
with high need. Not here: estimation, money, caps.
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

COLUMNS = (
    "school_unit_code",
    "school_form",
    "basis",
    "pupil_count",
    "need_share",
    "need_index",
    "need_index_lower",
    "need_index_upper",
    "index_rule",
    "index_group_code",
    "is_under_index_minimum",
    "count_date_count",
)
SHARES = ("need_share", "need_share_lower", "need_share_upper")


@dataclass(frozen=True, slots=True, eq=False)
class NeedIndex:
    """``table``: ``COLUMNS``, one row per unit with pupils at the later count date, ordered by unit.

    ``units_without_pupils``: had pupils at the earlier date only; they have no index. ``municipal_need_share``: the
    pupil-weighted mean that index 100 stands for.
    """

    table: pd.DataFrame
    municipal_need_share: float
    units_without_pupils: tuple[str, ...]


def need_index(
    unit_need: pd.DataFrame,
    *,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> NeedIndex:
    """Index of one municipality from its units' need at one or two count dates (table of ``UnitNeed``).

    Share: mean of the two dates, half each; one date for a unit that is new or has composition at one date only. A unit
    with no composition takes the municipal mean (``index_rule = 'municipal_mean'``), one in a small-unit group the
    group's pupil-weighted share (``'merged_group'``): no own value of a member leaves this function. Pupils are
    those of the later date; with them the weighted mean of ``need_index`` is 100 within 1e-9.
    ``need_index_lower``/``_upper``: index when the unit's (or group's) own suppressed shares lie at either end and all
    others are as used; null where nothing bounds them.
    Raises ``NeedError``: ``several_municipalities``, ``too_many_count_dates``, ``share_out_of_range``, ``no_pupils``,
    ``no_composition`` and those of the small-unit groups.
    """
    rows, dates = _checked(unit_need)
    rows = rows[rows["pupil_count"] > 0]
    current = rows[rows["count_date"] == dates[-1]].sort_values("school_unit_code")
    if current.empty:
        raise NeedError(f"no unit has pupils at {dates[-1]}; nothing can be indexed", reason="no_pupils")
    units = [str(unit) for unit in current["school_unit_code"]]
    pupils = current["pupil_count"].to_numpy()
    shares, date_count = _mean_over_dates(rows, dates, units)

    known = ~np.isnan(shares[:, 0])
    if not known.any():
        raise NeedError("no unit has a known composition; the index cannot be built", reason="no_composition")
    # Inside a group the municipal mean counts at both ends; a unit alone without composition shows no ends.
    shares[~known] = _weighted_mean(shares[known, 0], pupils[known])
    rule = np.where(known, "own", "municipal_mean").astype(object)

    group_of = merge_small_units(
        dict(zip(units, pupils.tolist(), strict=True)), minimum=index_minimum_pupils, groups=groups
    )
    group = np.array([group_of.get(unit) for unit in units], dtype=object)
    together = pupils.copy()
    for code in sorted(set(group_of.values())):
        members = group == code
        rule[members] = "merged_group"
        together[members] = pupils[members].sum()
        shares[members] = [_weighted_mean(shares[members, column], pupils[members]) for column in range(3)]
    used = shares[:, 0]
    base = _weighted_mean(used, pupils)
    own_part = together / pupils.sum()
    # One's own share at an end moves the municipal mean by one's own part of the pupils.
    lower, upper = (100.0 * end / (base + own_part * (end - used)) for end in (shares[:, 1], shares[:, 2]))
    no_ends = rule == "municipal_mean"
    table = pd.DataFrame(
        {
            "school_unit_code": current["school_unit_code"].to_numpy(),
            "school_form": "compulsory_school",
            "basis": current["basis"].to_numpy(),
            "pupil_count": pupils,
            "need_share": used,
            "need_index": 100.0 * used / base,
            "need_index_lower": np.where(no_ends, np.nan, lower),
            "need_index_upper": np.where(no_ends, np.nan, upper),
            "index_rule": rule,
            "index_group_code": group,
            "is_under_index_minimum": pupils < index_minimum_pupils,
            "count_date_count": date_count,
        },
        columns=list(COLUMNS),
    )
    return NeedIndex(table, base, tuple(sorted({str(unit) for unit in rows["school_unit_code"]} - set(units))))


def _checked(unit_need: pd.DataFrame) -> tuple[pd.DataFrame, list[Any]]:
    keys = ["municipality_code", "count_date", "school_unit_code"]
    require_columns(unit_need, [*keys, "basis", "pupil_count"], what="unit need")
    require_unique(unit_need, keys, what="unit need")
    checked = unit_need.assign(pupil_count=whole_counts(unit_need["pupil_count"], what="unit need"))
    if checked["municipality_code"].nunique() > 1:
        raise NeedError("unit need holds several municipalities; index one at a time", reason="several_municipalities")
    dates = sorted(set(checked["count_date"]))
    if len(dates) > 2:
        raise NeedError(
            f"unit need holds {len(dates)} count dates; pass the one or two latest", reason="too_many_count_dates"
        )
    for name in SHARES:
        checked[name] = pd.to_numeric(checked[name]).astype(float)
        beyond = (checked[name] < 0) | (checked[name] > 1)
        if beyond.any():
            raise NeedError(
                f"unit need: {int(beyond.sum())} rows of {name} are not a share 0..1", reason="share_out_of_range"
            )
    return checked, dates


def _mean_over_dates(rows: pd.DataFrame, dates: list[Any], units: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Units × (share, lower, upper): mean over the dates with composition; and how many dates (with pupils, if none).

    A date with composition but without ends makes the ends of the mean unknown: leaving it out would narrow them.
    """
    values = np.full((len(dates), len(units), len(SHARES)), np.nan)
    present = np.zeros((len(dates), len(units)), dtype=bool)
    for position, date in enumerate(dates):
        own = rows[rows["count_date"] == date]
        place = pd.Index(units).get_indexer(pd.Index(own["school_unit_code"].astype(str)))
        values[position, place[place >= 0]] = own[list(SHARES)].to_numpy()[place >= 0]
        present[position, place[place >= 0]] = True
    known = ~np.isnan(values[:, :, 0])
    count = known.sum(axis=0)
    mean = np.where(known[:, :, None], values, 0.0).sum(axis=0) / np.maximum(count, 1)[:, None]
    mean[count == 0] = np.nan
    return mean, np.where(count > 0, count, present.sum(axis=0))


def _weighted_mean(values: np.ndarray, pupils: np.ndarray) -> float:
    """Exactly rounded sums, so the order of units does not matter. Null in, null out."""
    return math.fsum((values * pupils).tolist()) / math.fsum(pupils.tolist())
