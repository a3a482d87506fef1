"""Shares and changes of cohorts, with intervals: what the counts say, and where they say nothing.

Belongs here: turning counts (``cohort``) into shares, paired changes, what the municipality's cohort did meanwhile, reasons
where no figure is given. Does not: counting, comparing one cohort with another (``naive_change``).
Sources: Bonett and Price 2012 (interval of a paired difference); Agresti and Caffo 2000 (of two groups).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models_py.followup.cohort import COLUMNS as COUNT_COLUMNS
from models_py.followup.cohort import KEYS, WHOLE
from models_py.followup.indicators import INDICATORS, Indicator
from models_py.followup.tables import require
from models_py.followup.tally import ALL

FEWEST_PUPILS = 10
NORMAL_REACH = 1.959964

TOLD, FIRST, FEW, BREAK = "told", "first_indicator", "few_pupils", "version_break"
"""Why there is a change, or none."""

COLUMNS = (
    *KEYS, "version", "prior_indicator", "prior_version", "prior_grade", "enrolled_count", "assessed_count",
    "coverage_share", "reached_share", "prior_share", "both_count", "change", "interval_lower", "interval_upper",
    "is_same_indicator", "municipality_change", "change_beside_municipality", "change_state",
)  # fmt: skip


def progression(counts: pd.DataFrame, *, indicators: Sequence[Indicator] = INDICATORS) -> pd.DataFrame:
    """Shares and changes of every row of ``cohort_counts``; ``COLUMNS``, in its order. Shares 0..1, changes −1..1.

    ``coverage_share``: assessed of those enrolled. Shares of ``all`` are of those assessed, those of the other groups of the
    pupils assessed at both indicators. ``change``: of pupils assessed at both indicators for stayers, joiners
    and leavers; for ``all`` the share now minus the share then, of whoever was enrolled. Nothing is told of fewer than
    ``FEWEST_PUPILS`` pupils, nor across versions that may not be compared. Where the indicator before is another one
    (``is_same_indicator`` false) a change says as much about the measure as about pupils: read it beside the
    municipality's change of the same cohort, ``change_beside_municipality``.

    Raises FollowupError for missing columns.
    """
    require(counts, COUNT_COLUMNS, what="counts")
    n, reached, before, prior, both = (
        counts[name].to_numpy(float)
        for name in ("assessed_count", "reached_count", "prior_assessed_count", "prior_reached_count", "both_count")
    )
    whole = (counts["pupil_group"] == ALL).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        # Of those assessed twice, so that now minus then is the change.
        twice = counts["both_reached_count"].to_numpy(float)
        then = twice - counts["gained_count"].to_numpy(float) + counts["lost_count"].to_numpy(float)
        share = _share(np.where(whole, reached, twice), np.where(whole, n, both))
        prior_share = _share(np.where(whole, prior, then), np.where(whole, before, both))
        paired, paired_reach, paired_middle = _paired(counts, both)
        change = np.where(whole, share - prior_share, np.where(both >= FEWEST_PUPILS, paired, np.nan))
        middle, reach = _apart(reached, n, prior, before)
    state = _state(counts, change, indicators)
    told = state == TOLD
    change = np.where(told, change, np.nan)
    middle, reach = np.where(whole, middle, paired_middle), np.where(whole, reach, paired_reach)
    table = counts.assign(
        coverage_share=n / counts["enrolled_count"].to_numpy(float), reached_share=share, prior_share=prior_share,
        change=change, interval_lower=np.where(told, np.maximum(middle - reach, -1.0), np.nan),
        interval_upper=np.where(told, np.minimum(middle + reach, 1.0), np.nan),
        is_same_indicator=(counts["prior_indicator"] == counts["indicator"]).to_numpy(), change_state=state,
    )  # fmt: skip
    return _beside_municipality(table)[list(COLUMNS)]


def yearly_values(counts: pd.DataFrame, *, series: str, indicator: str, subject: str, grade: int) -> pd.DataFrame:
    """One indicator over the years, each year another cohort: what ``naive_change`` compares.

    Columns: municipality_code, school_unit_code, result_year, version, pupil_count, value (share 0..1).
    """
    require(counts, COUNT_COLUMNS, what="counts")
    own = counts[
        (counts["series"] == series) & (counts["indicator"] == indicator) & (counts["subject"] == subject)
        & (counts["grade"] == grade) & (counts["pupil_group"] == ALL) & (counts["school_unit_code"] != WHOLE)
        & (counts["assessed_count"] > 0)
    ]  # fmt: skip
    names = ["municipality_code", "school_unit_code", "result_year", "version"]
    value = own["reached_count"] / own["assessed_count"]
    return own[names].assign(pupil_count=own["assessed_count"], value=value).reset_index(drop=True)


def _share(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.where(bottom >= FEWEST_PUPILS, top / bottom, np.nan)


def _paired(counts: pd.DataFrame, both: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Change of pupils assessed twice; reach and middle of its interval."""
    gained, lost = counts["gained_count"].to_numpy(float), counts["lost_count"].to_numpy(float)
    up, down = (gained + 1) / (both + 2), (lost + 1) / (both + 2)
    reach = NORMAL_REACH * np.sqrt((up + down - (up - down) ** 2) / (both + 2))
    return (gained - lost) / both, reach, up - down


def _apart(reached: np.ndarray, n: np.ndarray, prior: np.ndarray, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two groups as if no pupil were in both: too wide where most are, never too narrow."""
    p, q = (reached + 1) / (n + 2), (prior + 1) / (m + 2)
    return p - q, NORMAL_REACH * np.sqrt(p * (1 - p) / (n + 2) + q * (1 - q) / (m + 2))


def _state(counts: pd.DataFrame, change: np.ndarray, indicators: Sequence[Indicator]) -> np.ndarray:
    comparable = {(one.code, one.version, old) for one in indicators for old in one.comparable_to}
    same = (counts["prior_indicator"] == counts["indicator"]).to_numpy()
    moved = counts["prior_version"].to_numpy() != counts["version"].to_numpy()
    known = {
        key: key in comparable
        for key in set(zip(counts["indicator"], counts["version"], counts["prior_version"], strict=True))
    }
    allowed = np.array(
        [known[key] for key in zip(counts["indicator"], counts["version"], counts["prior_version"], strict=True)],
        dtype=bool,
    )
    first = (counts["prior_indicator"] == "").to_numpy()
    return np.select([first, same & moved & ~allowed, ~np.isfinite(change)], [FIRST, BREAK, FEW], TOLD)


def _beside_municipality(table: pd.DataFrame) -> pd.DataFrame:
    key = [name for name in KEYS if name != "school_unit_code"]
    town = table.loc[table["school_unit_code"] == WHOLE, [*key, "change"]].rename(columns={"change": "of_town"})
    joined = table[key].merge(town, on=key, how="left")["of_town"].to_numpy(float)
    return table.assign(municipality_change=joined, change_beside_municipality=table["change"].to_numpy(float) - joined)
