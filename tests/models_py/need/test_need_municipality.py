"""Whole municipalities: the steps put together give what the steps give, and what cannot be fitted is refused in words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models_py.need import FACTORS
from models_py.need.municipality import need_from_counts, need_from_shares

LATER, EARLIER = date(2026, 10, 15), date(2025, 10, 15)
NAMES = [factor.name for factor in FACTORS]


@pytest.fixture(scope="module")
def counts(world) -> pd.DataFrame:
    """Seven result years, 2020 to 2026, of thirty schools."""
    return world(7, schools=30, leavers=40, years=7).cells


@pytest.fixture(scope="module")
def register(counts) -> pd.DataFrame:
    rows = counts[counts["result_year"] >= 2025]
    return rows.assign(
        count_date=rows["result_year"].map({2026: LATER, 2025: EARLIER}), pupil_count=rows["leaver_count"]
    )


def need_of(counts, register, **changes):
    settings = {"municipality_code": "9999", "funding_year": 2027, "index_minimum_pupils": 20, "draws": 20} | changes
    settings = {"dates": (LATER, EARLIER)} | settings
    return need_from_counts(counts, register_counts=register, **settings)


@pytest.fixture(scope="module")
def need(counts, register):
    return need_of(counts, register)


def share_by_hand(weights: pd.DataFrame, register: pd.DataFrame) -> pd.Series:
    """Need share per unit and date, from the published weights alone."""
    effect = weights.set_index(["factor", "level"])["estimate"]
    risk = effect["intercept", ""] + sum(
        register[name].map(lambda level, name=name: effect.get((name, level), 0.0)) for name in NAMES
    )
    expected = (expit(risk) * register["pupil_count"]).groupby([register["school_unit_code"], register["count_date"]])
    return expected.sum() / register.groupby(["school_unit_code", "count_date"])["pupil_count"].sum()


def test_the_published_weights_are_enough_to_recompute_every_index(need, register):
    by_date = share_by_hand(need.coefficients, register).unstack()
    share = by_date.mean(axis=1)
    index = need.index.set_index("school_unit_code")
    pupils = register[register["count_date"] == LATER].groupby("school_unit_code")["pupil_count"].sum()
    assert index["pupil_count"].to_dict() == pupils.to_dict()
    assert index["need_share"].to_numpy() == pytest.approx(
        share[index.index].to_numpy(), abs=5.1e-10
    )  # shares are kept to a billionth
    mean = (index["need_share"] * pupils).sum() / pupils.sum()
    assert index["need_index"].to_numpy() == pytest.approx(100 * index["need_share"].to_numpy() / mean, abs=1e-9)


def test_the_fit_uses_five_cohorts_of_a_small_municipality_and_none_after_the_decision(need, counts, register):
    assert need.record["trained_on"]["result_years"] == [2022, 2023, 2024, 2025, 2026]
    earlier = need_of(counts, register, funding_year=2026)
    assert earlier.record["trained_on"]["result_years"] == [2021, 2022, 2023, 2024, 2025]


def test_results_outside_the_window_change_nothing(need, counts, register):
    assert counts["result_year"].min() == 2020
    spoiled = counts.assign(not_eligible_count=counts["not_eligible_count"].where(counts["result_year"] > 2021, 0))
    again = need_of(spoiled, register)
    assert again.record == need.record
    pd.testing.assert_frame_equal(again.index, need.index, check_exact=True)


def test_the_order_of_the_rows_changes_not_a_bit(need, counts, register):
    again = need_of(counts.sample(frac=1, random_state=3), register.sample(frac=1, random_state=4))
    pd.testing.assert_frame_equal(again.index, need.index, check_exact=True)
    pd.testing.assert_frame_equal(again.coefficients, need.coefficients, check_exact=True)
    assert again.record == need.record


def test_everything_carries_one_fit_id(need):
    fit_id = need.record["fit_id"]
    assert fit_id.startswith("need-2027-")
    assert set(need.index["fit_id"]) == set(need.coefficients["fit_id"]) == {fit_id}
    assert set(need.index["municipality_code"]) == set(need.coefficients["municipality_code"]) == {"9999"}


def test_too_few_events_are_refused_in_words_and_give_no_table(counts, register):
    refused = need_of(counts, register, minimum_events=10**6)
    assert "not eligible" in refused.refusal
    assert refused.index.empty
    assert refused.coefficients.empty
    assert refused.record == {}


def test_a_level_that_nobody_was_fitted_on_is_scored_openly(counts, register):
    gone = counts.assign(guardian_education=counts["guardian_education"].replace("compulsory", "upper_secondary"))
    record = need_of(gone, register).record
    pupils = int(register.loc[register["guardian_education"] == "compulsory", "pupil_count"].sum())
    assert record["policy"]["unfitted_levels"] == [
        {"factor": "guardian_education", "level": "compulsory", "scored_as": "post_secondary_long", "pupils": pupils}
    ]


MUNICIPALITIES = ("9901", "9902", "9903")


@pytest.fixture(scope="module")
def open_factors() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    units = [(code, f"{code}{number:04d}") for code in MUNICIPALITIES for number in range(50)]
    rows = [
        {"municipality_code": code, "school_unit_code": unit, "count_date": day, "pupil_count": int(rng.integers(60, 400))}
        for code, unit in units
        for day in (date(2020, 10, 15), date(2021, 10, 15))
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    foreign, educated = rng.uniform(0, 0.7, len(table)).round(2), rng.uniform(0.2, 0.9, len(table)).round(2)
    return table.assign(foreign_background_share=foreign, post_secondary_share=educated)


@pytest.fixture(scope="module")
def open_results(open_factors) -> pd.DataFrame:
    used = open_factors[open_factors["count_date"] == date(2020, 10, 15)]
    share = expit(-3 + 1.2 * used["foreign_background_share"] + 1.5 * (1 - used["post_secondary_share"]))
    leavers = np.maximum(used["pupil_count"] // 8, 10)
    return used[["municipality_code", "school_unit_code"]].assign(
        result_year=2021, grade_9_pupil_count=leavers, not_eligible_count=np.round(share * leavers)
    )


def open_need(factors, results, *, funding_year=2022, codes=MUNICIPALITIES):
    dates = {code: (date(2021, 10, 15), date(2020, 10, 15)) for code in codes}
    minimum = dict.fromkeys(codes, 20)
    return need_from_shares(
        factors, results=results, dates=dates, funding_year=funding_year, index_minimum_pupils=minimum
    )


def test_one_fit_serves_every_municipality_and_each_has_its_own_mean(open_factors, open_results):
    needs = open_need(open_factors, open_results)
    assert [need.municipality_code for need in needs] == list(MUNICIPALITIES)
    assert len({need.record["fit_id"] for need in needs}) == 1
    for need in needs:
        assert need.refusal is None
        mean = np.average(need.index["need_index"], weights=need.index["pupil_count"])
        assert mean == pytest.approx(100, abs=1e-9)
        pd.testing.assert_frame_equal(
            need.coefficients.drop(columns="municipality_code"), needs[0].coefficients.drop(columns="municipality_code")
        )


def test_the_pooled_index_can_be_recomputed_from_its_weights(open_factors, open_results):
    need = open_need(open_factors, open_results)[1]
    effect = need.coefficients.set_index("term")["estimate"]
    own = open_factors[open_factors["municipality_code"] == "9902"]
    risk = effect["intercept"] + effect["foreign_background_share"] * own["foreign_background_share"]
    risk += effect["without_post_secondary_share"] * (1 - own["post_secondary_share"])
    share = expit(risk).groupby(own["school_unit_code"]).mean()
    index = need.index.set_index("school_unit_code")
    assert index["need_share"].to_numpy() == pytest.approx(
        share[index.index].to_numpy(), abs=5.1e-10
    )  # shares are kept to a billionth


def test_a_municipality_is_fitted_on_but_not_scored_when_it_is_not_asked_for(open_factors, open_results):
    (alone,) = open_need(open_factors, open_results, codes=("9902",))
    together = open_need(open_factors, open_results)[1]
    assert alone.record == together.record
    pd.testing.assert_frame_equal(alone.index, together.index, check_exact=True)


def test_results_that_ended_after_the_decision_are_no_results(open_factors, open_results):
    needs = open_need(open_factors, open_results, funding_year=2021)
    assert all("no results of a school year" in need.refusal for need in needs)


def test_one_without_pupils_on_the_later_date_is_refused_and_its_neighbours_are_not(open_factors, open_results):
    gone = (open_factors["municipality_code"] == "9903") & (open_factors["count_date"] == date(2021, 10, 15))
    emptied = open_factors.assign(pupil_count=open_factors["pupil_count"].where(~gone, 0))
    refusals = {need.municipality_code: need.refusal for need in open_need(emptied, open_results)}
    assert "no unit has pupils" in refusals["9903"]
    assert refusals["9901"] is None
    assert refusals["9902"] is None
