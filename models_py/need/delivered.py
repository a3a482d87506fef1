"""Need from an index that the municipality has ordered: re-based on its own pupils, half each count date, small units together.

The sender's scale means nothing here: a mean of 100 and a mean of 1.00 give the same. Which end is needy is decided and
never guessed from the values. Belongs here: from delivered values to the need of one municipality, and what the record
must say of them. Does not: the index and its small-unit groups (``index``), what the delivered values rest on (their
sender alone knows), files, money.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.index import need_index
from models_py.need.municipality import MunicipalNeed
from models_py.need.policy import CountDates, IndexDirection
from models_py.need.record import COEFFICIENT_COLUMNS, inputs_sha256
from models_py.need.settle import settle_shares
from models_py.need.tables import require_columns, require_unique, whole_counts

KIND = "delivered_index"
KEYS = ("municipality_code", "count_date", "school_unit_code")
FORMULA = "need_index ~ delivered index / its pupil-weighted mean, mean of the count dates"
WARNING = (
    "The index was computed by its sender and describes school units, not pupils. What it rests on (outcome, factors,"
    " years, pupils without known background) cannot be checked here. An association between schools is not a pupil's"
    " risk: it may hold school quality and money already at work."
)
"""Robinson (1950), Ecological correlations and the behavior of individuals, American Sociological Review 15."""

PUPILS_DIFFER = Fraction(1, 10)
"""Above this share of the register's pupils the sender has counted other pupils, or on another day."""


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """One count date: units with pupils in order of code, their pupils, and need relative to the mean (null unknown)."""

    day: date
    units: tuple[str, ...]
    pupils: np.ndarray
    level: np.ndarray
    told: Mapping[str, Any]

    @property
    def valued(self) -> frozenset[str]:
        return frozenset(unit for unit, known in zip(self.units, ~np.isnan(self.level), strict=True) if known)


def need_from_delivered(
    delivered: pd.DataFrame,
    *,
    pupils: pd.DataFrame,
    municipality_code: str,
    funding_year: int,
    dates: Sequence[date],
    direction: IndexDirection,
    index_minimum_pupils: int,
    count_dates: CountDates = "mean_of_two",
    groups: Mapping[str, Sequence[str]] | None = None,
) -> MunicipalNeed:
    """Need of one municipality from an index per school unit. Refused with a reason rather than guessed.

    Each date's values are set against their pupil-weighted mean over the units with pupils that date, the dates count
    half each (one for a unit with one value), and the later date's pupils re-base: sum(n I) / sum(n) = 100 within 1e-9.
    Index times pupils is also what the state's grant for equity in schools is shared by (förordning 2018:49, 4 §).
    'lower_is_needier' mirrors each value around that mean, 2m - I; a value at or above 2m has no mirror image on a
    ratio scale and refuses the municipality. Units with pupils and no value at any date take the municipal mean. Need
    shares are null: the index says how much, not of what.

    Parameters
    ----------
    delivered : rows of ``fct_delivered_index``: municipality_code, count_date, school_unit_code, index_value (> 0, any
        scale), delivered_pupil_count (may be absent or null; compared, never used)
    pupils : municipality_code, count_date, school_unit_code, pupil_count (F-9), from the municipality's register or
        open statistics; rows of other municipalities and dates are passed over in both tables
    dates : one or two count dates of the funding year
    count_dates : 'latest' takes the later date alone
    groups : small-unit groups named in the policy, as in ``need_index``

    Refusal reasons in words: no pupils on the later date, no index for the dates, no unit in common, a value that is no
    positive number, a unit twice, a value that cannot be mirrored, and those of ``need_index``.
    """
    try:
        days = sorted({_day(value) for value in dates})[-1 if count_dates == "latest" else -2 :]
        values = _own(delivered, "index_value", code=municipality_code, days=days, what="delivered index")
        register = _own(pupils, "pupil_count", code=municipality_code, days=days, what="pupils")
        counted = [_counted(day, values, register, direction=direction) for day in days]
        _require_something(counted, values)
        identity = inputs_sha256(values[["count_date", "school_unit_code", "index_value"]])
        named = _fit_id(identity, funding_year=funding_year, direction=direction)
        table = need_index(
            _unit_need(counted, municipality_code), index_minimum_pupils=index_minimum_pupils, groups=groups
        ).table
    except NeedError as error:
        return MunicipalNeed(municipality_code, refusal=str(error))
    valued = frozenset().union(*(one.valued for one in counted))
    record = {
        "fit_id": named,
        "funding_year": int(funding_year),
        "inputs_sha256": identity,
        "kind": KIND,
        "formula": FORMULA,
        "settings": {"direction": direction, "count_dates": count_dates},
        "trained_on": {"result_years": []},
        "dates": [dict(one.told) for one in counted],
        "without_value": [unit for unit in counted[-1].units if unit not in valued],
        "warning": WARNING,
    }
    return MunicipalNeed(
        municipality_code,
        index=table.assign(
            need_share=np.nan, municipality_code=municipality_code, funding_year=int(funding_year), fit_id=named
        ),
        coefficients=pd.DataFrame(columns=list(COEFFICIENT_COLUMNS)),
        record=json.loads(json.dumps(record, sort_keys=True, allow_nan=False)),
    )


