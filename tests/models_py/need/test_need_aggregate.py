"""The open-statistics fit: weights, suppressed ends, missing levels, and ranking of units it has not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models_py.errors import NeedError
from models_py.need import fit_open_statistics, out_of_fold, predict_from_shares, rank_correlations
from models_py.need.aggregate import TERMS, estimation_rows
from models_py.need.shares import GIRLS, share_matrix
from models_py.need.validation import spearman, unit_folds

FOREIGN, EDUCATION = "foreign_background_share", "post_secondary_share"


def open_statistics(
    seed: int = 1, *, units: int = 200, years: tuple[int, ...] = (2021,), noise: float = 0.4
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """School factors and results: log-odds -3.5 + .5 foreign + 3 without post-secondary + a unit effect."""
    rng = np.random.default_rng(seed)
    foreign, educated = rng.beta(2, 6, units), rng.beta(6, 4, units)
    effect = rng.normal(0, noise, units)
    grade_9 = rng.integers(15, 120, units)
    factors, results = [], []
    for year in years:
        unit = {
            "municipality_code": [f"{1000 + number % 12:04d}" for number in range(units)],
            "school_unit_code": [f"{10000000 + number}" for number in range(units)],
        }
        risk = 1 / (1 + np.exp(-(-3.5 + 0.5 * foreign + 3 * (1 - educated) + effect)))
        ends = {f"{name}_{end}": np.nan for name in (FOREIGN, EDUCATION) for end in ("lower", "upper")}
        pupils = {"pupil_count": grade_9 * 9, FOREIGN: foreign, EDUCATION: educated, "girl_share": 0.5}
        factors.append(pd.DataFrame(unit | {"count_date": f"{year - 1}-10-15"} | pupils | ends))
        failed = rng.binomial(grade_9, risk)
        results.append(
            pd.DataFrame(
                unit | {"result_year": year, "grade_9_pupil_count": grade_9, "not_eligible_count": failed.astype(float)}
            )
        )
    return pd.concat(factors, ignore_index=True), pd.concat(results, ignore_index=True)


def test_coefficients_and_errors_equal_a_count_model_scaled_by_pearson():
    factors, results = open_statistics()
    fit = fit_open_statistics(factors, results=results)
    leavers, failed = results["grade_9_pupil_count"].to_numpy(), results["not_eligible_count"].to_numpy()
    x = sm.add_constant(np.column_stack([factors[FOREIGN], 1 - factors[EDUCATION]]))
    oracle = sm.GLM(np.column_stack([failed, leavers - failed]), x, family=sm.families.Binomial()).fit()
    assert fit.coefficients == pytest.approx(oracle.params[1:], rel=1e-8)
    assert fit.intercept == pytest.approx(oracle.params[0], rel=1e-8)
    mean = oracle.predict(x)
    dispersion = ((failed - leavers * mean) ** 2 / (leavers * mean * (1 - mean))).sum() / (len(failed) - 3)
    assert fit.dispersion == pytest.approx(dispersion, rel=1e-8)
    assert fit.standard_errors == pytest.approx(oracle.bse[1:] * np.sqrt(dispersion), rel=1e-6)
    assert fit.columns == ("foreign_background_share", "without_post_secondary_share")
    assert fit.covariance_rule == "pearson_dispersion"


def test_pupils_as_frequencies_would_hide_the_overdispersion():
    """Why ``var_weights``: with ``freq_weights`` each pupil counts as a unit, and Pearson's scale collapses."""
    factors, results = open_statistics(noise=0.6)
    fit = fit_open_statistics(factors, results=results)
    leavers = results["grade_9_pupil_count"].to_numpy(dtype=float)
    share = results["not_eligible_count"].to_numpy() / leavers
    x = sm.add_constant(np.column_stack([factors[FOREIGN], 1 - factors[EDUCATION]]))
    wrong = sm.GLM(share, x, family=sm.families.Binomial(), freq_weights=leavers).fit(scale="X2")
    assert fit.coefficients == pytest.approx(wrong.params[1:], rel=1e-7)
    assert fit.dispersion > 1.5
    assert wrong.scale < 0.1
    assert (fit.standard_errors > 4 * wrong.bse[1:]).all()


