"""A prior: sound or refused, one text per content, and nothing in it that points at a municipality."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bench.small_worlds import small_world
from models_py.errors import NeedError
from models_py.need import fit_within_school
from models_py.need.composition import CompositionFit
from models_py.need.design import Term
from models_py.need.prior import Prior
from models_py.need.prior_making import frozen_from_fit, prior_from_fit
from models_py.need.prior_text import prior_from_json, prior_sha256, prior_to_json

NATION = small_world(1, schools=60, leavers=60 * 180, municipalities=4, register=False).leavers
FIT = fit_within_school(NATION)


def national(**changes: object) -> Prior:
    return prior_from_fit(
        **{"fit": FIT, "counts": NATION, "kind": "national", "label": "Nation", "source": "simulated"} | changes
    )


def plain(**changes: object) -> Prior:
    """Two terms of two factors, in the order they are given."""
    values = {
        "kind": "published",
        "label": "Two factors",
        "source": "made up for a test",
        "baselines": (Term("sex", "girl"), Term("household", "with_both")),
        "terms": (Term("sex", "boy"), Term("household", "not_with_both")),
        "means": np.array([0.25, 0.55]),
        "covariance": np.array([[0.04, 0.01], [0.01, 0.09]]),
        "intercept": -2.0,
    }
    return Prior(**values | changes)


def reason_of(call, *arguments, **named) -> str:
    with pytest.raises(NeedError) as refused:
        call(*arguments, **named)
    return refused.value.reason


@pytest.mark.parametrize("kind", ["national", "partners"])
def test_a_fit_over_municipalities_becomes_a_prior_and_its_text_reads_back_the_same(kind):
    prior = national(kind=kind)
    text = prior_to_json(prior)
    again = prior_from_json(text)
    assert prior_to_json(again) == text
    assert prior_sha256(again) == prior_sha256(prior)
    found = dict(zip(prior.terms, prior.means, strict=True))
    assert found == dict(zip(FIT.design.terms, FIT.coefficients, strict=True))
    order = [FIT.design.terms.index(term) for term in prior.terms]
    np.testing.assert_allclose(again.covariance, FIT.covariance[np.ix_(order, order)], atol=1e-10)
    assert (prior.municipalities, prior.schools, prior.pupils, prior.events) == (4, 60, FIT.pupils, FIT.events)


def test_no_code_of_a_municipality_or_school_is_in_the_text():
    text = prior_to_json(national())
    codes = {code for school in NATION.schools for code in school}
    assert len(codes) > 60
    assert not [code for code in codes if code in text]


@pytest.mark.parametrize("code", [NATION.schools[0][0], NATION.schools[-1][1]])
@pytest.mark.parametrize("where", ["label", "source"])
def test_a_code_in_label_or_source_is_refused(code, where):
    assert reason_of(national, **{where: f"weights with {code}"}) == "identifies_municipality"


def test_a_result_year_in_the_source_is_no_code():
    assert "2025" in national(source="result years 2023-2025").source


def test_two_municipalities_are_too_few():
    two = small_world(1, schools=60, leavers=60 * 180, municipalities=2, register=False).leavers
    assert reason_of(national, fit=fit_within_school(two), counts=two) == "too_few_municipalities"


def test_under_a_thousand_events_is_too_little():
    few = small_world(1, schools=40, leavers=40 * 150, municipalities=4, register=False).leavers
    fit = fit_within_school(few)
    assert 350 < fit.events < 1000
    assert reason_of(national, fit=fit, counts=few) == "too_few_events"


def test_one_municipality_above_half_of_the_pupils_is_refused():
    heavy = replace(
        NATION, schools=tuple(("9997" if i % 8 else code, unit) for i, (code, unit) in enumerate(NATION.schools))
    )
    order = sorted(range(60), key=lambda i: heavy.schools[i])
    place = np.argsort(order)[heavy.school]
    rows = np.lexsort([heavy.cell, place])
    arrays_ = {name: getattr(heavy, name)[rows] for name in ("cell", "trials", "sums", "squares")}
    heavy = replace(heavy, schools=tuple(heavy.schools[i] for i in order), school=place[rows], **arrays_)
    assert len({code for code, _ in heavy.schools}) >= 3
    assert reason_of(national, fit=fit_within_school(heavy), counts=heavy) == "dominating_municipality"


def test_other_counts_than_the_fit_s_are_refused():
    assert reason_of(national, counts=NATION.of_years(NATION.years[:2])) == "counts_mismatch"


@pytest.mark.parametrize(
    "changes",
    [{"kind": "frozen"}, {"fit": replace(FIT, link="identity")}, {"fit": replace(FIT, outcome="merit_value")}],
)
def test_only_log_odds_of_several_municipalities_are_pooled(changes):
    assert reason_of(national, **changes) == "bad_prior"


def test_the_composition_effect_goes_along():
    found = CompositionFit(0.3, 0.1, 0.31, 0.12, 0.25, 0.25, 400, 5)
    prior = prior_from_json(prior_to_json(national(composition=found)))
    assert (prior.composition_effect, prior.composition_standard_error) == (0.3, 0.1)


def test_frozen_own_weights_keep_their_municipality_and_intervals():
    prior = prior_from_json(prior_to_json(frozen_from_fit(FIT, label="Own", source="own results")))
    assert prior.municipality_codes == FIT.municipality_codes
    assert (prior.degrees_of_freedom, prior.widening) == (FIT.degrees_of_freedom, FIT.widening)
    assert reason_of(frozen_from_fit, replace(FIT, outcome="merit_value"), label="m", source="m") == "bad_prior"


def test_equal_content_in_another_order_is_the_same_prior():
    turned = plain(
        baselines=(Term("household", "with_both"), Term("sex", "girl")),
        terms=(Term("household", "not_with_both"), Term("sex", "boy")),
        means=np.array([0.55, 0.25]),
        covariance=np.array([[0.09, 0.01], [0.01, 0.04]]),
    )
    assert prior_sha256(turned) == prior_sha256(plain())
    assert prior_sha256(plain(intercept=-2.1)) != prior_sha256(plain())


def test_the_prior_keeps_its_own_copy():
    means = np.array([0.25, 0.55])
    prior = plain(means=means)
    means[0] = 9.0
    assert 9.0 not in prior.means
    with pytest.raises(ValueError, match="read-only"):
        prior.means[0] = 9.0


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(float, 2, elements=st.integers(-(10**12), 10**12).map(lambda n: n / 1e10)), st.integers(0, 10**10))
def test_ten_decimals_survive_the_text(means, variance):
    prior = plain(means=means, covariance=np.diag([variance / 1e10, 1e-10]))
    again = prior_from_json(prior_to_json(prior))
    assert np.array_equal(again.means, prior.means)
    assert np.array_equal(again.covariance, prior.covariance)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"covariance": np.array([[0.04, 0.01], [0.02, 0.09]])}, "bad_covariance"),
        ({"covariance": np.array([[0.04, 0.2], [0.2, 0.09]])}, "bad_covariance"),
        ({"covariance": np.eye(3)}, "bad_covariance"),
        ({"covariance": np.array([[np.nan, 0.0], [0.0, 0.09]])}, "bad_covariance"),
        ({"terms": (Term("sex", "boy"), Term("sex", "boy"))}, "duplicate_term"),
        ({"baselines": (Term("sex", "girl"), Term("household", "with_both"), Term("sex", "boy"))}, "duplicate_term"),
        ({"baselines": (Term("sex", "girl"),)}, "bad_prior"),
        ({"baselines": (Term("sex", "boy"), Term("household", "with_both"))}, "bad_prior"),
        ({"terms": (), "means": np.empty(0), "covariance": None}, "bad_prior"),
        ({"means": np.array([0.1])}, "bad_prior"),
        ({"means": np.array([0.1, np.inf])}, "bad_prior"),
        ({"intercept": float("nan")}, "bad_prior"),
        ({"kind": "guess"}, "bad_prior"),
        ({"label": " "}, "bad_prior"),
        ({"result_years": (2025, 2024)}, "bad_prior"),
        ({"events": -1}, "bad_prior"),
        ({"widening": 0.5}, "bad_prior"),
        ({"degrees_of_freedom": 0.0}, "bad_prior"),
        ({"composition_effect": 0.2}, "bad_prior"),
        ({"composition_effect": 0.2, "composition_standard_error": 0.0}, "bad_prior"),
        ({"municipality_codes": ("9999",)}, "identifies_municipality"),
        ({"kind": "national"}, "bad_prior"),
        ({"kind": "frozen", "result_years": (2025,), "covariance": None}, "bad_prior"),
    ],
)  # fmt: skip
def test_what_is_not_sound_is_refused(changes, reason):
    assert reason_of(plain, **changes) == reason


@pytest.mark.parametrize(
    ("count", "reason"), [("municipalities", "too_few_municipalities"), ("events", "too_few_events")]
)
def test_a_pooled_prior_read_from_text_meets_the_same_minimum(count, reason):
    content = json.loads(prior_to_json(national()))
    content[count] = 2
    assert reason_of(prior_from_json, json.dumps(content)) == reason


def edited(**changes: object) -> str:
    return json.dumps(json.loads(prior_to_json(plain())) | changes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not_json"),
        ("[]", "bad_value"),
        (edited(schema="likvard.prior/2"), "schema_version"),
        ("{}", "schema_version"),
        (edited(more=1), "unknown_key"),
        ('{"schema": "likvard.prior/1"}', "missing_key"),
        (prior_to_json(plain()).replace("{", '{"kind": "frozen",', 1), "duplicate_key"),
        (edited(intercept="-2"), "bad_value"),
        (edited(intercept=True), "bad_value"),
        (prior_to_json(plain()).replace("-2.0", "NaN"), "bad_value"),
        (prior_to_json(plain()).replace("-2.0", "-1e999"), "bad_prior"),
        (edited(schools=1.5), "bad_value"),
        (edited(result_years=["2025"]), "bad_value"),
        (edited(baselines=["girl"]), "bad_value"),
        (edited(terms=[["sex", "boy", 0.25]]), "bad_value"),
        (edited(terms=[{"factor": "sex", "level": "boy"}]), "missing_key"),
        (edited(terms=[{"factor": "sex", "level": "boy", "mean": 0.25, "se": 0.1}]), "unknown_key"),
        (edited(covariance=[[0.04, 0.01], [0.01]]), "bad_covariance"),
        (edited(covariance=[[0.04, "0.01"], [0.01, 0.09]]), "bad_value"),
        (edited(covariance=[[0.04, 0.01], [0.02, 0.09]]), "bad_covariance"),
    ],
)
def test_a_text_that_is_not_a_prior_is_refused(text, reason):
    assert reason_of(prior_from_json, text) == reason
