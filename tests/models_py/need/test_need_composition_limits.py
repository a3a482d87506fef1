"""The composition effect on a register worked by hand, and the limits it is estimated within."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.between_within import fit_between_within
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.composition import fit_composition, predict_with_composition
from models_py.need.design import Design, Term
from models_py.need.fit import NeedFit

SEX = Factor("sex", ("girl", "boy", "missing"))
FIT = NeedFit(
    estimator="within_school", link="logit", design=Design((SEX,), (Term("sex", "boy"),), ("girl",), (Term("sex", "missing"),)),
    intercept=-1.0, coefficients=np.array([0.8]), covariance=np.eye(1), interval_rule="school_jackknife",
    degrees_of_freedom=9.0, year_effects=(), ridge=0.05, result_years=(), municipality_codes=(), fitted_schools=10,
    dropped_schools=(), pupils=0, events=0, iterations=0, blocks=None, calibration=None,
)  # fmt: skip


def test_a_heavier_unit_adds_to_each_of_its_pupils_by_its_distance_from_the_municipality():
    rows = [
        ("9999", "2026-10-15", "A", 10, 30), ("9999", "2026-10-15", "B", 30, 10), ("9999", "2025-10-15", "A", 20, 20),
        ("9998", "2026-10-15", "A", 5, 15),
    ]  # fmt: skip
    table = pd.DataFrame(
        [(m, day, unit, sex, n) for m, day, unit, girls, boys in rows for sex, n in (("girl", girls), ("boy", boys))],
        columns=["municipality_code", "count_date", "school_unit_code", "sex", "pupil_count"],
    )
    found = predict_with_composition(FIT, table, effect=0.5).table
    # Mean scores at the later date: -1 + 0.8 · 3/4 and -1 + 0.8 · 1/4, of all -1 + 0.8 · 1/2. Alone: no distance.
    expected = {
        ("9998", "2026-10-15", "A"): (5 * expit(-1) + 15 * expit(-0.2)) / 20,
        ("9999", "2025-10-15", "A"): (expit(-1) + expit(-0.2)) / 2,
        ("9999", "2026-10-15", "A"): (10 * expit(-1 + 0.1) + 30 * expit(-0.2 + 0.1)) / 40,
        ("9999", "2026-10-15", "B"): (30 * expit(-1 - 0.1) + 10 * expit(-0.2 - 0.1)) / 40,
    }
    keys = ["municipality_code", "count_date", "school_unit_code"]
    assert list(found[keys].itertuples(index=False, name=None)) == list(expected)
    assert found["need_share"].tolist() == [round(value, 9) for value in expected.values()]
    assert found["pupil_count"].tolist() == [20, 40, 40, 40]
    assert found["basis"].unique().tolist() == ["pupil_level"]


@pytest.mark.parametrize(
    ("fit", "effect", "reason", "words"),
    [
        (
            replace(FIT, link="identity"),
            0.5,
            "wrong_link",
            "the composition effect is in log-odds; the fit holds points",
        ),
        (FIT, math.nan, "bad_setting", "the composition effect is nan; it must be a finite number"),
        (FIT, -math.inf, "bad_setting", "the composition effect is -inf"),
    ],
)
def test_need_with_an_effect_needs_log_odds_and_a_number(fit, effect: float, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        predict_with_composition(fit, pd.DataFrame(), effect=effect)
    assert caught.value.reason == reason


def counts(schools: int = 12, *, years: int = 4) -> CellCounts:
    """Schools whose cohorts differ; the last one has two cohorts only."""
    rng = np.random.default_rng(8)
    keys = [(s, y, x) for s in range(schools) for y in range(years) for x in (0, 1) if s < schools - 1 or y < 2]
    trials = rng.integers(15, 40, len(keys))
    events = np.maximum(1, (trials * expit(-1 + 0.8 * np.array([x for *_, x in keys]))).astype(int))
    return cell_counts(
        (SEX,),
        years=[2023 + y for y in range(years)],
        schools=[(f"999{s % 2}", f"{s:02d}") for s in range(schools)],
        levels=np.array([[x] for *_, x in keys]),
        year=np.array([y for _, y, _ in keys]),
        school=np.array([s for s, *_ in keys]),
        counts=(trials, events, events),
    )


def test_as_many_schools_of_as_many_cohorts_as_asked_for_are_enough():
    found = fit_composition(counts(), fit=FIT, minimum_schools=11)
    assert (found.schools, found.cohorts, found.prior_mean, found.prior_sd) == (12, 4, 0.25, 0.25)
    assert found.effect == round(found.effect, 10)
    assert found.standard_error > 0
    with pytest.raises(
        NeedError, match="11 schools have both outcomes and 3 cohorts; the composition effect needs 12"
    ) as caught:
        fit_composition(counts(), fit=FIT, minimum_schools=12)
    assert caught.value.reason == "too_few_schools"
    assert fit_composition(counts(), fit=FIT, minimum_schools=12, minimum_cohorts=2).effect == found.effect
    with pytest.raises(NeedError, match="needs 300"):
        fit_composition(counts(), fit=FIT)
    own, believed = 1 / found.standard_error**2, 1 / 0.25**2
    assert found.effect == pytest.approx((own * found.estimate + believed * 0.25) / (own + believed), abs=1e-7)


@pytest.mark.parametrize(
    ("fit", "more", "reason", "words"),
    [
        (replace(FIT, estimator="pooled"), {}, "wrong_estimator", "need within-school log-odds, not pooled"),
        (replace(FIT, link="identity"), {}, "wrong_estimator", "need within-school log-odds"),
        (FIT, {"prior_sd": 0.0}, "bad_setting", "prior_sd is 0.0 and ridge 0.05; above zero, and zero or more"),
        (FIT, {"ridge": -0.01}, "bad_setting", "prior_sd is 0.25 and ridge -0.01"),
        (FIT, {"prior_sd": math.nan}, "bad_setting", "prior_sd is nan"),
    ],
)
def test_an_effect_needs_weights_within_schools_and_settings_that_can_be(fit, more, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        fit_composition(counts(), fit=fit, minimum_schools=11, **more)
    assert caught.value.reason == reason


def test_weights_with_a_random_intercept_serve_as_well_and_no_ridge_is_allowed():
    other = fit_composition(counts(), fit=replace(FIT, estimator="between_within"), minimum_schools=11)
    assert other == fit_composition(counts(), fit=FIT, minimum_schools=11)
    assert math.isfinite(fit_composition(counts(), fit=FIT, minimum_schools=11, ridge=0.0).effect)


def test_a_fit_with_random_intercepts_says_on_what_it_rests():
    whole = counts()
    fit = fit_between_within(whole, minimum_events=1)
    assert (fit.estimator, fit.link, fit.interval_rule, fit.ridge) == (
        "between_within",
        "logit",
        "school_jackknife",
        0.05,
    )
    assert (fit.fitted_schools, fit.dropped_schools, fit.degrees_of_freedom) == (12, (), 11.0)
    assert (fit.pupils, fit.events, fit.result_years) == (whole.pupils, whole.total, whole.years)
    assert fit.municipality_codes == ("9990", "9991")
    assert [year for year, _ in fit.year_effects] == [2023, 2024, 2025, 2026]
    assert fit.year_effects[0] == (2023, 0.0)
    assert not fit.coefficients.flags.writeable
    assert not fit.covariance.flags.writeable
    # One column of background, three of years, the intercept, the school's mean score; the intercept has no penalty.
    np.testing.assert_array_equal(np.diag(fit.blocks.penalty)[[0, 4]], [0.05, 0.0])
    assert fit.blocks.scores.shape == (12, 6)
    score = fit.intercept + fit.calibration.levels[:, 0] * fit.coefficients[0]
    assert fit.calibration.trials @ expit(score) == pytest.approx(whole.total, abs=1e-5)
    assert fit.random_intercept_sd == round(fit.random_intercept_sd, 10)
