"""Forward selection: held-out deviance equal to fits on single pupils, folds without row order, a rule that is paired."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models_py.errors import NeedError
from models_py.need import FACTORS, count_outcomes
from models_py.need.fold_logit import fit_folds, varying_factors
from models_py.need.folds import cohort_folds, school_folds
from models_py.need.forward import CORE, ForwardPath, along, forward_path

NAMES = [factor.name for factor in FACTORS]


def fold_of_school(cells: pd.DataFrame, folds: int) -> pd.Series:
    """Each row's fold, worked out anew from the codes."""
    schools = sorted(set(zip(cells["municipality_code"], cells["school_unit_code"], strict=True)))
    dealt = sorted(schools, key=lambda school: hashlib.sha256("/".join(school).encode()).hexdigest())
    place = {school: number % min(folds, len(schools)) for number, school in enumerate(dealt)}
    return pd.Series(
        [place[key] for key in zip(cells["municipality_code"], cells["school_unit_code"], strict=True)],
        index=cells.index,
    )


def dummies(pupils: pd.DataFrame, names: list[str], *, years: list[int]) -> np.ndarray:
    columns = [np.ones(len(pupils))] + [(pupils["result_year"] == year).to_numpy() for year in years]
    for factor in FACTORS:
        if factor.name in names:
            seen = [level for level in factor.levels if (pupils[factor.name] == level).any()]
            columns += [(pupils[factor.name] == level).to_numpy() for level in seen[1:]]
    return np.column_stack(columns).astype(float)


def ridge_fit(x: np.ndarray, y: np.ndarray, ridge: float) -> np.ndarray:
    penalty = np.r_[0.0, np.full(x.shape[1] - 1, ridge)]
    b = np.zeros(x.shape[1])
    for _ in range(40):
        mean = 1 / (1 + np.exp(-x @ b))
        b += np.linalg.solve(
            x.T @ ((mean * (1 - mean))[:, None] * x) + np.diag(penalty), x.T @ (y - mean) - penalty * b
        )
    return b


@pytest.mark.parametrize("validation", ["school", "cohort"])
def test_held_out_deviance_equals_penalised_fits_on_single_pupils(world, validation):
    pupils = world(1, schools=12, leavers=25, missing=0.1).pupils
    counts = count_outcomes(pupils)
    names = ["guardian_education", "sex", "area_type"]
    folds = school_folds(counts, folds=5) if validation == "school" else cohort_folds(counts)
    found = fit_folds(counts, folds=folds, columns=[NAMES.index(name) for name in names], ridge=0.05)
    fold = fold_of_school(pupils, 5) if validation == "school" else pupils["result_year"] - pupils["result_year"].min()
    x = dummies(pupils, names, years=sorted(pupils["result_year"].unique()))
    y = pupils["not_eligible_count"].to_numpy(dtype=float)
    for number, deviance in enumerate(found.deviances):
        out = (fold == number).to_numpy()
        score = x[out] @ ridge_fit(x[~out], y[~out], 0.05)
        assert folds.pupils[number] == out.sum()
        assert deviance == pytest.approx(-2 * (y[out] * score - np.log1p(np.exp(score))).sum(), rel=1e-8)


def test_with_hardly_any_ridge_it_is_the_glm_of_statsmodels(world):
    pupils = world(2, schools=12, leavers=40).pupils
    counts = count_outcomes(pupils)
    found = fit_folds(counts, folds=school_folds(counts, folds=4), columns=[0, 4], ridge=1e-5)
    x = dummies(pupils, ["guardian_education", "sex"], years=sorted(pupils["result_year"].unique())[1:])
    y = pupils["not_eligible_count"].to_numpy(dtype=float)
    fold = fold_of_school(pupils, 4).to_numpy()
    for number, deviance in enumerate(found.deviances):
        out = fold == number
        fit = sm.GLM(y[~out], x[~out], family=sm.families.Binomial()).fit()
        score = x[out] @ fit.params
        assert deviance == pytest.approx(-2 * (y[out] * score - np.log1p(np.exp(score))).sum(), rel=1e-6)


