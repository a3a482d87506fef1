"""The within-school fit: equal to an outside oracle, unmoved by order and quality, honest about its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models_py.errors import NeedError
from models_py.need import FACTORS, Factor, NeedFit, count_outcomes, fit_within_school, predict_from_counts
from models_py.need.design import build_design, level_codes
from models_py.need.logit import Rows, fit_absorbed, jackknife_of_blocks, row_blocks


def fitted(table: pd.DataFrame, *, factors: Sequence[Factor] = FACTORS, **arguments: float) -> NeedFit:
    return fit_within_school(count_outcomes(table, factors=factors), **arguments)


def oracle(cells: pd.DataFrame, factors: tuple[Factor, ...], *, schools: bool) -> pd.Series:
    """statsmodels' GLM with explicit dummies (``schools``: one per school, else one common intercept)."""
    columns = {
        f"{factor.name}={level}": (cells[factor.name] == level).astype(float)
        for factor in factors
        for level in factor.levels[1:]
        if (cells[factor.name] == level).any()
    }
    for year in sorted(cells["result_year"].unique())[1:]:
        columns[f"year={year}"] = (cells["result_year"] == year).astype(float)
    groups = sorted(cells["school_unit_code"].unique()) if schools else []
    columns |= {f"school={code}": (cells["school_unit_code"] == code).astype(float) for code in groups}
    if not schools:
        columns["intercept"] = pd.Series(1.0, index=cells.index)
    x = pd.DataFrame(columns)
    y = np.column_stack([cells["not_eligible_count"], cells["leaver_count"] - cells["not_eligible_count"]])
    return sm.GLM(y, x, family=sm.families.Binomial()).fit(tol=1e-14, maxiter=100).params


@pytest.mark.parametrize("shape", ["cells", "pupils"])
def test_slopes_equal_statsmodels_with_school_dummies(world, few_factors, shape):
    data = getattr(world(1, schools=12, leavers=80), shape)
    fit = fitted(data, factors=few_factors, ridge=0.0)
    expected = oracle(data, few_factors, schools=True)
    for term, slope in zip(fit.design.terms, fit.coefficients, strict=True):
        assert slope == pytest.approx(expected[term.name], rel=1e-9, abs=1e-9)
    years = dict(fit.year_effects)
    assert years[2026] - years[2024] == pytest.approx(expected["year=2026"], abs=1e-9)


def test_the_ridge_maximises_the_penalised_likelihood(world, few_factors):
    cells = world(1, schools=8, leavers=50, years=1).cells
    fit = fitted(cells, factors=few_factors, ridge=2.0, minimum_events=1)
    background = fit.design.matrix(level_codes(cells, few_factors))
    groups = sorted(cells["school_unit_code"].unique())
    x = np.column_stack([background, *((cells["school_unit_code"] == code).to_numpy(dtype=float) for code in groups)])
    penalty = np.r_[np.full(background.shape[1], 2.0), np.zeros(len(groups))]
    n, s = (cells[name].to_numpy(dtype=float) for name in ("leaver_count", "not_eligible_count"))
    b = np.zeros(x.shape[1])
    for _ in range(30):
        mean = 1 / (1 + np.exp(-x @ b))
        hessian = x.T @ ((n * mean * (1 - mean))[:, None] * x) + np.diag(penalty)
        b += np.linalg.solve(hessian, x.T @ (s - n * mean) - penalty * b)
    assert fit.coefficients == pytest.approx(b[: background.shape[1]], rel=1e-9)


def test_rows_per_pupil_and_rows_per_cell_in_any_order_give_the_same_bits(world):
    small = world(2, schools=20)
    fits = [
        fitted(table)
        for table in (small.pupils, small.cells, small.pupils.sample(frac=1, random_state=1), small.cells.iloc[::-1])
    ]
    for other in fits[1:]:
        assert other.coefficients.tobytes() == fits[0].coefficients.tobytes()
        assert other.covariance.tobytes() == fits[0].covariance.tobytes()
        assert other.intercept == fits[0].intercept


