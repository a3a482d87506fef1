"""What new weights would move: the same pupils and pot under the weights in force and under freshly estimated ones.

Belongs here: index and pot under two fits. Does not: money of a policy, the choice (``alarms``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.allocation.weighted import misplaced_share
from models_py.need.fit import NeedFit
from models_py.need.index import need_index
from models_py.need.scoring import predict_from_counts


@dataclass(frozen=True, slots=True, eq=False)
class Reestimation:
    """``misplaced``: share of a pot in proportion to need that would change school; ``index_rms``: pupil-weighted, index points; ``units``:
    school_unit_code, pupil_count, index_in_force, index_anew."""

    misplaced: float
    index_rms: float
    largest_change: float
    units: pd.DataFrame


def reestimation_impact(
    in_force: NeedFit, anew: NeedFit, *, register_counts: pd.DataFrame, index_minimum_pupils: int = 20
) -> Reestimation:
    """Score one municipality's register by both. Arguments and errors as ``predict_from_counts`` and ``need_index``."""
    tables = [
        need_index(predict_from_counts(fit, register_counts).table, index_minimum_pupils=index_minimum_pupils).table
        for fit in (in_force, anew)
    ]
    pupils = tables[0]["pupil_count"].to_numpy(dtype=float)
    old, new = (table["need_index"].to_numpy(dtype=float) for table in tables)
    return Reestimation(
        misplaced=round(float(misplaced_share(pupils * old, pupils * new)), 9),
        index_rms=round(float(np.sqrt(np.average((old - new) ** 2, weights=pupils))), 9),
        largest_change=round(float(np.abs(old - new).max()), 9),
        units=pd.DataFrame(
            {
                "school_unit_code": tables[0]["school_unit_code"].to_numpy(),
                "pupil_count": tables[0]["pupil_count"].to_numpy(),
                "index_in_force": old,
                "index_anew": new,
            }
        ),
    )
