"""A year's pupils under another year's weights: its own year's weights give its own index, others give theirs."""

from __future__ import annotations

import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import fit_within_school, predict_from_counts
from models_py.need.cells import counts_of_table
from models_py.need.index import need_index
from models_py.need.other_weights import index_under_weights
from models_py.need.policy import NeedPolicy
from models_py.need.prior_making import frozen_from_fit
from models_py.need.prior_text import prior_to_json

NAMES = ("guardian_education", "immigration", "sex")
POLICY = NeedPolicy(factors=NAMES)


def years_weights(world, factors, *, seed):
    """Fit and kept text of a year."""
    fit = fit_within_school(counts_of_table(world(seed, schools=20, leavers=60, years=3).cells, factors=factors))
    return fit, prior_to_json(frozen_from_fit(fit, label="kept", source="simulated"))


@pytest.fixture(scope="module")
def kept(world, few_factors):
    return years_weights(world, few_factors, seed=1)


@pytest.fixture(scope="module")
def register(world):
    """Two count dates of other pupils, every third of them newly arrived and with another composition."""
    dates = [
        world(seed, schools=5, leavers=30, years=1).register(day)
        for seed, day in ((8, "2025-10-15"), (9, "2026-10-15"))
    ]
    rows = pd.concat(dates, ignore_index=True)
    newly = rows.index % 3 == 0
    return rows.assign(schooling_year=newly.astype(int), sex=rows["sex"].mask(newly, "boy"))


def indexed(text, register, policy=POLICY, *, minimum=20, factors=NAMES):
    return index_under_weights(
        text, register_counts=register, policy=policy, factors=factors, index_minimum_pupils=minimum
    )


def test_a_year_s_own_weights_give_that_year_s_index_to_the_bit(kept, register):
    fit, text = kept
    own = need_index(predict_from_counts(fit, register).table, index_minimum_pupils=20).table
    found = indexed(text, register)
    pd.testing.assert_frame_equal(found, own[["school_unit_code", "need_index", "need_share"]].reset_index(drop=True))
    assert len(found) == 5


def test_other_weights_give_another_index_of_the_same_mean(kept, register, world, few_factors):
    _, other = years_weights(world, few_factors, seed=5)
    first, second = indexed(kept[1], register), indexed(other, register)
    assert (first["need_index"] - second["need_index"]).abs().max() > 1
    pupils = register[register["count_date"] == "2026-10-15"].groupby("school_unit_code")["pupil_count"].sum()
    for each in (first, second):
        index = each.set_index("school_unit_code")["need_index"]
        assert (index * pupils).sum() / pupils.sum() == pytest.approx(100)


def test_the_latest_count_alone_and_pupils_without_the_newly_arrived_are_what_the_policy_asks_for(kept, register):
    text = kept[1]
    latest = register[register["count_date"] == "2026-10-15"]
    others = register[register["schooling_year"] == 0]
    for asked, rows in (({"count_dates": "latest"}, latest), ({"newly_arrived": "per_head"}, others)):
        found = indexed(text, register, NeedPolicy(factors=NAMES, **asked))
        pd.testing.assert_frame_equal(found, indexed(text, rows))
        assert not found.equals(indexed(text, register))


def test_only_factors_that_the_weights_know_are_read(kept, register):
    whole = indexed(kept[1], register)
    pd.testing.assert_frame_equal(indexed(kept[1], register, NeedPolicy()), whole)
    with pytest.raises(NeedError, match=r"^prior 'kept' has factors \['sex'\] that are not counted here"):
        indexed(kept[1], register, factors=NAMES[:2])


def test_a_small_unit_has_the_index_of_its_group(kept, register):
    own, merged = (indexed(kept[1], register, minimum=minimum)["need_index"] for minimum in (20, 31))
    assert own.nunique() == 5
    assert merged.nunique() < 5


def test_text_that_holds_no_weights_is_refused(register):
    with pytest.raises(NeedError):
        indexed("{}", register)
