"""What a fit says of itself: every field of the fits on a handful of schools, and what each refuses in full."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS, NeedFit, fit_points, fit_pooled, fit_within_school
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import Term
from models_py.need.logit import Rows
from models_py.need.points import solve_points
from models_py.need.pooled import solve_pooled
from models_py.need.prior import Prior
from models_py.need.prior_text import prior_sha256
from models_py.need.toward_prior import fit_toward_prior
from models_py.need.within import (
    YEAR_RIDGE,
    require_events,
    require_ridge,
    require_two_schools,
    schools_with_both,
    year_columns,
    year_effects,
)

SEX = (FACTORS[4],)
PRIOR = Prior(
    kind="published", label="Nation", source="made up", baselines=(Term("sex", "girl"),), terms=(Term("sex", "boy"),),
    means=np.array([0.4]), covariance=np.array([[0.01]]), intercept=-2.0,
)  # fmt: skip


def counts(*events: int, trials: int = 20, years: int = 2, step: float = 1.0) -> CellCounts:
    """A school for every four numbers: girls and boys of the first year, then of the second."""
    size, per_school = len(events), 2 * years
    missed = np.array(events)
    return cell_counts(
        SEX,
        years=list(range(2024, 2024 + years)),
        schools=[("9998" if s == 0 else "9999", f"s{s}") for s in range(size // per_school)],
        levels=np.tile([[0], [1]], (size // 2, 1)),
        year=np.tile(np.repeat(np.arange(years), 2), size // per_school),
        school=np.repeat(np.arange(size // per_school), per_school),
        counts=(np.full(size, trials), missed, missed),
        step=step,
    )


COUNTS = counts(3, 5, 2, 6, 1, 4, 3, 3, 0, 0, 0, 0, 6, 9, 7, 11)
"""The third of four schools has no events."""


def said(fit: NeedFit) -> dict[str, object]:
    """What a fit says beside its numbers."""
    names = ("estimator", "link", "interval_rule", "degrees_of_freedom", "ridge", "result_years", "municipality_codes",
             "fitted_schools", "dropped_schools", "pupils", "events", "widening", "outcome", "random_intercept_sd",
             "prior_sha256")  # fmt: skip
    return {name: getattr(fit, name) for name in names}


SAID = {
    "estimator": "within_school", "link": "logit", "interval_rule": "school_jackknife", "degrees_of_freedom": 2.0,
    "ridge": 0.05, "result_years": (2024, 2025), "municipality_codes": ("9998", "9999"), "fitted_schools": 3,
    "dropped_schools": (("9999", "s2"),), "pupils": 320, "events": 60, "widening": 1.0, "outcome": "not_eligible",
    "random_intercept_sd": None, "prior_sha256": "",
}  # fmt: skip
EVERYONE = SAID | {"fitted_schools": 4, "dropped_schools": (), "degrees_of_freedom": 3.0}


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        (fit_within_school(COUNTS, minimum_events=60), SAID),
        (fit_within_school(COUNTS, minimum_events=60, ridge=2), SAID | {"ridge": 2.0}),
        (fit_pooled(COUNTS, minimum_events=60), EVERYONE | {"estimator": "pooled"}),
        (fit_pooled(COUNTS, minimum_events=60, ridge=1, covariance_rule="school_cluster"),
         EVERYONE | {"estimator": "pooled", "ridge": 1.0, "interval_rule": "school_cluster"}),
        (fit_points(COUNTS, minimum_events=60),
         EVERYONE | {"estimator": "points", "link": "identity", "ridge": 0.5}),
        (fit_points(COUNTS, minimum_events=320, outcome="merit_value", ridge=3),
         EVERYONE | {"estimator": "points", "link": "identity", "ridge": 3.0, "outcome": "merit_value"}),
        (fit_toward_prior(COUNTS, prior=PRIOR)[0],
         EVERYONE | {"estimator": "prior_weighted", "interval_rule": "approximate_posterior", "ridge": 0.0,
                     "degrees_of_freedom": math.inf, "widening": 1.25, "prior_sha256": prior_sha256(PRIOR)}),
    ],
)  # fmt: skip
def test_what_a_fit_says_beside_its_numbers(fit, expected):
    assert said(fit) == expected
    assert (type(fit.ridge), type(fit.degrees_of_freedom)) == (float, float)
    assert [term.name for term in fit.design.terms] == ["sex=boy"]
    assert [year for year, _ in fit.year_effects] == [2024, 2025]
    assert fit.year_effects[0][1] == 0.0 != fit.year_effects[1][1]
    for array in (fit.coefficients, fit.covariance):
        assert not array.flags.writeable
        assert np.array_equal(np.round(array, 10), array)
    width = {"pooled": 3}.get(fit.estimator, 2)
    schools = expected["fitted_schools"]
    assert (fit.blocks.scores.shape, fit.blocks.hessians.shape) == ((schools, width), (schools, width, width))
    assert fit.calibration.levels.tolist() == [[0], [1]]
    assert fit.calibration.trials.tolist() == [160, 160]
    assert fit.calibration.total == 60
    assert fit.iterations == {"within_school": 5, "points": 1}.get(fit.estimator, fit.iterations)


@pytest.mark.parametrize(
    ("fit", "penalty"),
    [
        (fit_within_school(COUNTS, minimum_events=60, ridge=2.0), [2.0, YEAR_RIDGE]),
        (fit_within_school(COUNTS, minimum_events=60, ridge=0.00001), [0.00001, 0.00001]),
        (fit_within_school(COUNTS, minimum_events=60), [0.05, YEAR_RIDGE]),
        (fit_points(COUNTS, minimum_events=60), [0.5, YEAR_RIDGE]),
        (fit_points(COUNTS, minimum_events=60, ridge=0.0), [0.0, 0.0]),
        (fit_pooled(COUNTS, minimum_events=60), [0.05, YEAR_RIDGE, 0.0]),
        (fit_pooled(COUNTS, minimum_events=60, ridge=0.0), [0.0, 0.0, 0.0]),
    ],
)
def test_the_ridge_is_on_the_terms_years_have_next_to_none_and_an_intercept_none(fit, penalty):
    assert fit.blocks.penalty.tolist() == np.diag(penalty).tolist()


def test_pooled_columns_are_the_terms_the_years_and_ones():
    found = solve_pooled(COUNTS)
    assert found.x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert found.penalty.tolist() == [0.05, YEAR_RIDGE, 0.0]
    none = solve_pooled(COUNTS, ridge=0.0)
    mean = 1 / (1 + np.exp(-(none.x @ none.solved.slopes)))
    np.testing.assert_allclose(none.x.T @ (np.array([10, 12, 18, 20]) - 80 * mean), 0, atol=1e-6)


def test_points_are_least_squares_of_what_stands_in_the_rows():
    """Two schools of two rows each, one column: within school x = ±1, so b = Σ x y / (Σ n x² + ridge)."""
    rows = Rows(np.array([[0.0], [2.0]]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.full(4, 4.0),
                np.array([1.0, 3.0, 0.0, 4.0]))  # fmt: skip
    slopes, residuals = solve_points(rows, penalty=np.array([8.0]))
    b = (2 + 4) / (16 + 8)
    assert slopes.tolist() == [pytest.approx(b)]
    np.testing.assert_allclose(residuals, [1 - 2 + 4 * b, 3 - 2 - 4 * b, -2 + 4 * b, 2 - 4 * b], atol=1e-12)
    with pytest.raises(NeedError, match="cannot be told apart"):
        solve_points(replace(rows, x=np.ones((2, 1))), penalty=np.zeros(1))


ONE = counts(3, 5, 2, 6)
QUIET = counts(3, 5, 2, 6, 0, 0, 0, 0, 20, 20, 20, 20)
FEW = "leavers are not eligible; own weights need"
MORE = ": pool more years, use national weights or the open statistics"
NOT_0_OR_1 = "the counts are not of an outcome that is 0 or 1; name the outcome"
ALONE = "one school has leavers; two are needed to tell how sure the weights are"


@pytest.mark.parametrize(
    ("call", "reason", "words"),
    [
        (lambda: fit_within_school(COUNTS), "too_few_events", f"60 {FEW} 350{MORE}"),
        (lambda: fit_pooled(COUNTS), "too_few_events", f"60 {FEW} 350{MORE}"),
        (lambda: fit_points(COUNTS), "too_few_events", f"60 {FEW} 350{MORE}"),
        (lambda: fit_points(COUNTS, outcome="merit_value"), "too_few_pupils",
         "320 pupils have a merit value; own weights need 350: pool more years"),
        (lambda: fit_points(COUNTS, outcome="merit_value", minimum_events=321), "too_few_pupils",
         "320 pupils have a merit value; own weights need 321: pool more years"),
        (lambda: fit_within_school(COUNTS, minimum_events=61), "too_few_events", f"60 {FEW} 61{MORE}"),
        (lambda: fit_within_school(QUIET, minimum_events=1), "too_few_schools",
         "1 of 3 schools have both outcomes; two are needed to compare within schools"),
        (lambda: fit_points(QUIET, minimum_events=1), "too_few_schools",
         "1 of 3 schools have both outcomes; two are needed to compare within schools"),
        (lambda: fit_pooled(ONE, minimum_events=1), "too_few_schools", ALONE),
        (lambda: fit_points(ONE, minimum_events=1, outcome="merit_value"), "too_few_schools", ALONE),
        (lambda: fit_pooled(COUNTS, covariance_rule="plain"), "bad_setting", "covariance rule 'plain' is not known"),
        *((lambda fit=fit: fit(COUNTS, ridge=-1e-9, minimum_events=1), "bad_setting",
           "ridge is -1e-09; it must be zero or more") for fit in (fit_within_school, fit_pooled, fit_points)),
        (lambda: require_ridge(math.nan), "bad_setting", "ridge is nan; it must be zero or more"),
        (lambda: fit_points(COUNTS, outcome="absence"), "bad_outcome",
         "outcome 'absence' is not known; use not_eligible or merit_value"),
        (lambda: fit_points(replace(COUNTS, step=0.1), minimum_events=1), "bad_outcome", NOT_0_OR_1),
        (lambda: fit_points(replace(COUNTS, squares=2 * COUNTS.sums), minimum_events=1), "bad_outcome", NOT_0_OR_1),
        (lambda: fit_points(counts(21, 5, 2, 6, 1, 4, 3, 3), minimum_events=1), "bad_outcome", NOT_0_OR_1),
        (lambda: fit_toward_prior(COUNTS, prior=PRIOR, taus=[]), "bad_setting",
         "taus are []; they must ascend and be above zero"),
        (lambda: fit_toward_prior(COUNTS, prior=PRIOR, taus=[0.2, 0.2]), "bad_setting",
         "taus are [0.2, 0.2]; they must ascend and be above zero"),
        (lambda: fit_toward_prior(COUNTS, prior=PRIOR, taus=[0]), "bad_setting",
         "taus are [0.0]; they must ascend and be above zero"),
        (lambda: fit_toward_prior(COUNTS, prior=PRIOR, taus=[math.inf]), "bad_setting",
         "taus are [inf]; they must ascend and be above zero"),
        (lambda: fit_toward_prior(COUNTS, prior=replace(PRIOR, link="identity")), "wrong_link",
         "prior 'Nation' holds points, not log-odds; use it as it is"),
        (lambda: fit_toward_prior(counts(0, 0, 0, 0), prior=PRIOR), "no_own_events",
         "0 of 80 leavers are not eligible; both outcomes are needed to leave the prior: use it as it is"),
        (lambda: fit_toward_prior(counts(20, 20, 20, 20), prior=PRIOR), "no_own_events",
         "80 of 80 leavers are not eligible; both outcomes are needed to leave the prior: use it as it is"),
        (lambda: fit_toward_prior(COUNTS, prior=replace(
            PRIOR, kind="frozen", result_years=(2025,), municipalities=1, schools=1, pupils=1, events=1)),
         "frozen_prior",
         "prior 'Nation' holds own weights; results would count twice: use them as they are, or fit anew"),
    ],
)  # fmt: skip
def test_a_refusal_says_how_many_there_are_and_how_many_it_takes(call, reason, words):
    with pytest.raises(NeedError) as told:
        call()
    assert (told.value.reason, str(told.value)) == (reason, words)


def test_the_least_that_is_enough():
    require_events(COUNTS, 60)
    require_two_schools(counts(*[1] * 8))
    require_ridge(0.0)
    assert schools_with_both(COUNTS).tolist() == [True, True, False, True]
    edges = counts(1, 0, 0, 0, 19, 20, 20, 20, 20, 20, 20, 20)
    assert schools_with_both(edges).tolist() == [True, True, False]


def test_a_single_own_event_is_enough_to_leave_a_prior():
    for missed in ((1, 0, 0, 0), (19, 20, 20, 20)):
        fit, _ = fit_toward_prior(counts(*missed), prior=PRIOR)
        assert np.isfinite(fit.coefficients).all()


def test_years_are_dummies_of_all_but_the_first():
    three = counts(*range(1, 7), years=3)
    assert year_columns(three).tolist() == [[0, 0], [1, 0], [0, 1], [0, 0], [1, 0], [0, 1]]
    assert year_effects((2024, 2025, 2026), np.array([0.12345678914, -1.0])) == (
        (2024, 0.0), (2025, 0.1234567891), (2026, -1.0),
    )  # fmt: skip


def test_the_grid_of_tau_is_as_asked_for_and_read_as_numbers():
    _, posterior = fit_toward_prior(COUNTS, prior=PRIOR, taus=[1, 2])
    assert posterior.taus == (1.0, 2.0)
    assert [type(tau) for tau in posterior.taus] == [float, float]
    assert (posterior.unknown_terms, posterior.left_out, posterior.prior_sha256) == ((), (), prior_sha256(PRIOR))
    for array in (posterior.log_evidence, posterior.weights, posterior.coefficients, posterior.covariances):
        assert not array.flags.writeable
        assert np.array_equal(np.round(array, 10), array)
    assert posterior.covariances.shape == (2, 1, 1)


def test_a_fit_towards_a_prior_counts_the_steps_of_every_tau():
    both = fit_toward_prior(COUNTS, prior=PRIOR, taus=[0.1, 0.3])[0].iterations
    alone = fit_toward_prior(COUNTS, prior=PRIOR, taus=[0.1])[0].iterations
    assert alone < both < 2 * alone + 3
