"""Parts of an index: they sum to it exactly, follow the right factor, and tell nothing about a handful of pupils."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_within_school, need_index, predict_from_counts
from models_py.need.contributions import contributions_in_kronor, index_contributions
from models_py.need.design import level_codes


@pytest.fixture(scope="module")
def found(world, few_factors):
    data = world(5, schools=10, leavers=40)
    fit = fit_within_school(count_outcomes(data.pupils, factors=few_factors), minimum_events=1)
    later, earlier = data.register(), world(6, schools=9, leavers=20).register("2025-10-15")
    tiny = later["school_unit_code"].isin(["99990000", "99990001"])
    later = pd.concat([later[~tiny], later[tiny].groupby("school_unit_code").head(9)])
    return fit, pd.concat([later, earlier])


def index_of(fit, register, **choices) -> pd.DataFrame:
    return need_index(predict_from_counts(fit, register).table, **choices).table.set_index("school_unit_code")


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(-4, 4), min_size=7, max_size=7),
    st.floats(-5, 2),
    st.sampled_from(["logit", "identity"]),
    st.integers(1, 60),
)
def test_parts_sum_to_the_index_for_any_weights_links_dates_and_groups(found, weights, intercept, link, minimum):
    fit, register = found
    scale = 1.0 if link == "logit" else 0.1
    chosen = replace(
        fit, link=link, intercept=intercept if link == "logit" else 0.2, coefficients=scale * np.array(weights)
    )
    parts = index_contributions(chosen, register, index_minimum_pupils=minimum).table
    total = parts.groupby("school_unit_code")["index_contribution"].sum()
    index = index_of(chosen, register, index_minimum_pupils=minimum)["need_index"]
    assert len(total) >= 5
    assert (total - (index.loc[total.index] - 100)).abs().max() < 1e-9


def test_parts_equal_those_of_single_pupils(found):
    """Pupil by pupil: part = secant × weight × distance from the average, summed by hand over one count date."""
    fit, register = found
    later = register[register["count_date"] == "2026-10-15"].reset_index(drop=True)
    given_parts = index_contributions(fit, later, index_minimum_pupils=1, minimum_pupils=1).table
    x = fit.design.matrix(level_codes(later, fit.design.factors))
    score = fit.intercept + x @ fit.coefficients
    reference = fit.intercept + x.mean(axis=0) @ fit.coefficients
    part = ((expit(score) - expit(reference)) / (score - reference))[:, None] * fit.coefficients * (x - x.mean(axis=0))
    part -= part.mean(axis=0)
    sex = [term.factor == "sex" for term in fit.design.terms]
    by_hand = pd.Series(part[:, sex].sum(axis=1) * 100 / expit(score).mean()).groupby(later["school_unit_code"]).mean()
    of_sex = given_parts[given_parts["factor"] == "sex"].set_index("school_unit_code")["index_contribution"]
    np.testing.assert_allclose(of_sex, by_hand, atol=1e-5)


def test_a_factor_without_weight_has_no_part(found):
    fit, register = found
    sex = np.array([term.factor == "sex" for term in fit.design.terms])
    parts = index_contributions(replace(fit, coefficients=np.where(sex, 0.0, fit.coefficients)), register).table
    assert parts.loc[parts["factor"] == "sex", "index_contribution"].abs().max() < 1e-6
    assert parts.loc[parts["factor"] == "guardian_education", "index_contribution"].abs().max() > 5


def test_parts_of_all_pupils_sum_to_zero_per_factor(found):
    fit, register = found
    parts = index_contributions(fit, register, minimum_pupils=1).table
    total = (parts["index_contribution"] * parts["pupil_count"]).groupby(parts["factor"]).sum()
    assert total.abs().max() < 1e-4  # each part is rounded to eight decimals


def test_kronor_tie_to_the_structural_part_less_flat(found):
    fit, register = found
    pot_ore = 1_234_567_800
    contributions = index_contributions(fit, register)
    parts = contributions.table.assign(municipal_pupil_count=contributions.municipal_pupils)
    money = contributions_in_kronor(parts, pot_ore=pot_ore)
    table = index_of(fit, register)
    flat = pot_ore / 100 / table["pupil_count"].sum() * table["pupil_count"]
    above_flat = flat * table["need_index"] / 100 - flat
    sums = money.groupby("school_unit_code")["contribution_sek"].sum()
    assert (sums - above_flat.loc[sums.index]).abs().max() < 1e-4
    per_pupil = money.groupby("school_unit_code")["contribution_sek_per_pupil"].sum()
    assert (per_pupil * table["pupil_count"].loc[per_pupil.index] - sums).abs().max() < 1e-6
    with pytest.raises(NeedError, match="öre"):
        contributions_in_kronor(parts, pot_ore=-1)


def test_a_small_unit_is_withheld_and_members_of_its_group_show_only_the_group(found):
    fit, register = found
    contributions = index_contributions(fit, register)
    assert dict(contributions.withheld) == dict.fromkeys(["99990000", "99990001"], "under_minimum_pupils")
    assert not contributions.table["school_unit_code"].isin(["99990000", "99990001"]).any()
    merged = index_of(fit, register)
    members = merged.index[merged["index_rule"] == "merged_group"]
    shown = contributions.table[contributions.table["school_unit_code"].isin(members)]
    assert len(shown) == 3
    assert len(members) == 3


def test_one_small_unit_with_an_index_of_its_own_cannot_be_worked_out_from_the_others(found):
    fit, register = found
    register = register[register["school_unit_code"] != "99990001"]
    contributions = index_contributions(fit, register, index_minimum_pupils=1)
    reasons = dict(contributions.withheld)
    assert reasons.pop("99990000") == "under_minimum_pupils"
    assert list(reasons.values()) == ["follows_from_the_others"]
    pupils = index_of(fit, register, index_minimum_pupils=1)["pupil_count"]
    assert pupils[["99990000", *reasons]].sum() >= 20


def test_the_reference_is_the_average_pupil_without_counts_under_ten(found):
    fit, register = found
    later = register[register["count_date"] == "2026-10-15"]
    contributions = index_contributions(fit, later, index_minimum_pupils=1)
    reference = contributions.reference.set_index(["factor", "level"])["pupil_share"]
    assert reference["sex", "boy"] == pytest.approx((later["sex"] == "boy").mean())
    assert reference["sex"].sum() == pytest.approx(1)
    assert contributions.reference_share == pytest.approx(
        expit(fit.intercept + fit.design.matrix(level_codes(later, fit.design.factors)).mean(axis=0) @ fit.coefficients)
    )
    few = later.copy()
    few.loc[few.index[:5], "sex"] = "missing"
    hidden = index_contributions(fit, few, index_minimum_pupils=1).reference.set_index(["factor", "level"])
    counts = few["sex"].value_counts()
    assert hidden.loc[("sex", "missing"), "pupil_share"] != hidden.loc[("sex", "missing"), "pupil_share"]
    assert hidden.loc[("sex", counts.index[1]), :].isna().all()
    assert hidden.loc[("sex", counts.index[0]), :].notna().all()


def test_parts_do_not_depend_on_the_order_of_rows(found):
    fit, register = found
    first, again = (
        index_contributions(fit, table).table for table in (register, register.sample(frac=1, random_state=2))
    )
    pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_points_of_a_merit_value_have_no_parts_of_a_need_index(found):
    fit, register = found
    with pytest.raises(NeedError) as caught:
        index_contributions(replace(fit, outcome="merit_value"), register)
    assert caught.value.reason == "no_need_share"
