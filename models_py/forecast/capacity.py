"""Places against expected pupils, so that premises can be planned.

Belongs here: expected surplus and shortage of a unit's places and how likely a shortage is. Does not: what a place costs.
The expected count is taken as normal around the forecast with the spread of its interval.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from models_py.errors import ForecastError
from models_py.forecast.forecast import ALL
from models_py.forecast.interval import NORMAL_REACH

COLUMNS = (
    "municipality_code", "school_unit_code", "horizon_years", "count_year", "place_count", "expected_count",
    "expected_surplus", "expected_shortage", "shortage_probability",
)  # fmt: skip


def compare_capacity(units: pd.DataFrame, *, places: pd.DataFrame) -> pd.DataFrame:
    """Expected surplus and shortage per unit and horizon.

    Parameters
    ----------
    units : ``EnrollmentForecast.units``
    places : school_unit_code, place_count (places for F-9)

    Returns ``COLUMNS``, one row per unit that both know and horizon. Surplus minus shortage is places minus pupils; with an
    uncertain count both can be expected at once. Probability is empty without an interval, and surplus and shortage then
    those of the expected count.
    Raises ForecastError (``places``) for places that are missing, negative or given twice.
    """
    wrong = places["place_count"].isna() | (places["place_count"].astype(float) < 0)
    wrong |= places.duplicated("school_unit_code", keep=False)
    if wrong.any():
        codes = sorted(set(places.loc[wrong, "school_unit_code"].astype(str)))[:5]
        raise ForecastError(
            f"places must be given once per school unit and not be negative; mend {int(wrong.sum())} rows, school units "
            f"{', '.join(codes)}",
            reason="places",
        )
    known = places.assign(place_count=places["place_count"].astype(float))[["school_unit_code", "place_count"]]
    whole = units[units["grade"] == ALL].merge(known, on="school_unit_code", how="inner", validate="many_to_one")
    room = whole["place_count"].to_numpy() - whole["expected_count"].to_numpy(dtype=float)
    upper = whole["interval_upper"].to_numpy(dtype=float, na_value=np.nan)
    spread = (upper - whole["expected_count"].to_numpy(dtype=float)) / NORMAL_REACH
    told = spread > 0
    steps = np.divide(room, spread, out=np.zeros_like(room), where=told)
    # Mean of the part of a normal variable above the places (loss function of inventory theory).
    short = np.where(told, spread * (norm.pdf(steps) - steps * norm.sf(steps)), np.maximum(-room, 0))
    return whole.assign(
        expected_shortage=np.round(short, 3),
        expected_surplus=np.round(short + room, 3),
        shortage_probability=np.where(told, np.round(norm.sf(steps), 4), np.nan),
    )[list(COLUMNS)].sort_values(list(COLUMNS[:3]), ignore_index=True)
