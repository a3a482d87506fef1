"""Key figures of a municipality per result year, beside each goal's target and how much of a change is chance.

Belongs here: the closed set of key figures, their standard errors, met or not. Does not: what a goal says.
Systematic quality work: plan, follow up, analyse causes, act, document (skollagen 4 kap. 3–6 §§).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from models_py.errors import ModelsError

KeyFigure = Literal["eligible_share", "merit_value", "need_gap"]
KEY_FIGURES: tuple[KeyFigure, ...] = get_args(KeyFigure)
TOLD_FROM = 10
"""Leavers with, and without, the outcome behind a figure that is told."""
COLUMNS = (
    "goal_code", "key_figure", "result_year", "figure_value", "figure_standard_error", "target_value", "is_met",
    "change_since_year_before", "is_change_beyond_chance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goal:
    """``key_figure``: ``eligible_share`` (0..1, of leavers), ``merit_value`` (mean points) or ``need_gap`` (eligible share at
    units with need index below 100 less that at the others, 0..1). ``direction``: which way is better. ``targets``: result
    year to value."""

    code: str
    key_figure: KeyFigure
    direction: Literal["up", "down"]
    targets: Mapping[int, float]


def goal_results(
    outcomes: pd.DataFrame, *, index: pd.DataFrame, goals: Sequence[Goal], funding_year: int
) -> pd.DataFrame:
    """``COLUMNS``, a row per goal and result year that ended before the funding year; values null where too few stand behind.

    Parameters
    ----------
    outcomes : school × year × cell counts of one municipality: school_unit_code, result_year, leaver_count,
        not_eligible_count, merit_count, merit_tenths_sum, merit_tenths_square_sum
    index : school_unit_code, need_index of the funding year; a unit without one is on no side of the gap

    ``is_change_beyond_chance``: more than 1.96 standard errors of two independent cohorts. Raises ``ModelsError``
    (``goal_twice``).
    """
    codes = [goal.code for goal in goals]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ModelsError(f"goals {twice} are given twice; each code once", reason="goal_twice")
    known = outcomes[outcomes["result_year"] < funding_year]
    needy = set(index.loc[index["need_index"] >= 100, "school_unit_code"])
    other = set(index.loc[index["need_index"] < 100, "school_unit_code"])
    rows: list[dict[str, object]] = []
    for goal in sorted(goals, key=lambda each: each.code):
        before: tuple[int, float, float] | None = None
        for year, own in known.groupby("result_year", sort=True):
            value, error = _figure(goal.key_figure, own, needy=needy, other=other)
            told = {"goal_code": goal.code, "key_figure": goal.key_figure, "result_year": int(str(year))}
            rows.append(told | _judged(goal, int(str(year)), value, error, before))
            before = (int(str(year)), value, error)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _judged(
    goal: Goal, year: int, value: float, error: float, before: tuple[int, float, float] | None
) -> dict[str, object]:
    target = goal.targets.get(year)
    known = bool(np.isfinite(value))
    met = None
    if known and target is not None:
        met = value >= target if goal.direction == "up" else value <= target
    change, beyond = None, None
    if known and before is not None and before[0] == year - 1 and np.isfinite(before[1]):
        change = round(value - before[1], 6)
        beyond = bool(abs(value - before[1]) > 1.96 * np.hypot(error, before[2]))
    return {
        "figure_value": round(value, 6) if known else None,
        "figure_standard_error": round(error, 6) if known else None,
        "target_value": target,
        "is_met": met,
        "change_since_year_before": change,
        "is_change_beyond_chance": beyond,
    }


def _figure(name: KeyFigure, own: pd.DataFrame, *, needy: set[str], other: set[str]) -> tuple[float, float]:
    if name == "merit_value":
        return _merit(own)
    if name == "eligible_share":
        return _eligible(own)
    sides = [_eligible(own[own["school_unit_code"].isin(codes)]) for codes in (other, needy)]
    return sides[0][0] - sides[1][0], float(np.hypot(sides[0][1], sides[1][1]))


def _eligible(own: pd.DataFrame) -> tuple[float, float]:
    leavers, failed = int(own["leaver_count"].sum()), int(own["not_eligible_count"].sum())
    if min(failed, leavers - failed) < TOLD_FROM:
        return float("nan"), float("nan")
    share = 1.0 - failed / leavers
    return share, float(np.sqrt(share * (1.0 - share) / leavers))


def _merit(own: pd.DataFrame) -> tuple[float, float]:
    count = int(own["merit_count"].sum())
    if count < TOLD_FROM:
        return float("nan"), float("nan")
    mean = int(own["merit_tenths_sum"].sum()) / count
    variance = max(int(own["merit_tenths_square_sum"].sum()) / count - mean**2, 0.0) / 100.0
    return mean / 10.0, float(np.sqrt(variance / count))
