"""Does a krona allocated become a krona of teaching? Cost and staffing per pupil on what was allocated per pupil.

Process indicators have the power that results lack. Here: the regression within units and years. Not here: budgets.
"""

from __future__ import annotations

import pandas as pd

from models_py.effect.estimate import Estimate, within_effect
from models_py.effect.panel import effect_panel
from models_py.errors import EffectError

COLUMNS = (
    "indicator", "estimate", "standard_error", "degrees_of_freedom", "interval_lower", "interval_upper",
    "includes_one", "verdict", "schools",
)  # fmt: skip

ARRIVES, PART, BEYOND, NOT, UNKNOWN = "arrives", "part_arrives", "beyond", "does_not_arrive", "cannot_be_determined"
"""What an interval says of a krona: all of it, or of staff some; a part; more than it; nothing; or not enough to say."""


def pass_through(table: pd.DataFrame, *, indicators: tuple[str, ...], staff: tuple[str, ...] = ()) -> pd.DataFrame:
    """``COLUMNS``, a row per indicator: change per unit of change in ``allocated_per_pupil``, with 95 % interval.

    Parameters
    ----------
    table : school_unit_code, funding_year, pupil_count, allocated_per_pupil and one column per indicator; for costs in the
        same unit (kkr per pupil), so that 1 = the whole krona arrived; for staffing per pupil it is the indicator per kkr
    indicators : column names
    staff : those of them that are counts per kkr, where 1 means nothing: they arrive where the interval lies above 0

    ``includes_one``: the interval holds 1. ``verdict``: ``cannot_be_determined`` where it holds both 0 and 1. Raises ``EffectError`` (``missing_column``) and those of the panel.
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
        rows.append((name, *_told(within_effect(panel), is_staff=name in staff)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _told(found: Estimate, *, is_staff: bool) -> tuple[float | bool | int | str, ...]:
    low, high = found.interval_lower, found.interval_upper
    values = (found.estimate, found.standard_error, found.degrees_of_freedom, low, high)
    return (*values, bool(low <= 1.0 <= high), pass_verdict(low, high, is_staff=is_staff), found.schools)


def pass_verdict(low: float, high: float, *, is_staff: bool = False) -> str:
    """What an interval of kronor per krona says, or of posts per kkr (``is_staff``)."""
    if is_staff:
        return ARRIVES if low > 0 else NOT if high < 0 else UNKNOWN
    if low <= 0.0:
        return UNKNOWN if high >= 1.0 else NOT
    return BEYOND if low > 1.0 else ARRIVES if high >= 1.0 else PART
