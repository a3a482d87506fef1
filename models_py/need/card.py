"""The model card: what was fitted, on what, how sure, how well it fits, what else was tried, and until when it holds.

One document of plain data for every publication, sorted, so that equal content is equal text. Belongs here: gathering
figures that others computed. Does not: computing them, words in two languages, files, time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.alternatives import Alternatives, SensitivityCard
from models_py.need.calibration_check import CalibrationCheck
from models_py.need.disclosure import shown
from models_py.need.fit import NeedFit
from models_py.need.missing import MissingSensitivity
from models_py.need.record import coefficient_table, formula, settings

INTERVAL_NOTES = {
    "school_jackknife": "95 %: every school left out once, t distribution",
    "approximate_posterior": "approximate 95 %: posterior around the prior, widened; below nominal coverage where the"
    " municipality differs much from the prior",
    "as_delivered": "as delivered with the weights",
}
HEX_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What else was looked at; plain tables, as they are published.

    ``selection``: the path of factors, a row per step; ``alternatives``: the models that were compared and those refused;
    ``card``: what they would have meant; ``missing``: draws of unknown background.
    """

    selection: pd.DataFrame | None = None
    alternatives: Alternatives | None = None
    card: SensitivityCard | None = None
    missing: MissingSensitivity | None = None


def model_card(
    fit: NeedFit,
    *,
    funding_year: int,
    fit_id: str,
    rung: str,
    reason: str,
    data_hashes: Mapping[str, str],
    frozen_until: int,
    out_of_time: CalibrationCheck | None = None,
    tried: Tried | None = None,
) -> dict[str, Any]:
    """The card, JSON-ready with sorted keys.

    Parameters
    ----------
    rung, reason : which kind of weights was chosen and why, in words
    data_hashes : name of input → SHA-256, 64 hex digits; at least one
    frozen_until : last funding year these weights are used for without a new decision
    out_of_time : the same model on earlier cohorts, judged on the last; None where there is one cohort only

    Schools left out of the slopes are counted, not named: that all or none of a school's leavers are eligible is a count
    of outcome below ten. Raises ``NeedError``: ``no_data_hash``, ``bad_data_hash``, ``frozen_before_use``, ``no_reason``.
    """
    _check(funding_year, reason=reason, rung=rung, data_hashes=data_hashes, frozen_until=frozen_until)
    looked_at = tried or Tried()
    table = coefficient_table(fit, municipality_code="", funding_year=funding_year, fit_id=fit_id)
    card = {
        "fit_id": fit_id,
        "funding_year": int(funding_year),
        "frozen_until": int(frozen_until),
        "formula": formula(fit),
        "outcome": fit.outcome,
        "estimator": fit.estimator,
        "link": fit.link,
        "rung": rung,
        "reason": reason,
        "settings": settings(fit),
        "trained_on": {
            "result_years": list(fit.result_years),
            "municipality_count": len(fit.municipality_codes),
            "pupils": fit.pupils,
            "events": shown(fit.events, of=fit.pupils),
            "schools_fitted": fit.fitted_schools,
            "schools_without_say": len(fit.dropped_schools),
            "levels_without_leavers": [term.name for term in fit.design.dropped],
        },
        "coefficients": table.drop(columns=["municipality_code", "funding_year", "fit_id"]),
        "intervals": {
            "rule": fit.interval_rule,
            "note": INTERVAL_NOTES.get(fit.interval_rule, fit.interval_rule),
            "degrees_of_freedom": fit.degrees_of_freedom,
            "widening": fit.widening,
        },
        "year_effects": {str(year): effect for year, effect in fit.year_effects},
        "calibration_out_of_time": None if out_of_time is None else _calibration(out_of_time),
        "tried": _tried(looked_at),
        "data_hashes": dict(data_hashes),
    }
    return json.loads(json.dumps(_plain(card), sort_keys=True, allow_nan=False))


def _check(funding_year: int, *, reason: str, rung: str, data_hashes: Mapping[str, str], frozen_until: int) -> None:
    if not data_hashes:
        raise NeedError("the card names no data; give the hash of every input", reason="no_data_hash")
    for name, value in data_hashes.items():
        if len(value) != 64 or not set(value) <= HEX_DIGITS:
            raise NeedError(f"data hash of {name} is not 64 hex digits of a SHA-256", reason="bad_data_hash")
    if frozen_until < funding_year:
        raise NeedError(
            f"weights frozen until {frozen_until} cannot serve {funding_year}; re-estimate or decide a new date",
            reason="frozen_before_use",
        )
    if not reason.strip() or not rung.strip():
        raise NeedError("say in words which kind of weights was chosen, and why", reason="no_reason")


def _calibration(check: CalibrationCheck) -> dict[str, Any]:
    return {
        "fitted_years": list(check.fitted_years),
        "judged_years": list(check.judged_years),
        "pupils": check.pupils,
        "events": shown(check.events, of=check.pupils),
        "auc": check.auc,
        "brier": check.brier,
        "brier_skill": check.brier_skill,
        "intercept": check.intercept,
        "slope": check.slope,
        "slope_standard_error": check.slope_standard_error,
        "tenths": check.tenths,
    }


def _tried(tried: Tried) -> dict[str, Any]:
    found: dict[str, Any] = {"selection": tried.selection}
    if tried.alternatives is not None:
        found["models"] = list(tried.alternatives.indices)
        found["refused"] = dict(tried.alternatives.refused)
    if tried.card is not None:
        found["pairs"] = tried.card.pairs
        found["units_changed"] = tried.card.changes
    if tried.missing is not None:
        found["missing"] = {
            "factor": tried.missing.factor,
            "draws": tried.missing.draws,
            "difference_rms": tried.missing.difference_rms,
            "largest_difference": tried.missing.largest_difference,
            "units_flagged_count": int(tried.missing.table["is_flagged"].sum()),
        }
    return found


def _plain(value: Any) -> Any:
    """Tables as lists of rows, numbers as numbers, nothing and the infinite as null."""
    if isinstance(value, pd.DataFrame):
        return [_plain(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if value is None or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return value
    raise NeedError(f"a value of type {type(value).__name__} has no place on the card", reason="not_plain")
