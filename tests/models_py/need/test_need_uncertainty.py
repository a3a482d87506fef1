"""Intervals and replicates of the index: derivative equal to finite differences, spread equal to the jackknife's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need import NeedFit, count_outcomes, fit_within_school, need_index, predict_from_counts
from models_py.need.bootstrap import bootstrap_slopes
from models_py.need.design import level_codes
from models_py.need.index_frame import index_frame
from models_py.need.link import expected
from models_py.need.register import intercepts_of, register_cells, unit_shares
from models_py.need.replicates import index_replicates
from models_py.need.uncertainty import index_gradient, index_intervals


@pytest.fixture(scope="module")
def small(world, few_factors) -> tuple[NeedFit, pd.DataFrame]:
    """A fit on ten schools, and a register of two count dates with two tiny units and one new unit."""
    first, second = world(5, schools=10, leavers=40), world(6, schools=10, leavers=20)
    fit = fit_within_school(count_outcomes(first.pupils, factors=few_factors), minimum_events=1)
    later = first.register()
    tiny = later["school_unit_code"].isin(["99990000", "99990001"])
    later = pd.concat([later[~tiny], later[tiny].groupby("school_unit_code").head(9)])
    earlier = second.register("2025-10-15")
    return fit, pd.concat([later, earlier[earlier["school_unit_code"] != "99990009"]])


def index_by_hand(fit: NeedFit, coefficients: np.ndarray, register: pd.DataFrame) -> np.ndarray:
    """Pupil by pupil, with the intercept solved anew; no function of the product but the coding of levels."""
    cells = fit.design.matrix(fit.calibration.levels)
    trials = fit.calibration.trials

    def missed(a: float) -> float:
        return float((trials * expit(a + cells @ coefficients)).sum() - fit.calibration.total)

    a = brentq(missed, -20, 20, xtol=1e-14)
    p = expit(a + fit.design.matrix(level_codes(register, fit.design.factors)) @ coefficients)
    shares = pd.Series(p).groupby([register["count_date"].to_numpy(), register["school_unit_code"].to_numpy()]).mean()
    later = register[register["count_date"] == register["count_date"].max()]
    pupils = later.groupby("school_unit_code").size()
    own = shares.unstack(0).loc[pupils.index].mean(axis=1)
    small_units = [*pupils.index[pupils < 20].tolist(), pupils[pupils >= 20].sort_values(kind="stable").index[0]]
    if pupils[pupils < 20].sum() >= 20:
        small_units = small_units[:-1]
    own[small_units] = np.average(own[small_units], weights=pupils[small_units])
    return (100 * own / np.average(own, weights=pupils)).to_numpy()


def test_the_gradient_equals_finite_differences_through_dates_groups_and_the_intercept(small):
    fit, register = small
    intervals = index_intervals(fit, register)
    np.testing.assert_allclose(
        index_by_hand(fit, fit.coefficients, register), intervals.table["need_index"], atol=1e-5, rtol=0
    )
    h = 1e-5
    for term in range(len(fit.coefficients)):
        step = np.zeros(len(fit.coefficients))
        step[term] = h
        numeric = (
            index_by_hand(fit, fit.coefficients + step, register)
            - index_by_hand(fit, fit.coefficients - step, register)
        ) / (2 * h)
        np.testing.assert_allclose(intervals.gradient[:, term], numeric, atol=1e-5, rtol=1e-6)


def test_an_interval_reaches_widened_t_standard_errors_and_never_below_zero(small):
    fit, register = small
    plain = index_intervals(fit, register).table
    gradient = index_intervals(fit, register).gradient
    error = np.sqrt(np.diag(gradient @ fit.covariance @ gradient.T))
    np.testing.assert_allclose(plain["index_standard_error"], error, atol=1e-8)
    reach = stats.t.ppf(0.975, fit.degrees_of_freedom) * plain["index_standard_error"]
    np.testing.assert_allclose(plain["interval_upper"] - plain["need_index"], reach, rtol=1e-12)
    wide = index_intervals(replace(fit, widening=1.25), register).table
    np.testing.assert_allclose(
        wide["interval_upper"] - wide["need_index"], 1.25 * (plain["interval_upper"] - plain["need_index"]), rtol=1e-12
    )
    huge = index_intervals(replace(fit, widening=100.0), register).table
    assert (huge["interval_lower"] == 0).any()
    assert (huge["interval_lower"] >= 0).all()


def test_members_of_a_group_share_their_interval(small):
    fit, register = small
    table = index_intervals(fit, register).table
    merged = table[table["index_rule"] == "merged_group"]
    assert len(merged) >= 2
    for column in ("need_index", "index_standard_error", "interval_lower", "interval_upper"):
        assert merged[column].nunique() == 1
    apart = index_intervals(fit, register, index_minimum_pupils=1).table
    assert apart.loc[merged.index, "index_standard_error"].nunique() == len(merged)


def test_a_unit_without_composition_follows_the_mean_whatever_the_weights(small):
    fit, register = small
    unit_need = predict_from_counts(fit, register).table
    unit_need["need_share"] = unit_need["need_share"].where(unit_need["school_unit_code"] != "99990004")
    frame = index_frame(unit_need)
    gradient = index_gradient(fit, register=register_cells(fit.design, register), frame=frame, unit_need=unit_need)
    place = frame.units.index("99990004")
    assert frame.rule[place] == "municipal_mean"
    np.testing.assert_allclose(gradient[place], 0, atol=1e-12)
    assert np.abs(np.delete(gradient, place, axis=0)).max() > 1


def test_replicates_spread_as_the_jackknife_says_with_many_schools(world, few_factors):
    found = world(7, schools=100, leavers=40)
    fit = fit_within_school(count_outcomes(found.cells, factors=few_factors))
    draws = index_replicates(fit, found.register(), seed=11, draws=1000)
    errors = index_intervals(fit, found.register()).table["index_standard_error"].to_numpy()
    assert draws.source == "school_bootstrap"
    ratio = draws.standard_errors / errors
    assert np.sqrt((ratio**2).mean()) == pytest.approx(1, abs=0.15)
    assert ratio.min() > 0.7
    assert ratio.max() < 1.3


def test_one_step_replicates_stay_close_to_refits_on_the_drawn_schools(world, few_factors):
    pupils = world(8, schools=40, leavers=40).pupils
    fit = fit_within_school(count_outcomes(pupils, factors=few_factors))
    generator = np.random.default_rng(1)
    drawn = generator.multinomial(40, np.full(40, 1 / 40), size=6)
    one_step = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=drawn)
    codes = sorted(pupils["school_unit_code"].unique())
    for weights, slopes in zip(drawn, one_step, strict=True):
        copies = [
            pupils[pupils["school_unit_code"] == code].assign(school_unit_code=f"{code}-{copy}")
            for code, times in zip(codes, weights, strict=True)
            for copy in range(times)
        ]
        refit = fit_within_school(count_outcomes(pd.concat(copies), factors=few_factors))
        assert np.abs(slopes - refit.coefficients).max() < 0.5 * fit.standard_errors.max()


def test_drawing_every_school_once_changes_nothing(small):
    fit, _ = small
    once = np.ones((3, fit.fitted_schools))
    slopes = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=once)
    np.testing.assert_allclose(slopes, np.tile(fit.coefficients, (3, 1)), rtol=1e-14)


def test_a_strong_prior_keeps_its_pull_in_every_replicate(world, few_factors):
    """Without the pull's own gradient the replicates would stand around the unpenalised slopes."""
    counts = count_outcomes(world(5, schools=20, leavers=40).cells, factors=few_factors)
    fit = fit_within_school(counts, ridge=100.0, minimum_events=1)
    weights = np.random.default_rng(1).multinomial(20, np.full(20, 1 / 20), size=500)
    slopes = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=weights)
    distance = np.abs(slopes.mean(axis=0) - fit.coefficients)
    assert (distance < 0.3 * fit.standard_errors).all()


