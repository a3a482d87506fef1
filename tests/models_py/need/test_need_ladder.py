"""Every municipality lands on the rung its results can carry, with a reason, and nothing is replaced in silence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.small_worlds import small_world
from models_py.errors import NeedError
from models_py.need import FACTORS, fit_within_school
from models_py.need.ladder import choose, fit_by_choice
from models_py.need.prior_making import frozen_from_fit, prior_from_fit

NATION = small_world(1, schools=60, leavers=60 * 180, municipalities=4, register=False).leavers
FIT = fit_within_school(NATION)
PRIOR = prior_from_fit(FIT, counts=NATION, kind="national", label="Nation", source="simulated")
PUBLISHED = replace(PRIOR, kind="published", covariance=None)
FROZEN = frozen_from_fit(FIT, label="Own 2025", source="own results")
POINTS = replace(FROZEN, kind="published", link="identity", municipality_codes=())
SMALL = small_world(2, schools=6, leavers=300, register=False).leavers
LARGE = small_world(3, schools=20, leavers=20 * 180, register=False).leavers
LARGE_WITH_SMALL_SCHOOLS = small_world(4, schools=90, leavers=90 * 45, register=False).leavers
FEW_FACTORS = LARGE.of_factors([factor.name for factor in FACTORS[:5]])
NO_EVENTS = replace(SMALL, sums=0 * SMALL.sums, squares=0 * SMALL.squares)
ALL_EVENTS = replace(SMALL, sums=SMALL.trials, squares=SMALL.trials)


@pytest.mark.parametrize(
    ("counts", "prior", "wanted", "rung", "estimator", "refusal"),
    [
        (SMALL, PRIOR, "auto", "prior", "prior_weighted", ""),
        (LARGE, PRIOR, "auto", "prior", "prior_weighted", ""),
        (SMALL, PUBLISHED, "auto", "published_weights", "prior_weighted", ""),
        (SMALL, FROZEN, "auto", "frozen_weights", "prior", ""),
        (SMALL, POINTS, "auto", "prior", "prior", ""),
        (None, PRIOR, "auto", "prior", "prior", ""),
        (NO_EVENTS, PRIOR, "auto", "prior", "prior", ""),
        (ALL_EVENTS, PRIOR, "auto", "prior", "prior", ""),
        (LARGE, PRIOR, "prior", "prior", "prior", ""),
        (LARGE, PRIOR, "within_school", "own_results", "within_school", ""),
        (LARGE, None, "auto", "own_results", "within_school", ""),
        (LARGE_WITH_SMALL_SCHOOLS, None, "auto", "own_results", "between_within", ""),
        (LARGE_WITH_SMALL_SCHOOLS, None, "within_school", "own_results", "within_school", ""),
        (FEW_FACTORS, None, "points", "own_results", "points", ""),
        (SMALL, None, "auto", "open_statistics", None, "too_few_events"),
        (None, None, "auto", "open_statistics", None, "too_few_events"),
        (SMALL, PRIOR, "within_school", "prior", None, "too_few_events"),
        (SMALL, None, "points", "open_statistics", None, "too_few_events"),
        (LARGE, None, "points", "own_results", None, "too_many_factors"),
        (FEW_FACTORS.of_years(FEW_FACTORS.years[:2]), None, "points", "open_statistics", None, "too_few_cohorts"),
        (LARGE, None, "prior", "own_results", None, "no_prior"),
        (SMALL, None, "prior_weighted", "open_statistics", None, "no_prior"),
        (SMALL, FROZEN, "prior_weighted", "frozen_weights", None, "frozen_prior"),
        (SMALL, POINTS, "prior_weighted", "prior", None, "wrong_link"),
        (NO_EVENTS, PRIOR, "prior_weighted", "prior", None, "no_own_events"),
        (LARGE, None, "pooled", "own_results", None, "comparison_only"),
        (SMALL, PRIOR, "pooled", "prior", None, "comparison_only"),
    ],
)
def test_the_rung(counts, prior, wanted, rung, estimator, refusal):
    minimum = 200 if counts is not None and len(counts.years) == 2 else 350  # two of three cohorts
    choice = choose(counts, prior=prior, wanted=wanted, minimum_events=minimum)
    assert (choice.rung, choice.estimator, choice.refusal) == (rung, estimator, refusal)
    assert choice.reason.endswith(".")


def test_the_border_of_events_is_sharp():
    events = LARGE.total
    assert choose(LARGE, minimum_events=events).estimator == "within_school"
    assert choose(LARGE, minimum_events=events + 1).refusal == "too_few_events"


def test_all_or_none_not_eligible_is_no_basis_however_many_there_are():
    every = replace(LARGE, sums=LARGE.trials, squares=LARGE.trials)
    assert every.total > 350
    assert choose(every).estimator is None


def test_a_refused_choice_says_the_next_rung_and_is_not_run():
    choice = choose(SMALL)
    assert "open statistics" in choice.reason
    assert str(SMALL.total) in choice.reason
    with pytest.raises(NeedError, match="own weights need 350") as refused:
        fit_by_choice(choice, SMALL, factors=FACTORS, own={"within_school": fit_within_school})
    assert refused.value.reason == "too_few_events"


@pytest.mark.parametrize(
    ("counts", "prior"), [(SMALL, PRIOR), (SMALL, PUBLISHED), (SMALL, FROZEN), (LARGE, None), (None, PRIOR)]
)
def test_a_choice_is_run_by_the_estimator_it_names(counts, prior):
    choice = choose(counts, prior=prior)
    fit, posterior = fit_by_choice(
        choice, counts, prior=prior, factors=FACTORS, own={"within_school": fit_within_school}
    )
    assert fit.estimator == choice.estimator
    assert (posterior is not None) == (choice.estimator == "prior_weighted")


def test_own_estimators_are_those_passed_in():
    seen = []

    def fitted(counts):
        seen.append(counts)
        return FIT

    choice = choose(FEW_FACTORS, wanted="points")
    assert fit_by_choice(choice, FEW_FACTORS, factors=FACTORS, own={"points": fitted}) == (FIT, None)
    assert seen == [FEW_FACTORS]


@pytest.mark.parametrize(
    ("counts", "prior", "own"),
    [(LARGE, None, {}), (None, None, {"within_school": fit_within_school}), (LARGE, PRIOR, {})],
)
def test_a_choice_without_what_it_needs_is_an_error(counts, prior, own):
    choice = choose(LARGE, prior=prior)
    with pytest.raises(NeedError) as refused:
        fit_by_choice(choice, counts, prior=None, factors=FACTORS, own=own)
    assert refused.value.reason == "bad_setting"


def test_an_unknown_wish_is_an_error():
    with pytest.raises(NeedError) as refused:
        choose(LARGE, wanted="boosting")
    assert refused.value.reason == "bad_setting"


def test_choosing_leaves_the_counts_alone():
    before = LARGE.sums.copy()
    choose(LARGE, wanted="points")
    assert np.array_equal(before, LARGE.sums)
