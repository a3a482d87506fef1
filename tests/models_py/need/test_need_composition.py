"""The composition effect: found within schools at any link of quality and composition, invented between them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from bench.small_worlds import SmallWorld, small_world
from models_py.errors import NeedError
from models_py.need import NeedFit, fit_within_school, predict_from_counts
from models_py.need.composition import fit_composition, predict_with_composition
from models_py.need.from_prior import fit_from_prior
from models_py.need.prior_making import frozen_from_fit


def nation(seed: int, *, rho: float, gamma: float) -> tuple[SmallWorld, NeedFit]:
    world = small_world(seed, schools=320, leavers=320 * 135, rho=rho, gamma=gamma, register=False)
    return world, fit_within_school(world.leavers)


def between_coefficient(world: SmallWorld, fit: NeedFit) -> float:
    """What a school's mean score (all cohorts) adds in a pooled logit beside the pupil's own: the tempting wrong answer."""
    counts = world.leavers
    x = fit.design.matrix(counts.levels)[counts.cell]
    score = x @ fit.coefficients
    trials = counts.trials.astype(float)
    mean = np.bincount(counts.school, weights=trials * score) / np.bincount(counts.school, weights=trials)
    columns = np.column_stack([np.ones(len(x)), x, mean[counts.school]])
    y = np.column_stack([counts.sums, counts.trials - counts.sums])
    return float(sm.GLM(y, columns, family=sm.families.Binomial()).fit().params[-1])


@pytest.mark.parametrize(("rho", "gamma"), [(-0.5, 0.0), (0.5, 0.0), (-0.5, 0.5), (0.5, 0.5)])
def test_cohorts_within_schools_find_it_and_schools_between_each_other_do_not(rho, gamma):
    world, fit = nation(31, rho=rho, gamma=gamma)
    found = fit_composition(world.leavers, fit=fit)
    assert abs(found.estimate - gamma) < 3 * found.standard_error
    assert found.standard_error < 0.25
    between = between_coefficient(world, fit)
    assert (between - gamma) * rho > 0  # wrong by quality, in its direction
    assert abs(between - gamma) > 0.2


def test_the_estimate_equals_a_glm_with_school_dummies():
    world = small_world(5, schools=10, leavers=10 * 300, gamma=0.5, register=False)
    names = ("guardian_education", "sex")
    counts = world.leavers.of_factors(names)
    fit = fit_within_school(counts, minimum_events=1)
    found = fit_composition(counts, fit=fit, minimum_schools=10, ridge=0.0)
    x = fit.design.matrix(counts.levels)[counts.cell]
    score, trials = x @ fit.coefficients, counts.trials.astype(float)
    year = counts.year[counts.cell]
    cohort = counts.school * 3 + year
    mean = (np.bincount(cohort, weights=trials * score) / np.bincount(cohort, weights=trials))[cohort]
    years = (year[:, None] == np.array([1, 2])).astype(float)
    columns = np.column_stack([x, years, np.eye(10)[counts.school], mean])
    y = np.column_stack([counts.sums, counts.trials - counts.sums])
    expected = sm.GLM(y, columns, family=sm.families.Binomial()).fit(tol=1e-14, maxiter=100).params[-1]
    assert found.estimate == pytest.approx(expected, abs=1e-7)


def test_it_is_drawn_towards_what_is_believed_by_precision():
    world, fit = nation(32, rho=0.0, gamma=0.5)
    found = fit_composition(world.leavers, fit=fit, prior_mean=0.1, prior_sd=0.2)
    own, believed = 1 / found.standard_error**2, 1 / 0.2**2
    assert found.effect == pytest.approx((own * found.estimate + believed * 0.1) / (own + believed), abs=1e-8)
    assert found.effect_standard_error == pytest.approx(1 / math.sqrt(own + believed), abs=1e-8)
    assert min(0.1, found.estimate) < found.effect < max(0.1, found.estimate)


SOME = small_world(33, schools=40, leavers=40 * 135, gamma=0.5)
SOME_FIT = fit_within_school(SOME.leavers)


@pytest.mark.parametrize(
    ("years", "named", "reason"),
    [
        (3, {}, "too_few_schools"),
        (2, {"minimum_schools": 40}, "too_few_schools"),
        (3, {"minimum_schools": 10, "prior_sd": 0.0}, "bad_setting"),
        (3, {"minimum_schools": 10, "ridge": -1.0}, "bad_setting"),
    ],
)
def test_too_little_is_refused(years, named, reason):
    counts = SOME.leavers.of_years(SOME.leavers.years[:years])
    fit = fit_within_school(counts, minimum_events=1)
    with pytest.raises(NeedError) as refused:
        fit_composition(counts, fit=fit, **named)
    assert refused.value.reason == reason


def test_weights_that_quality_may_have_leaked_into_are_refused():
    frozen = frozen_from_fit(SOME_FIT, label="Own", source="own results")
    fit = fit_from_prior(frozen, factors=SOME_FIT.design.factors)
    with pytest.raises(NeedError) as refused:
        fit_composition(SOME.leavers, fit=fit, minimum_schools=10)
    assert refused.value.reason == "wrong_estimator"


def test_without_an_effect_the_need_is_the_individual_one():
    register = SOME.register_counts()
    same = predict_with_composition(SOME_FIT, register, effect=0.0)
    assert same.table.equals(predict_from_counts(SOME_FIT, register).table)


def test_the_index_with_the_effect_comes_closer_to_the_total_need():
    register = SOME.register_counts()

    def error(effect: float) -> float:
        table = predict_with_composition(SOME_FIT, register, effect=effect).table
        need, pupils = table["need_share"].to_numpy(), table["pupil_count"].to_numpy()
        return SOME.error(100 * need / np.average(need, weights=pupils), gamma=0.5)

    assert error(0.5) < 0.6 * error(0.0)
    assert error(0.5) < error(1.0)


def test_a_unit_s_need_does_not_hang_on_other_municipalities_or_on_order():
    register = SOME.register_counts()
    lopsided = np.where(register["school_unit_code"] == "99990003", 30, 1)
    other = register.assign(municipality_code="9998", pupil_count=register["pupil_count"] * lopsided)
    both = predict_with_composition(
        SOME_FIT, pd.concat([register, other]).sample(frac=1.0, random_state=1), effect=0.4
    ).table
    alone = predict_with_composition(SOME_FIT, register, effect=0.4).table
    assert both[both["municipality_code"] == "9999"].reset_index(drop=True).equals(alone)


@pytest.mark.parametrize("effect", [float("nan"), float("inf")])
def test_an_effect_that_is_no_number_is_refused(effect):
    with pytest.raises(NeedError) as refused:
        predict_with_composition(SOME_FIT, SOME.register_counts(), effect=effect)
    assert refused.value.reason == "bad_setting"