def test_replicates_are_the_same_bits_for_any_row_order_and_differ_by_seed(small):
    fit, register = small
    draws = index_replicates(fit, register, seed=3, draws=50)
    again = index_replicates(fit, register.sample(frac=1, random_state=1), seed=3, draws=50)
    np.testing.assert_array_equal(draws.index, again.index)
    assert draws.units == again.units
    assert not np.array_equal(draws.index, index_replicates(fit, register, seed=4, draws=50).index)


def test_every_replicate_has_mean_100_and_one_index_per_group(small):
    fit, register = small
    draws = index_replicates(fit, register, seed=3, draws=40)
    np.testing.assert_allclose(np.average(draws.index, axis=1, weights=draws.pupils), 100, atol=1e-8)
    merged = index_intervals(fit, register).table["index_rule"].to_numpy() == "merged_group"
    assert (np.ptp(draws.index[:, merged], axis=1) == 0).all()
    assert (np.ptp(draws.index[:, ~merged], axis=1) > 0).all()


def test_weights_drawn_from_their_covariance_are_widened(small):
    fit, register = small
    posterior = replace(fit, interval_rule="approximate_posterior", estimator="prior_weighted")
    plain = index_replicates(posterior, register, seed=3, draws=800)
    wide = index_replicates(replace(posterior, widening=1.25), register, seed=3, draws=800)
    assert plain.source == "normal_approximation"
    errors = index_intervals(fit, register).table["index_standard_error"].to_numpy()
    assert np.sqrt(((plain.standard_errors / errors) ** 2).mean()) == pytest.approx(1, abs=0.15)
    assert np.median(wide.standard_errors / plain.standard_errors) == pytest.approx(1.25, abs=0.1)


