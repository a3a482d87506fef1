"""What stands beside an index: each part is what its own function gives for the model, and what is left out says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_within_school
from models_py.need.atlas import factor_atlas
from models_py.need.atlas_public import public_atlas
from models_py.need.calibration_check import out_of_time
from models_py.need.contributions import index_contributions
from models_py.need.evidence import UNSURE, Evidence, build_alternatives_of, evidence_of
from models_py.need.ladder import Choice
from models_py.need.missing import missing_sensitivity
from models_py.need.own_pupils import OwnModel, own_fits, weights_of
from models_py.need.policy import NeedPolicy
from models_py.need.replicates import index_replicates
from models_py.need.settle import settle_beside
from models_py.need.uncertainty import index_intervals

NOW, BEFORE = date(2026, 10, 15), date(2025, 10, 15)
POLICY = NeedPolicy(factors=("guardian_education", "immigration", "household_income", "econ_assistance"))
TOLD = {"funding_year": 2027, "fit_id": "need-2027-0", "frozen_until": 2028, "seed": 3, "draws": 7}


@pytest.fixture(scope="module")
def model(world) -> OwnModel:
    data = world(51, schools=9, leavers=40, missing=0.1)
    counts = count_outcomes(data.pupils, factors=POLICY.chosen_factors)
    earlier = world(52, schools=9, leavers=12, missing=0.1).register().assign(count_date=BEFORE)
    return OwnModel(
        policy=POLICY, counts=counts, candidates=counts, outcomes=data.pupils,
        register=pd.concat([data.register().assign(count_date=NOW), earlier], ignore_index=True), dates=(NOW,),
        newly_outcomes=None, newly_register=None, identity="c" * 64, prior=None,
        choice=Choice("own", "within_school", "enough events"), fit=fit_within_school(counts, minimum_events=1), tau=None,
        path="too_few_events", index_minimum_pupils=25, own=own_fits(minimum_events=1),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(model) -> Evidence:
    return evidence_of(model, **TOLD)


def test_the_tables_are_those_the_data_carry_and_the_reasons_stand_in_order(found, model):
    assert set(found.tables) == {
        "unsure", "contribution", "replicate", "unit_level", "factor_level", "factor", "factor_pair", "alternative",
        "calibration",
    }  # fmt: skip
    assert set(found.record) == {"replicates", "reference_pupil", "card", "weights_chosen", "not_shown"}
    assert found.record["not_shown"] == found.not_shown == {"selection": "too_few_events"}
    assert found.record["weights_chosen"] == weights_of(model)


def test_how_sure_the_index_is_comes_from_the_intervals_and_the_replicates(found, model):
    intervals = index_intervals(model.fit, model.used_register, index_minimum_pupils=25).table
    names = ["school_unit_code", "index_standard_error", "interval_lower", "interval_upper"]
    expected = settle_beside(intervals[names].set_axis(["school_unit_code", *UNSURE], axis=1))
    pd.testing.assert_frame_equal(found.tables["unsure"], expected)
    drawn = index_replicates(model.fit, model.used_register, seed=3, draws=7, index_minimum_pupils=25)
    rows = [
        (unit, draw + 1, drawn.index[draw, place])
        for place, unit in enumerate(drawn.units)
        for draw in range(len(drawn.index))
    ]
    replicate = pd.DataFrame(rows, columns=["school_unit_code", "draw", "need_index"])
    pd.testing.assert_frame_equal(found.tables["replicate"], replicate, check_exact=True)
    assert found.record["replicates"] == {
        "draws": 7, "source": drawn.source, "seed": 3, "degrees_of_freedom": drawn.degrees_of_freedom,
    }  # fmt: skip


def test_why_the_index_is_what_it_is_comes_from_the_contributions(found, model):
    parts = index_contributions(model.fit, model.used_register, index_minimum_pupils=25)
    expected = parts.table.assign(municipal_pupil_count=parts.municipal_pupils)
    pd.testing.assert_frame_equal(found.tables["contribution"], expected, check_exact=True)
    levels = [
        {"factor": f, "level": level, "pupil_share": None if pd.isna(share) else share}
        for f, level, share in parts.reference.itertuples(index=False)
    ]
    assert found.record["reference_pupil"] == {
        "share": parts.reference_share, "levels": levels, "withheld_unit_count": len(parts.withheld),
    }  # fmt: skip


def test_the_atlas_is_of_all_dates_and_public_but_for_the_units(found, model):
    atlas = factor_atlas(model.register, counts=model.candidates, factors=POLICY.chosen_factors)
    public = public_atlas(atlas)
    expected = {
        "unit_level": atlas.unit_levels, "factor_level": public.levels, "factor": public.factors, "factor_pair": public.associations,
    }  # fmt: skip
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found.tables[name], settle_beside(table))


def test_other_models_stand_beside_the_one_in_use(found, model):
    alternatives = build_alternatives_of(model)
    assert next(iter(alternatives.indices)) == "within_school"
    assert {"between_within", "points", "pooled", "latest_count_date"} <= {
        *alternatives.indices,
        *dict(alternatives.refused),
    }
    rows = [
        (unit, label, label == "within_school", value)
        for label, index in alternatives.indices.items()
        for unit, value in index.items()
    ]
    expected = pd.DataFrame(rows, columns=["school_unit_code", "model", "is_in_use", "need_index"])
    pd.testing.assert_frame_equal(found.tables["alternative"], settle_beside(expected))


def test_the_card_holds_what_was_tried_and_whose_data_it_was(found, model):
    card = found.record["card"]
    assert (card["fit_id"], card["funding_year"], card["frozen_until"]) == ("need-2027-0", 2027, 2028)
    assert (card["rung"], card["reason"], card["data_hashes"]) == ("own", "enough events", {"outcome_counts": "c" * 64})
    checked = out_of_time(model.counts, estimate=model.estimate_again)
    assert card["calibration_out_of_time"]["slope"] == checked.slope
    pd.testing.assert_frame_equal(found.tables["calibration"], settle_beside(checked.tenths))
    missing = missing_sensitivity(
        model.outcomes, model.used_register, estimate=model.estimate_again, seed=3, factors=POLICY.chosen_factors,
        index_minimum_pupils=25,
    )  # fmt: skip
    assert card["tried"]["missing"]["difference_rms"] == pytest.approx(missing.difference_rms, abs=1e-12)
    assert card["tried"]["models"] == list(build_alternatives_of(model).indices)
    assert card["tried"]["selection"] is None
    assert "pairs" not in card["tried"]


def test_without_results_of_its_own_each_part_that_needs_them_says_so(model):
    fit = replace(model.fit, blocks=None, calibration=None, degrees_of_freedom=np.inf, interval_rule="as_delivered")
    bare = replace(model, counts=None, candidates=None, fit=fit)
    found = evidence_of(bare, **TOLD)
    without = ("alternatives", "missing background", "calibration")
    assert {part: found.not_shown[part] for part in without} == dict.fromkeys(without, "no_results")
    assert list(found.record["not_shown"]) == sorted(found.not_shown)
    assert not {"alternative", "calibration"} & set(found.tables)
    assert found.record["replicates"]["degrees_of_freedom"] is None
    assert found.record["card"]["calibration_out_of_time"] is None


def test_a_decided_effect_of_composition_leaves_out_what_it_is_not_part_of(model):
    found = evidence_of(replace(model, policy=replace(POLICY, composition_effect=0.3)), **TOLD)
    assert found.not_shown == {"intervals": "composition_effect_decided", "selection": "too_few_events"}
    assert not {"unsure", "replicate", "contribution"} & set(found.tables)
    assert not {"replicates", "reference_pupil"} & set(found.record)


def test_a_part_that_is_refused_is_none_and_its_code_is_kept():
    found = Evidence()

    def refuses() -> int:
        raise NeedError("3 pupils", reason="too_few")

    assert (found.attempt("a", lambda: 5), found.attempt("b", refuses)) == (5, None)
    assert (found.not_shown, found.tables, found.record) == ({"b": "too_few"}, {}, {})
    with pytest.raises(ZeroDivisionError):
        found.attempt("c", lambda: 1 // 0)


def test_a_policy_that_names_few_factors_is_told_what_missing_background_does_too(world):
    few = NeedPolicy(factors=("guardian_education", "immigration"))
    data = world(51, schools=9, leavers=40, missing=0.1)
    counts = count_outcomes(data.pupils, factors=few.chosen_factors)
    model = OwnModel(
        policy=few, counts=counts, candidates=counts, outcomes=data.pupils, register=data.register().assign(count_date=NOW),
        dates=(NOW,), newly_outcomes=None, newly_register=None, identity="c" * 64, prior=None,
        choice=Choice("own", "within_school", "enough events"), fit=fit_within_school(counts, minimum_events=1), tau=None,
        path="too_few_events", index_minimum_pupils=25, own=own_fits(minimum_events=1),
    )  # fmt: skip
    told = evidence_of(model, **TOLD)
    assert "missing background" not in told.not_shown
    assert told.record["card"]["tried"]["missing"]["difference_rms"] > 0
