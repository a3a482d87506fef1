"""What is kept of a fit: its identity, its record and its published coefficients.

The identity comes from inputs and policy only, so the same data under the same policy has the same id on every machine
and after every change of code or library. Here: pure data, JSON-ready. Not here: files, time.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.aggregate import AggregateFit
from models_py.need.disclosure import shown
from models_py.need.fit import NeedFit
from models_py.need.settle import settle

COEFFICIENT_COLUMNS = (
    "municipality_code",
    "funding_year",
    "fit_id",
    "term",
    "factor",
    "level",
    "estimate",
    "standard_error",
    "interval_lower",
    "interval_upper",
)


def inputs_sha256(*tables: pd.DataFrame) -> str:
    """SHA-256 of tables as values: independent of row order, column order and column storage.

    Pass the canonical cells (``outcome_cells``) or the school-level rows the fit was given, with the columns it reads.
    Nulls of every kind are equal; whole floats equal integers; dates are ISO.
    """
    digest = hashlib.sha256()
    for table in tables:
        columns = sorted(str(column) for column in table.columns)
        # Lists, not Series.map: pandas would turn integers beside a null into floats.
        values = zip(*([_canonical(value) for value in table[column].tolist()] for column in columns), strict=True)
        rows = sorted(json.dumps(row, ensure_ascii=False) for row in values)
        digest.update(json.dumps([columns, len(rows)], ensure_ascii=False).encode())
        for row in rows:
            digest.update(b"\n" + row.encode())
    return digest.hexdigest()


_SCHOOLS = {
    "within_school": " + result_year | municipality_code:school_unit_code",
    "between_within": " + result_year + school_mean_score + (1 | municipality_code:school_unit_code)",
    "points": " + result_year | municipality_code:school_unit_code",
    "pooled": " + result_year",
    "prior_weighted": " + result_year + (1 | municipality_code:school_unit_code), weights drawn towards {prior}",
    "prior": ", weights of {prior}",
}
"""How each estimator treats years and schools, and which weights from outside stand behind it."""


def formula(fit: NeedFit | AggregateFit) -> str:
    """The model in one line, in terms of columns and settings."""
    if isinstance(fit, NeedFit):
        terms = " + ".join(factor.name for factor in fit.design.factors)
        outcome = f"logit({fit.outcome})" if fit.link == "logit" else fit.outcome
        return f"{outcome} ~ {terms}{_SCHOOLS[fit.estimator].format(prior=fit.prior_sha256[:8])}"
    years = " + result_year" if len(fit.year_effects) > 1 else ""
    return f"logit(not_eligible_share) ~ {' + '.join(fit.columns)}{years}, weights = grade_9_pupil_count"


def settings(fit: NeedFit | AggregateFit) -> dict[str, Any]:
    """What the policy decided about the fit, apart from the formula."""
    if isinstance(fit, NeedFit):
        levels = {factor.name: list(factor.levels) for factor in fit.design.factors}
        return {"ridge": fit.ridge, "factors": levels} | ({"prior": fit.prior_sha256} if fit.prior_sha256 else {})
    return {"outcome": fit.outcome, "terms": [[term.name, term.column, term.complement] for term in fit.terms]}


def fit_id(fit: NeedFit | AggregateFit, *, funding_year: int, inputs_sha256: str) -> str:
    """``need-<funding year>-<8 hex digits>`` of inputs, formula and settings; no estimate, code or time in it."""
    identity = {"inputs": inputs_sha256, "formula": formula(fit), "settings": settings(fit)}
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return f"need-{int(funding_year)}-{digest[:8]}"


def coefficient_table(
    fit: NeedFit | AggregateFit, *, municipality_code: str, funding_year: int, fit_id: str
) -> pd.DataFrame:
    """``need_coefficient``: everything needed to recompute a need share by hand, log-odds, intercept first.

    Baselines stand with estimate 0. They and the recalibrated intercept have no standard error (null).
    """
    rows: list[tuple[str, str, str, float, float, float, float]] = []
    nothing = (math.nan, math.nan, math.nan)
    rows.append(("intercept", "intercept", "", fit.intercept, *nothing))
    if isinstance(fit, NeedFit):
        rows += [
            (f"{factor.name}={baseline}", factor.name, baseline, 0.0, *nothing)
            for factor, baseline in zip(fit.design.factors, fit.design.baselines, strict=True)
        ]
        names = [(term.name, term.factor, term.level) for term in fit.design.terms]
    else:
        names = [
            (name, name.removesuffix("_missing"), "missing" if name.endswith("_missing") else "")
            for name in fit.columns
        ]
    intervals, errors = settle(fit.intervals), settle(fit.standard_errors)
    for position, name in enumerate(names):
        lower, upper = intervals[position]
        estimate, error = fit.coefficients[position], errors[position]
        rows.append((*name, float(estimate), float(error), float(lower), float(upper)))
    table = pd.DataFrame(rows, columns=list(COEFFICIENT_COLUMNS[3:]))
    table.insert(0, "fit_id", fit_id)
    table.insert(0, "funding_year", int(funding_year))
    table.insert(0, "municipality_code", municipality_code)
    return table


def fit_record(
    fit: NeedFit | AggregateFit, *, funding_year: int, inputs_sha256: str, policy: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The record of a fit, JSON-ready with sorted keys. ``policy``: what the caller wants beside it (e.g. a frozen
    window); it is recorded, not part of the identity."""
    identity = fit_id(fit, funding_year=funding_year, inputs_sha256=inputs_sha256)
    table = coefficient_table(fit, municipality_code="", funding_year=funding_year, fit_id=identity)
    record: dict[str, Any] = {
        "fit_id": identity,
        "funding_year": int(funding_year),
        "inputs_sha256": inputs_sha256,
        "formula": formula(fit),
        "settings": settings(fit),
        "trained_on": {"result_years": list(fit.result_years)},
        "year_effects": {str(year): effect for year, effect in fit.year_effects},
        "pupils": fit.pupils,
        "events": shown(round(fit.events), of=fit.pupils),
        "coefficients": _by_term(table, ["estimate", "standard_error", "interval_lower", "interval_upper"]),
        "policy": dict(policy or {}),
    }
    if isinstance(fit, NeedFit):
        record |= {
            "kind": fit.estimator,
            "schools": fit.fitted_schools + len(fit.dropped_schools),
            "fitted_schools": fit.fitted_schools,
            # Counted, not named: that all or none of a school's leavers are eligible is a count of outcome below ten.
            "schools_without_say": len(fit.dropped_schools),
            "dropped_levels": [term.name for term in fit.design.dropped],
            "ridge": fit.ridge,
            "covariance_rule": fit.interval_rule,
        }
        record["trained_on"]["municipality_codes"] = list(fit.municipality_codes)
    else:
        record |= {
            "kind": "open_statistics",
            "schools": fit.units,
            "left_out": dict(fit.left_out),
            "dispersion": fit.dispersion,
            "covariance_rule": fit.covariance_rule,
            "pooled_means": dict(fit.pooled_means),
        }
        record["trained_on"]["municipalities"] = fit.municipalities
    return json.loads(json.dumps(record, sort_keys=True, allow_nan=False))


def _by_term(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, dict[str, float | None]]:
    return {
        str(row["term"]): {name: None if math.isnan(row[name]) else float(row[name]) for name in columns}
        for row in table.to_dict("records")
    }


def _canonical(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, float, np.integer, np.floating)):
        number = float(value)
        return int(number) if number.is_integer() else number
    if isinstance(value, datetime.datetime):
        if value.time() != datetime.time():
            return value.isoformat()
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    raise NeedError(f"a value of type {type(value).__name__} has no canonical form", reason="not_canonical")
