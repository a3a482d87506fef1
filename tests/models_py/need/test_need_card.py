"""The model card: complete, plain, equal for equal content, and silent about single schools' outcomes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial

import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import count_outcomes, fit_within_school, inputs_sha256
from models_py.need.alternatives import build_alternatives, sensitivity_card
from models_py.need.calibration_check import out_of_time
from models_py.need.card import Tried, model_card
from models_py.need.missing import missing_sensitivity

OWN = partial(fit_within_school, minimum_events=1)
HASHES = {"outcome_counts": inputs_sha256(pd.DataFrame({"a": [1]}))}
WORDS = {"rung": "own weights", "reason": "enough events", "fit_id": "need-2027-00000000"}


@pytest.fixture(scope="module")
def data(world, few_factors):
    found = world(31, schools=10, leavers=40, missing=0.05)
    pupils = found.pupils.copy()
    pupils.loc[pupils["school_unit_code"] == "99990003", "not_eligible_count"] = 0
    return pupils, count_outcomes(pupils, factors=few_factors)


def card_of(fit, **changes) -> dict:
    return model_card(fit, **{"funding_year": 2027, "frozen_until": 2029, "data_hashes": HASHES} | WORDS | changes)


def test_the_card_holds_everything_that_was_tried(data, few_factors):
    pupils, counts = data
    register = pupils.rename(columns={"leaver_count": "pupil_count"}).assign(count_date="2026-10-15")
    alternatives = build_alternatives(counts, register, estimators={"own": OWN, "stiff": partial(OWN, ridge=100.0)})
    units = register.groupby("school_unit_code")["pupil_count"].sum().reset_index().assign(base_part_ore=10**8)
    tried = Tried(
        selection=pd.DataFrame({"step": [1], "factor": ["guardian_education"], "deviance": [math.nan]}),
        alternatives=alternatives,
        card=sensitivity_card(alternatives.indices, units=units, pot_ore=10**9),
        missing=missing_sensitivity(
            pupils, register, estimate=OWN, seed=1, draws=2, factors=few_factors, given=("immigration",)
        ),
    )
    fit = OWN(counts)
    card = card_of(fit, out_of_time=out_of_time(counts, estimate=OWN), tried=tried)
    assert card["tried"]["models"] == ["own", "stiff"]
    assert len(card["tried"]["pairs"]) == 1
    assert card["tried"]["selection"][0]["deviance"] is None
    assert card["tried"]["missing"]["draws"] == 2
    assert card["calibration_out_of_time"]["judged_years"] == [2026]
    assert card["calibration_out_of_time"]["tenths"]
    by_term = {row["term"]: row for row in card["coefficients"]}
    for term, estimate, (lower, upper) in zip(fit.design.terms, fit.coefficients, fit.intervals, strict=True):
        row = by_term[term.name]
        assert row["estimate"] == estimate
        assert (row["interval_lower"], row["interval_upper"]) == pytest.approx((lower, upper), abs=1e-9)
    assert by_term["guardian_education=post_secondary_long"]["standard_error"] is None
    text = json.dumps(card, allow_nan=False)
    assert list(json.loads(text)) == sorted(card)


def test_the_same_content_is_the_same_text_whatever_the_order(data, few_factors):
    pupils, counts = data
    shuffled = count_outcomes(pupils.sample(frac=1, random_state=3), factors=few_factors)
    first, again = (json.dumps(card_of(OWN(c), out_of_time=out_of_time(c, estimate=OWN))) for c in (counts, shuffled))
    assert first == again


def test_a_school_where_nobody_missed_is_counted_not_named(data):
    _, counts = data
    fit = OWN(counts)
    assert fit.dropped_schools == (("9999", "99990003"),)
    card = card_of(fit)
    assert card["trained_on"]["schools_without_say"] == 1
    assert "99990003" not in json.dumps(card)


def test_the_card_of_a_fit_alone_says_each_thing_by_its_name(data):
    fit = OWN(data[1])
    card = card_of(fit)
    assert {name: card[name] for name in ("fit_id", "funding_year", "frozen_until", "rung", "reason", "data_hashes")} == {
        "fit_id": "need-2027-00000000", "funding_year": 2027, "frozen_until": 2029, "rung": "own weights",
        "reason": "enough events", "data_hashes": HASHES,
    }  # fmt: skip
    assert {name: card[name] for name in ("outcome", "estimator", "link", "calibration_out_of_time")} == {
        "outcome": fit.outcome, "estimator": fit.estimator, "link": fit.link, "calibration_out_of_time": None,
    }  # fmt: skip
    assert set(card) == {
        "fit_id", "funding_year", "frozen_until", "rung", "reason", "data_hashes", "outcome", "estimator", "link",
        "calibration_out_of_time", "formula", "settings", "trained_on", "coefficients", "intervals", "year_effects", "tried",
    }  # fmt: skip
    assert card["trained_on"] == {
        "result_years": list(fit.result_years), "municipality_count": 1, "pupils": fit.pupils, "events": fit.events,
        "schools_fitted": 9, "schools_without_say": 1,
        "levels_without_leavers": [term.name for term in fit.design.dropped],
    }  # fmt: skip
    assert set(card["intervals"]) == {"rule", "note", "degrees_of_freedom", "widening"}
    assert card["intervals"]["rule"] == fit.interval_rule
    assert card["year_effects"] == {str(year): effect for year, effect in fit.year_effects}
    assert set(card["coefficients"][0]) >= {"term", "factor", "level", "estimate", "standard_error"}
    assert not {"municipality_code", "funding_year", "fit_id"} & set(card["coefficients"][0])


def test_approximate_intervals_are_labelled_so_and_infinite_freedom_is_null(data):
    fit = replace(OWN(data[1]), interval_rule="approximate_posterior", degrees_of_freedom=math.inf, widening=1.25)
    intervals = card_of(fit)["intervals"]
    assert intervals["note"].startswith("approximate")
    assert (intervals["degrees_of_freedom"], intervals["widening"]) == (None, 1.25)


def test_a_card_without_data_reason_or_valid_dates_is_refused(data):
    fit = OWN(data[1])
    cases = [
        ("no_data_hash", {"data_hashes": {}}, "the card names no data; give the hash of every input"),
        ("bad_data_hash", {"data_hashes": {"x": "abc"}}, "data hash of x is not 64 hex digits of a SHA-256"),
        ("bad_data_hash", {"data_hashes": {"x": "g" * 64}}, "data hash of x is not 64 hex digits of a SHA-256"),
        (
            "frozen_before_use",
            {"frozen_until": 2026},
            "weights frozen until 2026 cannot serve 2027; re-estimate or decide a new date",
        ),
        ("no_reason", {"reason": " "}, "say in words which kind of weights was chosen, and why"),
        ("no_reason", {"rung": ""}, "say in words which kind of weights was chosen, and why"),
        (
            "not_plain",
            {"tried": Tried(selection=pd.DataFrame({"x": [object()]}))},
            "a value of type object has no place on the card",
        ),
    ]
    for reason, changes, words in cases:
        with pytest.raises(NeedError) as caught:
            card_of(fit, **changes)
        assert (caught.value.reason, str(caught.value)) == (reason, words)
    assert card_of(fit, frozen_until=2027)["frozen_until"] == 2027
