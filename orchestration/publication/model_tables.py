"""The figures of ``MODEL.md``, row by row: published tables in the order and with the choice that a reader needs.

Belongs here: choosing, ordering and joining rows of published tables. Does not: new statistics, words, layout.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from orchestration.publication.model_words import MODELS, place

DIFFERENCES_SHOWN = 10
"""Levels with the largest systematic differences."""

Rows = list[dict[str, Any]]


def coefficients(table: pd.DataFrame) -> Rows:
    """``need_coefficient`` factor by factor, the level compared with first and the intercept last.

    Odds ratios stand beside log-odds: e to the power of the estimate and of the interval's ends.
    """
    rows = []
    for row in table.to_dict("records"):
        level = row["level"] if isinstance(row["level"], str) else ""
        intercept = row["factor"] == "intercept"
        baseline = not intercept and row["estimate"] == 0 and _missing(row["standard_error"])
        values = {key: _number(row[key]) for key in ("estimate", "interval_lower", "interval_upper")}
        rows.append(
            {"factor": row["factor"], "level": level, "is_baseline": baseline, "is_intercept": intercept}
            | values
            | {f"odds_{key}": None if value is None else math.exp(value) for key, value in values.items()}
        )
    return sorted(rows, key=lambda row: (row["is_intercept"], *_order(row), not row["is_baseline"], row["level"]))


def differences(levels: pd.DataFrame) -> dict[str, Any]:
    """``need_factor_level``: the levels that differ most between units beyond chance, and how many are withheld.

    Of a factor with two levels the one is what the other is not, so only the latter in the order of words stands.
    """
    known = levels[levels["systematic_sd"].notna()]
    rows = []
    for row in known.to_dict("records"):
        same = known[(known["factor"] == row["factor"]) & (known["share_sd"] == row["share_sd"])]
        mirrored = len(same) == 2 == (levels["factor"] == row["factor"]).sum()
        if mirrored and row["level"] == min(same["level"], key=lambda level: place(str(row["factor"]), level)):
            continue
        keys = ("level_share", "systematic_sd", "chance_sd", "outcome_correlation")
        rows.append({"factor": row["factor"], "level": row["level"]} | {key: _number(row[key]) for key in keys})
    rows.sort(key=lambda row: (-row["systematic_sd"], *_order(row)))
    return {
        "rows": rows[:DIFFERENCES_SHOWN],
        "withheld": len(levels) - len(known),
        "units": int(levels["unit_count"].max()) if len(known) else 0,
    }


def doubtful_factors(factors: pd.DataFrame) -> dict[str, list[str]]:
    """``need_factor``: factors of which more than a quarter is not known, and those that the others nearly tell."""
    ordered = sorted(factors.to_dict("records"), key=lambda row: place(str(row["factor"])))
    return {
        "missing": [row["factor"] for row in ordered if row["is_missing_flagged"] is True],
        "collinear": [row["factor"] for row in ordered if row["is_collinear"] is True],
    }


def path(selection: pd.DataFrame) -> Rows:
    """``need_selection`` step by step, with the first without factors; empty where no path could be walked."""
    rows = []
    for row in selection.sort_values("step").to_dict("records"):
        keys = ("paired_difference", "paired_standard_error", "pot_moved_by_factor_share")
        flags = ("is_core", "is_minimum", "is_within_one_se", "is_recommended")
        told = {key: _number(row[key]) for key in keys} | {key: row[key] is True for key in flags}
        rows.append({"step": int(row["step"]), "factor": row["factor_added"]} | told)
    return rows


def calibration(tenths: pd.DataFrame, *, shown_from: int) -> Rows:
    """``need_calibration`` by ascending expected share; a group with fewer than ``shown_from`` with or without the
    outcome is left out."""
    rows = []
    for row in tenths.sort_values("expected_share").to_dict("records"):
        events = row["observed_share"] * row["leaver_count"]
        if round(min(events, row["leaver_count"] - events)) >= shown_from:
            rows.append({key: row[key] for key in ("tenths", "leaver_count", "expected_share", "observed_share")})
    return rows


def alternatives(indices: pd.DataFrame, *, pairs: pd.DataFrame) -> dict[str, Any]:
    """``need_alternative_pair`` as a matrix: models with the one in use first, and the share of the pot between each two.

    ``from_use``: model → share of the pot that it would place otherwise than the one in use.
    """
    used = set(indices.loc[indices["is_in_use"].astype(bool), "model"])
    listed = list(MODELS)
    models = sorted(
        {*pairs["model_a"], *pairs["model_b"]},
        key=lambda name: (name not in used, listed.index(name) if name in listed else len(listed), name),
    )
    moved = {}
    for row in pairs.to_dict("records"):
        moved[row["model_a"], row["model_b"]] = moved[row["model_b"], row["model_a"]] = float(
            row["misplaced_pot_share"]
        )
    first = models[0] if models and models[0] in used else None
    return {
        "models": models,
        "in_use": first,
        "moved": moved,
        "from_use": {name: moved[first, name] for name in models[1:]} if first else {},
    }


def changed_units(changes: pd.DataFrame, *, wide: pd.DataFrame) -> Rows:
    """``need_alternative_unit``, the largest change first, with the names of the units and amounts in öre, to the krona."""
    names = dict(zip(wide["school_unit_code"], wide["school_unit_name"], strict=True))
    rows = [
        {
            "unit": row["school_unit_code"],
            "name": names.get(row["school_unit_code"]) or row["school_unit_code"],
            "change": float(row["change_share"]),
            "model_a": row["model_a"],
            "model_b": row["model_b"],
            "ore_a": 100 * round(row["total_a_sek"]),
            "ore_b": 100 * round(row["total_b_sek"]),
        }
        for row in changes.to_dict("records")
    ]
    return sorted(rows, key=lambda row: (-abs(row["change"]), row["unit"]))


def _order(row: dict[str, Any]) -> tuple[tuple[int, int], str]:
    return place(str(row["factor"]), str(row["level"])), str(row["factor"])


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _number(value: Any) -> float | None:
    return None if _missing(value) else float(value)
