"""Expected merit value of every school unit: what its pupils' background lets one expect, in points.

Something to look at beside the index. It is no need share and no index is built from it: grades carry each school's
leniency, and the law's goal is that every pupil reaches the goals, not that points are equal. Here: scores. Not here:
the fit (``points``), value-added.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.fit import NeedFit
from models_py.need.scoring import unit_means
from models_py.need.settle import settle


def predict_merit(fit: NeedFit, register_counts: pd.DataFrame) -> pd.DataFrame:
    """Mean expected merit value per unit over all pupils enrolled: points, not clipped to the scale.

    ``register_counts``: as for ``predict_from_counts``. Columns: municipality_code, count_date, school_unit_code,
    pupil_count, expected_merit_value. Raises ``NeedError``: ``no_merit_value`` for a fit of another outcome, and those
    of the counts.
    """
    if fit.outcome != "merit_value":
        raise NeedError("the fit is not of merit value; fit points with that outcome", reason="no_merit_value")

    def value(levels: np.ndarray) -> np.ndarray:
        return fit.intercept + fit.design.matrix(levels) @ fit.coefficients

    table, means, _ = unit_means(fit.design.factors, register_counts, value=value)
    return table.assign(expected_merit_value=settle(means))
