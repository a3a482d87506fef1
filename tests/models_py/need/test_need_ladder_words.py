"""The choice of weights in the words of the record: every rung, every refusal and every border, whole choices compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models_py.errors import NeedError
from models_py.need import FACTORS
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import Term
from models_py.need.ladder import Choice, choose, fit_by_choice
from models_py.need.prior import Prior

OPEN = "national weights, or the model on open statistics (proposals only)"
PUBLISHED = Prior(
    kind="published",
    label="Print",
    source="made up",
    baselines=(Term("sex", "girl"),),
    terms=(Term("sex", "boy"),),
    means=np.array([0.4]),
    covariance=None,
    intercept=-2.0,
)
PRIOR = replace(PUBLISHED, covariance=np.array([[0.01]]), label="Nation")
FROZEN = replace(
    PRIOR, kind="frozen", label="Own", municipality_codes=("9999",), municipalities=1, schools=2, pupils=9, events=3,
    result_years=(2025,),
)  # fmt: skip
POINTS = replace(PRIOR, link="identity", label="Points")


def counts(events: int, *, leavers: int = 120, schools: int = 2, years: int = 3, factors: int = 5) -> CellCounts:
    """``leavers`` per school, a cohort of equal size a year; the events are the first school's."""
    size = schools * years
    trials = np.full(size, leavers // years)
    missed = np.zeros(size, dtype=int)
    missed[:years] = events // years
    missed[0] += events % years
    return cell_counts(
        FACTORS[:factors],
        years=list(range(2024, 2024 + years)),
        schools=[("9999", f"s{number}") for number in range(schools)],
        levels=np.zeros((size, factors), dtype=int),
        year=np.tile(np.arange(years), schools),
        school=np.repeat(np.arange(schools), years),
        counts=(trials, missed, missed),
    )


ENOUGH, FEW = counts(30), counts(29)
NONE, ALL = counts(0), counts(240, leavers=240, schools=1)
DRAWN = (
    "30 own events, drawn towards the weights of 'Nation', with how much municipalities differ judged by the results."
)
NO_EVENTS = "None of the own leavers is known as not eligible"
TWICE = "holds own weights; drawn towards them, own results would count twice"
LINK = "holds points, not log-odds; own results cannot be drawn towards them"
NOISE = "leavers are not eligible; own weights need 30, below that they are noise. Next:"
COMPARED = "Pooled weights mix school quality into background; they are shown for comparison and carry no money."


@pytest.mark.parametrize(
    ("given", "prior", "wanted", "choice"),
    [
        (ENOUGH, PRIOR, "auto", Choice("prior", "prior_weighted", DRAWN)),
        (ENOUGH, PRIOR, "prior_weighted", Choice("prior", "prior_weighted", DRAWN)),
        (counts(1), PRIOR, "auto", Choice("prior", "prior_weighted", DRAWN.replace("30", "fewer than 10"))),
        (ENOUGH, PUBLISHED, "auto", Choice("published_weights", "prior_weighted",
         "30 own events, drawn towards the weights of 'Print', assumed to differ by 0.2 log-odds between municipalities.")),
        (ENOUGH, FROZEN, "auto", Choice("frozen_weights", "prior", "The weights of 'Own' are used as decided earlier.")),
        (ENOUGH, FROZEN, "prior", Choice("frozen_weights", "prior", "The weights of 'Own' are used as decided earlier.")),
        (ENOUGH, PRIOR, "prior", Choice("prior", "prior",
         "The weights of 'Nation' are used as they are, because that was asked for.")),
        (ENOUGH, FROZEN, "prior_weighted", Choice("frozen_weights", None, f"'Own' {TWICE}; use it as it is.",
         "frozen_prior")),
        (ENOUGH, POINTS, "prior_weighted", Choice("prior", None, f"'Points' {LINK}; use it as it is.", "wrong_link")),
        (ENOUGH, POINTS, "auto", Choice("prior", "prior", f"The weights of 'Points' are used as they are: it {LINK}.")),
        (NONE, PRIOR, "auto", Choice("prior", "prior", f"{NO_EVENTS}; the weights of 'Nation' are used as they are.")),
        (None, PRIOR, "auto", Choice("prior", "prior", f"{NO_EVENTS}; the weights of 'Nation' are used as they are.")),
        (ALL, PRIOR, "auto", Choice("prior", "prior",
         "All own leavers are not eligible; the weights of 'Nation' are used as they are.")),
        (ALL, PRIOR, "prior_weighted", Choice("prior", None,
         "All own leavers are not eligible: nothing can draw the weights away from 'Nation'.", "no_own_events")),
        (NONE, PUBLISHED, "prior_weighted", Choice("published_weights", None,
         f"{NO_EVENTS}: nothing can draw the weights away from 'Print'.", "no_own_events")),
        (ENOUGH, None, "prior", Choice("own_results", None,
         "The estimator prior needs national, partner, published or frozen weights; none are given.", "no_prior")),
        (FEW, None, "prior_weighted", Choice("open_statistics", None,
         "The estimator prior_weighted needs national, partner, published or frozen weights; none are given.",
         "no_prior")),
        (ENOUGH, PRIOR, "pooled", Choice("own_results", None, COMPARED, "comparison_only")),
        (FEW, FROZEN, "pooled", Choice("frozen_weights", None, COMPARED, "comparison_only")),
        (FEW, None, "pooled", Choice("open_statistics", None, COMPARED, "comparison_only")),
        (FEW, None, "auto", Choice("open_statistics", None, f"29 {NOISE} {OPEN}, or more years.", "too_few_events")),
        (FEW, PRIOR, "points", Choice("prior", None, f"29 {NOISE} the prior given, or more years.", "too_few_events")),
        (FEW, FROZEN, "points", Choice("frozen_weights", None, f"29 {NOISE} the frozen weights, or more years.",
         "too_few_events")),
        (FEW, PUBLISHED, "within_school", Choice("published_weights", None,
         f"29 {NOISE} the published weights given, or more years.", "too_few_events")),
        (None, None, "auto", Choice("open_statistics", None, f"fewer than 10 {NOISE} {OPEN}, or more years.",
         "too_few_events")),
        (ENOUGH, PRIOR, "points", Choice("own_results", "points", "30 own events in 3 cohorts carry points, as asked for.")),
        (counts(30, years=2), PRIOR, "points", Choice("prior", None,
         "Points need 3 cohorts; there are 2. Next: the prior given, or more years.", "too_few_cohorts")),
        (counts(30, years=4, factors=6), PRIOR, "points", Choice("own_results", None,
         "Points are for at most 5 factors; 6 are counted. Choose fewer.", "too_many_factors")),
        (counts(30, leavers=60), None, "auto", Choice("own_results", "within_school",
         "30 own events carry own weights; the median school has 60 leavers: within_school, at least 60.")),
        (counts(30, leavers=57), None, "auto", Choice("own_results", "between_within",
         "30 own events carry own weights; the median school has 57 leavers: between_within, under 60.")),
        (counts(30, leavers=57), PRIOR, "within_school", Choice("own_results", "within_school",
         "30 own events carry own weights; the median school has 57 leavers: within_school, as asked for.")),
        (ENOUGH, None, "between_within", Choice("own_results", "between_within",
         "30 own events carry own weights; the median school has 120 leavers: between_within, as asked for.")),
    ],
)  # fmt: skip
def test_the_choice_and_its_words(given, prior, wanted, choice):
    assert choose(given, prior=prior, wanted=wanted, minimum_events=30) == choice


def test_by_default_350_events_and_three_cohorts_are_asked_for():
    assert choose(counts(350, leavers=360)).estimator == "within_school"
    assert choose(counts(349, leavers=360)).refusal == "too_few_events"
    assert choose(counts(350, leavers=360, years=2), wanted="points").refusal == "too_few_cohorts"
    assert choose(counts(350, leavers=360, years=3), wanted="points").estimator == "points"


def test_all_leavers_not_eligible_are_no_basis():
    assert choose(ALL).reason == f"240 {NOISE.replace('30', '350')} {OPEN}, or more years."
    assert choose(ALL, minimum_events=1).refusal == "too_few_events"


def test_an_unknown_wish_names_what_there_is():
    with pytest.raises(NeedError) as told:
        choose(ENOUGH, wanted="boosting")
    assert (told.value.reason, str(told.value)) == (
        "bad_setting",
        "estimator 'boosting' is unknown; use auto or ('within_school', 'between_within', 'points', 'pooled',"
        " 'prior_weighted', 'prior')",
    )


@pytest.mark.parametrize(
    ("choice", "given", "prior", "reason", "words"),
    [
        (Choice("prior", None, "Because.", "wrong_link"), ENOUGH, PRIOR, "wrong_link", "Because."),
        (Choice("own_results", "points", ""), None, None, "bad_setting", "the estimator points needs outcome counts"),
        (Choice("prior", "prior", ""), None, None, "bad_setting", "the estimator prior needs outcome counts"),
        (Choice("own_results", "points", ""), ENOUGH, PRIOR, "bad_setting",
         "no function is given for the estimator points"),
        (Choice("prior", "prior_weighted", ""), ENOUGH, None, "bad_setting",
         "no function is given for the estimator prior_weighted"),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_run_says_why(choice, given, prior, reason, words):
    with pytest.raises(NeedError) as told:
        fit_by_choice(choice, given, prior=prior, factors=FACTORS, own={})
    assert (told.value.reason, str(told.value)) == (reason, words)


def test_weights_as_they_are_are_read_with_the_factors_and_counts_given():
    sex = [factor for factor in FACTORS if factor.name == "sex"]
    choice = choose(None, prior=PRIOR)
    fit, posterior = fit_by_choice(choice, None, prior=PRIOR, factors=sex, own={})
    assert (fit.design.factors, fit.intercept, posterior) == (tuple(sex), -2.0, None)
    fit, _ = fit_by_choice(replace(choice), counts(30), prior=PRIOR, factors=FACTORS[:5], own={})
    assert fit.calibration is not None
