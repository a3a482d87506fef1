"""Truth under the pipeline's names, and an estimator that is not ours finding it."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models_py.world import DEMO, WorldError, simulate
from models_py.world.recovery import recovery_z, true_coefficients, true_levels, true_need

STATED = {
    "guardian_education": {"post_secondary_short": 0.2, "upper_secondary": 0.6, "compulsory": 1.3},
    "immigration": {"years_9_or_more": 0.1, "years_4_to_8": 0.5, "years_0_to_3": 1.8},
    "household_income": {"quintile_4": 0.05, "quintile_3": 0.15, "quintile_2": 0.3, "quintile_1": 0.5},
    "area_type": {"area_4": 0.05, "area_3": 0.1, "area_2": 0.2, "area_1": 0.3},
    "sex": {"boy": 0.25}, "econ_assistance": {"yes": 0.7}, "household": {"not_with_both": 0.55},
    "siblings": {"siblings_3_or_more": 0.15},
}  # fmt: skip


@pytest.fixture(scope="module")
def world():
    return simulate(DEMO)


@pytest.fixture(scope="module")
def reference_fit(world):
    """Maximum likelihood with a dummy per unit, statsmodels, rows of the last five delivered result years."""
    y = world.outcomes[world.outcomes["outcome"] == "not_eligible"]
    y = y[y["result_year"].between(2022, 2026)]
    levels = true_levels(world, pupil=y["pupil"], calendar_year=y["result_year"] - 1)
    unit = y["site"].where(y.groupby("site")["value"].transform("sum") > 0)
    terms = list(true_coefficients(DEMO))
    x = np.column_stack([(levels[f] == name).to_numpy(dtype=float) for f, name in terms])
    design = np.hstack([x, pd.get_dummies(unit, dtype=float).to_numpy()])[unit.notna()]
    fit = sm.GLM(y["value"].to_numpy()[unit.notna()], design, family=sm.families.Binomial()).fit()
    index = pd.MultiIndex.from_tuples(terms)
    k = len(terms)
    covariance = pd.DataFrame(np.asarray(fit.cov_params())[:k, :k], index=index, columns=index)
    return pd.Series(fit.params[:k], index=index), covariance


def test_the_truth_carries_the_pipeline_s_names():
    assert true_coefficients(DEMO) == {(f, level): b for f, levels in STATED.items() for level, b in levels.items()}


def test_an_outside_estimator_recovers_the_planted_slopes(world, reference_fit):
    estimates, covariance = reference_fit
    rms, largest = recovery_z(estimates, covariance, world.truth.coefficients)
    assert rms < 1.6
    assert largest < 3.8


def test_recovery_notices_slopes_that_are_not_the_truth(world, reference_fit):
    estimates, covariance = reference_fit
    rms, largest = recovery_z(estimates * 0 + 0.9, covariance, world.truth.coefficients)
    assert rms > 1.6
    assert largest > 3.8


def test_recovery_z_is_in_standard_errors_and_leaves_unknown_terms_out():
    terms = pd.MultiIndex.from_tuples([("sex", "boy"), ("siblings", "siblings_3_or_more"), ("sex", "missing")])
    covariance = pd.DataFrame(np.diag([0.04, 0.01, 1.0]), index=terms, columns=terms)
    estimates = pd.Series([0.25 + 0.6, 0.15 - 0.4, 99.0], index=terms)
    rms, largest = recovery_z(estimates, covariance, true_coefficients(DEMO))
    assert largest == pytest.approx(4.0)
    assert rms == pytest.approx(np.sqrt((9 + 16) / 2))
    with pytest.raises(WorldError, match="known truth"):
        recovery_z(estimates.iloc[2:], covariance, true_coefficients(DEMO))
    with pytest.raises(WorldError, match="not positive"):
        recovery_z(estimates, covariance * 0, true_coefficients(DEMO))


def test_true_need_agrees_with_what_the_simulation_kept(world):
    key = ["municipality_code", "count_year", "school_unit_code"]
    kept = world.truth.unit_years.sort_values(key).reset_index(drop=True)
    found = true_need(world).sort_values(key).reset_index(drop=True)
    assert (found[[*key, "pupil_count"]] == kept[[*key, "pupil_count"]]).all().all()
    assert np.allclose(found["need_share"], kept["need_share"], atol=1e-12, rtol=0)
    assert np.allclose(found["need_index"], kept["need_index"], atol=1e-9, rtol=0)


def test_the_register_need_foretells_the_outcome_on_average(world):
    y = world.outcomes[world.outcomes["outcome"] == "not_eligible"]
    levels = true_levels(world, pupil=y["pupil"], calendar_year=y["result_year"] - 1)
    newly = (levels["immigration"] == "years_0_to_3").to_numpy()
    assert y["value"][newly].mean() > 2 * y["value"][~newly].mean()
