"""Calibration figures from counts equal those of single leavers, and no tenth gives away a few of them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_within_school
from models_py.need.calibration_check import (
    auc,
    brier_score,
    calibration_line,
    check_calibration,
    out_of_time,
    share_line,
    tenths_of_risk,
)
from models_py.need.design import level_codes

OWN = partial(fit_within_school, minimum_events=1)


@pytest.fixture(scope="module")
def data(world, few_factors):
    table = world(21, schools=30, leavers=60).pupils
    counts = count_outcomes(table, factors=few_factors)
    return table, counts, OWN(counts)


def by_pupil(table, fit):
    p = expit(fit.intercept + fit.design.matrix(level_codes(table, fit.design.factors)) @ fit.coefficients)
    return np.round(p, 9), table["not_eligible_count"].to_numpy()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=12))
def test_auc_counts_every_pair_of_pupils_ties_half(groups):
    share = np.array([value / 10 for value, _, _ in groups])
    events, others = np.array([e for _, e, _ in groups]), np.array([o for _, _, o in groups])
    if not events.sum() or not others.sum():
        return
    pairs = [
        (np.sign(a - b) + 1) / 2 * e * o
        for a, e in zip(share, events, strict=True)
        for b, o in zip(share, others, strict=True)
    ]
    assert auc(share, trials=events + others, events=events) == pytest.approx(
        sum(pairs) / (events.sum() * others.sum())
    )


def test_brier_and_calibration_line_equal_those_of_single_pupils(data):
    table, counts, fit = data
    p, y = by_pupil(table, fit)
    check = check_calibration(fit, counts)
    assert check.brier == pytest.approx(((y - p) ** 2).mean(), rel=1e-9)
    assert check.brier_skill == pytest.approx(1 - ((y - p) ** 2).mean() / y.var(), rel=1e-9)
    line = sm.GLM(y, sm.add_constant(logit(p)), family=sm.families.Binomial()).fit(tol=1e-12)
    assert (check.slope, check.slope_standard_error) == pytest.approx((line.params[1], line.bse[1]), rel=1e-6)
    level = sm.GLM(y, np.ones((len(y), 1)), offset=logit(p), family=sm.families.Binomial()).fit(tol=1e-12)
    assert check.intercept == pytest.approx(level.params[0], abs=1e-8)
    assert abs(check.intercept) < 1e-6
    assert 0.7 < check.auc < 0.9
    assert (check.pupils, check.events) == (len(y), y.sum())


def test_out_of_time_never_sees_the_cohort_it_is_judged_on(data, few_factors):
    table, counts, _ = data
    check = out_of_time(counts, estimate=OWN)
    assert (check.fitted_years, check.judged_years) == ((2024, 2025), (2026,))
    earlier, last = table[table["result_year"] < 2026], table[table["result_year"] == 2026]
    by_hand = check_calibration(
        OWN(count_outcomes(earlier, factors=few_factors)), count_outcomes(last, factors=few_factors)
    )
    assert (check.slope, check.auc, check.intercept) == (by_hand.slope, by_hand.auc, by_hand.intercept)
    turned = table.assign(
        not_eligible_count=table["not_eligible_count"].where(
            table["result_year"] < 2026, 1 - table["not_eligible_count"]
        )
    )
    spoiled = out_of_time(count_outcomes(turned, factors=few_factors), estimate=OWN)
    assert spoiled.auc == pytest.approx(1 - check.auc)
    assert spoiled.slope < 0


def test_weights_that_spread_too_far_show_a_slope_below_one(data):
    _, counts, fit = data
    honest = check_calibration(fit, counts).slope
    wide = check_calibration(replace(fit, coefficients=2 * fit.coefficients), counts)
    assert wide.slope < 0.75 * honest


def test_points_are_judged_on_shares_as_single_pupils_would_be(data):
    """Shares clipped to 0 have no log-odds and would drown every other leaver on that scale."""
    table, counts, fit = data
    points = replace(fit, link="identity", intercept=-0.02, coefficients=fit.coefficients / 5)
    score = points.intercept + fit.design.matrix(level_codes(table, fit.design.factors)) @ points.coefficients
    p, y = np.round(np.clip(score, 0, 1), 9), table["not_eligible_count"].to_numpy()
    assert (p == 0).any()
    line = sm.OLS(y, sm.add_constant(p)).fit(cov_type="HC0")
    check = check_calibration(points, counts)
    assert (check.slope, check.slope_standard_error) == pytest.approx((line.params[1], line.bse[1]), rel=1e-8)
    assert check.intercept == pytest.approx((y - p).mean(), abs=1e-9)


def test_tenths_hold_all_pupils_and_ten_on_each_side(data):
    _, counts, fit = data
    tenths = check_calibration(fit, counts).tenths
    assert tenths["pupil_count"].sum() == counts.pupils
    assert tenths["observed_count"].sum() == counts.total
    assert (tenths["observed_count"] >= 10).all()
    assert (tenths["pupil_count"] - tenths["observed_count"] >= 10).all()
    assert tenths["expected_share"].is_monotonic_increasing
    assert tenths["expected_count"].sum() == pytest.approx(counts.total, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.integers(1, 60), st.floats(0, 1)), min_size=1, max_size=40))
def test_no_group_of_any_data_has_fewer_than_ten_on_a_side(cells):
    share = np.array([p for p, _, _ in cells])
    trials = np.array([float(n) for _, n, _ in cells])
    events = np.floor(trials * np.array([part for _, _, part in cells]))
    tenths = tenths_of_risk(share, trials=trials, events=events)
    if min(events.sum(), (trials - events).sum()) < 10:
        assert tenths.empty
        return
    assert tenths["observed_count"].min() >= 10
    assert (tenths["pupil_count"] - tenths["observed_count"]).min() >= 10
    assert tenths["pupil_count"].sum() == trials.sum()
    assert tenths["tenths"].iloc[-1].split("-")[-1] == "10"


def test_order_of_cells_does_not_matter():
    rng = np.random.default_rng(1)
    share, trials = np.round(rng.random(50), 2), rng.integers(1, 30, 50).astype(float)
    events = rng.binomial(trials.astype(int), share).astype(float)
    order = rng.permutation(50)
    assert auc(share, trials=trials, events=events) == auc(share[order], trials=trials[order], events=events[order])
    assert brier_score(share, trials=trials, events=events) == brier_score(
        share[order], trials=trials[order], events=events[order]
    )


def test_what_cannot_be_judged_is_refused(data, world, few_factors):
    table, _counts, fit = data
    one_year = count_outcomes(table[table["result_year"] == 2026], factors=few_factors)
    none = count_outcomes(table.assign(not_eligible_count=0), factors=few_factors)
    ones = np.ones(3)
    cases = {
        "one_cohort": lambda: out_of_time(one_year, estimate=OWN),
        "one_outcome": lambda: check_calibration(fit, none),
        "no_convergence": lambda: calibration_line(ones, trials=10 * ones, events=3 * ones),
        "no_convergence ": lambda: share_line(ones / 4, trials=10 * ones, events=3 * ones),
    }
    for reason, call in cases.items():
        with pytest.raises(NeedError) as caught:
            call()
        assert caught.value.reason == reason.strip()
