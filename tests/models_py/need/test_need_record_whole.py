"""The record of a fit compared whole: identity, formula, settings, coefficients, and the hash of inputs by hand."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from models_py.errors import NeedError
from models_py.need import FACTORS, coefficient_table, fit_id, fit_record, inputs_sha256
from models_py.need.aggregate import fit_open_statistics
from models_py.need.design import Design, Term
from models_py.need.fit import NeedFit
from models_py.need.record import formula, settings
from models_py.need.shares import GIRLS, WITHOUT_POST_SECONDARY

IMMIGRATION, SEX = FACTORS[1], FACTORS[4]
FIT = NeedFit(
    estimator="within_school", link="logit", intercept=-1.0,
    design=Design((IMMIGRATION, SEX), (Term("immigration", "years_0_to_3"), Term("sex", "boy")),
                  ("born_in_sweden", "girl"), (Term("immigration", "years_4_to_8"), Term("sex", "missing"))),
    coefficients=np.array([2.0, 0.5]), covariance=np.array([[0.04, 0.01], [0.01, 0.09]]),
    interval_rule="school_jackknife", degrees_of_freedom=3.0, year_effects=((2025, 0.0), (2026, 0.25)), ridge=0.05,
    result_years=(2025, 2026), municipality_codes=("9999",), fitted_schools=4, dropped_schools=(("9999", "x"),),
    pupils=40, events=12, iterations=3, blocks=None, calibration=None,
)  # fmt: skip
LEVELS = {"immigration": list(IMMIGRATION.levels), "sex": list(SEX.levels)}
AB = "ab" * 32


@pytest.mark.parametrize(
    ("fit", "line"),
    [
        (FIT, "logit(not_eligible) ~ immigration + sex + result_year | municipality_code:school_unit_code"),
        (replace(FIT, estimator="points", link="identity"),
         "not_eligible ~ immigration + sex + result_year | municipality_code:school_unit_code"),
        (replace(FIT, estimator="pooled"), "logit(not_eligible) ~ immigration + sex + result_year"),
        (replace(FIT, estimator="between_within"),
         "logit(not_eligible) ~ immigration + sex + result_year + school_mean_score"
         " + (1 | municipality_code:school_unit_code)"),
        (replace(FIT, estimator="prior", prior_sha256=AB), "logit(not_eligible) ~ immigration + sex, weights of abababab"),
        (replace(FIT, estimator="prior_weighted", prior_sha256=AB),
         "logit(not_eligible) ~ immigration + sex + result_year + (1 | municipality_code:school_unit_code), weights"
         " drawn towards abababab"),
    ],
)  # fmt: skip
def test_the_model_in_one_line(fit, line):
    assert formula(fit) == line


def test_settings_name_a_prior_only_where_there_is_one():
    assert settings(FIT) == {"ridge": 0.05, "factors": LEVELS}
    assert settings(replace(FIT, prior_sha256=AB)) == {"ridge": 0.05, "factors": LEVELS, "prior": AB}


def test_the_identity_is_eight_digits_of_inputs_formula_and_settings():
    text = json.dumps({"formula": formula(FIT), "inputs": AB, "settings": settings(FIT)}, sort_keys=True)
    digits = hashlib.sha256(text.encode()).hexdigest()[:8]
    assert fit_id(FIT, funding_year=np.int64(2027), inputs_sha256=AB) == f"need-2027-{digits}"


def test_the_published_coefficients_whole():
    found = coefficient_table(FIT, municipality_code="9999", funding_year=np.int64(2027), fit_id="need-1")
    reach = stats.t.ppf(0.975, 3)
    nan = math.nan
    rows = [
        ("intercept", "intercept", "", -1.0, nan, nan, nan),
        ("immigration=born_in_sweden", "immigration", "born_in_sweden", 0.0, nan, nan, nan),
        ("sex=girl", "sex", "girl", 0.0, nan, nan, nan),
        ("immigration=years_0_to_3", "immigration", "years_0_to_3", 2.0, 0.2,
         round(2 - 0.2 * reach, 10), round(2 + 0.2 * reach, 10)),
        ("sex=boy", "sex", "boy", 0.5, 0.3, round(0.5 - 0.3 * reach, 10), round(0.5 + 0.3 * reach, 10)),
    ]  # fmt: skip
    names = ["term", "factor", "level", "estimate", "standard_error", "interval_lower", "interval_upper"]
    expected = pd.DataFrame(rows, columns=names)
    for place, (name, value) in enumerate(
        {"municipality_code": "9999", "funding_year": 2027, "fit_id": "need-1"}.items()
    ):
        expected.insert(place, name, value)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_the_record_whole():
    found = fit_record(FIT, funding_year=np.int64(2027), inputs_sha256=AB, policy={"window": 3})
    table = coefficient_table(FIT, municipality_code="", funding_year=2027, fit_id="")
    numbers = ["estimate", "standard_error", "interval_lower", "interval_upper"]
    assert found == {
        "fit_id": fit_id(FIT, funding_year=2027, inputs_sha256=AB),
        "funding_year": 2027,
        "inputs_sha256": AB,
        "formula": formula(FIT),
        "settings": settings(FIT),
        "trained_on": {"result_years": [2025, 2026], "municipality_codes": ["9999"]},
        "year_effects": {"2025": 0.0, "2026": 0.25},
        "pupils": 40,
        "events": 12,
        "coefficients": {
            row["term"]: {name: None if math.isnan(row[name]) else row[name] for name in numbers}
            for row in table.to_dict("records")
        },
        "policy": {"window": 3},
        "kind": "within_school",
        "schools": 5,
        "fitted_schools": 4,
        "schools_without_say": 1,
        "dropped_levels": ["immigration=years_4_to_8", "sex=missing"],
        "ridge": 0.05,
        "covariance_rule": "school_jackknife",
    }
    assert list(found) == sorted(found)
    assert found["coefficients"]["sex=girl"] == dict.fromkeys(numbers) | {"estimate": 0.0}
    assert fit_record(FIT, funding_year=2027, inputs_sha256=AB)["policy"] == {}
    with pytest.raises(ValueError, match="JSON"):
        fit_record(replace(FIT, ridge=math.inf), funding_year=2027, inputs_sha256=AB)


@pytest.mark.parametrize(("events", "told"), [(9, None), (10, 10), (30, 30), (31, None), (12.4, 12)])
def test_events_are_told_from_ten_on_both_sides(events, told):
    record = fit_record(replace(FIT, events=events), funding_year=2027, inputs_sha256=AB)
    assert record["events"] == told


def open_statistics():
    units = [f"u{number:03d}" for number in range(120)]
    rng = np.random.default_rng(1)
    girls, schooled = rng.uniform(0.3, 0.7, 120), rng.uniform(0.2, 0.9, 120)
    factors = pd.DataFrame({
        "municipality_code": ["9998", "9999"] * 60, "count_date": "2024-10-15", "school_unit_code": units, "pupil_count": 300,
        "girl_share": girls, "post_secondary_share": np.where(np.arange(120) < 30, np.nan, schooled),
    })  # fmt: skip
    missed = rng.binomial(80, 0.3 - 0.2 * schooled)
    results = pd.DataFrame({
        "municipality_code": ["9998", "9999"] * 60, "school_unit_code": units, "result_year": 2025, "grade_9_pupil_count": 80,
        "not_eligible_count": missed,
    })  # fmt: skip
    return factors, results


@pytest.fixture(scope="module")
def aggregate():
    factors, results = open_statistics()
    return fit_open_statistics(factors, results=results, terms=(GIRLS, WITHOUT_POST_SECONDARY))


def test_the_record_of_open_statistics_says_its_own_things(aggregate):
    found = fit_record(aggregate, funding_year=2027, inputs_sha256=AB)
    assert formula(aggregate) == (
        f"logit(not_eligible_share) ~ {' + '.join(aggregate.columns)}, weights = grade_9_pupil_count"
    )
    two = replace(aggregate, year_effects=((2024, 0.0), (2025, 0.1)))
    assert formula(two).endswith(" + result_year, weights = grade_9_pupil_count")
    assert settings(aggregate) == {
        "outcome": aggregate.outcome,
        "terms": [["girl_share", "girl_share", False], ["without_post_secondary_share", "post_secondary_share", True]],
    }
    expected = {
        "kind": "open_statistics", "schools": aggregate.units, "left_out": dict(aggregate.left_out),
        "dispersion": aggregate.dispersion, "covariance_rule": aggregate.covariance_rule,
        "pooled_means": dict(aggregate.pooled_means),
        "trained_on": {"municipalities": aggregate.municipalities, "result_years": list(aggregate.result_years)},
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    common = {"fit_id", "funding_year", "inputs_sha256", "formula", "settings", "year_effects", "pupils", "events",
              "coefficients", "policy"}  # fmt: skip
    assert set(found) == set(expected) | common


def test_a_missing_share_stands_as_the_missing_level_of_its_column(aggregate):
    table = coefficient_table(aggregate, municipality_code="", funding_year=2027, fit_id="x")
    assert table[["term", "factor", "level"]].iloc[1:].to_numpy().tolist() == [
        [name, name.removesuffix("_missing"), "missing" if name.endswith("_missing") else ""]
        for name in aggregate.columns
    ]
    assert any(name.endswith("_missing") for name in aggregate.columns)
    assert table["estimate"].tolist() == [aggregate.intercept, *aggregate.coefficients]
    assert table["standard_error"].tolist()[1:] == np.round(aggregate.standard_errors, 10).tolist()


def test_the_hash_of_inputs_by_hand():
    table = pd.DataFrame({
        "å": ["b", "a"], "n": pd.array([2, None], dtype="Int64"), "x": [1.0, 0.5], "t": [True, False],
        "d": [datetime.date(2026, 10, 15), pd.NaT], "s": [pd.Timestamp(2026, 10, 15, 12), pd.Timestamp(2026, 1, 2)],
        "m": [np.int64(3), np.float64(2.5)], "b": [np.bool_(True), None],
    })  # fmt: skip
    rows = [
        '[null, null, 2.5, null, "2026-01-02", false, 0.5, "a"]',
        '[true, "2026-10-15", 3, 2, "2026-10-15T12:00:00", true, 1, "b"]',
    ]
    head = '[["b", "d", "m", "n", "s", "t", "x", "å"], 2]'
    assert inputs_sha256(table) == hashlib.sha256("\n".join([head, *rows]).encode()).hexdigest()
    both = "\n".join([head, *rows]) * 2
    assert inputs_sha256(table, table.iloc[::-1]) == hashlib.sha256(both.encode()).hexdigest()
    assert inputs_sha256() == hashlib.sha256().hexdigest()


def test_a_value_without_canonical_form_names_its_type():
    with pytest.raises(NeedError, match=r"^a value of type list has no canonical form$") as told:
        inputs_sha256(pd.DataFrame({"x": [[1]]}))
    assert told.value.reason == "not_canonical"
