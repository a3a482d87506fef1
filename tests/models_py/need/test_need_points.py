"""The points model: the closed form for a share and for merit value, clipping, and what merit value may not become."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_points, predict_from_counts, predict_merit
from models_py.need.calibration import clipped_intercept
from models_py.need.cells import counts_of_table
from models_py.need.scoring import predicted_share


@pytest.fixture
def merit(world, few_factors):
    """Pupils with a merit value in steps of 2.5 points, and their counts in tenths of a point."""
    pupils = world(3, schools=12, leavers=60).pupils.drop(columns=["not_eligible_count"])
    rng = np.random.default_rng(3)
    low = pupils["guardian_education"].eq("compulsory").to_numpy()
    points = 222 - 40 * low + 10 * pupils["sex"].eq("girl").to_numpy() + rng.normal(0, 55, len(pupils))
    pupils["merit_value"] = np.clip(np.round(points / 2.5) * 2.5, 0, 340)
    pupils["tenths"] = np.round(pupils["merit_value"] * 10).astype(int)
    pupils["tenths_squared"] = pupils["tenths"] ** 2
    keys = ["municipality_code", "school_unit_code", "result_year", *(factor.name for factor in few_factors)]
    table = pupils.groupby(keys)[["leaver_count", "tenths", "tenths_squared"]].sum().reset_index()
    return pupils, counts_of_table(table, factors=few_factors, sums="tenths", squares="tenths_squared", step=0.1)


def test_merit_points_equal_least_squares_with_school_dummies(merit):
    pupils, counts = merit
    fit = fit_points(counts, outcome="merit_value", ridge=0.0)
    columns = {term.name: pupils[term.factor] == term.level for term in fit.design.terms}
    columns |= {f"year={year}": pupils["result_year"] == year for year in (2025, 2026)}
    columns |= {code: pupils["school_unit_code"] == code for code in pupils["school_unit_code"].unique()}
    expected = sm.OLS(pupils["merit_value"], pd.DataFrame(columns).astype(float)).fit().params
    assert fit.coefficients == pytest.approx(expected[[term.name for term in fit.design.terms]], rel=1e-9, abs=1e-9)
    assert fit.outcome == "merit_value"
    assert fit.link == "identity"


def test_expected_merit_is_on_average_the_observed_and_unclipped(merit):
    pupils, counts = merit
    fit = fit_points(counts, outcome="merit_value")
    register = pupils.rename(columns={"leaver_count": "pupil_count"}).assign(count_date="2026-10-15")
    units = predict_merit(fit, register)
    mean = np.average(units["expected_merit_value"], weights=units["pupil_count"])
    assert mean == pytest.approx(pupils["merit_value"].mean(), abs=1e-8)
    assert list(units.columns) == [
        "municipality_code",
        "count_date",
        "school_unit_code",
        "pupil_count",
        "expected_merit_value",
    ]
    assert len(units) == 12


def test_merit_value_never_becomes_a_need_share(merit, world):
    _, counts = merit
    fit = fit_points(counts, outcome="merit_value")
    for score in (lambda: predict_from_counts(fit, world(3).register()), lambda: predicted_share(fit, counts.levels)):
        with pytest.raises(NeedError) as refused:
            score()
        assert refused.value.reason == "no_need_share"


def test_a_share_has_no_expected_merit_value(world, few_factors):
    small = world(3, schools=12)
    fit = fit_points(count_outcomes(small.pupils, factors=few_factors), minimum_events=1)
    with pytest.raises(NeedError) as refused:
        predict_merit(fit, small.register())
    assert refused.value.reason == "no_merit_value"


@pytest.mark.parametrize("outcome", ["not_eligible", "absence"])
def test_counts_of_another_outcome_are_refused(merit, outcome):
    with pytest.raises(NeedError) as refused:
        fit_points(merit[1], outcome=outcome)
    assert refused.value.reason == "bad_outcome"


def test_too_few_merit_values_are_refused(merit):
    with pytest.raises(NeedError) as refused:
        fit_points(merit[1], outcome="merit_value", minimum_events=10**6)
    assert refused.value.reason == "too_few_pupils"


def test_expected_shares_are_clipped_and_still_add_up_to_the_observed(world, few_factors):
    """Points added straight to a share fall below 0 for the best off; the intercept is set after clipping."""
    pupils = world(5, schools=40, leavers=60).pupils
    low = (pupils["guardian_education"] != "compulsory") & (pupils["immigration"] == "born_in_sweden")
    rare = low & (np.arange(len(pupils)) % 20 > 0)
    pupils = pupils.assign(not_eligible_count=pupils["not_eligible_count"].mask(rare, 0))
    counts = count_outcomes(pupils, factors=few_factors)
    fit = fit_points(counts, minimum_events=1)
    shares = predicted_share(fit, counts.levels)
    trials = np.bincount(counts.cell, weights=counts.trials, minlength=len(counts.levels))
    raw = fit.intercept + fit.design.matrix(counts.levels) @ fit.coefficients
    assert raw.min() < 0
    assert shares.min() == 0
    assert trials @ shares == pytest.approx(counts.total, abs=1e-5)
    assert abs(trials @ raw - counts.total) > 1


@pytest.mark.parametrize("total", [0.5, 30.0, 99.5])
def test_the_clipped_intercept_solves_its_equation_near_both_ends(total):
    score = np.array([-0.4, 0.0, 0.3, 0.9])
    trials = np.array([10.0, 40.0, 30.0, 20.0])
    found = clipped_intercept(score, trials=trials, total=total)
    assert trials @ np.clip(found + score, 0, 1) == pytest.approx(total, abs=1e-9)
