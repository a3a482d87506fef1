"""Rows of the open-statistics fit, its limits, and the need it predicts, on a handful of units worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models_py.errors import NeedError
from models_py.need.aggregate import TERMS, AggregateFit, estimation_rows, fit_open_statistics, predict_from_shares
from models_py.need.scoring import UnfittedLevel
from models_py.need.shares import FOREIGN_BACKGROUND

NULL = np.nan


def factors_of(rows: list[tuple], *, count_date: str = "2020-10-15") -> pd.DataFrame:
    names = ["municipality_code", "school_unit_code", "pupil_count", "foreign_background_share", "post_secondary_share"]
    return pd.DataFrame(rows, columns=names).assign(count_date=count_date)


def results_of(rows: list[tuple]) -> pd.DataFrame:
    names = ["municipality_code", "school_unit_code", "result_year", "grade_9_pupil_count", "not_eligible_count"]
    return pd.DataFrame(rows, columns=names)


FACTORS = factors_of(
    [("01", "B", 90, 0.2, 0.6), ("01", "A", 100, 0.3, NULL), ("02", "C", 80, NULL, NULL), ("02", "E", 70, 0.5, 0.5), ("02", "F", 60, 0.1, 0.75)]
)  # fmt: skip
RESULTS = results_of(
    [
        ("02", "F", 2021, 0, 0.0), ("01", "B", 2021, 20, 20.0), ("01", "A", 2021, 30, 2.5), ("02", "C", 2021, 40, 4.0),
        ("02", "D", 2021, 25, 5.0), ("02", "E", 2021, 25, NULL), ("01", "A", 2020, 31, 3.0),
    ]
)  # fmt: skip


def test_rows_with_a_result_and_factors_of_the_same_school_year_stay_in_order_with_model_columns():
    found = estimation_rows(FACTORS, results=RESULTS)
    assert found.columns == (
        "foreign_background_share", "without_post_secondary_share", "without_post_secondary_share_missing",
    )  # fmt: skip
    # A has no share of education: the pupil-weighted mean of its municipality, which is B's.
    expected = pd.DataFrame(
        {
            "municipality_code": "01", "school_unit_code": ["A", "B"], "result_year": 2021, "leavers": [30.0, 20.0],
            "not_eligible": [2.5, 20.0], "foreign_background_share": [0.3, 0.2], "without_post_secondary_share": [0.4, 0.4],
            "without_post_secondary_share_missing": [1.0, 0.0],
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(found.table[list(expected.columns)], expected)
    assert found.left_out == (
        ("no_result", 1), ("no_grade_9_pupils", 1), ("no_factors_in_the_same_school_year", 2), ("no_composition", 1),
    )  # fmt: skip
    foreign = (90 * 0.2 + 100 * 0.3 + 70 * 0.5 + 60 * 0.1) / 320
    education = 1 - (90 * 0.6 + 70 * 0.5 + 60 * 0.75) / 220
    assert found.pooled_means == pytest.approx(
        {"foreign_background_share": foreign, "without_post_secondary_share": education}
    )


def test_the_ends_of_suppressed_counts_are_read_where_asked_for():
    ends = RESULTS.assign(not_eligible_count_lower=1.0, not_eligible_count_upper=4.0)
    for outcome, count in (("used", [2.5, 20.0]), ("lower", [1.0, 1.0]), ("upper", [4.0, 4.0])):
        assert estimation_rows(FACTORS, results=ends, outcome=outcome).table["not_eligible"].iloc[:2].tolist() == count


@pytest.mark.parametrize(("count", "refused"), [(0.0, False), (20.0, False), (20.1, True), (-0.1, True)])
def test_as_many_may_miss_as_there_are_leavers_and_no_fewer_than_none(count: float, refused: bool):
    results = RESULTS.assign(
        not_eligible_count=RESULTS["not_eligible_count"].where(RESULTS["school_unit_code"] != "B", count)
    )
    if not refused:
        assert estimation_rows(FACTORS, results=results).table["not_eligible"].tolist() == [2.5, count]
        return
    words = r"school results: 1 rows have more not eligible than grade-9 pupils, or less than none, first units \['B'\]"
    with pytest.raises(NeedError, match=words) as caught:
        estimation_rows(FACTORS, results=results)
    assert caught.value.reason == "events_exceed_leavers"


@pytest.mark.parametrize(
    ("factors", "results", "reason", "words"),
    [
        (FACTORS, pd.concat([RESULTS, RESULTS[:1]]), "duplicate_key", "school results: 1 rows repeat a key"),
        (FACTORS, RESULTS.drop(columns="result_year"), "missing_columns", r"school results: columns \['result_year'\]"),
        (
            pd.concat([FACTORS, FACTORS[:1].assign(count_date="2020-03-15")]), RESULTS, "duplicate_key",
            "school factors of one school year: 1 rows repeat a key",
        ),
    ],
)  # fmt: skip
def test_a_key_that_repeats_or_lacks_is_refused_as_whose_it_is(factors, results, reason: str, words: str):
    with pytest.raises(NeedError, match=words) as caught:
        estimation_rows(factors, results=results)
    assert caught.value.reason == reason


def many(units: int, *, years: tuple[int, ...] = (2021,), municipalities: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    foreign, educated, leavers = rng.random(units), rng.random(units), rng.integers(20, 60, units)
    parts = []
    for year in years:
        failed = rng.binomial(leavers, expit(-2 + foreign + 0.8 * (year - 2021)))
        codes = [(f"0{place % municipalities}", f"u{place:03d}") for place in range(units)]
        factors = [(m, u, 100, f, e) for (m, u), f, e in zip(codes, foreign, educated, strict=True)]
        results = [(m, u, year, n, float(e)) for (m, u), n, e in zip(codes, leavers, failed, strict=True)]
        parts.append((factors_of(factors, count_date=f"{year - 1}-10-15"), results_of(results)))
    return pd.concat([f for f, _ in parts], ignore_index=True), pd.concat([r for _, r in parts], ignore_index=True)


def test_a_hundred_units_of_two_municipalities_are_enough_and_one_less_is_not():
    factors, results = many(100)
    fit = fit_open_statistics(factors, results=results)
    assert (fit.units, fit.municipalities, fit.outcome, fit.terms) == (100, 2, "used", TERMS)
    assert (fit.pupils, fit.events) == (results["grade_9_pupil_count"].sum(), results["not_eligible_count"].sum())
    assert (fit.degrees_of_freedom, fit.covariance_rule, fit.year_effects) == (97, "pearson_dispersion", ((2021, 0.0),))
    assert fit.result_years == (2021,)
    assert (fit.coefficients == np.round(fit.coefficients, 10)).all()
    assert (fit.covariance == np.round(fit.covariance, 10)).all()
    assert not fit.coefficients.flags.writeable
    assert not fit.covariance.flags.writeable
    assert [name for name, _ in fit.pooled_means] == ["foreign_background_share", "without_post_secondary_share"]
    x = np.column_stack([factors["foreign_background_share"], 1 - factors["post_secondary_share"]])
    expected = results["grade_9_pupil_count"].to_numpy() @ expit(fit.intercept + x @ fit.coefficients)
    assert expected == pytest.approx(fit.events, abs=1e-5)
    with pytest.raises(NeedError, match="99 units have results and shares; the model needs 100") as caught:
        fit_open_statistics(factors[1:], results=results)
    assert caught.value.reason == "too_few_units"
    assert fit_open_statistics(factors[1:], results=results, minimum_units=99).left_out[2] == (
        "no_factors_in_the_same_school_year", 1,
    )  # fmt: skip


def test_one_municipality_or_columns_alike_are_refused():
    factors, results = many(20, municipalities=1)
    with pytest.raises(NeedError, match="all units lie in one municipality") as caught:
        fit_open_statistics(factors, results=results, minimum_units=20)
    assert caught.value.reason == "one_municipality"
    factors, results = many(20)
    alike = factors.assign(post_secondary_share=1 - factors["foreign_background_share"])
    with pytest.raises(NeedError, match="cannot be told apart on these units; leave a term out") as caught:
        fit_open_statistics(alike, results=results, minimum_units=20)
    assert caught.value.reason == "not_identified"
    alone = fit_open_statistics(alike, results=results, minimum_units=20, terms=(FOREIGN_BACKGROUND,))
    assert alone.columns == ("foreign_background_share",)


def test_years_of_a_unit_have_a_level_each_and_freedom_is_of_units():
    factors, results = many(20, years=(2021, 2022, 2023))
    fit = fit_open_statistics(factors, results=results, minimum_units=20)
    assert (fit.units, fit.covariance_rule, fit.degrees_of_freedom) == (20, "unit_jackknife", 19)
    assert [year for year, _ in fit.year_effects] == [2021, 2022, 2023]
    assert fit.year_effects[0] == (2021, 0.0)
    assert 0 < fit.year_effects[1][1] < fit.year_effects[2][1]
    assert all(effect == round(effect, 10) for _, effect in fit.year_effects)


FIT = AggregateFit(
    terms=TERMS,
    columns=("foreign_background_share", "without_post_secondary_share", "without_post_secondary_share_missing"),
    intercept=-2.0, coefficients=np.array([-1.0, 2.0, 0.5]), covariance=np.diag([0.04, 0.09, 0.16]),
    covariance_rule="pearson_dispersion", dispersion=1.5, degrees_of_freedom=10,
    pooled_means=(("foreign_background_share", 0.9), ("without_post_secondary_share", 0.9)), year_effects=((2021, 0.0),),
    outcome="used", units=13, municipalities=2, pupils=100, events=10.0, left_out=(),
)  # fmt: skip


def test_need_and_its_ends_follow_the_shares_of_each_unit():
    table = factors_of(
        [("01", "D", 30, 0.3, 0.5), ("01", "A", 10, 0.2, 0.6), ("01", "B", 20, 0.1, NULL), ("01", "C", 40, NULL, 0.5), ("01", "E", 5, NULL, NULL)]
    ).assign(
        foreign_background_share_lower=[0.1, NULL, NULL, NULL, NULL], foreign_background_share_upper=[0.4, NULL, NULL, NULL, NULL],
        post_secondary_share_lower=[0.4, NULL, NULL, NULL, NULL], post_secondary_share_upper=[0.7, NULL, NULL, NULL, NULL],
    )  # fmt: skip
    found = predict_from_shares(FIT, table.astype({"pupil_count": "Int64"}))
    foreign = (30 * 0.3 + 10 * 0.2 + 20 * 0.1) / 60
    without = (30 * 0.5 + 10 * 0.4 + 40 * 0.5) / 80
    need = expit([-2 - 0.2 + 0.8, -2 - 0.1 + 2 * without + 0.5, -2 - foreign + 1.0, -2 - 0.3 + 1.0, NULL])
    lower = [need[0], NULL, NULL, expit(-2 - 0.4 + 0.6), NULL]
    upper = [need[0], NULL, NULL, expit(-2 - 0.1 + 1.2), NULL]
    expected = pd.DataFrame(
        {
            "municipality_code": "01", "count_date": "2020-10-15", "school_unit_code": list("ABCDE"), "basis": "open_statistics",
            "pupil_count": [10, 20, 40, 30, 5], "need_share": np.round(need, 9), "need_share_lower": np.round(lower, 9),
            "need_share_upper": np.round(upper, 9),
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(found.table, expected, check_exact=False, rtol=0, atol=1.1e-9)
    assert found.unfitted_levels == (UnfittedLevel("foreign_background_share", "missing", "municipal mean", 40),)


def test_intervals_reach_the_t_quantile_of_the_standard_errors():
    assert FIT.standard_errors.tolist() == pytest.approx([0.2, 0.3, 0.4])
    # t of ten degrees of freedom at 97.5 %: 2.228139 in every table.
    expected = [[b - 2.228139 * s, b + 2.228139 * s] for b, s in ((-1.0, 0.2), (2.0, 0.3), (0.5, 0.4))]
    np.testing.assert_allclose(FIT.intervals, expected, atol=1e-6)
