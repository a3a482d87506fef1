"""The model of one municipality where results are few: what goes in, what is kept apart, and what it says of its weights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS, inputs_sha256
from models_py.need.cells import outcome_cells
from models_py.need.composition import predict_with_composition
from models_py.need.design import Term
from models_py.need.index import need_index
from models_py.need.ladder import choose
from models_py.need.own_pupils import OwnModel, own_fits, own_model, weights_of
from models_py.need.policy import NeedPolicy
from models_py.need.prior import Prior
from models_py.need.prior_text import prior_sha256, prior_to_json
from models_py.need.scoring import predict_from_counts

LATER, EARLIER, OLDER = date(2026, 10, 15), date(2025, 10, 15), date(2024, 10, 15)
CORE = (FACTORS[0], FACTORS[1])
NAMES = tuple(factor.name for factor in CORE)
PRIOR = Prior(
    kind="published", label="Print", source="made up", intercept=-2.0,
    baselines=(Term(NAMES[0], "post_secondary_long"), Term(NAMES[1], "born_in_sweden")),
    terms=(Term(NAMES[0], "compulsory"), Term(NAMES[1], "years_0_to_3")),
    means=np.array([1.3, 0.7]), covariance=np.array([[0.04, 0.01], [0.01, 0.09]]),
)  # fmt: skip
POLICY = NeedPolicy(factors=NAMES, prior=prior_to_json(PRIOR))


def pupils(seed: int, **columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = 240
    table = pd.DataFrame({
        "municipality_code": "9999", "school_unit_code": np.repeat(["a", "b", "c"], size // 3),
        NAMES[0]: rng.choice(["post_secondary_long", "compulsory"], size),
        NAMES[1]: rng.choice(["born_in_sweden", "years_0_to_3"], size),
        "schooling_year": np.tile([0, 0, 0, 2], size // 4),
    })  # fmt: skip
    return table.assign(**columns)


OUTCOMES = pd.concat([
    pupils(1, result_year=year, leaver_count=1, not_eligible_count=np.tile([1, 0, 0, 0, 0, 1, 0, 0], 30))
    for year in (2024, 2025, 2027)
])  # fmt: skip
REGISTER = pd.concat([pupils(seed, count_date=day, pupil_count=1) for seed, day in enumerate((LATER, EARLIER, OLDER))])


def model(outcomes: pd.DataFrame = OUTCOMES, **changes: object) -> OwnModel:
    plain = {"register_counts": REGISTER, "dates": (LATER, EARLIER), "funding_year": 2027, "index_minimum_pupils": 20,
             "policy": POLICY}  # fmt: skip
    return own_model(outcomes, **plain | changes)


@pytest.fixture(scope="module")
def drawn() -> OwnModel:
    return model()


def test_the_results_of_ended_years_are_pooled_and_drawn_towards_the_prior(drawn):
    ended = OUTCOMES[OUTCOMES["result_year"] < 2027]
    assert drawn.outcomes["result_year"].unique().tolist() == [2024, 2025]
    assert drawn.counts is drawn.candidates
    assert (drawn.counts.factors, drawn.counts.years, drawn.counts.total) == (CORE, (2024, 2025), 120)
    assert drawn.identity == inputs_sha256(outcome_cells(ended, factors=CORE))
    assert prior_sha256(drawn.prior) == prior_sha256(PRIOR)
    assert drawn.choice == choose(drawn.counts, prior=PRIOR)
    assert (drawn.fit.estimator, drawn.path, drawn.dates) == ("prior_weighted", "too_few_events", (LATER, EARLIER))
    assert (drawn.newly_outcomes, drawn.newly_register) == (None, None)
    assert (drawn.index_minimum_pupils, sorted(drawn.own)) == (20, ["between_within", "points", "within_school"])
    assert drawn.policy is POLICY


def test_the_index_is_that_of_the_register_at_its_dates(drawn):
    used = REGISTER[REGISTER["count_date"] != OLDER]
    pd.testing.assert_frame_equal(drawn.used_register, used)
    index = need_index(predict_from_counts(drawn.fit, used).table, index_minimum_pupils=20).table
    pd.testing.assert_frame_equal(drawn.index(), index)
    merged = need_index(predict_from_counts(drawn.fit, used).table, index_minimum_pupils=81).table
    pd.testing.assert_frame_equal(replace(drawn, index_minimum_pupils=81).index(), merged)


def test_a_decided_effect_of_composition_is_in_every_score_and_another_fit_can_be_scored(drawn):
    decided = replace(drawn, policy=replace(POLICY, composition_effect=0.5))
    expected = predict_with_composition(drawn.fit, REGISTER, effect=0.5).table
    pd.testing.assert_frame_equal(decided.scored(REGISTER).table, expected)
    other = replace(drawn.fit, intercept=-3.0)
    pd.testing.assert_frame_equal(
        decided.scored(REGISTER, other).table, predict_with_composition(other, REGISTER, effect=0.5).table
    )
    pd.testing.assert_frame_equal(drawn.scored(REGISTER, other).table, predict_from_counts(other, REGISTER).table)


def test_the_weights_say_their_rung_and_how_much_municipalities_differ(drawn):
    found = weights_of(drawn)
    assert found == {
        "rung": "prior",
        "estimator": "prior_weighted",
        "reason": drawn.choice.reason,
        "interval_rule": "approximate_posterior",
        "municipal_spread": {
            "mean_log_odds": drawn.tau.mean,
            "grid_log_odds": [0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7],
            "weights": np.round(drawn.tau.weights, 6).tolist(),
        },
    }
    assert set(weights_of(replace(drawn, tau=None))) == {"rung", "estimator", "reason", "interval_rule"}


def test_the_same_kind_of_fit_is_made_again_however_few_the_events(drawn):
    again = drawn.estimate_again(drawn.counts)
    assert np.array_equal(again.coefficients, drawn.fit.coefficients)
    own = replace(drawn, choice=replace(drawn.choice, estimator="within_school"))
    assert own.estimate_again(drawn.counts.of_years([2024])).events == 60


def test_own_results_carry_their_weights_from_the_least_number_of_events(drawn):
    fits = own_fits(minimum_events=120)
    assert {name: fit(drawn.counts).estimator for name, fit in fits.items()} == {name: name for name in fits}
    for fit in own_fits(minimum_events=121).values():
        with pytest.raises(NeedError, match="own weights need 121"):
            fit(drawn.counts)


def test_without_any_results_the_prior_stands_as_it_is_for_the_factors_named():
    found = model(OUTCOMES.iloc[:0])
    assert (found.counts, found.candidates, found.tau, found.path) == (None, None, None, "too_few_events")
    assert (found.fit.estimator, found.fit.intercept, found.fit.design.factors) == ("prior", -2.0, CORE)
    assert found.identity == inputs_sha256()


def test_the_newly_arrived_are_kept_apart_in_outcomes_and_register_where_paid_per_head():
    found = model(policy=replace(POLICY, newly_arrived="per_head", count_dates="latest"))
    assert set(found.outcomes["schooling_year"]) == set(found.register["schooling_year"]) == {0}
    assert set(found.newly_outcomes["schooling_year"]) == set(found.newly_register["schooling_year"]) == {2}
    assert (len(found.newly_outcomes), len(found.newly_register)) == (120, 180)
    assert set(found.newly_outcomes["result_year"]) == {2024, 2025}
    assert found.dates == (LATER,)
    assert set(found.used_register["count_date"]) == {LATER}


def test_frozen_weights_are_used_before_a_prior_and_as_they_are():
    other = prior_to_json(replace(PRIOR, label="Kept", intercept=-1.0))
    found = model(policy=replace(POLICY, weights=other))
    assert (found.prior.label, found.fit.estimator, found.tau) == ("Kept", "prior", None)
    assert found.choice == choose(found.counts, prior=found.prior, wanted="prior")


def test_a_wish_that_the_results_do_not_carry_is_refused():
    with pytest.raises(NeedError, match="own weights need 350") as told:
        model(policy=replace(POLICY, estimator="within_school"))
    assert told.value.reason == "too_few_events"
    with pytest.raises(NeedError) as told:
        model(policy=replace(POLICY, factor_rule="selected"))
    assert (told.value.reason, str(told.value)) == (
        "no_selection",
        "need.factor_rule is selected, but factors cannot be chosen: too_few_events; name them in need.factors",
    )


def test_enough_events_have_a_path_and_an_estimate_of_their_own():
    found = model(policy=NeedPolicy(factors=NAMES, estimator="within_school"), minimum_events=120)
    assert (found.fit.estimator, found.prior, found.tau) == ("within_school", None, None)
    assert found.path.factors == tuple(found.path.table["factor_added"].iloc[1:])
    chosen = model(
        policy=NeedPolicy(factors=(*NAMES, "sex"), estimator="within_school", factor_rule="selected"),
        outcomes=OUTCOMES.assign(sex="girl"),
        register_counts=REGISTER.assign(sex="girl"),
        minimum_events=120,
    )
    assert (chosen.counts.factors, chosen.candidates.factors) == (CORE, (*CORE, FACTORS[4]))