def test_a_warm_start_changes_nothing(world):
    counts = count_outcomes(world(3, schools=15).cells)
    folds = school_folds(counts)
    parent = fit_folds(counts, folds=folds, columns=[0], ridge=0.05)
    warm = fit_folds(counts, folds=folds, columns=[0, 1], ridge=0.05, start=parent.slopes)
    cold = fit_folds(counts, folds=folds, columns=[0, 1], ridge=0.05)
    assert warm.deviances == pytest.approx(cold.deviances, abs=2e-6)


def test_folds_hold_whole_schools_and_all_pupils_once(world):
    cells = world(4, schools=23).cells
    counts = count_outcomes(cells)
    folds = school_folds(counts)
    assert folds.trials.shape[0] == 10
    assert folds.trials.sum() == cells["leaver_count"].sum()
    assert folds.events.sum() == cells["not_eligible_count"].sum()
    expected = cells["leaver_count"].groupby(fold_of_school(cells, 10)).sum()
    assert folds.pupils.tolist() == expected.tolist()


@pytest.mark.parametrize(("schools", "folds"), [(6, 6), (10, 10), (14, 10)])
def test_few_schools_are_left_out_one_at_a_time_in_at_most_ten_folds(world, schools, folds):
    assert len(school_folds(count_outcomes(world(5, schools=schools).cells)).pupils) == folds


def test_rows_per_pupil_or_cell_in_any_order_give_the_same_path(world):
    small = world(6, schools=20)
    paths = [
        forward_path(counts, folds=school_folds(counts))
        for counts in map(count_outcomes, (small.pupils, small.cells, small.pupils.sample(frac=1, random_state=2)))
    ]
    for other in paths[1:]:
        assert other.factors == paths[0].factors
        assert other.deviances.tobytes() == paths[0].deviances.tobytes()


def test_the_core_enters_first_whatever_it_tells_and_the_path_has_at_most_so_many_factors(world):
    counts = count_outcomes(world(7, schools=20).cells)
    free = forward_path(counts, folds=school_folds(counts), core=(), max_factors=1)
    assert free.factors[0] in CORE
    forced = forward_path(counts, folds=school_folds(counts), core=("siblings",), max_factors=3)
    assert forced.factors[:2] == ("siblings", free.factors[0])
    assert len(forced.factors) == 3
    assert forced.core_steps == 1
    assert set(forward_path(counts, folds=school_folds(counts)).factors[:2]) == set(CORE)


def test_each_step_adds_the_factor_that_leaves_the_least_deviance(world):
    counts = count_outcomes(world(8, schools=20).cells)
    folds = school_folds(counts)
    path = forward_path(counts, folds=folds, core=(), max_factors=2)
    first = [
        fit_folds(counts, folds=folds, columns=[position], ridge=0.05).deviances.sum() for position in range(len(NAMES))
    ]
    assert path.factors[0] == NAMES[int(np.argmin(first))]
    assert path.deviances[1].sum() == pytest.approx(min(first), abs=1e-4)


def test_a_factor_with_one_level_never_enters(world):
    cells = world(9, schools=20).cells.assign(immigration="missing", sex="girl")
    counts = count_outcomes(cells)
    path = forward_path(counts, folds=school_folds(counts))
    assert not {"immigration", "sex"} & set(path.factors)
    assert len(path.factors) == len(varying_factors(counts)) == 6
    assert path.core_steps == 1


