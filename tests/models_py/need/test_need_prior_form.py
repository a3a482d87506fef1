"""The text of a prior: the canonical form letter by letter, and each refusal of another in full."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need.design import Term
from models_py.need.prior import Prior
from models_py.need.prior_text import prior_from_json, prior_sha256, prior_to_json

PRIOR = Prior(
    kind="frozen",
    label="Två",
    source="made up",
    baselines=(Term("sex", "girl"), Term("household", "with_both")),
    terms=(Term("sex", "boy"), Term("household", "not_with_both")),
    means=np.array([0.25, 1]),
    covariance=np.array([[0.04, 0.01], [0.01, 0.09]]),
    intercept=-2,
    result_years=(2024, 2025),
    municipalities=1,
    schools=9,
    pupils=4000,
    events=500,
    municipality_codes=("9999",),
    degrees_of_freedom=8,
    widening=1,
)
TEXT = """{
 "baselines": {
  "household": "with_both",
  "sex": "girl"
 },
 "composition_effect": null,
 "composition_standard_error": null,
 "covariance": [
  [
   0.09,
   0.01
  ],
  [
   0.01,
   0.04
  ]
 ],
 "degrees_of_freedom": 8.0,
 "events": 500,
 "intercept": -2.0,
 "kind": "frozen",
 "label": "Två",
 "link": "logit",
 "municipalities": 1,
 "municipality_codes": [
  "9999"
 ],
 "pupils": 4000,
 "result_years": [
  2024,
  2025
 ],
 "schema": "likvard.prior/1",
 "schools": 9,
 "source": "made up",
 "terms": [
  {
   "factor": "household",
   "level": "not_with_both",
   "mean": 1.0
  },
  {
   "factor": "sex",
   "level": "boy",
   "mean": 0.25
  }
 ],
 "widening": 1.0
}
"""


def test_the_canonical_text_letter_by_letter():
    assert prior_to_json(PRIOR) == TEXT
    assert prior_sha256(PRIOR) == hashlib.sha256(TEXT.encode()).hexdigest()


def test_the_text_reads_back_with_every_value():
    found = prior_from_json(TEXT)
    for name in ("kind", "label", "source", "link", "baselines", "terms", "intercept", "result_years", "municipalities",
                 "schools", "pupils", "events", "municipality_codes", "degrees_of_freedom", "widening",
                 "composition_effect", "composition_standard_error"):  # fmt: skip
        assert getattr(found, name) == getattr(PRIOR, name), name
    assert found.means.tolist() == [1.0, 0.25]
    assert found.covariance.tolist() == [[0.09, 0.01], [0.01, 0.04]]


def edited(**changes: object) -> str:
    return json.dumps(json.loads(TEXT) | changes)


def test_what_may_be_null_or_whole_is_read_so():
    found = prior_from_json(
        edited(kind="published", covariance=None, municipality_codes=[], result_years=[], municipalities=None,
               schools=None, pupils=None, events=None, degrees_of_freedom=None, intercept=-1, widening=2,
               composition_effect=1, composition_standard_error=0.5, terms=[
                   {"factor": "sex", "level": "boy", "mean": 1}]))  # fmt: skip
    assert (found.covariance, found.result_years, found.municipality_codes) == (None, (), ())
    assert (found.municipalities, found.schools, found.pupils, found.events) == (None,) * 4
    assert (found.degrees_of_freedom, found.intercept, found.widening) == (None, -1.0, 2.0)
    assert (type(found.intercept), type(found.widening), found.means.tolist()) == (float, float, [1.0])
    assert (found.composition_effect, found.composition_standard_error) == (1.0, 0.5)


def without(*names: str) -> str:
    return json.dumps({name: value for name, value in json.loads(TEXT).items() if name not in names})


TERM = {"factor": "sex", "level": "boy", "mean": 0.25}


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("{\n1", "not_json", "not JSON, line 2: Expecting property name enclosed in double quotes"),
        ("[]", "bad_value", "the text must be an object"),
        ("{}", "schema_version", "schema is None; this version reads 'likvard.prior/1'"),
        (edited(schema="likvard.prior/2"), "schema_version",
         "schema is 'likvard.prior/2'; this version reads 'likvard.prior/1'"),
        (edited(z=1, y=2, x=3, w=4), "unknown_key", "prior: 4 unknown keys, first ['w', 'x', 'y']"),
        (without("widening", "terms", "events", "source"), "missing_key",
         "prior: 4 keys are missing, first ['events', 'source', 'terms']"),
        (TEXT.replace("{", '{"kind": "frozen", "label": "", "kind": "x",', 1), "duplicate_key",
         "keys ['kind', 'label'] occur twice"),
        (TEXT.replace("-2.0", "NaN"), "bad_value", "NaN is not a number that can be used"),
        (TEXT.replace("-2.0", "-Infinity"), "bad_value", "-Infinity is not a number that can be used"),
        (edited(baselines=["girl"]), "bad_value", "baselines must be factor: level"),
        (edited(baselines={"sex": 1}), "bad_value", "baselines must be factor: level"),
        (edited(terms={}), "bad_value", "terms must be a list of factor, level and mean"),
        (edited(terms=[TERM, 1]), "bad_value", "terms must be a list of factor, level and mean"),
        (edited(terms=[{"factor": "sex", "level": "boy"}]), "missing_key",
         "prior: term: 1 keys are missing, first ['mean']"),
        (edited(terms=[TERM | {"se": 1}]), "unknown_key", "prior: term: 1 unknown keys, first ['se']"),
        (edited(terms=[TERM | {"factor": 1}]), "bad_value", "factor must be text"),
        (edited(terms=[TERM | {"level": None}]), "bad_value", "level must be text"),
        (edited(terms=[TERM | {"mean": "1"}]), "bad_value", "mean must be a number"),
        (edited(terms=[TERM | {"mean": True}]), "bad_value", "mean must be a number"),
        *((edited(**{name: 1}), "bad_value", f"{name} must be text") for name in ("kind", "label", "source", "link")),
        *((edited(**{name: value}), "bad_value", f"{name} must be a number")
          for name in ("intercept", "widening") for value in ("1", None, True)),
        *((edited(**{name: value}), "bad_value", f"{name} must be a number or null")
          for name in ("degrees_of_freedom", "composition_effect", "composition_standard_error")
          for value in ("1", False)),
        *((edited(**{name: value}), "bad_value", f"{name} must be a whole number or null")
          for name in ("municipalities", "schools", "pupils", "events") for value in ("1", 1.5, True)),
        (edited(result_years=2025), "bad_value", "result_years must be a list of years"),
        (edited(result_years=[2025, "2026"]), "bad_value", "result_years must be a list of years"),
        (edited(result_years=[True]), "bad_value", "result_years must be a list of years"),
        (edited(municipality_codes="9999"), "bad_value", "municipality_codes must be a list of codes"),
        (edited(municipality_codes=[9999]), "bad_value", "municipality_codes must be a list of codes"),
        *((edited(covariance=value), "bad_covariance", "the covariance must be 2 rows of 2 numbers")
          for value in ({}, [], [[1, 0]], [[1, 0], [0]], [[1, 0], 1], [[1, 0, 0], [0, 1, 0]], [[1, 0], [0, 1], [0, 0]])),
        (edited(covariance=[[1, "0"], [0, 1]]), "bad_value", "covariance must be numbers"),
        (edited(covariance=[[1, 0], [0, True]]), "bad_value", "covariance must be numbers"),
    ],
)  # fmt: skip
def test_a_text_that_is_not_a_prior_says_what_is_wrong(text, reason, words):
    with pytest.raises(NeedError) as told:
        prior_from_json(text)
    where = "" if words.startswith("prior: ") and reason != "not_json" else "prior: "
    assert (told.value.reason, str(told.value)) == (reason, where + words if where else words)
