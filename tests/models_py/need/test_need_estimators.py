"""Estimators beside the within-school fit: where the pooled one breaks, the others hold; and they refuse by name."""

from __future__ import annotations

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need import (
    FACTORS,
    choose_estimator,
    count_outcomes,
    fit_between_within,
    fit_points,
    fit_pooled,
    fit_within_school,
    predict_from_counts,
)
from models_py.need.choice import median_leavers
from models_py.need.pooled import solve_pooled

ESTIMATORS = {
    "pooled": fit_pooled,
    "within_school": fit_within_school,
    "between_within": fit_between_within,
    "points": fit_points,
}


def planted(fit, truth) -> np.ndarray:
    levels = {factor.name: factor.levels for factor in FACTORS}
    return np.array([truth[term.factor][levels[term.factor].index(term.level)] for term in fit.design.terms])


def projection(fit, truth) -> float:
    """Length of the slopes along the planted ones: 1 when right, above 1 when inflated."""
    information, b = np.linalg.inv(fit.covariance), planted(fit, truth)
    return float(fit.coefficients @ information @ b / (b @ information @ b))


def spread(fit, small) -> float:
    """Slope of the estimated on the true index over schools: 1 moves the right amount of money."""
    need = predict_from_counts(fit, small.register()).table.set_index("school_unit_code")["need_share"]
    return float(np.polyfit(small.need / small.need.mean(), need / need.mean(), 1)[0])


@pytest.mark.parametrize("rho", [-0.5, 0.5])
def test_quality_that_follows_composition_bends_the_pooled_index_only(world, rho):
    small = world(2, schools=300, leavers=60, years=2, rho=rho)
    counts = count_outcomes(small.pupils)
    found = {name: spread(fit(counts), small) for name, fit in ESTIMATORS.items()}
    assert not 0.9 < found.pop("pooled") < 1.1
    assert all(0.9 < value < 1.1 for value in found.values()), found


def test_an_intercept_per_school_of_eight_leavers_inflates_the_slopes_a_random_one_does_not(world, truth):
    fixed, drawn = [], []
    for seed in (1, 2, 3):
        counts = count_outcomes(world(seed, schools=400, leavers=8, years=1).pupils)
        fixed.append(projection(fit_within_school(counts, minimum_events=1), truth))
        drawn.append(projection(fit_between_within(counts, minimum_events=1), truth))
    assert np.mean(fixed) > 1.08
    assert 0.9 < np.mean(drawn) < 1.06


def test_between_within_finds_planted_slopes_and_the_spread_of_school_quality(world, truth):
    fit = fit_between_within(count_outcomes(world(3, schools=150, leavers=20, years=4).pupils))
    z = (fit.coefficients - planted(fit, truth)) / fit.standard_errors
    assert np.sqrt((z**2).mean()) < 1.6
    assert np.abs(z).max() < 3.8
    assert fit.random_intercept_sd == pytest.approx(0.3, abs=0.06)


def test_schools_without_any_event_stop_no_estimator_and_are_dropped_only_where_they_have_no_say(world):
    table = world(4, schools=40, leavers=30).pupils
    quiet = table["school_unit_code"].isin(["99990003", "99990007"])
    table = table.assign(not_eligible_count=table["not_eligible_count"].mask(quiet, 0))
    events = table.groupby("school_unit_code")["not_eligible_count"].sum()
    silent = [code for code, count in events.items() if count == 0]
    counts = count_outcomes(table)
    for name, estimate in ESTIMATORS.items():
        fit = estimate(counts, minimum_events=1)
        assert [unit for _, unit in fit.dropped_schools] == (silent if name == "within_school" else [])
        assert fit.iterations < 30
        assert np.isfinite(fit.intervals).all()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_expected_equals_observed_and_order_changes_no_bit(world, few_factors, name):
    small = world(5, schools=20)
    counts = count_outcomes(small.pupils, factors=few_factors)
    fit = ESTIMATORS[name](counts)
    shuffled = count_outcomes(small.pupils.sample(frac=1, random_state=1), factors=few_factors)
    again = ESTIMATORS[name](shuffled)
    assert again.coefficients.tobytes() == fit.coefficients.tobytes()
    assert again.covariance.tobytes() == fit.covariance.tobytes()
    assert again.intercept == fit.intercept
    need = predict_from_counts(fit, small.register()).table
    assert (need["need_share"] * need["pupil_count"]).sum() == pytest.approx(
        counts.total, abs=1e-9 * counts.pupils + 1e-6
    )
    assert fit.estimator == name
    assert len(fit.blocks.scores) == fit.fitted_schools


