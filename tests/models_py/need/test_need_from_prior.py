"""A prior laid over own factors: every level has a stated fate, and weights taken as they are stay as they are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bench.small_worlds import small_world
from models_py.errors import NeedError
from models_py.need import FACTORS, fit_within_school, predict_from_counts
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import Factor, Term
from models_py.need.from_prior import PUBLISHED_TAU, fit_from_prior
from models_py.need.prior import Prior
from models_py.need.prior_design import UNKNOWN_VARIANCE, align_prior
from models_py.need.prior_making import frozen_from_fit, prior_from_fit
from models_py.need.prior_text import prior_sha256
from models_py.need.scoring import predicted_share

NATION = small_world(1, schools=60, leavers=60 * 180, municipalities=4, register=False).leavers
FIT = fit_within_school(NATION)
PRIOR = prior_from_fit(FIT, counts=NATION, kind="national", label="Nation", source="simulated")
OWN = small_world(2, schools=6, leavers=300)

SEX, HOUSEHOLD, EDUCATION = (
    next(factor for factor in FACTORS if factor.name == name) for name in ("sex", "household", "guardian_education")
)
EDUCATION_PRIOR = Prior(
    kind="published",
    label="Education",
    source="made up for a test",
    baselines=(Term("guardian_education", "post_secondary_long"),),
    terms=(Term("guardian_education", "upper_secondary"), Term("guardian_education", "compulsory")),
    means=np.array([0.6, 1.3]),
    covariance=np.array([[0.04, 0.01], [0.01, 0.09]]),
    intercept=-2.0,
)


def counts_of(factors: tuple[Factor, ...], levels: list[list[int]]) -> CellCounts:
    """One school of ten leavers per row, one of them not eligible."""
    size = len(levels)
    tens, ones = np.full(size, 10), np.ones(size, dtype=int)
    return cell_counts(
        factors,
        years=(2025,),
        schools=[("9999", f"9999{i:04d}") for i in range(size)],
        levels=np.array(levels),
        year=np.zeros(size, dtype=int),
        school=np.arange(size),
        counts=(tens, ones, ones),
    )


def test_levels_of_prior_and_own_leavers_each_get_their_place():
    own = counts_of((EDUCATION,), [[0], [1], [2]])  # has post_secondary_short, lacks compulsory
    aligned = align_prior(EDUCATION_PRIOR, factors=(EDUCATION,), counts=own)
    known = {
        term.level: (mean, variance)
        for term, mean, variance in zip(aligned.design.terms, aligned.means, np.diag(aligned.covariance), strict=True)
    }
    assert known == {
        "post_secondary_short": (0.0, UNKNOWN_VARIANCE),
        "upper_secondary": (0.6, 0.04),
        "compulsory": (1.3, 0.09),
    }
    assert aligned.unknown_terms == (Term("guardian_education", "post_secondary_short"),)
    assert aligned.design.dropped == (Term("guardian_education", "missing"),)
    places = [
        aligned.design.terms.index(Term("guardian_education", level)) for level in ("upper_secondary", "compulsory")
    ]
    assert aligned.covariance[places[0], places[1]] == 0.01


def test_without_own_leavers_only_the_prior_s_levels_are_terms():
    aligned = align_prior(EDUCATION_PRIOR, factors=(EDUCATION,))
    assert [term.level for term in aligned.design.terms] == ["upper_secondary", "compulsory"]
    assert aligned.unknown_terms == ()


def test_the_prior_s_baseline_stands_though_no_own_leaver_has_it():
    own = counts_of((EDUCATION,), [[1], [2], [3]])
    aligned = align_prior(EDUCATION_PRIOR, factors=(EDUCATION,), counts=own)
    assert aligned.design.baselines == ("post_secondary_long",)


def test_a_factor_the_prior_lacks_is_left_out_unless_asked_for():
    own = counts_of((EDUCATION, SEX, HOUSEHOLD), [[0, 0, 0], [2, 1, 1], [3, 1, 0]])
    left = align_prior(EDUCATION_PRIOR, factors=own.factors, counts=own)
    assert left.left_out == ("sex", "household")
    asked = align_prior(EDUCATION_PRIOR, factors=own.factors, counts=own, extra_factors=["sex"])
    assert asked.left_out == ("household",)
    assert asked.unknown_terms == (Term("sex", "boy"),)
    assert asked.design.baselines == ("post_secondary_long", "girl")


@pytest.mark.parametrize(
    ("factors", "extra", "reason"),
    [
        ((SEX,), (), "prior_factor_missing"),
        ((Factor("guardian_education", ("post_secondary_long", "compulsory")),), (), "level_mismatch"),
        ((Factor("guardian_education", ("upper_secondary", "compulsory")),), (), "level_mismatch"),
        ((EDUCATION,), ("shoe_size",), "unknown_factor"),
    ],
)
def test_another_coding_is_refused(factors, extra, reason):
    with pytest.raises(NeedError) as refused:
        align_prior(EDUCATION_PRIOR, factors=factors, extra_factors=extra)
    assert refused.value.reason == reason


def test_weights_are_taken_as_they_are_and_the_intercept_is_set_by_own_events():
    fit = fit_from_prior(PRIOR, factors=FACTORS, counts=OWN.leavers)
    assert (fit.estimator, fit.interval_rule, fit.blocks) == ("prior", "as_delivered", None)
    assert fit.prior_sha256 == prior_sha256(PRIOR)
    assert fit.municipality_codes == ()
    for term, weight in zip(fit.design.terms, fit.coefficients, strict=True):
        assert weight == FIT.coefficients[FIT.design.terms.index(term)]
    expected = float(fit.calibration.trials @ predicted_share(fit, fit.calibration.levels))
    assert expected == pytest.approx(OWN.leavers.total, abs=1e-6)
    assert fit.intercept != PRIOR.intercept


@pytest.mark.parametrize("events", [None, 0, "all"])
def test_without_usable_own_events_the_prior_s_intercept_stands(events):
    counts = None
    if events is not None:
        none = np.zeros_like(OWN.leavers.sums)
        events_ = none if events == 0 else OWN.leavers.trials
        counts = replace(OWN.leavers, sums=events_, squares=events_)
    fit = fit_from_prior(PRIOR, factors=FACTORS, counts=counts)
    assert fit.intercept == PRIOR.intercept
    assert fit.calibration is None


def test_a_prior_alone_scores_a_register():
    need = predict_from_counts(fit_from_prior(PRIOR, factors=FACTORS), OWN.register_counts()).table
    assert need["need_share"].between(0.01, 0.6).all()
    assert len(need) == 6


def test_published_weights_without_covariance_get_the_assumed_spread():
    fit = fit_from_prior(replace(EDUCATION_PRIOR, covariance=None), factors=(EDUCATION,))
    np.testing.assert_allclose(fit.standard_errors, PUBLISHED_TAU)
    assert fit.intervals[0, 1] - fit.intervals[0, 0] == pytest.approx(2 * 1.959964 * PUBLISHED_TAU, rel=1e-6)
    assert math.isinf(fit.degrees_of_freedom)


def test_frozen_weights_give_back_the_fit_they_came_from():
    own = small_world(3, schools=20, leavers=20 * 180).leavers
    fit = fit_within_school(own)
    frozen = fit_from_prior(frozen_from_fit(fit, label="Own", source="own results"), factors=FACTORS, counts=own)
    assert np.array_equal(frozen.coefficients, fit.coefficients)
    np.testing.assert_allclose(frozen.covariance, fit.covariance, atol=1e-10)
    np.testing.assert_allclose(frozen.intervals, fit.intervals, atol=1e-8)
    assert frozen.intercept == pytest.approx(fit.intercept, abs=1e-9)
    assert frozen.municipality_codes == fit.municipality_codes


def test_frozen_points_are_recalibrated_on_their_own_scale():
    own = small_world(3, schools=20, leavers=20 * 180).leavers
    fit = fit_within_school(own)
    points = replace(fit, link="identity", coefficients=fit.coefficients / 10, covariance=fit.covariance / 100)
    frozen = fit_from_prior(frozen_from_fit(points, label="Own", source="own points"), factors=FACTORS, counts=own)
    score = frozen.intercept + frozen.design.matrix(own.levels) @ frozen.coefficients
    assert float(own.trials @ score[own.cell]) == pytest.approx(own.total, abs=1e-5)