def test_planted_slopes_are_recovered(world, truth):
    fit = fitted(world(3, schools=150, leavers=60, years=4).cells)
    level = {factor.name: factor.levels for factor in FACTORS}
    planted = np.array([truth[term.factor][level[term.factor].index(term.level)] for term in fit.design.terms])
    z = (fit.coefficients - planted) / fit.standard_errors
    assert np.sqrt((z**2).mean()) < 1.6
    assert np.abs(z).max() < 3.8


@pytest.mark.parametrize("rho", [-0.5, 0.5])
def test_school_quality_bends_the_pooled_index_but_not_the_within_school_index(world, rho):
    small = world(2, schools=300, leavers=60, years=2, rho=rho)
    fit = fitted(small.cells)
    need = predict_from_counts(fit, small.register()).table.set_index("school_unit_code")["need_share"]
    pooled = oracle(small.cells, FACTORS, schools=False)
    dummies = {
        name: name.split("=") for name in pooled.index if name.split("=")[0] in small.pupils and "year" not in name
    }
    x = pd.DataFrame({name: (small.pupils[factor] == level) for name, (factor, level) in dummies.items()}).astype(float)
    risk = 1 / (1 + np.exp(-(x @ pooled[list(dummies)] + pooled["intercept"])))
    pooled_need = risk.groupby(small.pupils["school_unit_code"]).mean()
    true_index = small.need / small.need.mean()

    def spread(estimate: pd.Series) -> float:
        return float(np.polyfit(true_index, estimate / estimate.mean(), 1)[0])

    assert 0.9 < spread(need) < 1.1
    assert not 0.9 < spread(pooled_need) < 1.1


def test_expected_equals_observed_over_all_schools_also_those_without_say_in_the_slopes(world):
    cells = world(5, schools=25).cells
    quiet = cells["school_unit_code"] == "99990003"
    cells.loc[quiet, "not_eligible_count"] = 0
    fit = fitted(cells)
    assert fit.dropped_schools == (("9999", "99990003"),)
    assert fit.fitted_schools == 24
    counts = cells.rename(columns={"leaver_count": "pupil_count"}).assign(count_date="2026-10-15")
    need = predict_from_counts(fit, counts).table
    assert (need["need_share"] * need["pupil_count"]).sum() == pytest.approx(
        cells["not_eligible_count"].sum(), abs=5.1e-10 * need["pupil_count"].sum()
    )


def test_a_school_with_one_outcome_only_does_not_touch_the_slopes(world):
    cells = world(5, schools=25).cells
    cells.loc[cells["school_unit_code"] == "99990003", "not_eligible_count"] = 0
    without = cells[cells["school_unit_code"] != "99990003"]
    assert np.array_equal(fitted(cells).coefficients, fitted(without).coefficients)


def test_the_same_unit_code_in_two_municipalities_is_two_schools(world):
    one = world(6, schools=15).cells
    both = pd.concat([one, world(7, schools=15).cells.assign(municipality_code="9998")])
    assert fitted(both).fitted_schools == 30


def test_jackknife_errors_are_close_to_leaving_out_every_school_in_turn(world, few_factors):
    cells = world(8, schools=14, leavers=90).cells
    fit = fitted(cells, factors=few_factors)
    refits = np.array(
        [
            fitted(cells[cells["school_unit_code"] != code], factors=few_factors, minimum_events=1).coefficients
            for code in cells["school_unit_code"].unique()
        ]
    )
    brute = np.sqrt(13 / 14 * ((refits - fit.coefficients) ** 2).sum(axis=0))
    assert fit.standard_errors == pytest.approx(brute, rel=0.1)
    assert (fit.intervals[:, 0] < fit.coefficients).all()
    assert (fit.intervals[:, 1] > fit.coefficients).all()