def test_row_order_does_not_matter():
    factors, results = open_statistics(years=(2021, 2022))
    one = fit_open_statistics(factors, results=results)
    other = fit_open_statistics(factors.sample(frac=1, random_state=1), results=results.sample(frac=1, random_state=2))
    assert one.coefficients.tobytes() == other.coefficients.tobytes()
    assert one.covariance.tobytes() == other.covariance.tobytes()
    assert one.intercept == other.intercept


def test_several_years_have_their_level_and_errors_jackknifed_over_units():
    factors, results = open_statistics(years=(2021, 2022, 2023), noise=0.6)
    later = results["result_year"] == 2023
    results.loc[later, "not_eligible_count"] = np.minimum(
        results["not_eligible_count"] * 2, results["grade_9_pupil_count"]
    )[later]
    fit = fit_open_statistics(factors, results=results)
    assert dict(fit.year_effects)[2023] > 0.4
    assert fit.covariance_rule == "unit_jackknife"
    one_year = fit_open_statistics(factors, results=results[results["result_year"] == 2021])
    # Three years of the same 200 units are not 600 units: far less gain than 1/sqrt(3).
    assert (fit.standard_errors > 0.75 * one_year.standard_errors).all()
    need = predict_from_shares(fit, factors).table
    merged = need.assign(result_year=need["count_date"].str[:4].astype(int) + 1).merge(
        results, on=["municipality_code", "school_unit_code", "result_year"]
    )
    expected = (merged["need_share"] * merged["grade_9_pupil_count"]).sum()
    assert expected == pytest.approx(results["not_eligible_count"].sum(), rel=1e-9)


def test_results_meet_the_factors_of_their_own_school_year_only():
    factors, results = open_statistics()
    later = factors.assign(count_date="2021-10-15", **{FOREIGN: 0.99})
    both = fit_open_statistics(pd.concat([factors, later]), results=results)
    assert both.coefficients == pytest.approx(fit_open_statistics(factors, results=results).coefficients, rel=1e-12)


def test_rows_left_out_are_counted_by_reason_and_their_units_still_predicted():
    factors, results = open_statistics()
    results.loc[:4, "not_eligible_count"] = np.nan
    results.loc[5:7, "grade_9_pupil_count"] = np.nan
    factors.loc[10, [FOREIGN, EDUCATION]] = np.nan
    stranger = results.tail(1).assign(school_unit_code="77777777")
    fit = fit_open_statistics(factors, results=pd.concat([results, stranger]))
    assert dict(fit.left_out) == {
        "no_result": 5, "no_grade_9_pupils": 3, "no_factors_in_the_same_school_year": 1, "no_composition": 1
    }  # fmt: skip
    assert fit.units == 191
    need = predict_from_shares(fit, factors).table
    assert len(need) == 200
    assert list(need.loc[need["need_share"].isna(), "school_unit_code"]) == [factors.loc[10, "school_unit_code"]]


def test_suppressed_shares_bracket_the_midpoint_and_exact_ones_do_not_spread():
    factors, results = open_statistics()
    n = 60
    for name in (FOREIGN, EDUCATION):
        factors.loc[:9, [name, f"{name}_lower", f"{name}_upper"]] = [4.5 / n, 0.0, 9 / n]
    fit = fit_open_statistics(factors, results=results)
    need = predict_from_shares(fit, factors).table.sort_values("school_unit_code", ignore_index=True)
    low, mid, high = (need[name] for name in ("need_share_lower", "need_share", "need_share_upper"))
    assert (low[:10] < mid[:10]).all()
    assert (mid[:10] < high[:10]).all()
    assert low[10:].to_numpy() == pytest.approx(mid[10:].to_numpy(), rel=1e-12)
    # Lowest need: no foreign background (positive slope), most post-secondary parents.
    eta = fit.intercept + fit.coefficients[0] * 0.0 + fit.coefficients[1] * (1 - 9 / n)
    assert low[0] == pytest.approx(1 / (1 + np.exp(-eta)), abs=5.1e-10)  # shares are kept to a billionth


