"""A band of what is expected instead of a rank: about a quarter of units below it, half inside, a quarter above.

Belongs here: one width per stratum, chosen by rule, and where a unit's interval lies. Does not: expected values.
Source: Pham, Robitzsch, George and Freunberger 2016, pp. 295-332 (the Austrian fair comparison).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import FollowupError
from models_py.followup.tables import require

WANTED = (0.25, 0.50, 0.25)
"""Shares of units below, inside and above."""

BELOW, INSIDE, ABOVE, UNDECIDED = "below", "inside", "above", "undecided"

COLUMNS = ("school_unit_code", "stratum", "observed", "expected", "interval_lower", "interval_upper")


@dataclass(frozen=True, slots=True, eq=False)
class ExpectationBand:
    """Attributes
    ----------
    widths : stratum, width, below_share, inside_share, above_share (of point values), unit_count
    units : the columns given, band_lower, band_upper, position: below, inside, above; undecided where the unit's interval
        crosses an edge of the band
    """

    widths: pd.DataFrame
    units: pd.DataFrame


def expectation_band(units: pd.DataFrame, *, step: float) -> ExpectationBand:
    """The band of every stratum, and each unit's place.

    Parameters
    ----------
    units : ``COLUMNS``, one row per unit, no nan; stratum is any label
    step : distance between the widths that are tried, in units of the outcome, above 0

    The width is the one whose shares come nearest to ``WANTED`` by least squares; the smaller of equals. Raises
    FollowupError for missing columns, values that are not numbers and a step of 0 or less.
    """
    require(units, COLUMNS, what="units")
    numbers = units[list(COLUMNS[2:])].to_numpy(float)
    if not np.isfinite(numbers).all():
        raise FollowupError(
            f"units: {int((~np.isfinite(numbers)).any(axis=1).sum())} rows hold values that are no numbers"
        )
    if not step > 0:
        raise FollowupError(f"step {step}: widths must grow by more than 0")
    widths = [_width(stratum, rows, step) for stratum, rows in units.groupby("stratum", sort=True)]
    told = pd.DataFrame(
        widths, columns=["stratum", "width", "below_share", "inside_share", "above_share", "unit_count"]
    )
    placed = units[list(COLUMNS)].sort_values("school_unit_code", ignore_index=True)
    half = placed["stratum"].map(told.set_index("stratum")["width"]).to_numpy(float) / 2
    lower, upper = placed["expected"] - half, placed["expected"] + half
    position = np.select(
        [
            placed["interval_upper"] < lower,
            placed["interval_lower"] > upper,
            (placed["interval_lower"] >= lower) & (placed["interval_upper"] <= upper),
        ],
        [BELOW, ABOVE, INSIDE],
        UNDECIDED,
    )
    return ExpectationBand(told, placed.assign(band_lower=lower, band_upper=upper, position=position))


def _width(stratum: object, rows: pd.DataFrame, step: float) -> tuple[object, float, float, float, float, int]:
    apart = np.sort((rows["observed"] - rows["expected"]).to_numpy(float))
    grid = step * np.arange(int(np.ceil(2 * np.abs(apart).max() / step)) + 2)
    below = np.searchsorted(apart, -grid / 2, side="left") / len(apart)
    above = 1.0 - np.searchsorted(apart, grid / 2, side="right") / len(apart)
    shares = np.column_stack([below, 1.0 - below - above, above])
    best = int(np.argmin(np.round(((shares - np.array(WANTED)) ** 2).sum(axis=1), 12)))
    below_share, inside_share, above_share = (float(share) for share in shares[best])
    return stratum, float(grid[best]), below_share, inside_share, above_share, len(apart)
