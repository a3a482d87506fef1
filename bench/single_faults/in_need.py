"""Faults in the need index of one municipality, each beside the rule it breaks kept whole: the mean stays 100, groups agree.

Belongs here: one function per rule on ``fct_need_index`` and on what drift led to. Does not: judging.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bench.single_faults.home import SPOILED, YEAR, Bench, Change, changed

TABLE = "fct_need_index"


def _with(column: str, value: object) -> Change:
    def change(need: pd.DataFrame) -> pd.DataFrame:
        need[column] = need[column].astype(object)
        need.loc[need.index[-1], column] = value
        return need

    return change


def _beyond_the_band(need: pd.DataFrame) -> pd.DataFrame:
    """The smallest unit with an index of its own takes 401, the others with their own pay for it."""
    own = need[need["index_rule"] == "own"]
    small = own["pupil_count"].idxmin()
    return _moved(need, small, 401.0 - need.loc[small, "need_index"])


def _apart_from_its_group(need: pd.DataFrame) -> pd.DataFrame:
    member = need.index[need["index_rule"] == "merged_group"][0]
    return _moved(need, member, 1.0)


def _moved(need: pd.DataFrame, at: int, points: float) -> pd.DataFrame:
    """Move one unit's index; the mean stays where it was, since the other units with their own index move against it."""
    rest = need.index[(need["index_rule"] == "own") & (need.index != at)]
    pupils = need["pupil_count"].astype("float64")
    need.loc[at, "need_index"] += points
    need.loc[rest, "need_index"] -= points * pupils[at] / pupils[rest].sum()
    return need


def _unit_without_index(need: pd.DataFrame) -> pd.DataFrame:
    left = need.drop(index=need.index[need["index_rule"] == "own"][0]).reset_index(drop=True)
    pupils = left["pupil_count"].astype("float64")
    left["need_index"] *= 100 * pupils.sum() / (pupils * left["need_index"]).sum()
    return left


def _other_mean(need: pd.DataFrame) -> pd.DataFrame:
    need["need_index"] *= 1.001
    return need


def _drift(done: str) -> Callable[[Bench], None]:
    """Weights that drifted, as the need step writes them; a clean home freezes none and has no such row."""

    def fault(bench: Bench) -> None:
        row = {"municipality_code": SPOILED, "funding_year": YEAR, "verdict_year": YEAR - 1, "advice_reason": "factors_drifted",
               "drifted_factors": "immigration", "on_drift": "advise", "drift_done": done}  # fmt: skip
        bench.tables.write("weights_drift", pd.DataFrame([row]), YEAR)

    return fault


FAULTS: dict[str, Callable[[Bench], None]] = {
    "Q-INDEX-001": changed(TABLE, _beyond_the_band),
    "Q-SHARE-001": changed(TABLE, _with("need_share", 1.2)),
    "R-SHARE-001": changed(TABLE, _with("need_share", None)),
    "R-INDEX-001": changed(TABLE, _unit_without_index),
    "R-INDEX-002": changed(TABLE, _apart_from_its_group),
    "R-DRIFT-001": _drift("advised"),
    "R-DRIFT-002": _drift("kept"),
    "R-BASIS-001": changed(TABLE, _with("basis", "open_statistics")),
    "G-INDEX-001": changed(TABLE, _other_mean),
}