@pytest.mark.parametrize("name", ESTIMATORS)
def test_scores_of_the_schools_add_up_to_the_pull_of_the_ridge(world, few_factors, name):
    """What one-step refits rest on: the gradient at the solution is zero, whatever the estimator."""
    fit = ESTIMATORS[name](count_outcomes(world(6, schools=20).pupils, factors=few_factors), ridge=3.0)
    terms = len(fit.design.terms)
    pull = np.diag(fit.blocks.penalty)[:terms] * fit.coefficients
    assert fit.blocks.scores.sum(axis=0)[:terms] == pytest.approx(pull, abs=1e-7)
    assert np.abs(pull).max() > 0.1


@pytest.mark.parametrize("name", ESTIMATORS)
def test_jackknife_errors_are_close_to_leaving_out_every_school_in_turn(world, few_factors, name):
    pupils = world(8, schools=14, leavers=90).pupils
    fit = ESTIMATORS[name](count_outcomes(pupils, factors=few_factors))
    refits = np.array(
        [
            ESTIMATORS[name](
                count_outcomes(pupils[pupils["school_unit_code"] != code], factors=few_factors), minimum_events=1
            ).coefficients
            for code in pupils["school_unit_code"].unique()
        ]
    )
    brute = np.sqrt(13 / 14 * ((refits - fit.coefficients) ** 2).sum(axis=0))
    assert fit.standard_errors == pytest.approx(brute, rel=0.15)


def test_the_pooled_slopes_do_not_know_who_went_where_their_errors_do(world, few_factors):
    pupils = world(7, schools=20).pupils
    shuffled = pupils.assign(school_unit_code=pupils["school_unit_code"].sample(frac=1, random_state=1).to_numpy())
    fits = [fit_pooled(count_outcomes(table, factors=few_factors), minimum_events=1) for table in (pupils, shuffled)]
    assert fits[0].coefficients.tobytes() == fits[1].coefficients.tobytes()
    assert fits[0].standard_errors != pytest.approx(fits[1].standard_errors, rel=0.01)
    cells_alone = solve_pooled(count_outcomes(shuffled, factors=few_factors)).solved.slopes
    assert cells_alone[: len(fits[0].coefficients)] == pytest.approx(fits[0].coefficients, abs=1e-10)


@pytest.mark.parametrize(("leavers", "expected"), [(19, "between_within"), (20, "within_school")])
def test_the_median_school_of_sixty_pooled_leavers_decides_the_estimator(world, few_factors, leavers, expected):
    counts = count_outcomes(world(1, schools=9, leavers=leavers, years=3).pupils, factors=few_factors)
    assert median_leavers(counts) == 3 * leavers
    assert choose_estimator(counts) == expected


def test_only_the_years_used_count_for_the_choice(world, few_factors):
    counts = count_outcomes(world(1, schools=9, leavers=40, years=3).pupils, factors=few_factors)
    assert choose_estimator(counts) == "within_school"
    assert choose_estimator(counts.of_years([2026])) == "between_within"


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize(
    ("arguments", "schools", "reason"),
    [
        ({"minimum_events": 10**6}, 12, "too_few_events"),
        ({"ridge": -1.0}, 12, "bad_setting"),
        ({"ridge": float("nan")}, 12, "bad_setting"),
        ({"minimum_events": 1}, 1, "too_few_schools"),
    ],
)
def test_too_little_or_a_bad_setting_is_refused_by_name(world, few_factors, name, arguments, schools, reason):
    counts = count_outcomes(world(1, schools=schools, leavers=90).pupils, factors=few_factors)
    with pytest.raises(NeedError) as refused:
        ESTIMATORS[name](counts, **({"minimum_events": 1} | arguments))
    assert refused.value.reason == reason


@pytest.mark.parametrize("name", ["pooled", "between_within", "within_school"])
def test_a_level_that_decides_the_outcome_is_refused_without_ridge_and_fitted_with_it(world, few_factors, name):
    pupils = world(1, schools=12, leavers=60).pupils
    newly = pupils["immigration"] == "years_0_to_3"
    counts = count_outcomes(
        pupils.assign(not_eligible_count=pupils["not_eligible_count"].mask(newly, 1)), factors=few_factors
    )
    with pytest.raises(NeedError) as refused:
        ESTIMATORS[name](counts, ridge=0.0, minimum_events=1)
    assert refused.value.reason in ("no_convergence", "not_identified")
    fit = ESTIMATORS[name](counts, minimum_events=1)
    term = [term.name for term in fit.design.terms].index("immigration=years_0_to_3")
    assert fit.coefficients[term] > 3


def test_a_covariance_rule_nobody_knows_is_refused(world, few_factors):
    counts = count_outcomes(world(1, schools=12).pupils, factors=few_factors)
    with pytest.raises(NeedError) as refused:
        fit_pooled(counts, covariance_rule="model", minimum_events=1)
    assert refused.value.reason == "bad_setting"
