"""What each fold holds out, on counts small enough to see; and the pooled logit behind the choice of factors."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.fold_logit import fit_folds, varying_factors
from models_py.need.folds import Folds, cohort_folds, school_folds

SEX, BAND = Factor("sex", ("girl", "boy", "missing")), Factor("band", ("low", "mid", "high", "missing"))


def counts(*, schools: int = 3, years: int = 2, events: int = 2) -> CellCounts:
    """Every school, year and sex: ``place + 4`` leavers; band is always mid."""
    keys = [(s, y, x) for s in range(schools) for y in range(years) for x in (0, 1)]
    trials = np.array([4 + place for place in range(len(keys))])
    sums = np.array([events + x for _, _, x in keys])
    return cell_counts(
        (SEX, BAND),
        years=[2025, 2026][:years],
        schools=[("9999", f"{s}") for s in range(schools)],
        levels=np.array([[x, 1] for _, _, x in keys]),
        year=np.array([y for _, y, _ in keys]),
        school=np.array([s for s, _, _ in keys]),
        counts=(trials, sums, sums),
    )


def test_cohorts_hold_out_their_own_leavers_of_every_cell():
    found = cohort_folds(counts())
    assert found.validation == "cohort"
    # Cells ascend by sex, then year; leavers of girls 2025: 4 + 8 + 12, boys one more each, 2026 two more each.
    assert found.trials.tolist() == [[24, 0, 27, 0], [0, 30, 0, 33]]
    assert found.events.tolist() == [[6, 0, 9, 0], [0, 6, 0, 9]]
    assert found.pupils.tolist() == [51, 63]


def test_schools_are_dealt_in_the_order_of_the_hash_of_their_codes():
    order = sorted(range(3), key=lambda s: hashlib.sha256(f"9999/{s}".encode()).hexdigest())
    of_school = [[4, 6, 5, 7], [8, 10, 9, 11], [12, 14, 13, 15]]
    found = school_folds(counts())
    assert (found.validation, found.trials.tolist()) == ("school", [of_school[s] for s in order])
    assert found.events.tolist() == [[2, 2, 3, 3]] * 3
    two = school_folds(counts(), folds=2)
    assert two.trials.tolist() == [np.add(of_school[order[0]], of_school[order[2]]).tolist(), of_school[order[1]]]
    assert len(school_folds(counts(schools=12)).trials) == 10


@pytest.mark.parametrize(
    ("make", "reason", "words"),
    [
        (lambda: school_folds(counts(), folds=1), "bad_setting", "folds is 1; two are needed"),
        (lambda: school_folds(counts(schools=1)), "too_few_schools", "1 school has leavers"),
        (lambda: cohort_folds(counts(years=1)), "too_few_cohorts", "results of 2025 only"),
    ],
)
def test_folds_need_something_to_leave_out(make, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        make()
    assert caught.value.reason == reason


def one_cell(events: list[int], trials: list[int]) -> CellCounts:
    zeros = np.zeros(len(trials), dtype=int)
    schools = [("9999", f"{s}") for s in range(len(trials))]
    pairs = (np.array(trials), np.array(events), np.array(events))
    return cell_counts(
        (SEX,),
        years=[2026],
        schools=schools,
        levels=zeros[:, None],
        year=zeros,
        school=np.arange(len(trials)),
        counts=pairs,
    )


@pytest.mark.parametrize("events", [[0, 0, 3], [5, 5, 2]])
def test_what_is_left_without_a_fold_has_both_outcomes_or_is_refused(events: list[int]):
    with pytest.raises(
        NeedError, match="without 1 of the 3 school folds all or none of the leavers are eligible"
    ) as caught:
        school_folds(one_cell(events, [5, 5, 5]))
    assert caught.value.reason == "too_few_events"
    assert school_folds(one_cell([0, 1, 3], [5, 5, 5])).trials.shape == (3, 1)


def test_a_factor_varies_where_two_levels_have_leavers():
    assert varying_factors(counts()) == (0,)
    # A cell that no school is left with does not make a factor vary.
    alone = cell_counts(
        (SEX,), years=[2026], schools=[("9999", "A"), ("9999", "B")], levels=np.array([[0], [1]]), year=np.zeros(2, int),
        school=np.arange(2), counts=(np.array([3, 4]), np.array([1, 1]), np.array([1, 1])),
    )  # fmt: skip
    assert varying_factors(alone) == (0,)
    for kept in ([True, False], [False, True]):
        assert varying_factors(alone.of_schools(np.array(kept))) == ()


def penalised(x, trials, events, ridge) -> np.ndarray:
    """Newton by the book, one fold at a time, the intercept free."""
    slopes = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 0.0
    for _ in range(100):
        mean = expit(x @ slopes)
        hessian = x.T @ ((trials * mean * (1 - mean))[:, None] * x) + np.diag(penalty)
        slopes = slopes + np.linalg.solve(hessian, x.T @ (events - trials * mean) - penalty * slopes)
    return slopes


def test_each_fold_is_fitted_without_its_own_leavers_and_scored_on_them():
    found, folds = fit_folds(counts(), folds=cohort_folds(counts()), columns=[0], ridge=0.5), cohort_folds(counts())
    # Cells: girls 2025, girls 2026, boys 2025, boys 2026; columns: intercept, a column per year, boys.
    x = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 1, 1]], dtype=float)
    for fold in range(2):
        others = 1 - fold
        slopes = penalised(x, folds.trials[others], folds.events[others], 0.5)
        np.testing.assert_allclose(found.slopes[fold], slopes, atol=1e-9)
        p = expit(x @ slopes)
        held = folds.events[fold] @ np.log(p) + (folds.trials[fold] - folds.events[fold]) @ np.log(1 - p)
        assert found.deviances[fold] == pytest.approx(-2 * held, abs=2e-6)
    assert (found.deviances == np.round(found.deviances, 6)).all()


def test_without_factors_one_level_per_year_is_fitted_and_a_warm_start_ends_in_the_same_place():
    whole, folds = counts(), school_folds(counts())
    bare = fit_folds(whole, folds=folds, columns=[], ridge=1e-9)
    assert bare.slopes.shape == (3, 3)
    for fold in range(3):
        trials, events = folds.trials.sum(axis=0) - folds.trials[fold], folds.events.sum(axis=0) - folds.events[fold]
        for year in range(2):
            share = events[[year, year + 2]].sum() / trials[[year, year + 2]].sum()
            assert bare.slopes[fold, 0] + bare.slopes[fold, 1 + year] == pytest.approx(logit(share), abs=1e-6)
    cold = fit_folds(whole, folds=folds, columns=[0], ridge=0.05)
    warm = fit_folds(whole, folds=folds, columns=[0], ridge=0.05, start=bare.slopes)
    np.testing.assert_allclose(warm.slopes, cold.slopes, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "reason", "words"),
    [
        ({"ridge": 0.0}, "bad_setting", "ridge is 0.0; choosing factors needs one above zero"),
        ({"ridge": float("nan")}, "bad_setting", "ridge is nan"),
        ({"ridge": 0.1, "max_iterations": 1}, "no_convergence", "did not settle in 1 iterations"),
    ],
)
def test_a_fit_of_folds_needs_a_ridge_and_time(arguments, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        fit_folds(counts(), folds=school_folds(counts()), columns=[0], **arguments)
    assert caught.value.reason == reason


def test_leavers_held_out_are_those_of_the_cells():
    folds = Folds("school", np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2)))
    assert folds.pupils.tolist() == [3.0, 7.0]


@pytest.mark.parametrize("far", [-800.0, 800.0])
def test_a_start_where_every_chance_is_nought_or_one_finds_its_way_back(far):
    whole, folds = counts(), cohort_folds(counts())
    cold = fit_folds(whole, folds=folds, columns=[0], ridge=0.05)
    back = fit_folds(
        whole, folds=folds, columns=[0], ridge=0.05, start=np.full((len(folds.trials), 1), far), max_iterations=1000
    )
    assert back.slopes == pytest.approx(cold.slopes, abs=1e-8)
