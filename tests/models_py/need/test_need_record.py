"""The identity of a fit follows inputs and policy, and its record is enough to recompute a need share."""

from __future__ import annotations

import datetime
import json
import math

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import (
    coefficient_table,
    fit_id,
    fit_record,
    fit_within_school,
    inputs_sha256,
    predict_from_counts,
)
from models_py.need.cells import count_outcomes, outcome_cells
from models_py.need.record import COEFFICIENT_COLUMNS


def test_the_hash_of_inputs_is_about_values_only():
    table = pd.DataFrame({"unit": ["a", "b"], "n": [1, 2], "share": [0.5, None]})
    same = table.iloc[::-1][["share", "n", "unit"]].astype({"n": "Int64", "unit": "category"})
    assert inputs_sha256(table) == inputs_sha256(same)
    assert inputs_sha256(table) == inputs_sha256(table.astype({"n": float}))
    assert inputs_sha256(table) != inputs_sha256(table.assign(n=[1, 3]))
    assert inputs_sha256(table) != inputs_sha256(table.assign(share=[0.5, 0.0]))
    assert inputs_sha256(table) != inputs_sha256(table.rename(columns={"n": "m"}))
    assert inputs_sha256(table, table) != inputs_sha256(table)
    dates = pd.DataFrame({"d": [datetime.date(2026, 10, 15)]})
    assert inputs_sha256(dates) == inputs_sha256(dates.assign(d=pd.to_datetime(dates["d"])))
    assert inputs_sha256(dates) != inputs_sha256(dates.assign(d=datetime.datetime(2026, 10, 15, 12)))
    assert inputs_sha256(pd.DataFrame({"f": [True]})) != inputs_sha256(pd.DataFrame({"f": [1]}))
    with pytest.raises(NeedError, match="canonical"):
        inputs_sha256(pd.DataFrame({"x": [object()]}))


def test_pupils_and_cells_have_one_identity_and_every_setting_changes_it(world, few_factors):
    small = world(21)
    digest = inputs_sha256(outcome_cells(small.cells))
    assert digest == inputs_sha256(outcome_cells(small.pupils.sample(frac=1, random_state=3)))
    fit = fit_within_school(count_outcomes(small.cells))
    identity = fit_id(fit, funding_year=2027, inputs_sha256=digest)
    assert identity.startswith("need-2027-")
    assert len(identity) == len("need-2027-3f9c1a2b")
    others = {
        fit_id(fit_within_school(count_outcomes(small.cells), ridge=0.1), funding_year=2027, inputs_sha256=digest),
        fit_id(
            fit_within_school(count_outcomes(small.cells, factors=few_factors)), funding_year=2027, inputs_sha256=digest
        ),
        fit_id(fit, funding_year=2028, inputs_sha256=digest),
        fit_id(fit, funding_year=2027, inputs_sha256="0" * 64),
    }
    assert len(others | {identity}) == 5
    again = fit_within_school(count_outcomes(small.pupils))
    assert fit_id(again, funding_year=2027, inputs_sha256=digest) == identity


def test_published_coefficients_recompute_a_units_need(world):
    small = world(22, missing=0.05)
    fit = fit_within_school(count_outcomes(small.cells))
    table = coefficient_table(fit, municipality_code="9999", funding_year=2027, fit_id="need-2027-00000000")
    assert tuple(table.columns) == COEFFICIENT_COLUMNS
    assert table["term"].is_unique
    estimate = table.set_index(["factor", "level"])["estimate"]
    pupils = small.register()
    unit = pupils[pupils["school_unit_code"] == "99990005"]
    eta = estimate["intercept", ""] + sum(
        estimate.reindex([(factor.name, level) for level in unit[factor.name]]).to_numpy()
        for factor in fit.design.factors
    )
    need = predict_from_counts(fit, unit).table["need_share"].iloc[0]
    assert need == pytest.approx((1 / (1 + np.exp(-eta))).mean(), abs=5.1e-10)  # shares are kept to a billionth


def test_the_record_is_sorted_json_without_nan_and_carries_what_was_left_out(world):
    cells = world(23).cells
    cells.loc[cells["school_unit_code"] == "99990001", "not_eligible_count"] = 0
    fit = fit_within_school(count_outcomes(cells))
    record = fit_record(fit, funding_year=2027, inputs_sha256="ab" * 32, policy={"window": 3})
    text = json.dumps(record, allow_nan=False)
    assert text == json.dumps(record, allow_nan=False, sort_keys=True)
    assert record["schools_without_say"] == 1
    assert "99990001" not in json.dumps(record)
    assert "sex=missing" in record["dropped_levels"]
    assert (record["schools"], record["fitted_schools"]) == (30, 29)
    assert record["pupils"] == cells["leaver_count"].sum()
    assert record["events"] == cells["not_eligible_count"].sum()
    assert record["trained_on"] == {"municipality_codes": ["9999"], "result_years": [2024, 2025, 2026]}
    assert record["coefficients"]["intercept"]["standard_error"] is None
    boy = record["coefficients"]["sex=boy"]
    assert boy["interval_lower"] < boy["estimate"] < boy["interval_upper"]
    assert math.isclose(boy["estimate"], fit.coefficients[[t.name for t in fit.design.terms].index("sex=boy")])
    assert record["fit_id"] == fit_id(fit, funding_year=2027, inputs_sha256="ab" * 32)
