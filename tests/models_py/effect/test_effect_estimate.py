"""The effect of the dose is found where it is, its interval keeps its promise with few schools, and checks see what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.effect_worlds import FIRST_YEAR, false_shares, reform
from models_py.effect import (
    cluster_regression,
    effect_panel,
    event_study,
    exposure,
    instrumented_effect,
    linear_formula,
    pre_trend,
    simulated_dose,
    trend_robust_effect,
    wild_p_value,
    within_effect,
)
from models_py.effect.panel import panel_table, two_way
from models_py.errors import EffectError


@pytest.fixture(scope="module")
def fifteen():
    return reform(15, seed=4, effect=0.02).panel


@pytest.fixture(scope="module")
def patchy(fifteen):
    """A panel in which a third of the school years are missing."""
    table = panel_table(fifteen)
    return effect_panel(table[(np.arange(len(table)) * 7) % 10 >= 3])


def test_freeing_of_school_and_year_equals_residuals_on_dummies(patchy):
    dummies = np.hstack(
        [
            patchy.school[:, None] == np.arange(len(patchy.schools)),
            patchy.year[:, None] == np.arange(1, len(patchy.years)),
        ]
    ).astype(float)
    expected = sm.OLS(patchy.outcome, dummies).fit().resid
    np.testing.assert_allclose(two_way(patchy.outcome, patchy), expected, atol=1e-12)


def test_cr2_and_its_degrees_of_freedom_equal_the_formula_by_hand(patchy):
    z, y = two_way(patchy.dose, patchy), two_way(patchy.outcome, patchy)
    square = z @ z
    slope = z @ y / square
    own = np.eye(len(patchy.schools))[patchy.school]
    h, u = own.T @ z**2 / square, own.T @ (z * (y - slope * z))
    a = (1 - h) ** -0.5
    variance = ((a * u) ** 2).sum() / square**2
    m = np.outer(a, a) * (np.diag(h) - np.outer(h, h))
    fit = cluster_regression(z[:, None], y=y, starts=patchy.starts)
    assert fit.coefficients[0] == pytest.approx(slope)
    assert fit.covariance[0, 0] == pytest.approx(variance)
    assert fit.degrees_of_freedom[0] == pytest.approx(np.trace(m) ** 2 / (m**2).sum())


def test_several_columns_equal_dense_cr2(patchy):
    x = two_way(np.column_stack([patchy.dose, patchy.dose * patchy.year]), patchy)
    y = two_way(patchy.outcome, patchy)
    bread = np.linalg.inv(x.T @ x)
    e = y - x @ (bread @ x.T @ y)
    hat, meat, halves = x @ bread @ x.T, 0.0, []
    for school in range(len(patchy.schools)):
        at = np.flatnonzero(patchy.school == school)
        values, vectors = np.linalg.eigh(np.eye(len(at)) - hat[np.ix_(at, at)])
        half = (vectors / np.sqrt(values)) @ vectors.T
        score = x[at].T @ half @ e[at]
        meat = meat + np.outer(score, score)
        halves.append((np.eye(len(y)) - hat)[:, at] @ half @ x[at] @ bread)
    p = np.array([[g[:, 1] @ k[:, 1] for k in halves] for g in halves])
    fit = cluster_regression(x, y=y, starts=patchy.starts)
    np.testing.assert_allclose(fit.covariance, bread @ meat @ bread, rtol=1e-8)
    assert fit.degrees_of_freedom[1] == pytest.approx(np.trace(p) ** 2 / (p**2).sum())


def test_a_true_zero_is_called_an_effect_five_times_in_a_hundred_at_six_schools():
    found = false_shares(6)
    assert 0.02 <= found["cr2"] <= 0.08
    assert found["cr1_z"] > 0.14  # the sandwich that most packages print, with normal limits


def test_the_wild_bootstrap_agrees_with_the_interval(fifteen):
    nothing, much = reform(15, seed=5).panel, reform(15, seed=5, effect=0.2).panel
    assert wild_p_value(nothing, draws=399, seed=1) > 0.05
    assert wild_p_value(much, draws=399, seed=1) < 0.05
    assert wild_p_value(fifteen, draws=399, seed=1) == wild_p_value(fifteen, draws=399, seed=1)


def test_the_simulated_dose_finds_the_effect_and_cross_sections_find_harm():
    found, instrumented, across = [], [], []
    for seed in range(12):
        panel = reform(300, seed=seed, effect=0.003, harm=0.4).panel
        table = panel_table(panel).query("result_year == 2025")
        across.append(np.polyfit(table["received_kkr"], table["outcome"], 1)[0])
        panel = reform(300, seed=seed, effect=0.003).panel
        found.append(within_effect(panel).estimate)
        instrumented.append(instrumented_effect(panel)[0].estimate)
    assert np.mean(found) == pytest.approx(0.003, abs=0.0025)
    assert np.mean(instrumented) == pytest.approx(np.mean(found), abs=0.0005)
    assert np.mean(across) < -0.02


def test_trends_that_differ_deceive_the_estimate_but_neither_the_test_nor_the_robust_one():
    drifting, calm = reform(300, seed=1, effect=0.003, trend=0.03).panel, reform(300, seed=1, effect=0.003).panel
    assert within_effect(drifting).estimate > 0.02
    assert pre_trend(drifting, first_year=FIRST_YEAR).p_value < 0.01
    assert pre_trend(calm, first_year=FIRST_YEAR).p_value > 0.05
    robust = trend_robust_effect(drifting, first_year=FIRST_YEAR)
    assert robust.interval_lower < 0.003 < robust.interval_upper < 0.02


def test_the_event_study_is_flat_before_and_steps_up_after():
    events = event_study(reform(300, seed=2, effect=0.05).panel, first_year=FIRST_YEAR).set_index("result_year")
    before, after = events.loc[: FIRST_YEAR - 2], events.loc[FIRST_YEAR:]
    assert events.loc[FIRST_YEAR - 1, "is_reference"]
    assert ((before["interval_lower"] < 0) & (before["interval_upper"] > 0)).all()
    assert (after["interval_lower"] > 0.02).all()


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(order):
    table = panel_table(reform(8, seed=3, effect=0.01).panel)
    places = list(range(len(table)))
    order.shuffle(places)
    assert within_effect(effect_panel(table.iloc[places])) == within_effect(effect_panel(table))


def test_the_dose_moves_only_with_the_formula():
    base = pd.DataFrame({"school_unit_code": ["b", "a", "c"], "need_index": [150.0, 50.0, 100.0]})
    dose = simulated_dose(base, formulas={2022: linear_formula(0.08), 2021: linear_formula(0.03)})
    assert list(dose["dose_kkr"]) == pytest.approx([1.5, 4.0, 4.5, 12.0, 3.0, 8.0])
    panel = effect_panel(dose.assign(outcome=0.0, pupil_count=20))
    np.testing.assert_allclose(exposure(panel, first_year=2022), [2.5, 7.5, 5.0])


def broken(change):
    return change(panel_table(reform(6, seed=1).panel))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.drop(columns="outcome"), "missing_column"),
        (lambda t: t.assign(outcome=t["outcome"].where(t.index > 0)), "empty_value"),
        (lambda t: pd.concat([t, t.head(1)]), "duplicate_key"),
        (lambda t: t.assign(pupil_count=0), "no_pupils"),
        (lambda t: t[t["school_unit_code"] < "00002"], "too_few_schools"),
    ],
)
def test_a_faulty_panel_is_refused(change, reason):
    with pytest.raises(EffectError) as refused:
        effect_panel(broken(change))
    assert refused.value.reason == reason


def test_a_dose_that_moves_alike_for_all_or_in_one_school_alone_is_refused():
    same = effect_panel(broken(lambda t: t.assign(dose_kkr=t["result_year"] * 1.0)))
    alone = np.where(same.school == 0, same.year * 1.0, 0.0)
    with pytest.raises(EffectError) as refused:
        within_effect(same)
    assert refused.value.reason == "no_variation"
    with pytest.raises(EffectError) as refused:
        cluster_regression(
            (alone - alone.mean())[:, None] * (same.school == 0)[:, None], y=same.outcome, starts=same.starts
        )
    assert refused.value.reason == "one_school"
