"""Equity of the money year by year: what the ledger says was allocated, and what this home computed, beside need.

Belongs here: amounts and need of each year, one yardstick of need for the ledger's years. Does not: any measure
(``models_py.allocation.equity``).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models_py.errors import LikvardError
from models_py.followup import equity_by_year
from models_py.need import need_index, predict_from_counts
from models_py.need.fit import NeedFit
from models_py.need.settle import settle_beside
from orchestration.followup.accounts import of_october

LEDGER, TABLES = "ledger", "tables"
"""``ledger``: allocated by the accounts; ``tables``: computed in this home."""
NAMES = {
    "year": "money_year", "unit_count": "unit_count", "gini": "money_gini", "concentration": "money_concentration",
    "need_gini": "need_gini", "kakwani": "kakwani", "theil": "theil", "redistributed_share": "redistributed_share",
    "elasticity": "elasticity", "p90_to_p10": "p90_to_p10", "highest_to_lowest": "highest_to_lowest",
    **{f"coverage_fifth_{k}": f"coverage_fifth_{k}" for k in range(1, 6)},
}  # fmt: skip


def need_by_year(fit: NeedFit, register: pd.DataFrame, *, index_minimum_pupils: int) -> pd.DataFrame:
    """school_unit_code, year, pupil_count, need_index of every October, by one and the same weights; ``year``: the year whose
    money the October is for. ``register``: rows of ``fct_need_register_counts`` of one municipality."""
    need = predict_from_counts(fit, of_october(register)).table
    parts = []
    for day, own in need.groupby("count_date", sort=True):
        index = need_index(own, index_minimum_pupils=index_minimum_pupils).table
        parts.append(
            index[["school_unit_code", "pupil_count", "need_index"]].assign(year=pd.Timestamp(str(day)).year + 1)
        )
    return pd.concat(parts, ignore_index=True)


def equity_rows(money: Sequence[tuple[str, pd.DataFrame]]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows of ``equity_by_year`` without municipality and funding year, and basis → why it has none.

    ``money``: basis and its units: municipality_code, school_unit_code, year, pupil_count, need_index, amount_ore.
    """
    parts, silent = [], {}
    for basis, units in money:
        if units.empty:
            continue
        try:
            told = equity_by_year(units)
        except LikvardError as error:  # one basis that cannot be measured must not hide the other
            silent[f"equity_{basis}"] = str(error)
            continue
        pupils = units.groupby("year", as_index=False)["pupil_count"].sum()
        told = told.merge(pupils.rename(columns={"pupil_count": "money_pupil_count"}), on="year")
        slope = [None if pd.isna(ore) else round(float(ore) / 100, 2) for ore in told["slope_ore_per_100_points"]]
        rows = told.rename(columns=NAMES)[[*NAMES.values(), "money_pupil_count"]]
        parts.append(rows.assign(equity_basis=basis, slope_per_100_points_sek=pd.Series(slope, dtype=float)))
    return settle_beside(pd.concat(parts, ignore_index=True)) if parts else pd.DataFrame(), silent
