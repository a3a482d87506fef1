"""The rules of a path worked by hand on four folds, and weights of a prior taken as they are, field by field."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need import Factor
from models_py.need.cells import CellCounts, cell_counts
from models_py.need.design import Design, Term
from models_py.need.folds import school_folds
from models_py.need.forward import CORE, ForwardPath, along, forward_path
from models_py.need.from_prior import fit_from_prior
from models_py.need.prior import Prior
from models_py.need.prior_text import prior_sha256

DEVIANCES = np.array(
    [[90.0, 210.0, 100.0, 390.0], [70.0, 190.0, 95.0, 372.0], [69.0, 188.0, 97.0, 372.0], [69.0, 188.0, 97.0, 372.0]]
)
PUPILS = np.array([100.0, 200.0, 100.0, 400.0])


def test_differences_are_per_leaver_and_paired_with_the_first_of_the_least():
    path = ForwardPath("school", ("a", "b", "c"), DEVIANCES, PUPILS, 1)
    assert path.minimum == 2
    first = [0.21, 0.11, 0.03, 0.045]
    second = [0.01, 0.01, -0.02, 0.0]
    assert path.paired_difference.tolist() == pytest.approx([np.mean(first), np.mean(second), 0.0, 0.0])
    errors = [np.std(step, ddof=1) / 2 for step in (first, second)]
    assert path.paired_standard_error.tolist() == pytest.approx([*errors, 0.0, 0.0])
    assert path.within_one_se.tolist() == [False, True, True, True]
    assert path.one_se == 1
    assert (type(path.minimum), type(path.one_se)) == (int, int)


def test_exactly_one_standard_error_is_within():
    # Two folds: differences 0 and 2 have the mean 1 and the standard error sqrt(2) / sqrt(2).
    path = ForwardPath("school", ("a",), np.array([[12.0, 10.0], [10.0, 10.0]]), np.array([1.0, 1.0]), 0)
    assert (path.paired_difference[0], path.paired_standard_error[0]) == (1.0, pytest.approx(1.0))
    assert path.one_se == int(path.paired_standard_error[0] < 1.0)


EDUCATION = Factor("guardian_education", ("long", "short", "missing"))
IMMIGRATION = Factor("immigration", ("born", "later", "missing"))
SEX, SAME = Factor("sex", ("girl", "boy", "missing")), Factor("same", ("one", "two", "missing"))


def counts() -> CellCounts:
    """Twelve schools; sex tells most, then education; what stands in ``same`` is sex once more."""
    keys = [(s, e, i, x) for s in range(12) for e in (0, 1) for i in (0, 1) for x in (0, 1)]
    trials = np.full(len(keys), 20)
    events = np.array([3 + 3 * e + i + 8 * x + (s % 3 == 0) for s, e, i, x in keys])
    return cell_counts(
        (EDUCATION, IMMIGRATION, SEX, SAME),
        years=[2026],
        schools=[("9999", f"{s:02d}") for s in range(12)],
        levels=np.array([[e, i, x, x] for _, e, i, x in keys]),
        year=np.zeros(len(keys), dtype=int),
        school=np.array([s for s, *_ in keys]),
        counts=(trials, events, events),
    )


def test_the_core_comes_first_then_what_tells_most_and_the_first_of_equals():
    whole, folds = counts(), school_folds(counts())
    path = forward_path(whole, folds=folds, ridge=0.5)
    assert path.factors[:3] == ("guardian_education", "immigration", "sex")
    assert (path.core_steps, path.validation, path.pupils.tolist()) == (2, "school", folds.pupils.tolist())
    assert path.deviances.shape == (5, 10)
    assert forward_path(whole, folds=folds, max_factors=2).factors == CORE
    assert forward_path(whole, folds=folds, max_factors=3).factors == (*CORE, "sex")
    free = forward_path(whole, folds=folds, core=(), max_factors=1)
    assert (free.factors, free.core_steps) == (("sex",), 0)
    again = along(whole, folds=folds, path=path, ridge=0.5)
    np.testing.assert_allclose(again.deviances, path.deviances, atol=2e-6)
    assert (again.factors, again.core_steps, again.validation) == (path.factors, 2, "school")
    np.testing.assert_allclose(along(whole, folds=folds, path=free).deviances, free.deviances, atol=2e-6)


@pytest.mark.parametrize(
    ("more", "reason", "words"),
    [
        ({"core": ("age", "sex")}, "unknown_factor", r"core factors \['age'\] are not counted; counted are"),
        ({"max_factors": 1}, "bad_setting", "max_factors is 1, fewer than the core of 2"),
        ({"max_factors": 0, "core": ()}, "bad_setting", "max_factors is 0, fewer than the core of 1"),
    ],
)
def test_a_path_that_cannot_be_walked_is_refused(more, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        forward_path(counts(), folds=school_folds(counts()), **more)
    assert caught.value.reason == reason


PRIOR = Prior(
    kind="published", label="Sex", source="made up for a test", baselines=(Term("sex", "girl"),),
    terms=(Term("sex", "boy"),), means=np.array([0.5]), covariance=np.array([[0.09]]), intercept=-2.0,
    result_years=(2021, 2022), schools=7, pupils=800, events=100, degrees_of_freedom=11.0, widening=1.25,
)  # fmt: skip


def own(*events: int) -> CellCounts:
    """One school of ten girls and ten boys, by sex and a factor the prior does not know."""
    pairs = np.array(events)
    return cell_counts(
        (SEX, SAME), years=[2026], schools=[("9999", "A")], levels=np.array([[0, 0], [1, 1]]), year=np.zeros(2, dtype=int),
        school=np.zeros(2, dtype=int), counts=(np.array([10, 10]), pairs, pairs),
    )  # fmt: skip


def test_a_prior_alone_is_a_fit_with_every_field_of_its_own():
    fit = fit_from_prior(PRIOR, factors=(SEX, SAME))
    plain = {field.name: getattr(fit, field.name) for field in fields(fit)}
    assert [plain.pop("coefficients").tolist(), plain.pop("covariance").tolist()] == [[0.5], [[0.09]]]
    assert plain == {
        "estimator": "prior", "link": "logit", "interval_rule": "as_delivered", "intercept": -2.0, "degrees_of_freedom": 11.0,
        "design": Design((SEX,), (Term("sex", "boy"),), ("girl",), (Term("sex", "missing"),)), "year_effects": (),
        "ridge": 0.0, "result_years": (2021, 2022), "municipality_codes": (), "fitted_schools": 7, "dropped_schools": (),
        "pupils": 800, "events": 100, "iterations": 0, "blocks": None, "calibration": None, "widening": 1.25,
        "outcome": "not_eligible", "random_intercept_sd": None, "prior_sha256": prior_sha256(PRIOR),
    }  # fmt: skip
    assert not fit.coefficients.flags.writeable
    assert not fit.covariance.flags.writeable


def test_what_a_publication_does_not_say_is_none_nothing_or_the_spread_assumed():
    silent = replace(
        PRIOR, schools=None, pupils=None, events=None, degrees_of_freedom=None, covariance=None, widening=1.0
    )
    fit = fit_from_prior(silent, factors=(SEX,))
    assert (fit.fitted_schools, fit.pupils, fit.events, fit.degrees_of_freedom) == (0, 0, 0, math.inf)
    assert fit.covariance.tolist() == [[0.04]]


@pytest.mark.parametrize(("events", "used"), [((0, 0), False), ((0, 1), True), ((10, 9), True), ((10, 10), False)])
def test_own_results_set_the_intercept_where_both_outcomes_occur(events: tuple[int, int], used: bool):
    fit = fit_from_prior(PRIOR, factors=(SEX, SAME), counts=own(*events))
    assert (fit.calibration is not None) == used
    if not used:
        assert fit.intercept == -2.0
        return
    assert 10 * expit(fit.intercept) + 10 * expit(fit.intercept + 0.5) == pytest.approx(sum(events), abs=1e-7)
    assert fit.calibration.levels.tolist() == [[0], [1]]
    assert fit.intercept != logit(sum(events) / 20)


def test_points_of_a_prior_are_moved_by_the_mean_distance():
    points = replace(PRIOR, link="identity", means=np.array([0.1]), intercept=0.3)
    # Six of twenty, and ten boys at 0.1 more: (6 - 1) / 20.
    assert fit_from_prior(points, factors=(SEX,), counts=own(2, 4)).intercept == 0.25
    assert fit_from_prior(points, factors=(SEX,)).intercept == 0.3
