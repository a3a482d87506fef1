"""Frozen weights judged on later cohorts: figures equal those of single pupils, the floor is what chance makes, and only what
has moved raises an alarm."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import binom

from bench.accuracy_worlds import with_effect_from
from bench.small_worlds import small_world
from models_py.accuracy import (
    accuracy_figures,
    advise_weights,
    expected_by_level,
    factor_drift,
    find_alarms,
    holm,
    judge_accuracy,
    noise_floor,
    reestimation_impact,
    score_leavers,
    together,
)
from models_py.accuracy.factor_levels import within_school_shares
from models_py.accuracy.measures import within_slope
from models_py.accuracy.poisson_binomial import chance_of, distribution
from models_py.errors import AccuracyError
from models_py.need import fit_within_school

OWN = partial(fit_within_school, minimum_events=1)


@pytest.fixture(scope="module")
def town():
    """Forty schools, seven cohorts of fifty."""
    return small_world(3, schools=40, leavers=40 * 50 * 7, years=7)


@pytest.fixture(scope="module")
def judged(town):
    counts = town.leavers
    return score_leavers(OWN(counts.of_years(counts.years[:4])), counts.of_years(counts.years[4:5]))


@pytest.mark.parametrize("trials", [1, 2, 5, 6, 40])
def test_equal_chances_make_a_binomial_and_unlike_ones_what_adding_one_by_one_makes(trials):
    equal = distribution(np.array([0.3]), np.array([trials]))
    np.testing.assert_allclose(equal, binom.pmf(np.arange(trials + 1), trials, 0.3), atol=1e-12)
    chances = np.random.default_rng(trials).random(trials)
    one_by_one = np.ones(1)
    for chance in chances:
        one_by_one = np.convolve(one_by_one, [1 - chance, chance])
    np.testing.assert_allclose(distribution(chances, np.ones(trials)), one_by_one, atol=1e-12)


def test_chance_is_the_same_exactly_and_by_the_normal_where_leavers_are_many():
    share = np.full(2, 0.2)
    few, many = (chance_of(int(n * 0.22), share=share, trials=np.array([n // 2, n // 2])) for n in (4_000, 6_000))
    for found, n in ((few, 4_000), (many, 6_000)):
        reach = 1.96 * np.sqrt(n * 0.16)
        assert found.low == pytest.approx(n * 0.2 - reach, abs=1.5)
        assert found.high == pytest.approx(n * 0.2 + reach, abs=1.5)
    assert few.p_value > many.p_value


def test_unsure_weights_widen_what_chance_makes():
    share, trials = np.full(30, 0.3), np.ones(30, dtype=int)
    plain, unsure = (chance_of(15, share=share, trials=trials, unsure_sd=sd) for sd in (0.0, 3.0))
    assert unsure.low < plain.low < plain.high < unsure.high
    assert unsure.p_value > plain.p_value


def test_each_years_level_is_met_and_each_schools_when_schools_are_held(judged):
    assert float(judged.trials @ judged.relative) == pytest.approx(judged.events.sum(), abs=1e-4)
    held = within_school_shares(judged)
    by_school = np.bincount(judged.school, weights=judged.trials * held)
    np.testing.assert_allclose(by_school, np.bincount(judged.school, weights=judged.events), atol=1e-6)


def test_the_within_slope_is_that_of_a_logit_with_a_dummy_per_school(judged):
    events = np.bincount(judged.school, weights=judged.events)
    trials = np.bincount(judged.school, weights=judged.trials)
    kept = ((events > 0) & (events < trials))[judged.school]
    dummies = pd.get_dummies(judged.school[kept], dtype=float).to_numpy()
    x = np.column_stack([np.log(judged.relative / (1 - judged.relative))[kept], dummies])
    y = np.column_stack([judged.events, judged.trials - judged.events])[kept]
    oracle = sm.GLM(y, x, family=sm.families.Binomial()).fit()
    assert within_slope(judged).slope == pytest.approx(oracle.params[0], rel=1e-5)


def test_a_right_model_misplaces_what_the_floor_says_and_flat_more(judged):
    figures = accuracy_figures(judged)
    floor = noise_floor(judged, figures, draws=200, seed=1)
    assert 0.12 < floor.floor < 0.20
    assert floor.interval_lower < figures.misplaced < floor.interval_upper
    assert figures.flat_misplaced > floor.interval_upper
    assert 0.5 < floor.skill < 1.6
    assert floor == noise_floor(judged, figures, draws=200, seed=1)
    assert floor != noise_floor(judged, figures, draws=200, seed=2)


def test_a_perfect_forecast_of_outcomes_misplaces_nothing_and_without_noise_the_floor_is_lower(judged):
    figures = accuracy_figures(judged)
    calm, rough = (noise_floor(judged, figures, draws=100, school_sd=sd, seed=1).floor for sd in (0.0, 1.0))
    assert calm < rough
    known = replace(judged, relative=within_school_shares(judged))
    assert accuracy_figures(known).misplaced == pytest.approx(0.0, abs=1e-6)


def test_weights_turned_around_are_seen_in_every_figure(judged):
    turned = replace(judged, share=1 - judged.share, relative=1 - judged.relative)
    right, wrong = accuracy_figures(judged), accuracy_figures(turned)
    assert wrong.auc == pytest.approx(1 - right.auc, abs=1e-9)
    assert wrong.within.slope == pytest.approx(-right.within.slope, abs=1e-6)
    assert wrong.rank < 0 < right.rank
    alarms = find_alarms(wrong, levels=expected_by_level(turned))
    assert {"calibration_slope", "factor_level"} == {alarm.kind for alarm in alarms}


def test_a_halved_effect_is_found_by_drift_and_by_level_and_nothing_else_is(town):
    years = town.leavers.years
    drifted = with_effect_from(town, seed=2, year=years[4], factor="immigration", scale=0.0)
    early, late = OWN(drifted.of_years(years[1:4])), OWN(drifted.of_years(years[4:]))
    drift = factor_drift(early, late).set_index("factor")
    assert list(drift.index[drift["adjusted_p_value"] < 0.05]) == ["immigration"]
    assert drift.loc["immigration", "largest_change"] < 0
    levels = expected_by_level(score_leavers(early, drifted.of_years(years[4:])))
    low = levels[levels["adjusted_p_value"] < 0.05]
    assert set(low["factor"]) == {"immigration"}
    assert advise_weights(drift.reset_index(), is_frozen=True, funding_year=2027, hold_until=2030).factors == (
        "immigration",
    )


def test_an_unchanged_world_raises_no_alarm_beyond_chance():
    worlds, alarmed = 25, 0
    for seed in range(worlds):
        counts = small_world(seed, schools=20, leavers=20 * 50 * 6, years=6, register=False).leavers
        early, late = (OWN(counts.of_years(years)) for years in (counts.years[:3], counts.years[3:]))
        levels = expected_by_level(score_leavers(early, counts.of_years(counts.years[3:])))
        drift = factor_drift(early, late)
        alarmed += bool((levels["adjusted_p_value"] < 0.05).any() or (drift["adjusted_p_value"] < 0.05).any())
    assert alarmed <= 5  # two tests of 5 % in each world: 2.5 expected, more than 5 in 4 of 100


def test_holm_multiplies_by_what_is_left_and_never_falls():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.9])), [0.04, 0.09, 0.09, 0.9])
    assert not len(holm(np.array([])))


def test_counts_below_ten_are_neither_shown_nor_follow_from_what_is(judged):
    few = replace(judged, trials=judged.trials[:900], events=judged.events[:900], **{
        name: getattr(judged, name)[:900] for name in ("school", "year", "share", "relative", "levels")
    })  # fmt: skip
    few = replace(few, schools=judged.schools[: few.school[-1] + 1])
    for leavers in (judged, few):
        shown = expected_by_level(leavers)
        whole = leavers.trials.sum(), leavers.events.sum()
        for factor, rows in shown.groupby("factor"):
            seen, observed = int(rows["leaver_count"].sum()), int(rows["observed_count"].sum())
            hidden = whole[1] - observed, whole[0] - seen - (whole[1] - observed)
            assert hidden == (0, 0) or min(hidden) >= 10, factor
            assert (np.minimum(rows["observed_count"], rows["leaver_count"] - rows["observed_count"]) >= 10).all()
    assert 0 < len(expected_by_level(few)) < len(expected_by_level(judged))


def test_the_backtest_judges_every_cohort_with_enough_before_it_and_never_one_it_has_seen(town):
    found = judge_accuracy(town.leavers, estimate=OWN, window=3, draws=100, seed=1)
    years = town.leavers.years
    assert [cohort.judged_year for cohort in found.cohorts] == list(years[2:])
    assert all(max(cohort.fitted_years) < cohort.judged_year for cohort in found.cohorts)
    assert found.pooled.years == years[-3:]
    assert found.drift is not None
    assert not found.alarms
    frozen = OWN(town.leavers)
    with pytest.raises(AccuracyError, match="weights_saw_the_year"):
        judge_accuracy(town.leavers, estimate=lambda _: frozen, seed=1)


def test_pooling_adds_and_the_order_of_parts_changes_no_bit(town):
    counts = town.leavers
    parts = [
        score_leavers(OWN(counts.of_years(counts.years[:place])), counts.of_years([counts.years[place]]))
        for place in (3, 4)
    ]
    one, other = together(parts), together(parts[::-1])
    assert one.trials.sum() == sum(part.trials.sum() for part in parts)
    assert accuracy_figures(one) == accuracy_figures(other)
    pd.testing.assert_frame_equal(expected_by_level(one), expected_by_level(other))


def test_new_weights_move_nothing_when_they_are_the_old_ones(town):
    counts = town.leavers
    old, new = OWN(counts.of_years(counts.years[:3])), OWN(counts.of_years(counts.years[3:]))
    register = town.register_counts()
    same, moved = (reestimation_impact(old, fit, register_counts=register) for fit in (old, new))
    assert (same.misplaced, same.index_rms, same.largest_change) == (0.0, 0.0, 0.0)
    assert 0.0 < moved.misplaced < 0.1
    assert moved.index_rms <= moved.largest_change


@pytest.mark.parametrize(
    ("is_frozen", "hold_until", "advice"), [(True, 2026, "re_estimate"), (True, 2030, "keep"), (False, 2026, "freeze")]
)
def test_weights_are_renewed_when_their_years_run_out_and_frozen_while_nothing_moves(is_frozen, hold_until, advice):
    found = advise_weights(None, is_frozen=is_frozen, funding_year=2026, hold_until=hold_until)
    assert (found.advice, found.factors) == (advice, ())


def test_what_cannot_be_judged_is_refused_with_its_reason(town):
    counts = town.leavers
    fit = OWN(counts.of_years(counts.years[:3]))
    none = replace(counts, sums=np.zeros_like(counts.sums))
    with pytest.raises(AccuracyError) as refused:
        score_leavers(fit, none)
    assert refused.value.reason == "one_outcome"
    with pytest.raises(AccuracyError) as refused:
        factor_drift(fit, OWN(counts.of_years(counts.years[2:])))
    assert refused.value.reason == "shared_years"
    with pytest.raises(AccuracyError) as refused:
        together([])
    assert refused.value.reason == "no_cohorts"
    with pytest.raises(AccuracyError) as refused:
        judge_accuracy(counts.of_years(counts.years[:2]), estimate=OWN, seed=1)
    assert refused.value.reason == "no_cohorts"