def _own(table: pd.DataFrame, column: str, *, code: str, days: Sequence[date], what: str) -> pd.DataFrame:
    """The municipality's rows of these dates, checked, dates as ``date``, in order of their key."""
    if table.empty:
        return pd.DataFrame(columns=[*KEYS, column])
    require_columns(table, [*KEYS, column], what=what)
    own = table[table["municipality_code"] == code]
    own = own.assign(
        count_date=[_day(value) for value in own["count_date"]], school_unit_code=own["school_unit_code"].astype(str)
    )
    own = own[own["count_date"].isin(list(days))]
    require_unique(own, KEYS, what=what)
    return own.sort_values(list(KEYS), ignore_index=True)


def _counted(day: date, values: pd.DataFrame, register: pd.DataFrame, *, direction: IndexDirection) -> _Counted:
    at = register[register["count_date"] == day]
    with_pupils = at[whole_counts(at["pupil_count"], what=f"pupils of {day}") > 0]
    units = tuple(with_pupils["school_unit_code"])
    count = whole_counts(with_pupils["pupil_count"], what=f"pupils of {day}")
    sent = values[values["count_date"] == day]
    number = pd.to_numeric(sent["index_value"]).to_numpy(dtype=float)
    if (bad := ~np.isfinite(number) | (number <= 0)).any():
        raise NeedError(
            f"delivered index of {day}: {_named(sent.loc[bad, 'school_unit_code'])} have no value above zero; deliver"
            " them again",
            reason="bad_index_value",
        )
    value_of = dict(zip(sent["school_unit_code"], number, strict=True))
    value = np.array([value_of.get(unit, math.nan) for unit in units], dtype=float)
    told = {
        "count_date": day.isoformat(),
        "delivered_units": len(sent),
        "units_with_pupils": len(units),
        "without_value": [unit for unit in units if unit not in value_of],
        "without_pupils": sorted(set(value_of) - set(units)),
        "pupil_count_differs": _other_pupils(sent, dict(zip(units, count.tolist(), strict=True))),
    }
    return _Counted(day, units, count, _relative(value, count, units, direction=direction, day=day), told)


def _relative(
    value: np.ndarray, pupils: np.ndarray, units: Sequence[str], *, direction: IndexDirection, day: date
) -> np.ndarray:
    """Values over their pupil-weighted mean, mirrored around it where low means needy; null without a value."""
    known = ~np.isnan(value)
    if not known.any():
        return value
    mean = math.fsum((value[known] * pupils[known]).tolist()) / math.fsum(pupils[known].tolist())
    if direction == "higher_is_needier":
        return settle_shares(value / mean)
    if direction != "lower_is_needier":
        raise NeedError(
            f"need.delivered_index_direction: {direction!r} is not known; it is higher_is_needier or lower_is_needier",
            reason="bad_policy",
        )
    mirrored = settle_shares(2.0 - value / mean)
    if (gone := mirrored <= 0).any():
        high = pd.Series(units)[gone]
        raise NeedError(
            f"delivered index of {day}: {_named(high)} have a value of at least twice the mean, so lower_is_needier leaves no"
            " need above zero: a ratio scale has no mirror image. Order the index with higher values for more need",
            reason="not_mirrored",
        )
    return mirrored


def _require_something(counted: Sequence[_Counted], values: pd.DataFrame) -> None:
    days = " or ".join(str(one.day) for one in counted)
    if not counted[-1].units:
        raise NeedError(f"no unit has pupils at {counted[-1].day}; nothing can be indexed", reason="no_pupils")
    if values.empty:
        raise NeedError(
            f"no index was delivered for {days}; deliver it for a count date of the funding year",
            reason="no_delivered_index",
        )
    later = counted[-1].units
    if not any(one.valued.intersection(later) for one in counted):
        raise NeedError(
            f"none of the {len(later)} units with pupils at {counted[-1].day} has a delivered value; compare the school"
            " unit codes of the two files",
            reason="no_unit_in_common",
        )


def _unit_need(counted: Sequence[_Counted], municipality_code: str) -> pd.DataFrame:
    """The table that ``need_index`` reads. Its shares lie in 0..1, and an index does not see a common factor: levels
    are divided by a power of two, which loses no digit."""
    highest = max(float(np.nanmax(one.level)) for one in counted if not np.isnan(one.level).all())
    factor = 2.0 ** -math.frexp(highest)[1]
    rows = [
        pd.DataFrame(
            {
                "municipality_code": municipality_code,
                "count_date": one.day,
                "school_unit_code": list(one.units),
                "basis": KIND,
                "pupil_count": one.pupils,
                "need_share": one.level * factor,
                "need_share_lower": np.nan,
                "need_share_upper": np.nan,
            }
        )
        for one in counted
        if one.units
    ]
    return pd.concat(rows, ignore_index=True)


def _other_pupils(sent: pd.DataFrame, pupils: Mapping[str, int]) -> list[str]:
    """Units whose delivered count is more than ``PUPILS_DIFFER`` of the register's away from it."""
    if "delivered_pupil_count" not in sent.columns:
        return []
    counts = zip(sent["school_unit_code"], sent["delivered_pupil_count"], strict=True)
    return sorted(
        unit
        for unit, count in counts
        if unit in pupils and not pd.isna(count) and abs(int(count) - pupils[unit]) > PUPILS_DIFFER * pupils[unit]
    )


def _fit_id(identity: str, *, funding_year: int, direction: str) -> str:
    """As the id of a fit: of inputs and policy only."""
    text = json.dumps({"inputs": identity, "formula": FORMULA, "direction": direction}, sort_keys=True)
    return f"need-{int(funding_year)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _named(units: pd.Series) -> str:
    """How many units, and the first three."""
    return f"{len(units)} units (first {', '.join(sorted(units)[:3])})"


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()
