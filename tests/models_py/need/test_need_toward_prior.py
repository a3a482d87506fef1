"""Own results drawn towards a prior: the prior where there is little, own weights where there is much, in between between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from bench.small_worlds import small_world
from models_py.errors import NeedError
from models_py.need import FACTORS, fit_within_school
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.from_prior import fit_from_prior
from models_py.need.posterior import posterior_draws, widened_limits
from models_py.need.prior_making import frozen_from_fit, prior_from_fit
from models_py.need.scoring import predicted_share
from models_py.need.toward_prior import TAU_GRID, WIDENING, fit_toward_prior

NATION = small_world(1, schools=300, leavers=300 * 135, municipalities=10, register=False).leavers
PRIOR = prior_from_fit(fit_within_school(NATION), counts=NATION, kind="national", label="Nation", source="simulated")
OWN = small_world(7, schools=12, leavers=2548, tau=0.3)


def collapsed(counts: CellCounts, *names: str) -> CellCounts:
    return counts.of_factors(names)


def apart(fit, prior=PRIOR) -> float:
    """Mean distance of the weights from the prior's, in standard deviations of the truth's own spread."""
    means = dict(zip(prior.terms, prior.means, strict=True))
    return float(np.mean([abs(b - means[term]) for term, b in zip(fit.design.terms, fit.coefficients, strict=True)]))


@pytest.mark.parametrize(("schools", "leavers", "tau"), [(6, 283, 0.0), (10, 1189, 0.3), (12, 2548, 0.5)])
def test_never_far_from_the_better_of_national_and_own(schools, leavers, tau):
    found = []
    for seed in range(40, 46):
        world = small_world(seed, schools=schools, leavers=leavers, tau=tau)
        drawn, _ = fit_toward_prior(world.leavers, prior=PRIOR)
        national = fit_from_prior(PRIOR, factors=FACTORS, counts=world.leavers)
        own = fit_within_school(world.leavers, minimum_events=1)
        found.append([world.error(world.index_of(fit)) for fit in (national, own, drawn)])
    national, own, drawn = np.mean(found, axis=0)
    assert drawn < min(national, own) + 2.0
    assert drawn < 0.95 * max(national, own)


def test_tau_is_small_where_municipalities_do_not_differ_and_large_where_they_do():
    means = {}
    for tau in (0.0, 0.5):
        worlds = [small_world(seed, schools=40, leavers=40 * 200, tau=tau).leavers for seed in range(3)]
        means[tau] = np.mean([fit_toward_prior(world, prior=PRIOR)[1].mean for world in worlds])
    assert means[0.0] < 0.12
    assert 0.35 < means[0.5] < 0.7


def test_a_single_tiny_tau_gives_the_prior_and_a_huge_one_gives_own_weights():
    names = ("guardian_education", "sex")
    world = collapsed(small_world(9, schools=30, leavers=30 * 200, register=False).leavers, *names)
    nation = collapsed(NATION, *names)
    prior = prior_from_fit(fit_within_school(nation), counts=nation, kind="national", label="Two", source="simulated")
    certain = replace(prior, covariance=1e-8 * np.eye(len(prior.terms)))
    kept, _ = fit_toward_prior(world, prior=certain, taus=[1e-4])
    assert apart(kept, prior) < 1e-3
    free, _ = fit_toward_prior(world, prior=prior, taus=[50.0])
    own = fit_within_school(world, ridge=1e-6)
    np.testing.assert_allclose(free.coefficients, own.coefficients, atol=0.02)  # free against N(0, 1) intercepts


def test_the_mode_equals_a_penalised_glm_written_out_in_full():
    """The prior as pseudo-data would be another model; so the stationary point of the dense likelihood is checked."""
    names = ("guardian_education", "sex")
    own, nation = collapsed(OWN.leavers, *names), collapsed(NATION, *names)
    prior = prior_from_fit(fit_within_school(nation), counts=nation, kind="national", label="Two", source="simulated")
    fit, _ = fit_toward_prior(own, prior=prior, taus=[0.2])
    x = fit.design.matrix(own.levels)[own.cell]
    years = (own.year[own.cell][:, None] == np.arange(1, len(own.years))).astype(float)
    trials, events = own.trials.astype(float), own.sums.astype(float)
    means = np.array([prior.means[prior.terms.index(term)] for term in fit.design.terms])
    places = [prior.terms.index(term) for term in fit.design.terms]
    columns = np.hstack([x, years])
    columns = columns - trials @ columns / trials.sum()
    schools = np.eye(len(own.schools))[own.school]
    design = np.hstack([columns, schools])
    precision = np.zeros((design.shape[1],) * 2)
    k, t = len(means), len(own.years) - 1
    precision[:k, :k] = np.linalg.inv(prior.covariance[np.ix_(places, places)] + 0.04 * np.eye(k))
    precision[k : k + t, k : k + t] = 1e-4 * np.eye(t)
    precision[k + t :, k + t :] = np.eye(len(own.schools))
    offset = x @ means
    family = sm.families.Binomial()
    level = sm.GLM(np.column_stack([events, trials - events]), np.ones((len(x), 1)), family=family, offset=offset).fit(
        tol=1e-13
    )
    offset = offset + level.params[0]
    b = np.zeros(design.shape[1])
    for _ in range(30):
        mean = 1 / (1 + np.exp(-(offset + design @ b)))
        hessian = design.T @ ((trials * mean * (1 - mean))[:, None] * design) + precision
        b = b + np.linalg.solve(hessian, design.T @ (events - trials * mean) - precision @ b)
    np.testing.assert_allclose(fit.coefficients, means + b[:k], atol=1e-8)
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(hessian)[:k, :k], atol=1e-8)


def test_the_record_and_the_fit_agree():
    fit, posterior = fit_toward_prior(OWN.leavers, prior=PRIOR)
    assert posterior.taus == TAU_GRID
    assert posterior.weights.sum() == pytest.approx(1.0, abs=1e-9)
    assert (posterior.weights >= 0).all()
    assert (posterior.weights[1:-1] > 0).any()
    np.testing.assert_allclose(fit.coefficients, posterior.weights @ posterior.coefficients, atol=1e-8)
    between = np.einsum("t,ti,tj->ij", posterior.weights, *[posterior.coefficients - fit.coefficients] * 2)
    within = np.einsum("t,tij->ij", posterior.weights, posterior.covariances)
    np.testing.assert_allclose(fit.covariance, between + within, atol=1e-8)
    assert (fit.estimator, fit.interval_rule, fit.widening) == ("prior_weighted", "approximate_posterior", WIDENING)
    assert fit.dropped_schools == ()
    expected = float(fit.calibration.trials @ predicted_share(fit, fit.calibration.levels))
    assert expected == pytest.approx(OWN.leavers.total, abs=1e-6)


def test_tau_is_weighed_by_evidence_and_a_half_normal_of_scale_point_three():
    _, posterior = fit_toward_prior(OWN.leavers, prior=PRIOR)
    expected = np.exp(posterior.log_evidence) * np.exp(-((np.array(TAU_GRID) / 0.3) ** 2) / 2)
    np.testing.assert_allclose(posterior.weights, expected / expected.sum(), atol=1e-9)
    assert posterior.log_evidence.max() == 0.0
    assert np.ptp(posterior.log_evidence) > 1.0
    assert posterior.mean == pytest.approx(posterior.weights @ TAU_GRID)


def test_no_school_is_dropped_though_all_of_its_leavers_are_eligible():
    counts = OWN.leavers
    none = np.where(counts.school == 3, 0, counts.sums)
    fit, _ = fit_toward_prior(replace(counts, sums=none, squares=none), prior=PRIOR)
    assert fit.fitted_schools == 12
    assert len(fit.blocks.scores) == 12


def test_the_order_of_rows_changes_no_bit():
    counts = OWN.leavers
    order = np.random.default_rng(1).permutation(len(counts.trials))
    shuffled = cell_counts(
        counts.factors,
        years=counts.years,
        schools=counts.schools,
        levels=counts.levels[counts.cell][order],
        year=counts.year[counts.cell][order],
        school=counts.school[order],
        counts=(counts.trials[order], counts.sums[order], counts.squares[order]),
    )
    one, other = fit_toward_prior(counts, prior=PRIOR), fit_toward_prior(shuffled, prior=PRIOR)
    assert np.array_equal(one[0].coefficients, other[0].coefficients)
    assert np.array_equal(one[0].covariance, other[0].covariance)
    assert np.array_equal(one[1].weights, other[1].weights)
    assert np.array_equal(posterior_draws(one[1], seed=4), posterior_draws(other[1], seed=4))


def test_one_step_replicates_start_at_the_fit_and_follow_a_school_left_out():
    fit, _ = fit_toward_prior(OWN.leavers, prior=PRIOR, taus=[0.3])
    blocks, terms = fit.blocks, len(fit.coefficients)

    def replicate(weights: np.ndarray) -> np.ndarray:
        hessian = np.einsum("j,jkl->kl", weights, blocks.hessians) + blocks.penalty
        return fit.coefficients + np.linalg.solve(hessian, weights @ blocks.scores)[:terms]

    np.testing.assert_allclose(replicate(np.ones(12)), fit.coefficients, atol=1e-9)
    for school in (0, 5, 11):
        keep = np.arange(12) != school
        refit = fit_toward_prior(OWN.leavers.of_schools(keep), prior=PRIOR, taus=[0.3])[0].coefficients
        step = replicate(keep * 12 / 11) - fit.coefficients
        moved = refit - fit.coefficients
        assert np.corrcoef(step, moved)[0, 1] > 0.9
        assert np.linalg.norm(step - moved) < 0.5 * np.linalg.norm(moved)


def test_draws_have_the_posterior_s_mean_and_covariance():
    fit, posterior = fit_toward_prior(OWN.leavers, prior=PRIOR)
    drawn = posterior_draws(posterior, draws=20_000, seed=11)
    z = (drawn.mean(axis=0) - fit.coefficients) / (fit.standard_errors / np.sqrt(20_000))
    assert np.abs(z).max() < 4
    np.testing.assert_allclose(drawn.std(axis=0), fit.standard_errors, rtol=0.04)
    assert posterior_draws(posterior, seed=1).shape == (200, len(fit.coefficients))
    assert not np.array_equal(posterior_draws(posterior, seed=1), posterior_draws(posterior, seed=2))


def test_limits_are_widened_around_the_estimate():
    drawn = np.random.default_rng(0).normal(5.0, 2.0, (4000, 3))
    plain = widened_limits(drawn, estimate=np.full(3, 5.0), widening=1.0)
    wide = widened_limits(drawn, estimate=np.full(3, 5.0), widening=1.25)
    np.testing.assert_allclose(wide - 5.0, 1.25 * (plain - 5.0))
    np.testing.assert_allclose(plain, [[1.08, 8.92]] * 3, atol=0.3)
    with pytest.raises(NeedError) as refused:
        widened_limits(drawn, estimate=np.full(3, 5.0), widening=0.9)
    assert refused.value.reason == "bad_setting"


def test_a_prior_without_covariance_is_held_at_the_assumed_tau():
    published = replace(PRIOR, kind="published", covariance=None)
    fit, posterior = fit_toward_prior(OWN.leavers, prior=published)
    assert posterior.taus == (0.2,)
    assert posterior.mean == 0.2
    assert apart(fit) > 0


def test_a_level_only_own_leavers_have_is_estimated_and_named():
    counts = OWN.leavers
    levels = counts.levels.copy()
    levels[::7, 0] = FACTORS[0].levels.index("missing")
    own = cell_counts(
        FACTORS,
        years=counts.years,
        schools=counts.schools,
        levels=levels[counts.cell],
        year=counts.year[counts.cell],
        school=counts.school,
        counts=(counts.trials, counts.sums, counts.squares),
    )
    fit, posterior = fit_toward_prior(own, prior=PRIOR)
    assert [term.name for term in posterior.unknown_terms] == ["guardian_education=missing"]
    weight = fit.coefficients[fit.design.terms.index(posterior.unknown_terms[0])]
    assert abs(weight) > 1e-3


def _changed(counts: CellCounts, events: str) -> CellCounts:
    sums = np.zeros_like(counts.sums) if events == "none" else counts.trials
    return replace(counts, sums=sums, squares=sums)


@pytest.mark.parametrize(
    ("counts", "changes", "taus", "reason"),
    [
        (_changed(OWN.leavers, "none"), {}, None, "no_own_events"),
        (_changed(OWN.leavers, "all"), {}, None, "no_own_events"),
        (OWN.leavers, {"kind": "published", "link": "identity"}, None, "wrong_link"),
        (OWN.leavers, {}, (), "bad_setting"),
        (OWN.leavers, {}, (0.3, 0.2), "bad_setting"),
        (OWN.leavers, {}, (0.0, 0.2), "bad_setting"),
    ],
)
def test_what_cannot_be_drawn_towards_a_prior_is_refused(counts, changes, taus, reason):
    with pytest.raises(NeedError) as refused:
        fit_toward_prior(counts, prior=replace(PRIOR, **changes), taus=taus)
    assert refused.value.reason == reason


def test_own_frozen_weights_are_no_prior_for_own_results():
    frozen = frozen_from_fit(fit_within_school(NATION), label="Own", source="own results")
    with pytest.raises(NeedError) as refused:
        fit_toward_prior(OWN.leavers, prior=frozen)
    assert refused.value.reason == "frozen_prior"