def test_a_complement_swaps_its_ends():
    factors, _ = open_statistics()
    factors.loc[0, [EDUCATION, f"{EDUCATION}_lower", f"{EDUCATION}_upper"]] = [0.1, 0.05, 0.2]
    shares = share_matrix(factors, TERMS)
    assert [shares.lower[0, 1], shares.value[0, 1], shares.upper[0, 1]] == pytest.approx([0.8, 0.9, 0.95])


def test_ends_follow_the_sign_of_the_slope():
    factors, results = open_statistics()
    results["not_eligible_count"] = results["grade_9_pupil_count"] - results["not_eligible_count"]
    factors.loc[:4, [EDUCATION, f"{EDUCATION}_lower", f"{EDUCATION}_upper"]] = [0.1, 0.0, 0.2]
    fit = fit_open_statistics(factors, results=results)
    assert fit.coefficients[1] < 0
    need = predict_from_shares(fit, factors).table.sort_values("school_unit_code", ignore_index=True)
    assert (need["need_share_lower"][:5] < need["need_share"][:5]).all()
    assert (need["need_share"][:5] < need["need_share_upper"][:5]).all()


def test_a_share_without_bound_takes_the_municipal_mean_an_indicator_and_no_ends():
    factors, results = open_statistics()
    factors.loc[:29, EDUCATION] = np.nan
    results.loc[:29, "not_eligible_count"] = results.loc[:29, "grade_9_pupil_count"] * 0.6
    fit = fit_open_statistics(factors, results=results)
    assert fit.columns[-1] == "without_post_secondary_share_missing"
    assert fit.coefficients[-1] > 0.5
    need = predict_from_shares(fit, factors).table
    assert need["need_share_lower"].isna().sum() == 30
    known = factors.iloc[30:]
    peers = known[known["municipality_code"] == factors.loc[0, "municipality_code"]]
    mean = 1 - np.average(peers[EDUCATION], weights=peers["pupil_count"])
    eta = fit.intercept + fit.coefficients @ [factors.loc[0, FOREIGN], mean, 1.0]
    first = need.set_index("school_unit_code").loc[factors.loc[0, "school_unit_code"], "need_share"]
    assert first == pytest.approx(1 / (1 + np.exp(-eta)), abs=5.1e-10)  # shares are kept to a billionth


def test_a_missing_share_the_fit_never_saw_is_scored_at_the_mean_and_counted():
    factors, results = open_statistics()
    fit = fit_open_statistics(factors, results=results)
    whole = factors[factors["municipality_code"] == "1000"].assign(**{EDUCATION: np.nan})
    need = predict_from_shares(fit, whole)
    assert [(level.factor, level.pupils) for level in need.unfitted_levels] == [
        ("without_post_secondary_share", int(whole["pupil_count"].sum()))
    ]
    assert need.table["need_share"].notna().all()


def test_the_end_of_suppressed_results_can_be_chosen():
    factors, results = open_statistics()
    used = results["not_eligible_count"]
    results = results.assign(
        not_eligible_count_lower=used * 0.5,
        not_eligible_count_upper=np.minimum(used * 1.5, results["grade_9_pupil_count"]),
    )
    events = [fit_open_statistics(factors, results=results, outcome=end).events for end in ("lower", "used", "upper")]
    assert events[0] < events[1] < events[2]