def with_noise(cells: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Household and siblings replaced by coins: factors that tell nothing."""
    rng = np.random.default_rng(seed)
    for factor in FACTORS:
        if factor.name in ("household", "siblings"):
            cells = cells.assign(**{factor.name: np.array(factor.levels[:2])[rng.integers(0, 2, len(cells))]})
    return cells


def test_strong_factors_are_kept_and_noise_is_left_out(world):
    kept: list[str] = []
    for seed in range(4):
        counts = count_outcomes(with_noise(world(20 + seed, schools=60, leavers=60).pupils, seed))
        path = forward_path(counts, folds=school_folds(counts))
        kept += path.factors[: path.one_se]
    assert kept.count("guardian_education") == kept.count("immigration") == 4
    assert kept.count("econ_assistance") >= 3
    assert kept.count("household") + kept.count("siblings") <= 2


def test_cohorts_judge_the_same_steps(world):
    counts = count_outcomes(world(10, schools=20).cells)
    path = forward_path(counts, folds=school_folds(counts), max_factors=4)
    beside = along(counts, folds=cohort_folds(counts), path=path)
    assert beside.factors == path.factors
    assert beside.deviances.shape == (5, 3)
    alone = fit_folds(
        counts, folds=cohort_folds(counts), columns=[NAMES.index(name) for name in path.factors[:3]], ridge=0.05
    )
    assert beside.deviances[3] == pytest.approx(alone.deviances, abs=2e-6)


def test_the_rule_pairs_the_folds():
    """Folds far apart, the same gain in each: paired it is kept, compared with the spread between folds it is lost."""
    level = np.array([100.0, 500.0, 900.0])
    deviances = np.array([level + 8, level + np.array([2.0, 2.1, 1.9]), level])
    path = ForwardPath("school", ("guardian_education", "sex"), deviances, np.array([100.0, 100.0, 100.0]), 0)
    assert path.minimum == path.one_se == 2
    assert path.paired_difference == pytest.approx([0.08, 0.02, 0.0])
    assert path.paired_standard_error[1] == pytest.approx(0.001 / np.sqrt(3))
    spread = deviances[2].std(ddof=1) / np.sqrt(3)
    assert deviances[0].mean() < deviances[2].mean() + spread


def test_a_step_within_one_paired_standard_error_is_enough():
    level = np.array([100.0, 500.0, 900.0])
    deviances = np.array([level + 50, level + np.array([4.0, -3.0, 1.0]), level, level + 1])
    path = ForwardPath("school", ("a", "b", "c"), deviances, np.array([100.0, 100.0, 100.0]), 0)
    assert path.minimum == 2
    assert path.one_se == 1
    assert path.within_one_se.tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("reason", "arguments"),
    [
        ("bad_setting", {"ridge": 0.0}),
        ("bad_setting", {"max_factors": 1}),
        ("unknown_factor", {"core": ("shoe_size",)}),
    ],
)
def test_settings_that_cannot_be_are_refused(world, reason, arguments):
    counts = count_outcomes(world(11, schools=12).cells)
    with pytest.raises(NeedError) as caught:
        forward_path(counts, folds=school_folds(counts), **arguments)
    assert caught.value.reason == reason


def test_too_little_to_leave_out_is_refused(world):
    counts = count_outcomes(world(12, schools=2, years=1).cells)
    with pytest.raises(NeedError, match="results of 2026 only") as caught:
        cohort_folds(counts)
    assert caught.value.reason == "too_few_cohorts"
    with pytest.raises(NeedError) as caught:
        school_folds(counts.of_schools(np.array([True, False])))
    assert caught.value.reason == "too_few_schools"
    with pytest.raises(NeedError) as caught:
        school_folds(counts, folds=1)
    assert caught.value.reason == "bad_setting"
    cells = world(12, schools=2, years=1).cells
    quiet = cells["school_unit_code"] == cells["school_unit_code"].iloc[0]
    with pytest.raises(NeedError) as caught:
        school_folds(count_outcomes(cells.assign(not_eligible_count=cells["not_eligible_count"].mask(quiet, 0))))
    assert caught.value.reason == "too_few_events"


def test_nothing_that_varies_is_refused(world):
    cells = world(13, schools=12).cells.assign(**dict.fromkeys(NAMES, "missing"))
    counts = count_outcomes(cells)
    with pytest.raises(NeedError) as caught:
        forward_path(counts, folds=school_folds(counts))
    assert caught.value.reason == "no_varying_factor"
