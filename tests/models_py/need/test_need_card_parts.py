"""The model card whole: every key and value of a fit made by hand, and of everything that can be tried beside it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.alternatives import Alternatives, SensitivityCard
from models_py.need.calibration_check import CalibrationCheck
from models_py.need.card import Tried, model_card
from models_py.need.design import Design, Term
from models_py.need.fit import NeedFit
from models_py.need.missing import MissingSensitivity

SEX = Factor("sex", ("girl", "boy", "missing"))
FIT = NeedFit(
    estimator="prior", link="logit", design=Design((SEX,), (Term("sex", "boy"),), ("girl",), (Term("sex", "missing"),)),
    intercept=-1.5, coefficients=np.array([0.5]), covariance=np.array([[0.04]]), interval_rule="as_delivered",
    degrees_of_freedom=math.inf, year_effects=((2025, 0.0), (2026, 0.25)), ridge=0.5, result_years=(2025, 2026),
    municipality_codes=("9998", "9999"), fitted_schools=7, dropped_schools=(("9999", "99990001"),), pupils=400, events=60,
    iterations=0, blocks=None, calibration=None, prior_sha256="ab" * 32,
)  # fmt: skip
GIVEN = {
    "funding_year": 2027, "fit_id": "need-2027-0", "rung": "as delivered", "reason": "no results",
    "data_hashes": {"b": "0" * 64, "a": "f" * 64}, "frozen_until": 2029,
}  # fmt: skip


def row(term: str, level: str, estimate: float, *more: float | None) -> dict:
    error, lower, upper = more or (None, None, None)
    return {
        "term": term, "factor": term.split("=")[0], "level": level, "estimate": estimate, "standard_error": error,
        "interval_lower": lower, "interval_upper": upper,
    }  # fmt: skip


WHOLE = {
    "fit_id": "need-2027-0",
    "funding_year": 2027,
    "frozen_until": 2029,
    "formula": "logit(not_eligible) ~ sex, weights of abababab",
    "outcome": "not_eligible",
    "estimator": "prior",
    "link": "logit",
    "rung": "as delivered",
    "reason": "no results",
    "settings": {"ridge": 0.5, "factors": {"sex": ["girl", "boy", "missing"]}, "prior": "ab" * 32},
    "trained_on": {
        "result_years": [2025, 2026], "municipality_count": 2, "pupils": 400, "events": 60, "schools_fitted": 7,
        "schools_without_say": 1, "levels_without_leavers": ["sex=missing"],
    },
    # 0.2 standard errors reach 1.959964 of them to either side.
    "coefficients": [
        row("intercept", "", -1.5), row("sex=girl", "girl", 0.0),
        row("sex=boy", "boy", 0.5, 0.2, 0.5 - 0.2 * 1.9599639845, 0.5 + 0.2 * 1.9599639845),
    ],
    "intervals": {"rule": "as_delivered", "note": "as delivered with the weights", "degrees_of_freedom": None, "widening": 1.0},
    "year_effects": {"2025": 0.0, "2026": 0.25},
    "calibration_out_of_time": None,
    "tried": {"selection": None},
    "data_hashes": {"a": "f" * 64, "b": "0" * 64},
}  # fmt: skip


def test_every_key_of_a_card_says_what_the_fit_holds():
    card = model_card(FIT, **GIVEN)
    rows, expected = card.pop("coefficients"), list(WHOLE["coefficients"])
    for found, wanted in zip(rows, expected, strict=True):
        assert found == pytest.approx(wanted, abs=1e-9)
    assert card == {name: value for name, value in WHOLE.items() if name != "coefficients"}
    assert list(card["data_hashes"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("rule", "note"),
    [
        ("school_jackknife", "95 %: every school left out once, t distribution"),
        ("school_cluster", "school_cluster"),  # without a note of its own the rule stands for itself
    ],
)
def test_intervals_are_noted_by_their_rule(rule, note: str):
    assert model_card(replace(FIT, interval_rule=rule, degrees_of_freedom=6.0), **GIVEN)["intervals"] == {
        "rule": rule, "note": note, "degrees_of_freedom": 6.0, "widening": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(("events", "shown"), [(10, 10), (9, None), (390, 390), (391, None)])
def test_few_events_or_few_without_are_not_on_the_card(events: int, shown: int | None):
    check = CalibrationCheck(
        (2024,), (2025,), 400, events, 0.7, 0.1, 0.05, 0.01, 1.1, 0.2, pd.DataFrame({"tenths": ["1-10"]})
    )
    card = model_card(replace(FIT, events=events), **GIVEN, out_of_time=check)
    assert card["trained_on"]["events"] == shown
    assert card["calibration_out_of_time"] == {
        "fitted_years": [2024], "judged_years": [2025], "pupils": 400, "events": shown, "auc": 0.7, "brier": 0.1,
        "brier_skill": 0.05, "intercept": 0.01, "slope": 1.1, "slope_standard_error": 0.2, "tenths": [{"tenths": "1-10"}],
    }  # fmt: skip


def test_everything_that_was_tried_stands_as_plain_rows():
    tried = Tried(
        selection=pd.DataFrame({"step": np.array([1]), "kept": np.array([True]), "share": [np.inf], "word": [pd.NA]}),
        alternatives=Alternatives({"own": pd.Series(), "pooled": pd.Series()}, (("points", "too_few_events"),)),
        card=SensitivityCard(pd.DataFrame(), pd.DataFrame({"model_a": ["own"]}), pd.DataFrame({"change_share": [0.5]})),
        missing=MissingSensitivity("sex", 5, 1, pd.DataFrame({"is_flagged": [True, False, True]}), 0.5, 1.5),
    )
    assert model_card(FIT, **GIVEN, tried=tried)["tried"] == {
        "selection": [{"step": 1, "kept": True, "share": None, "word": None}],
        "models": ["own", "pooled"],
        "refused": {"points": "too_few_events"},
        "pairs": [{"model_a": "own"}],
        "units_changed": [{"change_share": 0.5}],
        "missing": {
            "factor": "sex", "draws": 5, "difference_rms": 0.5, "largest_difference": 1.5, "units_flagged_count": 2,
        },
    }  # fmt: skip


def test_kinds_of_values_stay_what_they_are():
    values = {
        "n": np.int64(3),
        "x": np.float64(0.5),
        "b": np.bool_(False),
        "t": (1, None),
        "m": {1: math.nan},
        "i": 2,
        "f": False,
    }
    kept = model_card(FIT, **GIVEN, tried=Tried(selection=pd.DataFrame({"x": [values]})))["tried"]["selection"][0]["x"]
    assert kept == {"n": 3, "x": 0.5, "b": False, "t": [1, None], "m": {"1": None}, "i": 2, "f": False}
    assert [type(kept[name]) for name in "nxbif"] == [int, float, bool, int, bool]
    with pytest.raises(NeedError, match="a value of type set has no place on the card") as caught:
        model_card(FIT, **GIVEN, tried=Tried(selection=pd.DataFrame({"x": [{1}]})))
    assert caught.value.reason == "not_plain"
