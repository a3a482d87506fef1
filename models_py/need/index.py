"""From need shares to the need index of one municipality: 100 is its average pupil.

Here: the index as a table, re-based, with both ends of what suppressed shares allow. Nothing is shrunk: the pupils are a
census of the unit, and shrinking would take money from small units with high need. Not here: how shares of count dates
and groups are put together (``index_frame``), estimation, money, caps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.index_frame import index_frame, weighted_mean
from models_py.need.tables import require_columns

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
    maximum_count_dates: int = 2,
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
    checked = _with_shares(unit_need)
    frame = index_frame(
        checked,
        index_minimum_pupils=index_minimum_pupils,
        groups=groups,
        maximum_count_dates=maximum_count_dates,
    )
    rows = checked[pd.to_numeric(checked["pupil_count"]) > 0]
    current = rows[rows["count_date"] == frame.dates[-1]].sort_values("school_unit_code")
    pupils, rule = frame.pupils, frame.rule
    own = frame.mean_over_dates(frame.spread(rows, rows[list(SHARES)].to_numpy()))
    # Inside a group the municipal mean counts at both ends; a unit alone without composition shows no ends.
    known = frame.known.any(axis=0)
    shares = frame.put_together(own, mean=weighted_mean(own[known, :1], pupils[known]))
    used = shares[:, 0]
    base = float(frame.municipal_mean(shares[:, :1])[0])
    own_part = frame.together / pupils.sum()
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
            "index_group_code": frame.group,
            "is_under_index_minimum": pupils < index_minimum_pupils,
            "count_date_count": frame.date_count,
        },
        columns=list(COLUMNS),
    )
    return NeedIndex(table, base, tuple(sorted({str(unit) for unit in rows["school_unit_code"]} - set(frame.units))))


def _with_shares(unit_need: pd.DataFrame) -> pd.DataFrame:
    """Unit need with shares as floats. Raises ``NeedError`` (``share_out_of_range``)."""
    require_columns(unit_need, ["pupil_count"], what="unit need")
    checked = unit_need.copy()
    for name in SHARES:
        checked[name] = pd.to_numeric(checked[name]).astype(float)
        beyond = (checked[name] < 0) | (checked[name] > 1)
        if beyond.any():
            raise NeedError(
                f"unit need: {int(beyond.sum())} rows of {name} are not a share 0..1", reason="share_out_of_range"
            )
    return checked