def test_the_unmoved_weights_give_the_published_shares(small):
    fit, register = small
    for chosen in (fit, replace(fit, calibration=None)):
        shares = unit_shares(chosen, register_cells(fit.design, register), fit.coefficients[None, :])[:, 0]
        np.testing.assert_allclose(shares, predict_from_counts(fit, register).table["need_share"], atol=1e-9)


def test_points_that_leave_0_to_1_are_clipped_and_calibrated_clipped(small):
    fit, register = small
    points = replace(fit, link="identity", intercept=0.05, coefficients=fit.coefficients / 4)
    slopes = np.vstack([points.coefficients, -points.coefficients, 8 * points.coefficients])
    cells = fit.design.matrix(fit.calibration.levels)
    shares = unit_shares(points, register_cells(fit.design, register), slopes)
    assert (shares >= 0).all()
    assert (shares <= 1).all()
    found = expected(intercepts_of(points, slopes.T) + cells @ slopes.T, "identity")
    np.testing.assert_allclose(fit.calibration.trials @ found, fit.calibration.total, rtol=1e-10)


def test_what_has_no_meaning_is_refused(small):
    fit, register = small
    cases = {
        "no_need_share": lambda: index_intervals(replace(fit, outcome="merit_value"), register),
        "too_few_draws": lambda: index_replicates(fit, register, seed=1, draws=1),
        "no_calibration": lambda: index_replicates(
            replace(fit, calibration=replace(fit.calibration, total=0)), register, seed=1, draws=2
        ),
        "too_many_count_dates": lambda: index_intervals(fit, register, maximum_count_dates=1),
    }
    for reason, call in cases.items():
        with pytest.raises(NeedError) as caught:
            call()
        assert caught.value.reason == reason


def test_three_count_dates_count_a_third_each_when_asked_for(unit_need):
    dates = [
        unit_need({"A": (100, share), "B": (100, 0.1)}, count_date=f"{year}-10-15")
        for year, share in ((2024, 0.1), (2025, 0.2), (2026, 0.6))
    ]
    table = need_index(pd.concat(dates), maximum_count_dates=3).table.set_index("school_unit_code")
    assert table.loc["A", "need_share"] == pytest.approx(0.3)
    with pytest.raises(NeedError, match="2 latest"):
        need_index(pd.concat(dates))
