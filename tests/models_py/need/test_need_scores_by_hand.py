"""From weights to units, worked out by hand: cells, shares, intervals, draws, risk cells and merit of a tiny register."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit

from models_py.errors import NeedError
from models_py.need import FACTORS, need_index, predict_from_counts, predict_merit
from models_py.need import register as register_module
from models_py.need.design import Design, Term
from models_py.need.fit import Calibration, NeedFit, SchoolBlocks
from models_py.need.register import intercepts_of, register_cells, unit_shares
from models_py.need.replicates import draw_slopes, index_replicates
from models_py.need.risk_cells import risk_cells
from models_py.need.scoring import UnfittedLevel, predicted_share
from models_py.need.uncertainty import COLUMNS, index_intervals

IMMIGRATION, SEX = FACTORS[1], FACTORS[4]
FIT = NeedFit(
    estimator="within_school", link="logit", intercept=-1.0,
    design=Design((IMMIGRATION, SEX), (Term("immigration", "years_0_to_3"), Term("sex", "boy")),
                  ("born_in_sweden", "girl"), (Term("immigration", "years_4_to_8"), Term("sex", "missing"))),
    coefficients=np.array([2.0, 0.5]), covariance=np.array([[0.04, 0.01], [0.01, 0.09]]),
    interval_rule="school_jackknife", degrees_of_freedom=3.0, year_effects=((2025, 0.0),), ridge=0.05,
    result_years=(2025,), municipality_codes=("9999",), fitted_schools=4, dropped_schools=(), pupils=40, events=8,
    iterations=3, blocks=None, calibration=None,
)  # fmt: skip
CALIBRATED = replace(FIT, calibration=Calibration(np.array([[0, 0], [3, 1]]), np.array([30, 10]), 12.0))
ROWS = [
    ("2026-10-15", "b", "born_in_sweden", "boy", 3), ("2026-10-15", "b", "years_0_to_3", "girl", 1),
    ("2026-10-15", "a", "born_in_sweden", "girl", 2), ("2026-10-15", "a", "years_4_to_8", "girl", 2),
    ("2026-10-15", "c", "years_0_to_3", "missing", 6), ("2025-10-15", "a", "years_0_to_3", "boy", 5),
]  # fmt: skip
REGISTER = pd.DataFrame(
    ROWS, columns=["count_date", "school_unit_code", "immigration", "sex", "pupil_count"]
).assign(municipality_code="9999")  # fmt: skip
GIRL, BOY, LATE, LATE_BOY = (expit(score) for score in (-1.0, -0.5, 1.0, 1.5))
SHARES = np.round([LATE_BOY, GIRL, (3 * BOY + LATE) / 4, LATE], 9)


def test_the_need_of_every_unit_and_the_levels_nobody_was_fitted_on():
    found = predict_from_counts(FIT, REGISTER)
    expected = {
        "municipality_code": ["9999"] * 4,
        "count_date": ["2025-10-15"] + ["2026-10-15"] * 3,
        "school_unit_code": ["a", "a", "b", "c"],
        "basis": ["pupil_level"] * 4,
        "pupil_count": [5, 4, 4, 6],
        "need_share": SHARES.tolist(),
    }
    table = found.table
    assert list(table.columns) == [*expected, "need_share_lower", "need_share_upper"]
    assert table[list(expected)].to_dict("list") == expected
    assert table["pupil_count"].dtype == np.int64
    assert table[["need_share_lower", "need_share_upper"]].isna().all(axis=None)
    assert found.unfitted_levels == (
        UnfittedLevel("immigration", "years_4_to_8", "born_in_sweden", 2),
        UnfittedLevel("sex", "missing", "girl", 6),
    )
    assert [type(level.pupils) for level in found.unfitted_levels] == [int, int]
    nobody = predict_from_counts(FIT, REGISTER[REGISTER["school_unit_code"] == "b"])
    assert nobody.unfitted_levels == ()


def test_points_are_clipped_to_a_share_and_merit_is_not():
    points = replace(FIT, link="identity", intercept=0.25)
    assert predicted_share(points, np.array([[0, 0], [0, 1], [3, 0]])).tolist() == [0.25, 0.75, 1.0]
    assert predicted_share(replace(points, intercept=-0.25), np.array([[0, 0]])).tolist() == [0.0]
    merit = replace(points, outcome="merit_value", intercept=200.0, coefficients=np.array([-300.0, 10.0]))
    found = predict_merit(merit, REGISTER)
    assert found["expected_merit_value"].tolist() == [-90.0, 200.0, (3 * 210 - 100) / 4, -100.0]
    assert found["pupil_count"].tolist() == [5, 4, 4, 6]


@pytest.mark.parametrize(
    ("call", "reason", "words"),
    [
        (lambda: predict_merit(FIT, REGISTER), "no_merit_value",
         "the fit is not of merit value; fit points with that outcome"),
        (lambda: predict_from_counts(replace(FIT, outcome="merit_value"), REGISTER), "no_need_share",
         "the fit is of merit_value, which has no need share; fit not_eligible for the index"),
        (lambda: unit_shares(replace(FIT, outcome="merit_value"), register_cells(FIT.design, REGISTER), np.eye(2)),
         "no_need_share",
         "a fit of merit_value gives points, not a share of pupils; need and its index are not defined on it"),
        (lambda: predict_from_counts(FIT, REGISTER.drop(columns="sex")), "missing_columns",
         "register counts: columns ['sex'] are missing; deliver them"),
        (lambda: register_cells(FIT.design, REGISTER.drop(columns="sex")), "missing_columns",
         "register counts: columns ['sex'] are missing; deliver them"),
        (lambda: risk_cells(FIT, REGISTER.drop(columns="sex")), "missing_columns",
         "register counts: columns ['sex'] are missing; deliver them"),
        (lambda: index_replicates(FIT, REGISTER, seed=1, draws=1), "too_few_draws",
         "1 draws have no spread; ask for two or more"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused_in_words(call, reason, words):
    with pytest.raises(NeedError) as told:
        call()
    assert (told.value.reason, str(told.value)) == (reason, words)


def test_a_register_as_cells_and_parts():
    found = register_cells(FIT.design, REGISTER)
    assert found.levels.tolist() == [[0, 0], [0, 1], [2, 0], [3, 0], [3, 1], [3, 2]]
    assert found.parts.toarray().tolist() == [
        [0, 0, 0, 0, 1, 0], [0.5, 0, 0.5, 0, 0, 0], [0, 0.75, 0, 0.25, 0, 0], [0, 0, 0, 0, 0, 1],
    ]  # fmt: skip
    assert found.units.to_dict("list") == {
        "municipality_code": ["9999"] * 4,
        "count_date": ["2025-10-15"] + ["2026-10-15"] * 3,
        "school_unit_code": ["a", "a", "b", "c"],
        "pupil_count": [5, 4, 4, 6],
    }
    assert found.units["pupil_count"].dtype == np.int64


SLOPES = np.array([[2.0, 0.5], [0.0, 0.0], [-1.0, 3.0]])


@pytest.mark.parametrize("fit", [FIT, CALIBRATED])
@pytest.mark.parametrize("at_a_time", [1, 6, 13, 10_000])
def test_every_set_of_weights_has_its_own_intercept_and_shares_however_many_are_held_at_a_time(
    fit, at_a_time, monkeypatch
):
    monkeypatch.setattr(register_module, "CHUNK_VALUES", at_a_time)
    cells = register_cells(FIT.design, REGISTER)
    found = unit_shares(fit, cells, SLOPES)
    assert found.shape == (4, 3)
    for column, slopes in enumerate(SLOPES):
        a = intercepts_of(fit, slopes[:, None])
        each = expit(a + FIT.design.matrix(cells.levels) @ slopes)
        np.testing.assert_allclose(found[:, column], cells.parts @ each, atol=1e-12)


def test_the_intercept_is_that_of_the_fit_or_meets_the_calibration():
    assert intercepts_of(FIT, SLOPES.T).tolist() == [-1.0, -1.0, -1.0]
    found = intercepts_of(CALIBRATED, SLOPES.T)
    assert found[1] == pytest.approx(logit(0.3), abs=1e-12)
    np.testing.assert_allclose(30 * expit(found) + 10 * expit(found + SLOPES.sum(axis=1)), 12, atol=1e-10)


@pytest.mark.parametrize("seed", [3, 4])
def test_weights_without_blocks_are_drawn_from_their_covariance(seed):
    found, source = draw_slopes(replace(FIT, widening=1.5), seed=seed, draws=4)
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal((4, 2))
    values, vectors = np.linalg.eigh(FIT.covariance)
    root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
    assert source == "normal_approximation"
    np.testing.assert_allclose(found, FIT.coefficients + 1.5 * noise @ root, atol=1e-12)


def test_a_covariance_without_width_in_one_direction_draws_along_the_other():
    found, _ = draw_slopes(replace(FIT, covariance=np.array([[0.04, -0.04], [-0.04, 0.04]])), seed=1, draws=50)
    np.testing.assert_allclose(found.sum(axis=1), 2.5, atol=1e-8)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("rule", "source"),
    [("school_jackknife", "school_bootstrap"), ("school_cluster", "school_bootstrap"),
     ("approximate_posterior", "normal_approximation"), ("as_delivered", "normal_approximation")],
)  # fmt: skip
def test_schools_are_drawn_where_they_stand_behind_the_interval(rule, source):
    """Two schools with the same Hessian: drawn k and 2 - k times, the step is (2k - 2) × score / (2 + penalty)."""
    scores = np.array([[0.3, 0.0], [-0.3, 0.0]])
    blocks = SchoolBlocks(scores, np.tile(np.eye(2), (2, 1, 1)), np.zeros((2, 2)))
    found, how = draw_slopes(replace(FIT, interval_rule=rule, blocks=blocks), seed=5, draws=200)
    assert (how, found.shape) == (source, (200, 2))
    if source == "school_bootstrap":
        values, times = np.unique(np.round(found[:, 0], 9), return_counts=True)
        assert values.tolist() == pytest.approx([1.7, 2.0, 2.3])
        assert times[1] == pytest.approx(100, abs=30)


def test_replicates_hold_units_pupils_index_and_how_they_came():
    found = index_replicates(FIT, REGISTER, seed=7, draws=3, index_minimum_pupils=1)
    assert (found.units, found.pupils.tolist(), found.source) == (("a", "b", "c"), [4, 4, 6], "normal_approximation")
    assert (found.degrees_of_freedom, found.seed, found.index.shape) == (3.0, 7, (3, 3))
    slopes, _ = draw_slopes(FIT, seed=7, draws=3)
    for row, (late, boy) in zip(found.index, slopes, strict=True):
        girl, late_girl = expit(-1.0), expit(-1.0 + late)
        shares = [
            (expit(-1.0 + late + boy) + girl) / 2, (3 * expit(-1.0 + boy) + late_girl) / 4, late_girl,
        ]  # fmt: skip
        np.testing.assert_allclose(row, 100 * np.array(shares) * 14 / (np.array(shares) @ [4, 4, 6]), atol=1e-6)
    assert np.array_equal(np.round(found.index, 9), found.index)
    assert not found.index.flags.writeable
    np.testing.assert_allclose(found.standard_errors, found.index.std(axis=0) * np.sqrt(3 / 2), rtol=1e-12)
    assert index_replicates(FIT, REGISTER, seed=7).index.shape == (1000, 3)
    assert index_replicates(FIT, REGISTER, seed=7, draws=2).index.shape == (2, 3)


@pytest.mark.parametrize(
    "settings", [{"index_minimum_pupils": 1}, {"index_minimum_pupils": 5}, {},
                 {"index_minimum_pupils": 5, "groups": {"g": ["a", "c"], "h": ["b"]}, "maximum_count_dates": 3}],
)  # fmt: skip
def test_intervals_stand_around_the_index_of_the_same_settings(settings):
    if "groups" in settings:
        settings = settings | {"groups": {"g": ["a", "b", "c"]}}
    found = index_intervals(FIT, REGISTER, **settings)
    index = need_index(predict_from_counts(FIT, REGISTER).table, **settings).table
    same = ["school_unit_code", "pupil_count", "need_index", "index_rule", "index_group_code"]
    assert tuple(found.table.columns) == COLUMNS
    pd.testing.assert_frame_equal(found.table[same], index[same])
    error = np.sqrt(np.diag(found.gradient @ FIT.covariance @ found.gradient.T))
    reach = stats.t.ppf(0.975, 3) * error
    np.testing.assert_allclose(found.table["index_standard_error"], error, atol=1e-9)
    np.testing.assert_allclose(found.table["interval_lower"], np.maximum(index["need_index"] - reach, 0), atol=1e-7)
    np.testing.assert_allclose(found.table["interval_upper"], index["need_index"] + reach, atol=1e-7)
    assert not found.gradient.flags.writeable
    draws = index_replicates(FIT, REGISTER, seed=1, draws=2, **settings)
    same_draws = draws.index[:, [0]] == draws.index
    assert same_draws.all() == (index["need_index"].nunique() == 1)


def test_settings_of_dates_reach_the_index():
    third = pd.concat([REGISTER, REGISTER.iloc[:4].assign(count_date="2024-10-15")])
    for call in (lambda **more: index_intervals(FIT, third, **more),
                 lambda **more: index_replicates(FIT, third, seed=1, draws=2, **more)):  # fmt: skip
        with pytest.raises(NeedError, match="2 latest"):
            call()
        call(maximum_count_dates=3)


def test_risk_cells_are_pupils_by_share_at_the_latest_date():
    found = risk_cells(FIT, REGISTER)
    assert found.to_dict("list") == {
        "school_unit_code": ["a", "b", "b", "c"],
        "need_share": np.round([GIRL, BOY, LATE, LATE], 9).tolist(),
        "pupil_count": [4, 3, 1, 6],
    }
    assert found["pupil_count"].dtype == np.int64
