"""Newly arrived, worked out by hand: levels and weights of a handful, every border, and the refusals in full."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need import FACTORS
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import Design, Term
from models_py.need.fit import Calibration, NeedFit
from models_py.need.newly_arrived import (
    NewlyArrivedFit,
    fit_newly_arrived,
    heads_by_step,
    newly_arrived_weights,
    refuse_both,
    split_newly_arrived,
)

IMMIGRATION, SEX = FACTORS[1], FACTORS[4]
OTHERS = NeedFit(
    estimator="within_school", link="logit", intercept=-2.0,
    design=Design((IMMIGRATION, SEX), (Term("immigration", "years_0_to_3"), Term("sex", "boy")),
                  ("born_in_sweden", "girl"), ()),
    coefficients=np.array([9.0, 0.5]), covariance=np.eye(2), interval_rule="school_jackknife", degrees_of_freedom=3.0,
    year_effects=((2025, 0.0),), ridge=0.05, result_years=(2025,), municipality_codes=("9999",), fitted_schools=4,
    dropped_schools=(), pupils=40, events=8, iterations=3, blocks=None,
    calibration=Calibration(np.array([[0, 0], [0, 1], [3, 1]]), np.array([10, 20, 10]), 8.0),
)  # fmt: skip


def counts(girls: tuple[int, int], boys: tuple[int, int]) -> CellCounts:
    """One school: (leavers, not eligible) of girls and of boys, all of whom came lately."""
    pairs = np.array([girls, boys])
    return cell_counts(
        (SEX, IMMIGRATION)[::-1],
        years=(2025,),
        schools=[("9999", "s")],
        levels=np.array([[3, 0], [3, 1]]),
        year=np.zeros(2, dtype=int),
        school=np.zeros(2, dtype=int),
        counts=(pairs[:, 0], pairs[:, 1], pairs[:, 1]),
    )


def test_without_leavers_the_level_is_that_of_the_others_at_the_mean_of_their_calibration():
    """The weight of immigration plays no part: (20 + 10) of 40 are boys, mean score .375."""
    assert fit_newly_arrived(None, others=OTHERS) == NewlyArrivedFit(
        -1.625, 0.5, 0.5, 0.375, "prior", "as_others", 0, 0
    )
    assert fit_newly_arrived(None, others=replace(OTHERS, calibration=None), prior_mean=0.25, prior_sd=0.125) == (
        NewlyArrivedFit(-2.0, 0.25, 0.125, 0.0, "prior", "as_others", 0, 0)
    )


def test_few_leavers_set_the_level_alone_with_half_a_pupil_on_both_sides():
    """All girls: one score, so the level is the logit of (3 + .5) / (29 + 1)."""
    found = fit_newly_arrived(counts((29, 3), (0, 0)), others=OTHERS)
    assert found == NewlyArrivedFit(
        pytest.approx(logit(3.5 / 30), abs=1e-10), 0.5, 0.5, 0.0, "prior", "smoothed", 29, 3
    )
    both = fit_newly_arrived(counts((4, 1), (12, 3)), others=OTHERS, prior_mean=2.0)
    assert both.score_mean == 0.375
    mean = 4 * expit(both.level - 0.75) + 12 * expit(both.level + 0.25)
    assert mean == pytest.approx(16 * 4.5 / 17, abs=1e-8)


@pytest.mark.parametrize(
    ("girls", "boys", "rule"),
    [((15, 3), (15, 4), "fitted"), ((15, 3), (14, 4), "smoothed"), ((15, 0), (15, 0), "smoothed"),
     ((15, 15), (15, 15), "smoothed"), ((15, 0), (15, 1), "fitted"), ((15, 15), (15, 14), "fitted")],
)  # fmt: skip
def test_thirty_leavers_with_both_outcomes_have_a_slope_of_their_own(girls, boys, rule):
    found = fit_newly_arrived(counts(girls, boys), others=OTHERS)
    assert (found.level_rule, found.slope_rule) == (rule, "fitted" if rule == "fitted" else "prior")
    assert (found.leavers, found.not_eligible) == (girls[0] + boys[0], girls[1] + boys[1])


def test_the_least_number_of_leavers_is_a_setting():
    assert fit_newly_arrived(counts((3, 1), (3, 2)), others=OTHERS, minimum_leavers=6).slope_rule == "fitted"
    assert fit_newly_arrived(counts((3, 1), (3, 2)), others=OTHERS, minimum_leavers=7).slope_rule == "prior"


def test_the_line_is_stationary_and_its_error_is_that_of_the_curvature():
    found = fit_newly_arrived(counts((40, 10), (60, 30)), others=OTHERS, prior_mean=0.25, prior_sd=0.8)
    x = np.array([-0.3, 0.2])
    trials, events = np.array([40, 60]), np.array([10, 30])
    share = expit(found.level + found.slope * x)
    assert (events - trials * share).sum() == pytest.approx(0, abs=1e-7)
    assert x @ (events - trials * share) == pytest.approx((found.slope - 0.25) / 0.64, abs=1e-7)
    weights = trials * share * (1 - share)
    hessian = np.array([[weights.sum(), weights @ x], [weights @ x, weights @ x**2 + 1 / 0.64]])
    assert found.slope_standard_error == pytest.approx(np.sqrt(np.linalg.inv(hessian)[1, 1]), abs=1e-8)
    assert (found.score_mean, found.leavers, found.not_eligible) == (0.3, 100, 40)


def test_a_line_far_from_the_prior_is_reached_in_limited_steps_or_given_up():
    steep = replace(OTHERS, coefficients=np.array([9.0, 0.1]))
    found = fit_newly_arrived(counts((500, 5), (500, 495)), others=steep, prior_sd=1e4)
    assert found.slope * 0.1 == pytest.approx(2 * logit(0.99), rel=1e-4)
    with pytest.raises(NeedError, match=r"^the risk of newly arrived did not settle; check their outcomes$") as told:
        fit_newly_arrived(
            counts((500, 5), (500, 495)), others=replace(OTHERS, coefficients=np.array([9.0, 0.01])), prior_sd=1e4
        )
    assert told.value.reason == "no_convergence"


def rows(*pupils: tuple[str, str, str, int | None, int]) -> pd.DataFrame:
    columns = ["count_date", "school_unit_code", "sex", "schooling_year", "pupil_count"]
    return pd.DataFrame(pupils, columns=columns).assign(municipality_code="9999", immigration="years_0_to_3")


HEADS = rows(
    ("2026-10-15", "b", "boy", 1, 2), ("2026-10-15", "b", "girl", 4, 1), ("2026-10-15", "a", "girl", 2, 3),
    ("2026-10-15", "a", "girl", 3, 1), ("2025-10-15", "b", "girl", 1, 5), ("2025-10-15", "c", "boy", 1, 0),
)  # fmt: skip


def test_weights_are_the_unit_s_mean_risk_by_that_of_all_heads_of_the_date():
    fit = NewlyArrivedFit(-1.0, 2.0, 0.1, 0.25, "prior", "smoothed", 0, 0)
    found = newly_arrived_weights(fit, HEADS, others=OTHERS)
    girl, boy = expit(-1.0 - 0.5), expit(-1.0 + 2.0 * 0.25)
    share = np.round([girl, girl, (2 * boy + girl) / 3], 9)
    mean = (4 * share[1] + 3 * share[2]) / 7
    assert list(found.columns) == [
        "municipality_code", "count_date", "school_unit_code", "head_count", "heads_year_1", "heads_year_2",
        "heads_year_3", "heads_year_4", "need_share", "head_weight",
    ]  # fmt: skip
    assert found["school_unit_code"].tolist() == ["b", "a", "b"]
    assert found["need_share"].tolist() == share.tolist()
    assert found["head_weight"].tolist() == pytest.approx([1.0, share[1] / mean, share[2] / mean], rel=1e-14)
    assert found["head_weight"].tolist()[0] == 1.0
    assert found["head_count"].tolist() == [5, 4, 3]


def test_heads_by_step_whole():
    found = heads_by_step(HEADS)
    assert found.to_dict("list") == {
        "municipality_code": ["9999"] * 3,
        "count_date": ["2025-10-15", "2026-10-15", "2026-10-15"],
        "school_unit_code": ["b", "a", "b"],
        "head_count": [5, 4, 3],
        "heads_year_1": [5, 0, 2],
        "heads_year_2": [0, 3, 0],
        "heads_year_3": [0, 1, 0],
        "heads_year_4": [0, 0, 1],
    }
    assert found.dtypes[3:].eq(np.int64).all()


@pytest.mark.parametrize("stored", ["int64", "Int64", "float64"])
def test_a_split_puts_step_0_to_the_others_and_1_to_4_to_the_newly_arrived(stored):
    table = pd.DataFrame({"schooling_year": pd.array([0, 1, 4, 0], dtype=stored), "n": [1, 2, 3, 4]})
    others, newly = split_newly_arrived(table)
    assert (others["n"].tolist(), others.index.tolist()) == ([1, 4], [0, 1])
    assert (newly["n"].tolist(), newly.index.tolist()) == ([2, 3], [0, 1])
    assert [len(part) for part in split_newly_arrived(table.iloc[:0])] == [0, 0]


@pytest.mark.parametrize(
    ("call", "reason", "words"),
    [
        (lambda: split_newly_arrived(HEADS.drop(columns="schooling_year")), "missing_columns",
         "counts: columns ['schooling_year'] are missing; deliver them"),
        (lambda: split_newly_arrived(HEADS.assign(schooling_year=[0, 1, 5, -1, 4, 4])), "bad_schooling_year",
         "counts: 2 rows have a schooling_year outside 0..4; correct the first day of school here"),
        (lambda: heads_by_step(HEADS.assign(schooling_year=[0, 1, 5, 4, "x", 4])), "bad_schooling_year",
         "newly arrived pupils: 3 rows have a schooling_year outside 1..4, first units ['a', 'b']; they are not newly"
         " arrived, or their first day of school here is wrong"),
        (lambda: heads_by_step(HEADS.assign(schooling_year=5, school_unit_code=list("edcbaf"))), "bad_schooling_year",
         "newly arrived pupils: 5 rows have a schooling_year outside 1..4, first units ['a', 'b', 'c']; they are not"
         " newly arrived, or their first day of school here is wrong"),
        (lambda: heads_by_step(HEADS.drop(columns="pupil_count")), "missing_columns",
         "newly arrived pupils: columns ['pupil_count'] are missing; deliver them"),
        (lambda: fit_newly_arrived(None, others=replace(OTHERS, link="identity")), "wrong_link",
         "the score of newly arrived is in log-odds; the others' fit holds points"),
        (lambda: fit_newly_arrived(None, others=replace(OTHERS, outcome="merit_value")), "no_need_share",
         "a fit of merit_value gives points, not a share of pupils; need and its index are not defined on it"),
        (lambda: newly_arrived_weights(fit_newly_arrived(None, others=OTHERS), HEADS,
                                       others=replace(OTHERS, link="identity")), "wrong_link",
         "the score of newly arrived is in log-odds; the others' fit holds points"),
        (lambda: fit_newly_arrived(None, others=OTHERS, prior_sd=0), "bad_setting",
         "prior_sd is 0; it must be above zero"),
        (lambda: fit_newly_arrived(None, others=OTHERS, prior_sd=math.nan), "bad_setting",
         "prior_sd is nan; it must be above zero"),
        (lambda: refuse_both("both", has_per_head_pot=True), "bad_setting",
         "newly arrived: 'both' is not in_index or per_head"),
        (lambda: refuse_both("in_index", has_per_head_pot=True), "newly_arrived_paid_twice",
         "newly arrived stand in the index and in a pot per head; drop the pot, or set newly arrived to per_head"),
        (lambda: refuse_both("per_head", has_per_head_pot=False), "newly_arrived_not_paid",
         "newly arrived are taken out of the index and no pot per head is set; add the pot, or set them to in_index"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong(call, reason, words):
    with pytest.raises(NeedError) as told:
        call()
    assert (told.value.reason, str(told.value)) == (reason, words)