def test_the_jackknife_is_exact_where_one_newton_step_is_a_refit():
    """With unit weights it is least squares, and leaving out a cluster by one step equals refitting without it."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    starts = np.array([0, 7, 20, 31, 50])
    penalty = np.full(3, 0.5)

    def solve(keep: np.ndarray) -> np.ndarray:
        return np.linalg.solve(x[keep].T @ x[keep] + np.diag(penalty), x[keep].T @ y[keep])

    whole = solve(np.ones(60, dtype=bool))
    cluster = np.searchsorted(starts, np.arange(60), side="right")
    deltas = np.array([solve(cluster != number) - whole for number in range(1, 6)])
    blocks = row_blocks(x, weights=np.ones(60), residuals=y - x @ whole, starts=starts, penalty=penalty)
    found = jackknife_of_blocks(blocks)
    assert found == pytest.approx(4 / 5 * deltas.T @ deltas, rel=1e-10)


def test_a_level_only_one_outcome_schools_have_is_not_fitted(world):
    cells = world(5, schools=25, missing=0.1).cells
    quiet = cells["school_unit_code"] == "99990003"
    cells = cells[quiet | (cells["guardian_education"] != "missing")].assign(
        not_eligible_count=cells["not_eligible_count"].mask(quiet, 0)
    )
    fit = fitted(cells)
    assert "guardian_education=missing" in {term.name for term in fit.design.dropped}


def test_a_missing_level_seen_among_leavers_has_its_own_slope(world):
    fit = fitted(world(9, missing=0.1).cells)
    assert "guardian_education=missing" in {term.name for term in fit.design.terms}
    assert "sex=missing" in {term.name for term in fit.design.dropped}


def test_levels_without_leavers_are_scored_as_missing_where_fitted_else_as_the_baseline_and_counted(world):
    cells = world(10, missing=0.1).cells
    cells = cells[(cells["immigration"] != "years_0_to_3") & (cells["guardian_education"] != "compulsory")]
    fit = fitted(cells, minimum_events=100)
    register = world(10).register().head(40).assign(school_unit_code="99999999")

    def share(**levels: str) -> tuple[float, tuple]:
        need = predict_from_counts(fit, register.assign(**levels))
        return float(need.table["need_share"].iloc[0]), need.unfitted_levels

    unseen, report = share(guardian_education="compulsory", immigration="born_in_sweden")
    assert unseen == share(guardian_education="missing", immigration="born_in_sweden")[0]
    assert [(u.factor, u.level, u.scored_as, u.pupils) for u in report] == [
        ("guardian_education", "compulsory", "missing", 40)
    ]
    unseen, report = share(guardian_education="missing", immigration="years_0_to_3")
    assert unseen == share(guardian_education="missing", immigration="born_in_sweden")[0]
    assert [(u.level, u.scored_as) for u in report] == [("years_0_to_3", "born_in_sweden")]


def test_a_factor_nobody_has_data_on_has_no_term(world):
    fit = fitted(world(11).cells.assign(econ_assistance="missing"))
    assert "econ_assistance" not in {term.factor for term in fit.design.terms}


def test_without_the_reference_level_the_first_level_seen_is_the_baseline(few_factors):
    table = pd.DataFrame(
        {"guardian_education": ["compulsory", "upper_secondary"], "immigration": "missing", "sex": "boy"}
    )
    design = build_design(level_codes(table, few_factors), np.ones(2), few_factors)
    assert design.baselines == ("upper_secondary", "missing", "boy")
    assert [term.name for term in design.terms] == ["guardian_education=compulsory"]


def refused(reason: str, table: pd.DataFrame, **arguments: object) -> str:
    with pytest.raises(NeedError) as caught:
        fitted(table, **arguments)
    assert caught.value.reason == reason
    return str(caught.value)


def test_too_few_events_are_refused_with_both_numbers(world):
    cells = world(12, schools=6, leavers=40).cells
    events = int(cells["not_eligible_count"].sum())
    message = refused("too_few_events", cells)
    assert str(events) in message
    assert "350" in message
    assert fitted(cells, minimum_events=events).events == events


def test_faulty_counts_are_refused(world):
    cells = world(12, schools=6).cells
    refused("empty_input", cells.iloc[:0])
    refused("empty_input", cells.assign(leaver_count=0, not_eligible_count=0))
    refused("negative_count", cells.assign(not_eligible_count=-1))
    refused("not_whole", cells.assign(leaver_count=1.5))
    refused("null_key", cells.assign(leaver_count=None))
    refused("null_key", cells.assign(school_unit_code=None))
    refused("missing_columns", cells.drop(columns="sex"))
    over = cells.copy()
    over.loc[0, "not_eligible_count"] = over.loc[0, "leaver_count"] + 1
    assert over.loc[0, "school_unit_code"] in refused("events_exceed_leavers", over)


def test_an_unknown_level_is_refused_with_factor_level_and_rows(world):
    cells = world(12, schools=6).cells
    cells.loc[:2, "sex"] = "flicka"
    message = refused("unknown_level", cells)
    assert "factor sex" in message
    assert "3 rows" in message
    assert "flicka" in message


def test_what_cannot_be_estimated_is_refused(world):
    cells = world(13, schools=6).cells
    refused("too_few_schools", cells[cells["school_unit_code"] == "99990000"], minimum_events=1)
    refused(
        "no_varying_factor", cells.assign(**{factor.name: factor.levels[0] for factor in FACTORS}), minimum_events=1
    )
    refused("not_identified", cells.assign(household=cells["sex"].map({"girl": "with_both", "boy": "not_with_both"})),
            ridge=0.0, minimum_events=1)  # fmt: skip
    refused("bad_setting", cells, ridge=-1.0)
    decided = cells.assign(sex=np.where(cells["not_eligible_count"] > 0, "boy", "girl"))
    decided = decided.assign(not_eligible_count=decided["leaver_count"].where(decided["sex"] == "boy", 0))
    refused("no_convergence", decided, ridge=0.0, factors=[f for f in FACTORS if f.name == "sex"], minimum_events=1)


def test_the_step_limit_settles_a_fit_that_plain_newton_overshoots(monkeypatch):
    x = np.array([[0, 0, 1], [1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 1], [0, 1, 1]], dtype=float)
    trials = np.array([254, 291, 327, 380, 221, 62, 322, 271], dtype=float)
    events = np.array([253, 290, 327, 380, 220, 0, 321, 270], dtype=float)
    rows = Rows(x, np.repeat([0, 1], 4), np.arange(8), trials, events)
    penalty = np.full(3, 1e-6)
    assert fit_absorbed(rows, penalty=penalty).iterations <= 12
    monkeypatch.setattr("models_py.need.logit.STEP_LIMIT", 1e9)
    with np.errstate(all="ignore"), pytest.raises(NeedError):
        fit_absorbed(rows, penalty=penalty)


def test_complete_separation_is_tamed_by_the_ridge(world):
    cells = world(13, schools=6).cells
    decided = cells.assign(sex=np.where(cells["not_eligible_count"] > 0, "boy", "girl"))
    fit = fitted(decided, minimum_events=1)
    assert np.isfinite(fit.coefficients).all()
    assert fit.iterations <= 30


def test_a_unit_scores_by_its_own_pupils_only_and_is_not_shrunk(world):
    small = world(14)
    fit = fitted(small.cells)
    register = small.register()
    needy = register[(register["immigration"] == "years_0_to_3")].head(12).assign(school_unit_code="99998888")
    alone = predict_from_counts(fit, needy).table["need_share"].iloc[0]
    among = predict_from_counts(fit, pd.concat([register, needy])).table.set_index("school_unit_code")["need_share"]
    assert among["99998888"] == pytest.approx(alone, rel=1e-12)
    x = fit.design.matrix(level_codes(needy, FACTORS))
    by_hand = (1 / (1 + np.exp(-(fit.intercept + x @ fit.coefficients)))).mean()
    assert alone == pytest.approx(by_hand, abs=5.1e-10)  # shares are kept to a billionth
