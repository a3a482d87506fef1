"""Rows of the atlas per factor and per pair of factors: what is missing, and which factors measure the same thing.

Here: from level codes of one municipality at one count date to rows. Not here: the measures themselves
(``collinearity``), shares per unit, privacy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models_py.need.atlas_levels import known_levels, settled
from models_py.need.collinearity import association, crossed, inflations
from models_py.need.design import Factor

MISSING_FLAG = 0.25
"""More than this share missing is flagged: SALSA asks for background on 75 % of the pupils."""

VIF_FLAG = 5.0


def factor_rows(
    by_unit: Sequence[np.ndarray], *, factors: Sequence[Factor], codes: np.ndarray, pupils: np.ndarray
) -> pd.DataFrame:
    """Missing background and variance inflation per factor, as ``FactorAtlas.factors`` says.

    ``by_unit``: per factor, pupils per unit × level; ``codes``: int, rows × factors; ``pupils`` per row.
    """
    known = [np.isin(codes[:, position], known_levels(factor)) for position, factor in enumerate(factors)]
    # A factor nobody has data on would leave no complete pupil; it has no say here.
    with_data = [position for position in range(len(factors)) if known[position].any()]
    complete = np.all([known[position] for position in with_data], axis=0) if with_data else np.zeros(len(codes), bool)
    found = (
        dict(zip(with_data, inflations(codes[complete][:, with_data], weights=pupils[complete]), strict=True))
        if complete.any()
        else {}
    )
    rows = []
    for position, (factor, matrix) in enumerate(zip(factors, by_unit, strict=True)):
        enrolled = matrix.sum(axis=1)
        missing = enrolled - matrix[:, known_levels(factor)].sum(axis=1)
        share = missing.sum() / enrolled.sum()
        inflation = found.get(position)
        root = inflation.root if inflation else float("nan")
        rows.append(
            {
                "factor": factor.name,
                "pupil_count": int(enrolled.sum()),
                "missing_count": int(missing.sum()),
                "missing_share": float(share),
                "is_missing_flagged": bool(share > MISSING_FLAG),
                "flagged_unit_count": int((missing / enrolled > MISSING_FLAG).sum()),
                "complete_pupil_count": int(pupils[complete].sum()),
                "degrees_of_freedom": inflation.degrees_of_freedom if inflation else 0,
                "gvif": inflation.gvif if inflation else float("nan"),
                "gvif_root": root,
                "is_collinear": bool(root**2 > VIF_FLAG),
            }
        )
    return settled(pd.DataFrame(rows))


def association_rows(codes: np.ndarray, *, factors: Sequence[Factor], pupils: np.ndarray) -> pd.DataFrame:
    """Cramér's V of every pair of factors among pupils known on both, as ``FactorAtlas.associations`` says."""
    rows = []
    for first in range(len(factors)):
        for second in range(first + 1, len(factors)):
            sizes = (len(factors[first].levels), len(factors[second].levels))
            joint = crossed(codes[:, first], second=codes[:, second], weights=pupils, sizes=sizes)
            found = association(joint[np.ix_(known_levels(factors[first]), known_levels(factors[second]))])
            rows.append(
                {
                    "factor": factors[first].name,
                    "other_factor": factors[second].name,
                    "pupil_count": found.pupils,
                    "smallest_cell_count": found.smallest_cell,
                    "degrees_of_freedom": found.degrees_of_freedom,
                    "cramers_v": found.cramers_v,
                }
            )
    table = pd.DataFrame(
        rows,
        columns=["factor", "other_factor", "pupil_count", "smallest_cell_count", "degrees_of_freedom", "cramers_v"],
    )
    return settled(table)
