"""Value-added finds what schools truly give, says how sure it is, and finds nothing where there is nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import norm, rankdata

from models_py.errors import FollowupError
from models_py.followup import SHOWN, STAGES, stage_pupils, value_added
from models_py.followup.scores import normal_scores, one_score, subject_scores
from models_py.followup.stages import StagePupils
from models_py.followup.value_added import FEW, UNRELIABLE, paule_mandel

LAST = 2024
STAGE_46, STAGE_79 = STAGES


@pytest.fixture(scope="module")
def pupils(schools):
    return stage_pupils(schools.results, schools.enrollment, stage=STAGE_79, background=schools.background)


@pytest.fixture(scope="module")
def found(pupils):
    return value_added(pupils, result_year=LAST)


def centred(found, followed):
    table = found.table
    truth = followed.truth(found.stage.name, years=range(LAST - 2, LAST + 1), units=table["school_unit_code"])
    return truth - np.average(truth, weights=table["matched_count"])


def test_estimates_follow_what_schools_truly_give(found, schools):
    shown = found.table["state"] == SHOWN
    truth = centred(found, schools)
    assert shown.sum() > 40
    assert np.corrcoef(found.table["value_added"][shown], truth[shown])[0, 1] > 0.75
    inside = (truth >= found.table["interval_lower"]) & (truth <= found.table["interval_upper"])
    assert inside[shown].mean() > 0.80


def test_shrinking_comes_nearer_to_the_truth_than_the_raw_mean(found, schools):
    truth = centred(found, schools)
    miss = {name: float(((found.table[name] - truth) ** 2).mean()) for name in ("raw_value", "value_added")}
    assert miss["value_added"] < miss["raw_value"]


def test_mean_points_tell_far_less_about_the_school(found, schools):
    r = schools.results
    ended = r[(r["measure"] == "national_test") & (r["grade"] == 9) & r["result_year"].between(LAST - 2, LAST)]
    level = ended.groupby("school_unit_code", observed=True)["value"].mean()
    truth = centred(found, schools)
    shown = found.table["state"] == SHOWN
    of_level = np.corrcoef(level.reindex(found.table["school_unit_code"][shown]), truth[shown])[0, 1]
    assert np.corrcoef(found.table["value_added"][shown], truth[shown])[0, 1] > of_level + 0.15


def test_where_all_schools_give_the_same_nobody_stands_out_beyond_the_nominal_rate(alike):
    pupils = stage_pupils(alike.results, alike.enrollment, stage=STAGE_79, background=alike.background)
    table = value_added(pupils, result_year=LAST).table
    covers = (table["interval_lower"] <= 0) & (table["interval_upper"] >= 0)
    assert covers.mean() >= 0.95
    shown = table[table["state"] == SHOWN]
    assert ((shown["interval_lower"] > 0) | (shown["interval_upper"] < 0)).sum() <= 0.05 * len(table)


def test_a_figure_is_shown_from_fifteen_pupils_and_half_reliability_on(pupils, found):
    table = found.table
    few = table["matched_count"] < 15
    assert few.any()
    assert (table["state"][few] == FEW).all()
    assert (table["state"][~few & (table["reliability"] < 0.5)] == UNRELIABLE).all()
    assert (table["state"][~few & (table["reliability"] >= 0.5)] == SHOWN).all()
    one_cohort = value_added(pupils, result_year=LAST, cohorts=1).table
    assert (one_cohort["state"] == SHOWN).sum() < (table["state"] == SHOWN).sum()


def test_slopes_are_those_of_dummies_per_school_in_an_outside_package(pupils, found):
    inside = (pupils.year > LAST - 3) & (pupils.year <= LAST) & pupils.stayed
    frame = pd.DataFrame(pupils.prior[inside], columns=[f"x{k}" for k in range(pupils.prior.shape[1])])
    frame = frame.assign(y=pupils.outcome[inside], unit=pupils.unit[inside], year=pupils.year[inside])
    terms = " + ".join(name for name in frame if name.startswith("x"))
    fit = smf.ols(f"y ~ {terms} + C(unit) + C(year)", frame).fit()
    theirs = [fit.params[f"x{k}"] for k in range(pupils.prior.shape[1])]
    assert np.allclose(list(found.slopes.values()), theirs, atol=1e-8)
    assert found.within_sd == pytest.approx(np.sqrt(fit.mse_resid), rel=1e-8)


def test_neither_the_order_of_rows_nor_of_keys_moves_a_bit(schools, found):
    shuffled = {name: getattr(schools, name).sample(frac=1, random_state=1) for name in ("results", "enrollment")}
    highest = int(schools.background["pupil_key"].max())
    renamed = {name: table.assign(pupil_key=highest - table["pupil_key"]) for name, table in shuffled.items()}
    background = schools.background.assign(pupil_key=highest - schools.background["pupil_key"])
    pupils = stage_pupils(renamed["results"], renamed["enrollment"], stage=STAGE_79, background=background)
    again = value_added(pupils, result_year=LAST)
    pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)
    assert again.slopes == found.slopes


def test_grades_reward_leniency_and_tests_do_not(schools, pupils):
    lenient = schools.results.copy()
    unit = pupils.units[np.bincount(pupils.unit).argmax()]
    own = (lenient["school_unit_code"] == unit) & (lenient["measure"] == "grade") & (lenient["grade"] == 9)
    lenient.loc[own, "value"] = (lenient.loc[own, "value"] + 5).clip(upper=20)
    by_grades = replace(STAGE_79, outcome="grade")

    def of_unit(results, stage):
        told = value_added(stage_pupils(results, schools.enrollment, stage=stage), result_year=LAST).table
        return float(told.set_index("school_unit_code").loc[unit, "value_added"])

    assert of_unit(lenient, by_grades) > of_unit(schools.results, by_grades) + 0.3
    assert of_unit(lenient, STAGE_79) == of_unit(schools.results, STAGE_79)


def test_joiners_count_by_their_share_of_the_stage():
    random = np.random.default_rng(5)
    n = 400
    unit, exposure = np.repeat([0, 1], n // 2), np.where(np.arange(n) % 4 == 0, 1 / 3, 1.0)
    prior = random.normal(size=n)
    outcome = prior + np.where(unit == 1, 0.6, -0.6) * exposure + random.normal(scale=0.05, size=n)
    pupils = StagePupils(
        STAGE_79, np.array(["a", "b"]), unit, np.full(n, LAST), outcome, prior[:, None], ("prior",), exposure,
        np.array([[n // 2], [n // 2]]), np.array([LAST]), 4.0, 1.0,
    )  # fmt: skip
    table = value_added(pupils, result_year=LAST, cohorts=1).table
    assert table["joiner_count"].tolist() == [50, 50]
    assert table["value_with_joiners"].tolist() == pytest.approx([-0.6, 0.6], abs=0.02)
    assert not table["joiners_differ"].any()
    worse = StagePupils(
        STAGE_79, pupils.units, unit, pupils.year, outcome - np.where((exposure < 1) & (unit == 1), 2.0, 0.0),
        pupils.prior, pupils.names, exposure, pupils.enrolled, pupils.years, 4.0, 1.0,
    )  # fmt: skip
    assert value_added(worse, result_year=LAST, cohorts=1).table["joiners_differ"].tolist() == [False, True]


def test_the_spread_between_schools_solves_its_equation_and_is_zero_for_noise():
    random = np.random.default_rng(2)
    variance = random.uniform(0.01, 0.2, size=400)
    values = random.normal(scale=np.sqrt(0.09 + variance))
    tau2, mean = paule_mandel(values, variance=variance)
    weight = 1 / (tau2 + variance)
    assert np.sum(weight * (values - mean) ** 2) == pytest.approx(399, rel=1e-9)
    assert tau2 == pytest.approx(0.09, rel=0.25)
    assert paule_mandel(values * 0.01, variance=variance)[0] == 0.0
    assert paule_mandel(values[:1], variance=variance[:1]) == (0.0, values[0])


def test_few_schools_have_wider_intervals():
    random = np.random.default_rng(3)

    def widths(units):
        n = units * 40
        unit = np.repeat(np.arange(units), 40)
        prior = random.normal(size=n)
        outcome = prior + np.linspace(-0.5, 0.5, units)[unit] + random.normal(scale=0.5, size=n)
        pupils = StagePupils(
            STAGE_79, np.arange(units).astype(str), unit, np.full(n, LAST), outcome, prior[:, None], ("prior",),
            np.ones(n), np.full((units, 1), 40), np.array([LAST]), 4.0, 1.0,
        )  # fmt: skip
        found = value_added(pupils, result_year=LAST)
        plain = np.sqrt(found.table["reliability"] * found.within_sd**2 / 40)
        return (found.table["standard_error"] / plain).mean()

    assert widths(19) > 1.1 > widths(20) >= 1.0


def test_a_test_that_is_not_what_pupils_knew_widens_the_intervals_of_units_whose_pupils_began_apart():
    random = np.random.default_rng(4)
    units, n = 30, 30 * 40
    unit = np.repeat(np.arange(units), 40)
    began = np.where(np.arange(units) < 15, 0.0, np.linspace(-1, 1, units))  # half of the units began alike
    prior = random.normal(size=n)
    prior += began[unit] - (np.bincount(unit, weights=prior) / 40)[unit]
    outcome = 0.8 * prior + random.normal(scale=0.3, size=units)[unit] + random.normal(scale=0.5, size=n)

    def estimated(reliability):
        pupils = StagePupils(
            STAGE_79, np.arange(units).astype(str), unit, np.full(n, LAST), outcome, prior[:, None], ("prior",),
            np.ones(n), np.full((units, 1), 40), np.array([LAST]), 4.0, reliability,
        )  # fmt: skip
        return value_added(pupils, result_year=LAST)

    exact, rough, unknown = (estimated(reliability) for reliability in (1.0, 0.7, float("nan")))
    pd.testing.assert_frame_equal(exact.table, unknown.table)
    assert (rough.table["value_added"] == exact.table["value_added"]).all(), "no estimate moves"
    apart = began - began.mean()
    left = exact.slopes["prior"] * (1 / 0.7 - 1) * np.abs(apart) * exact.table["reliability"]
    assert np.allclose(rough.table["standard_error"], np.hypot(exact.table["standard_error"], left), rtol=1e-9)
    assert rough.table["standard_error"].iloc[-1] > 1.5 * exact.table["standard_error"].iloc[-1]


def test_the_reliability_of_a_score_is_cronbachs_alpha_and_unknown_for_one_subject():
    random = np.random.default_rng(6)
    knew = random.normal(size=3000)
    rows = pd.concat(
        [
            pd.DataFrame({"pupil_key": np.arange(3000), "result_year": 2024, "subject": subject,
                          "value": knew + random.normal(scale=0.7, size=3000)})
            for subject in ("english", "mathematics", "swedish")
        ]
    )  # fmt: skip
    assert subject_scores(rows).reliability == pytest.approx(3 / (3 + 0.49), abs=0.02)
    again = subject_scores(rows.sample(frac=1, random_state=2))
    assert again.reliability == pytest.approx(subject_scores(rows).reliability, abs=1e-15)
    assert np.isnan(subject_scores(rows[rows["subject"] == "english"]).reliability)


def test_normal_scores_are_those_of_mean_ranks_within_groups():
    random = np.random.default_rng(1)
    values, groups = random.integers(0, 9, size=500).astype(float), random.integers(0, 3, size=500)
    expected = np.empty(500)
    for g in range(3):
        own = groups == g
        expected[own] = norm.ppf((rankdata(values[own]) - 0.5) / own.sum())
    assert np.allclose(normal_scores(values, groups=groups), expected, atol=1e-12)
    assert normal_scores(np.zeros(0), groups=np.zeros(0, dtype=int)).size == 0


def test_a_score_needs_two_subjects_where_there_are_several():
    rows = pd.DataFrame(
        [("a", 2024, "english", 10.0), ("a", 2024, "swedish", 15.0), ("b", 2024, "english", 20.0)],
        columns=["pupil_key", "result_year", "subject", "value"],
    )
    assert one_score(subject_scores(rows))[["pupil_key", "points"]].to_dict("list") == {
        "pupil_key": ["a"],
        "points": [12.5],
    }


def test_what_cannot_be_matched_is_refused_by_name(schools):
    later = schools.results[schools.results["grade"] == 9]
    with pytest.raises(FollowupError, match="nobody has both national_test 9 and national_test 6"):
        stage_pupils(later, schools.enrollment, stage=STAGE_79)
    with pytest.raises(FollowupError, match="1 rows repeat pupil_key, result_year"):
        stage_pupils(pd.concat([later, later.iloc[:1]]), schools.enrollment, stage=replace(STAGE_79, outcome="grade"))
    with pytest.raises(FollowupError, match="columns value are missing"):
        stage_pupils(later.drop(columns="value"), schools.enrollment, stage=STAGE_79)
    holed = schools.background.assign(boy=np.nan)
    with pytest.raises(FollowupError, match="background: columns boy have empty values"):
        stage_pupils(schools.results, schools.enrollment, stage=STAGE_46, background=holed)
