"""From a policy to an index: each choice of a policy does what it says, and what the data cannot carry is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS, count_outcomes, fit_within_school
from models_py.need.municipality import MunicipalNeed, need_from_counts
from models_py.need.policy import NeedPolicy
from models_py.need.prior_making import prior_from_fit
from models_py.need.prior_text import prior_to_json

DATES = (date(2026, 10, 15), date(2025, 10, 15))
BESIDE = {
    "contribution", "replicate", "unit_level", "factor_level", "factor", "factor_pair", "selection", "alternative",
    "calibration", "risk_cell",
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(world) -> pd.DataFrame:
    return world(31, schools=30, leavers=70, years=3).cells.assign(schooling_year=0)


@pytest.fixture(scope="module")
def register(outcomes) -> pd.DataFrame:
    """Three count dates of the same units; a few pupils are newly arrived by their schooling."""
    parts = []
    for day, year in ((DATES[0], 2026), (DATES[1], 2025), (date(2024, 10, 15), 2024)):
        rows = outcomes[outcomes["result_year"] == year].rename(columns={"leaver_count": "pupil_count"})
        parts.append(rows.assign(count_date=day))
    table = pd.concat(parts, ignore_index=True)
    arrived = table["immigration"] == "years_0_to_3"
    return table.assign(schooling_year=np.where(arrived, 1 + table.index % 4, 0))


def need(outcomes: pd.DataFrame, register: pd.DataFrame, policy: NeedPolicy | None = None, **changes) -> MunicipalNeed:
    settings = {
        "dates": DATES,
        "municipality_code": "9999",
        "funding_year": 2027,
        "index_minimum_pupils": 20,
        "draws": 40,
    }
    return need_from_counts(outcomes, register_counts=register, policy=policy, seed=4, **(settings | changes))


@pytest.fixture(scope="module")
def usual(outcomes, register) -> MunicipalNeed:
    return need(outcomes, register)


def national(world) -> str:
    """A prior of four other municipalities."""
    cells = pd.concat(
        [world(40 + k, schools=20, leavers=60, years=2).cells.assign(municipality_code=f"999{k}") for k in range(1, 5)]
    )
    counts = count_outcomes(cells)
    prior = prior_from_fit(
        fit_within_school(counts), counts=counts, kind="national", label="nation", source="four municipalities"
    )
    return prior_to_json(prior)


def test_the_index_carries_its_interval_and_everything_stands_beside_it(usual):
    index = usual.index
    assert set(usual.tables) == BESIDE
    assert usual.record["not_shown"] == {}
    assert (index["need_index_interval_lower"] < index["need_index"]).all()
    assert (index["need_index_interval_upper"] > index["need_index"]).all()
    assert (index["need_index_standard_error"] > 0).all()
    assert all(set(table["municipality_code"]) == {"9999"} for table in usual.tables.values())
    assert usual.record["weights_chosen"]["estimator"] == "within_school"


def test_contributions_add_up_to_the_published_index(usual):
    parts = usual.tables["contribution"].groupby("school_unit_code")["index_contribution"].sum()
    index = usual.index.set_index("school_unit_code")["need_index"]
    assert len(parts) == len(index)
    assert parts.to_numpy() == pytest.approx((index[parts.index] - 100).to_numpy(), abs=1e-9)


def test_the_model_in_use_stands_first_among_the_alternatives_and_is_the_index(usual):
    alternatives = usual.tables["alternative"]
    used = alternatives[alternatives["is_in_use"]].set_index("school_unit_code")["need_index"]
    index = usual.index.set_index("school_unit_code")["need_index"]
    assert alternatives["model"].iloc[0] == "within_school"
    assert used.to_numpy() == pytest.approx(index[used.index].to_numpy(), abs=1e-6)
    assert {"points", "pooled", "between_within", "latest_count_date", "mean_of_three_count_dates"} < set(
        alternatives["model"]
    )


def test_replicates_spread_as_the_interval_says(outcomes, register):
    drawn = need(outcomes, register, draws=400)
    spread = drawn.tables["replicate"].groupby("school_unit_code")["need_index"].std()
    error = drawn.index.set_index("school_unit_code")["need_index_standard_error"]
    assert 0.7 < float((spread / error[spread.index]).median()) < 1.2


def test_the_same_seed_gives_the_same_bits_in_any_order_of_rows(usual, outcomes, register):
    again = need(outcomes.sample(frac=1, random_state=1), register.sample(frac=1, random_state=2))
    assert again.record == usual.record
    for name, table in usual.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table, check_exact=True)


def test_frozen_weights_are_used_as_they_are_whatever_new_results_say(usual, outcomes, register):
    policy = NeedPolicy(weights=usual.weights)
    spoiled = outcomes.assign(not_eligible_count=outcomes["leaver_count"] - outcomes["not_eligible_count"])
    frozen, other = need(outcomes, register, policy), need(spoiled, register, policy)
    kept = ["term", "estimate", "interval_lower", "interval_upper"]
    for again in (frozen, other):
        merged = again.coefficients[kept].merge(usual.coefficients[kept], on="term", suffixes=("", "_usual"))
        slopes = merged[merged["term"] != "intercept"]
        assert slopes["estimate"].to_numpy() == pytest.approx(slopes["estimate_usual"].to_numpy(), abs=1e-9)
    assert frozen.record["weights_chosen"]["rung"] == "frozen_weights"
    assert frozen.index["need_index"].to_numpy() == pytest.approx(usual.index["need_index"].to_numpy(), abs=1e-3)
    assert frozen.weights is None


def test_without_results_frozen_weights_still_give_an_index(usual, outcomes, register):
    frozen = need(outcomes.iloc[:0], register, NeedPolicy(weights=usual.weights))
    assert frozen.refusal is None
    assert len(frozen.index) == 30
    assert "alternatives" in frozen.record["not_shown"]


def test_a_prior_carries_a_municipality_with_too_few_results_and_is_named_in_the_fit(world, outcomes, register):
    few = outcomes[outcomes["result_year"] == 2026].assign(leaver_count=lambda t: t["leaver_count"])
    few = few[few["school_unit_code"].isin(sorted(few["school_unit_code"].unique())[:6])]
    assert need(few, register).refusal is not None
    drawn = need(few, register, NeedPolicy(prior=national(world)))
    assert drawn.refusal is None
    assert drawn.record["weights_chosen"]["estimator"] == "prior_weighted"
    assert drawn.record["weights_chosen"]["interval_rule"] == "approximate_posterior"
    assert drawn.record["weights_chosen"]["municipal_spread"]["mean_log_odds"] > 0
    assert drawn.record["fit_id"] != need(few, register, NeedPolicy(prior=_other(national(world)))).record["fit_id"]


def _other(prior: str) -> str:
    return prior.replace('"label": "nation"', '"label": "realm"').replace('"label":"nation"', '"label":"realm"')


def test_the_record_of_a_municipality_with_a_handful_of_failures_does_not_tell_how_many(world, outcomes, register):
    few = outcomes[outcomes["school_unit_code"].isin(sorted(outcomes["school_unit_code"].unique())[:3])].copy()
    failed = few[few["not_eligible_count"] > 0].index
    few.loc[failed[7:], "not_eligible_count"] = 0
    drawn = need(few, register, NeedPolicy(prior=national(world)))
    assert drawn.refusal is None
    assert few["not_eligible_count"].sum() == 7
    assert drawn.record["events"] is None
    assert drawn.record["card"]["trained_on"]["events"] is None
    assert "fewer than 10 own events" in drawn.record["weights_chosen"]["reason"]
    assert set(drawn.record["not_shown"].values()) <= {"too_few_events", "one_outcome", "no_convergence", "one_cohort"}
    assert drawn.tables.get("calibration", few.iloc[:0]).empty


def test_selected_factors_are_those_of_the_path_and_the_core(outcomes, register, usual):
    chosen = need(outcomes, register, NeedPolicy(factor_rule="selected"))
    factors = set(chosen.coefficients["factor"]) - {"intercept"}
    assert factors == {*usual.record["selected_factors"], "guardian_education", "immigration"}
    assert len(factors) < len(FACTORS)


def test_named_factors_only_stand_in_the_model(outcomes, register):
    named = need(outcomes, register, NeedPolicy(factors=("guardian_education", "immigration", "sex")))
    assert set(named.coefficients["factor"]) - {"intercept"} == {"guardian_education", "immigration", "sex"}


def test_the_latest_count_alone_is_used_where_the_policy_says_so(outcomes, register):
    changed = register.assign(
        guardian_education=register["guardian_education"].mask(register["count_date"] == DATES[1], "compulsory")
    )
    latest = NeedPolicy(count_dates="latest")
    same, moved = need(outcomes, register, latest), need(outcomes, changed, latest)
    assert moved.index["need_index"].tolist() == same.index["need_index"].tolist()
    assert set(same.index["count_date_count"]) == {1}
    assert need(outcomes, changed).index["need_index"].tolist() != need(outcomes, register).index["need_index"].tolist()


def test_newly_arrived_paid_per_head_are_in_no_index_and_no_pupil_is_lost(outcomes, register):
    apart = need(outcomes, register, NeedPolicy(newly_arrived="per_head"))
    heads = apart.tables["newly_arrived"].set_index("school_unit_code")["head_count"]
    pupils = apart.index.set_index("school_unit_code")["pupil_count"]
    latest = register[register["count_date"] == DATES[0]]
    together = latest.groupby("school_unit_code")["pupil_count"].sum()
    assert heads.sum() == latest.loc[latest["schooling_year"] > 0, "pupil_count"].sum() > 0
    assert (pupils + heads.reindex(pupils.index, fill_value=0)).to_dict() == together.to_dict()
    weight = apart.tables["newly_arrived"]
    assert np.average(weight["head_weight"], weights=weight["head_count"]) == pytest.approx(1, abs=1e-9)


def test_a_decided_effect_of_composition_spreads_the_index_and_says_that_intervals_do_not_apply(
    usual, outcomes, register
):
    added = need(outcomes, register, NeedPolicy(composition_effect=0.5))
    assert added.index["need_index"].std() > usual.index["need_index"].std()
    assert added.index["need_index_interval_lower"].isna().all()
    assert "intervals" in added.record["not_shown"]
    assert np.average(added.index["need_index"], weights=added.index["pupil_count"]) == pytest.approx(100, abs=1e-9)


def test_one_cohort_has_an_index_and_says_what_cannot_be_shown(outcomes, register):
    one = need(outcomes[outcomes["result_year"] == 2026], register, minimum_events=100)
    assert one.refusal is None
    assert one.record["not_shown"]["calibration"] == "one_cohort"
    assert "calibration" not in one.tables


@pytest.mark.parametrize(
    "changes",
    [
        {"factors": ("guardian_education", "income")},
        {"factors": ("guardian_education", "sex")},
        {"factors": ("guardian_education", "immigration", "sex", "sex")},
        {"composition_effect": 1.5},
        {"weights": "{}", "estimator": "points"},
        {"estimator": "prior"},
    ],
)
def test_a_policy_without_meaning_is_refused(changes):
    with pytest.raises(NeedError) as caught:
        replace(NeedPolicy(), **changes)
    assert caught.value.reason == "bad_policy"
    assert "need." in str(caught.value)


def test_broken_weights_are_a_refusal_in_words(outcomes, register):
    refused = need(outcomes, register, NeedPolicy(weights="{"))
    assert refused.refusal is not None
    assert refused.index.empty
