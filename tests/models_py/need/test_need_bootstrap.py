"""Schools drawn anew: the fit itself where every school is drawn once, close to a refit, and as wide as the jackknife."""

from __future__ import annotations

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need import bootstrap_slopes, count_outcomes, fit_within_school
from models_py.need.bootstrap import CHUNK
from models_py.need.fit import SchoolBlocks


@pytest.fixture(scope="module")
def fit(world, few_factors):
    return fit_within_school(count_outcomes(world(1, schools=40, leavers=60).pupils, factors=few_factors), ridge=2.0)


def drawn(fit, replicates: int, seed: int = 1) -> np.ndarray:
    schools = len(fit.blocks.scores)
    return np.random.default_rng(seed).multinomial(schools, np.full(schools, 1 / schools), size=replicates)


def test_every_school_once_is_the_fit_itself_also_with_ridge(fit):
    once = np.ones((2, len(fit.blocks.scores)))
    found = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=once)
    assert np.array_equal(found, np.vstack([fit.coefficients, fit.coefficients]))


def test_a_replicate_is_close_to_fitting_the_drawn_schools(fit, world, few_factors):
    table = world(1, schools=40, leavers=60).pupils
    codes = sorted(table["school_unit_code"].unique())
    weights = drawn(fit, 3)
    steps = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=weights)
    for number, row in enumerate(weights):
        times = dict(zip(codes, row, strict=True))
        copies = table.loc[table.index.repeat(table["school_unit_code"].map(times))]
        order = copies.groupby(level=0).cumcount().astype(str)
        copies = copies.assign(school_unit_code=copies["school_unit_code"] + "/" + order)
        refit = fit_within_school(count_outcomes(copies, factors=few_factors), ridge=2.0, minimum_events=1)
        assert np.abs(steps[number] - refit.coefficients).max() < 0.25 * fit.standard_errors.max()


def test_the_spread_of_the_replicates_is_that_of_the_jackknife(fit):
    replicates = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=drawn(fit, 1_000))
    assert replicates.std(axis=0) == pytest.approx(fit.standard_errors, rel=0.15)


def test_many_replicates_are_solved_in_pieces_with_the_same_answer(fit):
    weights = drawn(fit, 2 * CHUNK + 5)
    whole = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=weights)
    last = bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=weights[-5:])
    assert whole[-5:] == pytest.approx(last, abs=1e-9)


@pytest.mark.parametrize("spoil", [lambda w: w[:, 1:], lambda w: w[0], lambda w: -w, lambda w: w * np.nan])
def test_weights_that_do_not_fit_the_schools_are_refused(fit, spoil):
    with pytest.raises(NeedError) as refused:
        bootstrap_slopes(fit.blocks, coefficients=fit.coefficients, weights=spoil(drawn(fit, 4).astype(float)))
    assert refused.value.reason == "bad_weights"


def test_a_draw_without_the_only_school_of_a_level_is_refused_without_ridge():
    hessians = np.array([np.diag([1.0, 0.0]), np.diag([1.0, 1.0])])
    blocks = SchoolBlocks(np.zeros((2, 2)), hessians, np.zeros((2, 2)))
    with pytest.raises(NeedError) as refused:
        bootstrap_slopes(blocks, coefficients=np.zeros(2), weights=np.array([[2, 0]]))
    assert refused.value.reason == "not_identified"