def test_faulty_input_is_refused():
    factors, results = open_statistics()
    cases = {
        "too_few_units": (factors, results.head(99)),
        "one_municipality": (factors.assign(municipality_code="1000"), results.assign(municipality_code="1000")),
        "share_out_of_range": (factors.assign(**{FOREIGN: 25.0}), results),
        "duplicate_key": (factors, pd.concat([results, results])),
        "events_exceed_leavers": (factors, results.assign(not_eligible_count=500.0)),
        "not_identified": (factors.assign(**{FOREIGN: 1 - factors[EDUCATION]}), results),
        "no_share": (factors.assign(**{FOREIGN: np.nan}), results),
        "missing_columns": (factors.drop(columns=FOREIGN), results),
        "empty_input": (factors.iloc[:0], results),
    }
    for reason, (some_factors, some_results) in cases.items():
        with pytest.raises(NeedError) as caught:
            fit_open_statistics(some_factors, results=some_results)
        assert caught.value.reason == reason
    with pytest.raises(NeedError, match="one school year"):
        fit_open_statistics(pd.concat([factors, factors.assign(count_date="2020-11-15")]), results=results)
    with pytest.raises(NeedError) as caught:
        fit_open_statistics(factors.assign(**{f"{FOREIGN}_lower": 0.99, f"{FOREIGN}_upper": 1.0}), results=results)
    assert caught.value.reason == "share_out_of_range"
    with pytest.raises(NeedError) as caught:
        fit_open_statistics(factors, results=results, terms=(*TERMS, GIRLS))
    assert caught.value.reason == "not_identified"


def test_a_held_out_units_result_never_reaches_its_own_prediction():
    factors, results = open_statistics(units=240)
    before = out_of_fold(factors, results=results)
    unit = results.loc[0, "school_unit_code"]
    changed = results.assign(
        not_eligible_count=results["not_eligible_count"].where(
            results["school_unit_code"] != unit, results["grade_9_pupil_count"]
        )
    )
    after = out_of_fold(factors, results=changed)
    own = before["school_unit_code"] == unit
    assert len(before) == 240
    assert before.loc[own, "predicted"].tolist() == after.loc[own, "predicted"].tolist()
    other_folds = before["fold"] != before.loc[own, "fold"].iloc[0]
    assert (before.loc[other_folds, "predicted"] != after.loc[other_folds, "predicted"]).all()


def test_folds_depend_on_the_unit_code_alone():
    codes = [f"{number:08d}" for number in range(1000)]
    folds = unit_folds(codes)
    assert (np.bincount(folds, minlength=10) > 60).all()
    assert unit_folds(codes[::-1])[::-1].tolist() == folds.tolist()


def test_correlation_within_municipalities_is_not_flattered_by_differences_between_them():
    """Two municipalities far apart, ranked the wrong way round inside each: pooled looks fine, within does not."""
    predictions = pd.DataFrame(
        {
            "municipality_code": ["1000"] * 5 + ["1001"] * 5 + ["1002"] * 4,
            "school_unit_code": [f"{number:08d}" for number in range(14)],
            "pupils": [10.0] * 5 + [30.0] * 5 + [99.0] * 4,
            "predicted": [0.1, 0.11, 0.12, 0.13, 0.14, 0.5, 0.51, 0.52, 0.53, 0.54, 0.9, 0.91, 0.92, 0.93],
            "realised": [0.14, 0.13, 0.12, 0.11, 0.10, 0.5, 0.51, 0.52, 0.54, 0.53, 0.9, 0.91, 0.92, 0.93],
        }
    )
    found = rank_correlations(predictions)
    assert found.municipalities == 2
    assert found.within_municipality == pytest.approx((10 * -1.0 + 30 * 0.9) / 40)
    assert found.pooled > 0.9
    constant = rank_correlations(predictions.assign(predicted=0.2))
    assert constant.municipalities == 0
    assert np.isnan(constant.within_municipality)
    assert spearman(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 3.0])) == pytest.approx(1.0)
    with pytest.raises(NeedError, match="a ranking needs two"):
        rank_correlations(predictions.head(1))


def test_estimation_rows_do_not_change_their_input():
    factors, results = open_statistics()
    copies = factors.copy(deep=True), results.copy(deep=True)
    estimation_rows(factors, results=results)
    pd.testing.assert_frame_equal(factors, copies[0])
    pd.testing.assert_frame_equal(results, copies[1])
