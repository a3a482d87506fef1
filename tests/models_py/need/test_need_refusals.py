"""What the need model refuses, it refuses in full words and with a reason that a program can read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS
from models_py.need.bootstrap import bootstrap_slopes
from models_py.need.cells import cell_counts
from models_py.need.cluster import covariance_cluster
from models_py.need.design import Factor
from models_py.need.fit import SchoolBlocks
from models_py.need.folds import cohort_folds, school_folds
from models_py.need.link import intercepts
from models_py.need.logit import jackknife_of_blocks
from models_py.need.policy import NeedPolicy
from models_py.need.posterior import posterior_draws

SEX = next(factor for factor in FACTORS if factor.name == "sex")
CORE = ("guardian_education", "immigration")


def counts(*, leavers=10, schools=2, years=(2025,)):
    """A cell per school and level of sex, in the first year."""
    size = 2 * schools
    whole = np.full(size, leavers)
    return cell_counts(
        (SEX,),
        years=years,
        schools=[("9999", f"9999{number:04d}") for number in range(schools)],
        levels=np.tile([[0], [1]], (schools, 1)),
        year=np.zeros(size, dtype=int),
        school=np.repeat(np.arange(schools), 2),
        counts=(whole, whole // 2, whole // 2),
    )


def blocks(schools):
    return SchoolBlocks(np.ones((schools, 2)), np.tile(np.eye(2), (schools, 1, 1)), np.zeros((2, 2)))


REFUSED = [
    (lambda: NeedPolicy(factors=(*CORE, "shoe_size")), "bad_policy",
     f"need.factors: ['shoe_size'] are not known; known are {[factor.name for factor in FACTORS]}"),
    (lambda: NeedPolicy(factors=(*CORE, "sex", "sex")), "bad_policy",
     "need.factors: a factor is named twice; name each once"),
    (lambda: NeedPolicy(factors=("sex", "immigration")), "bad_policy",
     "need.factors: ['guardian_education'] may not be left out of the model"),
    (lambda: NeedPolicy(composition_effect=1.5), "bad_policy",
     "need.composition_effect: 1.5 is outside 0..1 (0 is none)"),
    (lambda: NeedPolicy(composition_effect=-0.5), "bad_policy",
     "need.composition_effect: -0.5 is outside 0..1 (0 is none)"),
    (lambda: NeedPolicy(weights="{}", estimator="points"), "bad_policy",
     "need.weights names a file, so nothing is estimated; need.estimator must be auto or prior"),
    (lambda: NeedPolicy(estimator="prior"), "bad_policy",
     "need.estimator is prior, but need.prior and need.weights name no file"),
    (lambda: NeedPolicy(estimator="prior", weights="{}", on_drift="re_estimate"), "bad_policy",
     "need.on_drift is re_estimate, but need.estimator is prior and need.prior names no file; there would be nothing to "
     "estimate with: set need.estimator to auto or need.on_drift to advise"),
    (lambda: Factor("sex", ("boy", "boy")), "bad_factor", "factor sex: two or more different levels are needed"),
    (lambda: Factor("sex", ("boy",)), "bad_factor", "factor sex: two or more different levels are needed"),
    (lambda: counts(leavers=0), "empty_input", "outcome counts: all counts are zero; nothing can be estimated"),
    (lambda: counts().of_factors(["sex", "age"]), "unknown_factor",
     "factors ['age'] are not counted; counted are ['sex']"),
    (lambda: school_folds(counts(), folds=1), "bad_setting", "folds is 1; two are needed to leave one out"),
    (lambda: school_folds(counts(schools=1)), "too_few_schools",
     "1 school has leavers; leaving schools out needs two"),
    (lambda: cohort_folds(counts()), "too_few_cohorts",
     "results of 2025 only; leaving cohorts out needs two years"),
    (lambda: covariance_cluster(blocks(1), observations=10), "too_few_schools",
     "1 school has scores; a covariance between schools needs two"),
    (lambda: covariance_cluster(blocks(3), observations=2), "too_few_pupils",
     "2 pupils cannot carry 2 parameters; leave out factors or pool more years"),
    (lambda: covariance_cluster(blocks(3), observations=5, parameters=7), "too_few_pupils",
     "5 pupils cannot carry 7 parameters; leave out factors or pool more years"),
    (lambda: jackknife_of_blocks(replace(blocks(2), hessians=np.stack([np.eye(2), np.zeros((2, 2))]))),
     "not_identified",
     "one school alone carries a level, so its uncertainty cannot be estimated; use ridge > 0 or merge levels"),
    (lambda: bootstrap_slopes(blocks(3), coefficients=np.zeros(2), weights=np.ones((4, 2))), "bad_weights",
     "weights are (4, 2), or negative; replicates × 3 schools are needed"),
    (lambda: bootstrap_slopes(blocks(3), coefficients=np.zeros(2), weights=-np.ones((4, 3))), "bad_weights",
     "weights are (4, 3), or negative; replicates × 3 schools are needed"),
    (lambda: bootstrap_slopes(blocks(3), coefficients=np.zeros(3), weights=np.ones((4, 3))), "bad_weights",
     "3 coefficients, but the blocks have 2 columns"),
    (lambda: posterior_draws(None, draws=1, seed=1), "bad_setting", "draws is 1; two or more are needed"),
    (lambda: intercepts(np.zeros((2, 1)), trials=np.ones(2), total=2, link="logit", start=0), "no_calibration",
     "all or none of the calibration pupils have the outcome; no intercept can be set"),
    (lambda: intercepts(np.zeros((2, 1)), trials=np.ones(2), total=1.9, link="logit", start=-9, max_iterations=1),
     "no_convergence", "the intercept did not settle in 1 iterations; the weights are not usable"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "reason", "words"), REFUSED)
def test_a_refusal_says_what_and_why(call, reason, words):
    with pytest.raises(NeedError) as told:
        call()
    assert (told.value.reason, str(told.value)) == (reason, words)


@pytest.mark.parametrize(
    "asked",
    [
        {"composition_effect": 0.0}, {"composition_effect": 1.0}, {"weights": "{}", "estimator": "prior"},
        {"estimator": "prior", "prior": "{}", "on_drift": "re_estimate"}, {"on_drift": "re_estimate"},
        {"estimator": "prior", "weights": "{}", "on_drift": "keep_frozen"}, {"factors": CORE},
    ],
)  # fmt: skip
def test_what_makes_sense_together_is_taken(asked):
    policy = NeedPolicy(**asked)
    assert {name: getattr(policy, name) for name in asked} == asked
    assert [factor.name for factor in policy.chosen_factors] == [f.name for f in FACTORS if f.name in policy.factors]


def test_fewest_schools_folds_and_pupils_are_enough():
    assert school_folds(counts(), folds=2).pupils.tolist() == [20, 20]
    assert covariance_cluster(blocks(2), observations=3).shape == (2, 2)
    drawn = bootstrap_slopes(blocks(2), coefficients=np.zeros(2), weights=np.array([[2, 0]]))
    assert drawn.shape == (1, 2)
