"""Background of every pupil in the country, drawn: real school units and pupils, invented levels.

Belongs here: one table of counts per municipality. Does not: any claim; nothing here describes a real school's pupils.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from models_py.need.design import FACTORS, MISSING

DAY = date(2021, 10, 15)
CONCENTRATION = 8.0
"""Of the Dirichlet distribution of a unit's shares: the smaller, the more school units differ."""

SHARES = {
    "guardian_education": (0.38, 0.17, 0.32, 0.09, 0.04),
    "immigration": (0.838, 0.05, 0.07, 0.04, 0.002),
    "household_income": (0.2, 0.2, 0.2, 0.2, 0.2, 0.0),
    "area_type": (0.2, 0.2, 0.2, 0.2, 0.2, 0.0),
    "econ_assistance": (0.945, 0.055, 0.0),
    "household": (0.738, 0.26, 0.002),
    "siblings": (0.83, 0.17, 0.0),
}
"""Shares of the levels of each factor, ``missing`` last: of the order of published national statistics."""


def drawn_background(pupils: pd.DataFrame, *, seed: int) -> dict[str, pd.DataFrame]:
    """Municipality → count_date, school_unit_code, factor, level, pupil_count.

    ``pupils``: municipality_code, school_unit_code, pupil_count.
    """
    random = np.random.default_rng(seed)
    parts = []
    ordered = pupils.sort_values(["municipality_code", "school_unit_code"])
    for factor in FACTORS:
        if factor.name not in SHARES:
            continue
        known = np.array(SHARES[factor.name][:-1])
        missing = SHARES[factor.name][-1]
        shares = random.dirichlet(CONCENTRATION * known / known.sum(), size=len(ordered)) * (1 - missing)
        counts = random.multinomial(ordered["pupil_count"], np.column_stack([shares, np.full(len(shares), missing)]))
        for place, level in enumerate(factor.levels):
            parts.append(
                ordered[["municipality_code", "school_unit_code"]].assign(
                    factor=factor.name, level=level, pupil_count=counts[:, place]
                )
            )
    assert all(factor.levels[-1] == MISSING for factor in FACTORS)
    rows = pd.concat(parts, ignore_index=True).assign(count_date=DAY)
    return dict(tuple(rows.groupby("municipality_code")))
