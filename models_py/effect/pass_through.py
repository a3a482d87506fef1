"""Does a krona allocated become a krona of teaching? Cost and staffing per pupil on what was allocated per pupil.

Process indicators have the power that results lack. Here: the regression within units and years. Not here: budgets.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.effect.estimate import Estimate, within_effect
from models_py.effect.panel import effect_panel
from models_py.errors import EffectError

COLUMNS = (
    "indicator", "estimate", "standard_error", "degrees_of_freedom", "interval_lower", "interval_upper",
    "includes_one", "schools",
)  # fmt: skip


def pass_through(table: pd.DataFrame, *, indicators: tuple[str, ...]) -> pd.DataFrame:
    """``COLUMNS``, a row per indicator: change per unit of change in ``allocated_per_pupil``, with 95 % interval.

    Parameters
    ----------
    table : school_unit_code, funding_year, pupil_count, allocated_per_pupil and one column per indicator; for costs in the
        same unit (kkr per pupil), so that 1 = the whole krona arrived; for staffing per pupil it is the indicator per kkr
    indicators : column names

    ``includes_one``: the interval holds 1. Raises ``EffectError`` (``missing_column``) and those of the panel.
    """
    if missing := [name for name in ("funding_year", "allocated_per_pupil", *indicators) if name not in table]:
        raise EffectError(f"costs lack columns {missing}", reason="missing_column")
    rows = []
    for name in indicators:
        panel = effect_panel(
            pd.DataFrame(
                {
                    "school_unit_code": table["school_unit_code"].astype(str),
                    "result_year": table["funding_year"],
                    "outcome": table[name],
                    "dose_kkr": table["allocated_per_pupil"],
                    "pupil_count": table["pupil_count"],
                }
            )
        )
        rows.append((name, *_told(within_effect(panel))))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _told(found: Estimate) -> tuple[float | bool | int, ...]:
    holds_one = bool(np.less_equal(found.interval_lower, 1.0) & np.greater_equal(found.interval_upper, 1.0))
    values = (
        found.estimate,
        found.standard_error,
        found.degrees_of_freedom,
        found.interval_lower,
        found.interval_upper,
    )
    return (*values, holds_one, found.schools)
