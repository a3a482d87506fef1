"""Newly arrived: split without loss, paid once, a slope drawn towards its prior, weights of mean one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_within_school
from models_py.need.design import level_codes
from models_py.need.newly_arrived import (
    fit_newly_arrived,
    heads_by_step,
    newly_arrived_weights,
    refuse_both,
    split_newly_arrived,
)


@pytest.fixture(scope="module")
def others(world, few_factors):
    return fit_within_school(count_outcomes(world(2, schools=20, leavers=60).pupils, factors=few_factors))


def leavers_of(world, others, *, seed: int, size: int, level: float, slope: float) -> pd.DataFrame:
    """Newly arrived leavers with a planted line on the others' score."""
    pupils = world(seed, schools=6, leavers=size // 6, years=1).pupils.assign(immigration="years_0_to_3")
    score = background_score(others, pupils)
    missed = np.random.default_rng(seed).random(len(pupils)) < expit(level + slope * (score - score.mean()))
    return pupils.assign(not_eligible_count=missed.astype(int))


def background_score(others, table: pd.DataFrame) -> np.ndarray:
    without = np.array(
        [0.0 if t.factor == "immigration" else b for t, b in zip(others.design.terms, others.coefficients, strict=True)]
    )
    return others.design.matrix(level_codes(table, others.design.factors)) @ without


def test_paid_twice_or_not_at_all_is_refused():
    refuse_both("in_index", has_per_head_pot=False)
    refuse_both("per_head", has_per_head_pot=True)
    for setting, pot, reason in (
        ("in_index", True, "newly_arrived_paid_twice"),
        ("per_head", False, "newly_arrived_not_paid"),
        ("both", True, "bad_setting"),
    ):
        with pytest.raises(NeedError) as caught:
            refuse_both(setting, has_per_head_pot=pot)
        assert caught.value.reason == reason


def test_the_split_loses_and_doubles_nobody(world):
    table = world(1, schools=3, leavers=20).pupils
    table = table.assign(schooling_year=(table["immigration"] == "years_0_to_3") * 2, row=range(len(table)))
    before = table.copy(deep=True)
    rest, newly = split_newly_arrived(table)
    assert 0 < len(newly) < len(table)
    assert sorted([*rest["row"], *newly["row"]]) == list(range(len(table)))
    assert set(newly["immigration"]) == {"years_0_to_3"}
    pd.testing.assert_frame_equal(table, before)
    for reason, bad in {
        "null_key": table.assign(schooling_year=[None, *table["schooling_year"][1:]]),
        "bad_schooling_year": table.assign(schooling_year=5),
        "missing_columns": table.drop(columns="schooling_year"),
    }.items():
        with pytest.raises(NeedError) as caught:
            split_newly_arrived(bad)
        assert caught.value.reason == reason


def test_the_fitted_line_maximises_the_penalised_likelihood(world, others, few_factors):
    table = leavers_of(world, others, seed=3, size=120, level=-0.3, slope=0.8)
    fit = fit_newly_arrived(count_outcomes(table, factors=few_factors), others=others)
    score = background_score(others, table)
    y = table["not_eligible_count"].to_numpy()

    def loss(at: np.ndarray) -> float:
        eta = at[0] + at[1] * (score - score.mean())
        return float(-(y * eta - np.logaddexp(0, eta)).sum() + 0.5 * ((at[1] - 0.5) / 0.5) ** 2)

    best = minimize(loss, [0.0, 0.5], method="BFGS", options={"gtol": 1e-8}).x
    assert (fit.level, fit.slope) == pytest.approx(tuple(best), abs=1e-5)
    assert fit.score_mean == pytest.approx(score.mean())
    assert (fit.slope_rule, fit.level_rule, fit.leavers) == ("fitted", "fitted", 120)


def test_many_leavers_outweigh_the_prior(world, others, few_factors):
    table = leavers_of(world, others, seed=4, size=6000, level=0.2, slope=1.0)
    counts = count_outcomes(table, factors=few_factors)
    fit = fit_newly_arrived(counts, others=others)
    assert fit.slope == pytest.approx(1.0, abs=0.2)
    assert fit.level == pytest.approx(0.2, abs=0.1)
    assert abs(fit.slope - 1.0) < 3 * fit.slope_standard_error
    held = fit_newly_arrived(counts, others=others, prior_sd=1e-4)
    assert held.slope == pytest.approx(0.5, abs=1e-3)


def test_too_few_or_one_sided_leavers_keep_the_prior_slope_and_say_so(world, others, few_factors):
    table = leavers_of(world, others, seed=5, size=24, level=0.2, slope=1.0)
    few = fit_newly_arrived(count_outcomes(table, factors=few_factors), others=others)
    assert (few.slope, few.slope_rule, few.level_rule) == (0.5, "prior", "smoothed")
    score = background_score(others, table)
    expected = expit(few.level + 0.5 * (score - few.score_mean)).sum()
    assert expected == pytest.approx(24 * (table["not_eligible_count"].sum() + 0.5) / 25)
    one_sided = leavers_of(world, others, seed=6, size=60, level=40, slope=0)
    all_missed = fit_newly_arrived(count_outcomes(one_sided, factors=few_factors), others=others)
    assert (all_missed.slope_rule, all_missed.not_eligible) == ("prior", 60)
    assert np.isfinite(all_missed.level)
    nobody = fit_newly_arrived(None, others=others)
    assert (nobody.slope, nobody.level_rule, nobody.leavers) == (0.5, "as_others", 0)
    assert nobody.level == pytest.approx(others.intercept + nobody.score_mean)


def heads(world, others, seed: int = 7) -> pd.DataFrame:
    table = world(seed, schools=6, leavers=15, years=1).register().assign(immigration="years_0_to_3")
    return table.assign(schooling_year=np.random.default_rng(seed).integers(1, 5, len(table)))


def test_weights_have_mean_one_over_heads_and_follow_the_background(world, others, few_factors):
    table = heads(world, others)
    both = pd.concat([table, table[::3].assign(count_date="2026-03-15")])
    fit = fit_newly_arrived(None, others=others)
    weights = newly_arrived_weights(fit, both, others=others)
    for _, rows in weights.groupby("count_date"):
        assert np.average(rows["head_weight"], weights=rows["head_count"]) == pytest.approx(1, abs=1e-12)
    later = weights[weights["count_date"] == "2026-10-15"].set_index("school_unit_code")
    score = pd.Series(background_score(others, table)).groupby(table["school_unit_code"].to_numpy()).mean()
    assert later["head_weight"].corr(score) > 0.95
    assert (weights["head_weight"] > 0).all()
    flat = newly_arrived_weights(replace(fit, slope=0.0), both, others=others)
    np.testing.assert_allclose(flat["head_weight"], 1, atol=1e-8)
    shuffled = newly_arrived_weights(fit, both.sample(frac=1, random_state=1), others=others)
    pd.testing.assert_frame_equal(shuffled, weights, check_exact=True)


def test_heads_are_counted_by_year_of_schooling_here(world, others):
    table = heads(world, others)
    counted = heads_by_step(table)
    steps = counted[[f"heads_year_{step}" for step in (1, 2, 3, 4)]]
    assert (steps.sum(axis=1) == counted["head_count"]).all()
    assert counted["head_count"].sum() == len(table)
    assert counted["heads_year_2"].sum() == (table["schooling_year"] == 2).sum()
    for wrong in (0, 5, None):
        with pytest.raises(NeedError) as caught:
            heads_by_step(table.assign(schooling_year=[wrong, *table["schooling_year"][1:]]))
        assert caught.value.reason in ("bad_schooling_year", "null_key")


def test_points_are_not_scored(others):
    with pytest.raises(NeedError) as caught:
        fit_newly_arrived(None, others=replace(others, link="identity"))
    assert caught.value.reason == "wrong_link"
    with pytest.raises(NeedError) as caught:
        fit_newly_arrived(None, others=others, prior_sd=0)
    assert caught.value.reason == "bad_setting"
