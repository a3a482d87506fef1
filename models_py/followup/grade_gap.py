"""Grades against national tests of the same pupils: how leniently a unit grades.

Belongs here: counts of higher, equal and lower grades, and the mean difference. Does not: who is right.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.followup.tables import RESULT_KEY, RESULTS, codes_of, require, require_single

FEWEST_PUPILS = 10
NORMAL_REACH = 1.959964
MEASURES = ("grade", "national_test")

COLUMNS = (
    "school_unit_code", "grade", "subject", "compared_count", "higher_count", "lower_count", "gap_points",
    "interval_lower", "interval_upper", "gap_beside_all",
)  # fmt: skip


def grade_gap(results: pd.DataFrame, *, result_years: tuple[int, int]) -> pd.DataFrame:
    """Mean of grade minus test, points 0..20, per unit, grade and subject, over the result years from first to last.

    ``results``: columns ``RESULTS``, with measures 'grade' and 'national_test' on the same scale. ``gap_beside_all``: the
    unit's mean minus the mean over all pupils given. Units with fewer than ``FEWEST_PUPILS`` compared pupils are left out.
    Columns ``COLUMNS``, ordered by unit, grade and subject. Raises FollowupError for missing columns and repeated keys.
    """
    require(results, RESULTS, what="results")
    inside = results["result_year"].between(*result_years) & results["value"].notna() & (results["grade"] > 3)
    used = results[inside & results["measure"].isin(MEASURES)]
    require_single(used, RESULT_KEY, what="results")
    key = ["pupil_key", "result_year", "grade", "subject"]
    graded, tested = (used[used["measure"] == measure] for measure in MEASURES)
    both = graded.merge(tested[[*key, "value"]], on=key, suffixes=("", "_test"))
    gap = (both["value"] - both["value_test"]).to_numpy(float)
    # In fortieths of a point, so that sums are whole and no order of pupils matters.
    whole = np.round(gap * 40).astype(np.int64)
    unit, units = codes_of(both["school_unit_code"])
    rows = pd.DataFrame({
        "unit": unit, "grade": both["grade"].to_numpy(np.int64), "subject": both["subject"].astype(str).to_numpy(),
        "whole": whole, "square": whole**2, "higher": (whole > 0).astype(np.int64), "lower": (whole < 0).astype(np.int64),
    })  # fmt: skip
    sums = ["whole", "square", "higher", "lower"]
    told = rows.groupby(["unit", "grade", "subject"], sort=True)[sums].sum()
    told["count"] = rows.groupby(["unit", "grade", "subject"], sort=True).size()
    everywhere = told.groupby(level=["grade", "subject"])[["whole", "count"]].sum()
    mean_all = (everywhere["whole"] / everywhere["count"] / 40).rename("all")
    told = told[told["count"] >= FEWEST_PUPILS].reset_index().join(mean_all, on=["grade", "subject"])
    n, mean = told["count"].to_numpy(float), told["whole"].to_numpy(float) / told["count"].to_numpy(float) / 40
    spread = np.maximum(told["square"].to_numpy(float) / 1600 - n * mean**2, 0.0) / np.maximum(n - 1, 1)
    reach = NORMAL_REACH * np.sqrt(spread / n)
    return pd.DataFrame({
        "school_unit_code": np.asarray(units)[told["unit"].to_numpy()].astype(str) if len(told) else np.array([], dtype=str),
        "grade": told["grade"], "subject": told["subject"], "compared_count": told["count"],
        "higher_count": told["higher"], "lower_count": told["lower"], "gap_points": mean, "interval_lower": mean - reach,
        "interval_upper": mean + reach, "gap_beside_all": mean - told["all"].to_numpy(float),
    })[list(COLUMNS)]  # fmt: skip
