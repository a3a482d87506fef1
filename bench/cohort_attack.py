"""An attack on what a publication tells of cohorts: every withheld number by linear programming, all pupils known.

Belongs here: the attacker, who reads the published table and knows how many pupils were assessed. Does not: any claim.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from models_py.disclosure.attack import intervals
from models_py.followup import WHOLE
from models_py.followup.told_share import TOLD, not_reached_within
from orchestration.publication.cohorts import BLOCK, printed_rows


def attack(shares: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """``assessed``, ``missed`` (the truth), ``low`` and ``high`` (what the attacker finds) of every row that is not told.

    ``shares`` is ``cohort_share`` and ``counts`` the home's ``cohort_count``, of which only the pupils assessed are used.
    """
    rows = printed_rows(shares).reset_index(drop=True)
    truth = _truth(shares, counts)
    lower, upper = not_reached_within(rows, assessed=truth["assessed"].to_numpy())
    found = truth.assign(low=lower, high=upper)
    for _, block in rows.groupby(BLOCK, sort=True):
        sign = np.where(block["school_unit_code"] == WHOLE, -1.0, 1.0)
        if (sign > 0).any():
            seen = intervals(
                sparse.csr_matrix(sign), told=np.full(len(block), np.nan), wanted=np.full(len(block), np.inf),
                lower=lower[block.index], upper=upper[block.index],
            )  # fmt: skip
            found.loc[block.index, "low"], found.loc[block.index, "high"] = seen.low, seen.high
    return found[(rows["state"] != TOLD).to_numpy()]


def _truth(shares: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    keys = ["school_unit_code", "subject", "indicator", "grade"]
    known = counts.assign(grade=counts["grade"].astype(str)).groupby([*keys, "cohort_year"])
    known = known[["assessed_count", "reached_count"]].sum().reset_index()
    wide = shares[[*keys, "cohort_first_year", "cohort_last_year"]].reset_index(drop=True).reset_index(names="row")
    joined = wide.merge(known, on=keys)
    inside = joined["cohort_year"].between(joined["cohort_first_year"], joined["cohort_last_year"])
    summed = joined[inside].groupby("row")[["assessed_count", "reached_count"]].sum().astype(float)
    return pd.DataFrame(
        {"assessed": summed["assessed_count"], "missed": summed["assessed_count"] - summed["reached_count"]}
    )
