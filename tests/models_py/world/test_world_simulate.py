"""The simulated world: reproducible, plausible, and switchable mechanism by mechanism."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.special import expit

from models_py.world import DEMO, UnitPlan, WorldError, WorldSettings, simulate
from models_py.world.background import INTERCEPT, immigration_level

SMALL = WorldSettings(
    seed=5, municipality_codes=("9991", "9992"), units_per_municipality=(5, 8), years=4, reform_year=2
)


@pytest.fixture(scope="module")
def demo():
    return simulate(DEMO)


@pytest.fixture(scope="module")
def small():
    return simulate(SMALL)


def outcome(world, name):
    return world.outcomes[world.outcomes["outcome"] == name].reset_index(drop=True)


def test_the_same_settings_give_the_same_world(small):
    again = simulate(SMALL)
    for table in ("pupils", "enrollment", "outcomes", "allocation", "school_units"):
        assert_frame_equal(getattr(again, table), getattr(small, table), check_exact=True)


def test_another_seed_gives_another_world(small):
    other = simulate(replace(SMALL, seed=6))
    assert len(other.enrollment) != len(small.enrollment)


@pytest.mark.parametrize("seed", [1, 2])
def test_between_a_tenth_and_a_sixth_are_not_eligible_in_a_default_world(seed):
    share = outcome(simulate(WorldSettings(seed=seed, years=7)), "not_eligible")["value"].mean()
    assert 0.105 < share < 0.165


def test_the_demo_has_the_size_and_the_need_of_a_town(demo):
    assert 0.12 < outcome(demo, "not_eligible")["value"].mean() < 0.16
    per_year = demo.enrollment.groupby("count_year").size()
    assert list(per_year.index) == list(range(2017, 2027))
    assert per_year.between(5_000, 6_500).all()
    index = demo.truth.unit_years["need_index"]
    assert 40 < index.min() < 75
    assert 140 < index.max() < 220


def test_five_cohorts_of_the_demo_hold_enough_events_for_coefficients_of_its_own(demo):
    y = outcome(demo, "not_eligible")
    assert y.loc[y["result_year"].between(2022, 2026), "value"].sum() >= 350


def test_the_demo_has_every_kind_of_unit_it_promises(demo):
    units, years = demo.school_units, demo.truth.unit_years
    assert units["is_independent"].sum() >= 5
    assert set(zip(units["first_grade"], units["last_grade"], strict=True)) == {(0, 9), (0, 6), (0, 3), (7, 9)}
    assert (units["first_year"] == 2020).any()
    successors = units[units["predecessor_code"] != ""]
    assert len(successors) == 2
    for unit in successors.itertuples():
        before = years[years["school_unit_code"] == unit.predecessor_code]
        after = years[years["school_unit_code"] == unit.school_unit_code]
        assert before["count_year"].max() == unit.first_year - 1 == after["count_year"].min() - 1
    small_rural = years[(years["pupil_count"] < 20)]["school_unit_code"].unique()
    assert set(small_rural) <= set(units.loc[units["is_rural"], "school_unit_code"])
    assert len(small_rural) == 2


def test_the_pupil_weighted_index_is_100_every_year(demo):
    table = demo.truth.unit_years
    weighted = (table["need_index"] * table["pupil_count"]).groupby(table["count_year"]).sum()
    assert np.allclose(weighted / table.groupby("count_year")["pupil_count"].sum(), 100, atol=1e-9, rtol=0)


def test_pupils_stand_once_per_count_date_in_a_grade_their_unit_has(demo):
    rows = demo.enrollment
    assert not rows.duplicated(["pupil", "count_year"]).any()
    units = demo.school_units.set_index("school_unit_code")
    joined = rows.join(units[["first_grade", "last_grade"]], on="school_unit_code")
    assert joined["grade"].between(joined["first_grade"], joined["last_grade"]).all()
    assert (rows["start_year"] <= rows["count_year"]).all()


def test_pupils_go_up_one_grade_a_year_and_leave_after_grade_9(demo):
    rows = demo.enrollment.sort_values(["pupil", "count_year"])
    step = rows.groupby("pupil")[["grade", "count_year"]].diff().dropna()
    assert (step == 1).all().all()
    born = demo.pupils["birth_year"].to_numpy()[rows["pupil"]]
    assert (rows["count_year"] - rows["grade"] - born == 6).all()


def test_some_pupils_move_between_schools_and_some_leave(demo):
    rows = demo.enrollment.sort_values(["pupil", "count_year"])
    code_changed = rows["school_unit_code"].astype(str).ne(rows["school_unit_code"].astype(str).shift())
    stays = rows["pupil"].eq(rows["pupil"].shift())
    began = rows["start_year"].eq(rows["count_year"])
    assert (began[stays] == code_changed[stays]).all()
    last = rows.groupby("pupil").tail(1)
    left_early = last[(last["grade"] < 9) & (last["count_year"] < 2026)]
    assert 0.005 < len(left_early) / (len(rows) - len(last)) < 0.02


def test_nobody_immigrates_before_birth_or_after_entry(demo):
    p = demo.pupils[demo.pupils["immigration_year"] > 0]
    assert (p["immigration_year"] >= p["birth_year"]).all()
    assert (p["immigration_year"] <= p["entry_year"]).all()
    assert (demo.pupils.loc[demo.pupils["is_arrival"], "immigration_year"] > 0).all()


def test_education_is_missing_at_the_stated_rates():
    pupils = simulate(WorldSettings(seed=1, years=6)).pupils
    missing = pupils["is_education_missing"]
    arrival = pupils["is_arrival"]
    assert missing[arrival].mean() == pytest.approx(0.45, abs=0.06)
    assert 0.01 < missing[~arrival].mean() < 0.03
    true_levels = pupils.loc[missing, "education"].value_counts(normalize=True).sort_index()
    assert np.allclose(true_levels, [0.20, 0.10, 0.25, 0.45], atol=0.06)


def test_results_keep_their_scales_and_the_cap_of_those_not_eligible(demo):
    merit, y = outcome(demo, "merit_value"), outcome(demo, "not_eligible")
    assert merit["value"].between(0, 340).all()
    assert (merit["value"] % 2.5 == 0).all()
    assert (merit["pupil"] == y["pupil"]).all()
    assert merit.loc[y["value"] == 1, "value"].max() <= 190
    assert merit.loc[y["value"] == 0, "value"].mean() > merit.loc[y["value"] == 1, "value"].mean() + 40
    np3 = outcome(demo, "np3_share")["value"]
    assert 0.03 < np3.isna().mean() < 0.12
    assert np3.dropna().between(0, 1).all()
    assert outcome(demo, "points_6")["value"].isna().any()


def test_switching_leniency_off_moves_merit_values_only(small):
    off = simulate(replace(SMALL, leniency_sd=0.0))
    assert_frame_equal(off.enrollment, small.enrollment, check_exact=True)
    assert_frame_equal(outcome(off, "not_eligible"), outcome(small, "not_eligible"), check_exact=True)
    assert not outcome(off, "merit_value").equals(outcome(small, "merit_value"))


def test_switching_the_level_of_quality_off_moves_eligibility_but_nobody_s_place(small):
    off = simulate(replace(SMALL, quality_sd=0.0, quality_year_sd=0.0))
    assert_frame_equal(off.enrollment, small.enrollment, check_exact=True)
    assert_frame_equal(off.truth.value_added, small.truth.value_added, check_exact=True)
    assert (off.truth.unit_years["quality"] == 0).all()
    a, b = outcome(off, "not_eligible")["value"], outcome(small, "not_eligible")["value"]
    assert 0 < (a != b).mean() < 0.1


def test_switching_growth_off_leaves_background_need_and_quality_alone(small):
    off = simulate(replace(SMALL, growth_sd=0.0, growth_year_sd=0.0))
    assert (off.truth.value_added["value_added"] == 0).all()
    assert_frame_equal(off.pupils, small.pupils, check_exact=True)
    first = small.truth.unit_years["count_year"] == SMALL.first_count_year
    columns = ["school_unit_code", "need_share", "quality"]
    assert_frame_equal(off.truth.unit_years.loc[first, columns], small.truth.unit_years.loc[first, columns])
    assert not outcome(off, "merit_value")["value"].equals(outcome(small, "merit_value")["value"])


def test_without_effects_background_says_nothing():
    off = simulate(replace(SMALL, effect_scale=0.0, peer_effect=0.0, quality_sd=0.0, quality_year_sd=0.0,
                           effect_per_kkr=0.0))  # fmt: skip
    assert np.allclose(off.truth.unit_years["need_index"], 100, atol=1e-9)
    assert outcome(off, "not_eligible")["value"].mean() == pytest.approx(expit(INTERCEPT), abs=0.02)
    assert set(off.truth.coefficients.values()) == {0.0}


def test_quality_correlates_with_composition_as_asked():
    for rho in (-0.9, 0.9):
        settings = WorldSettings(seed=2, years=1, quality_composition_correlation=rho, quality_year_sd=0.0)
        table = simulate(settings).truth.unit_years
        assert table["quality"].corr(table["composition"]) == pytest.approx(rho, abs=0.12)


def test_money_follows_the_true_index_and_the_reform(demo):
    joined = demo.allocation.merge(demo.truth.unit_years, on=["count_year", "site", "school_unit_code"])
    slope = np.where(joined["count_year"] >= 2022, 0.08, 0.03)
    assert np.allclose(joined["dose_kkr"], slope * joined["need_index"])
    assert len(joined) == len(demo.truth.unit_years)


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ((UnitPlan("A", 10), UnitPlan("A", 10)), "same name"),
        ((UnitPlan("A", 10, last_grade=6),), "feeds must name a unit with grade 7"),
        ((UnitPlan("A", 0),), "cohort_size is the intake"),
        ((UnitPlan("A", 10, last_grade=6, feeds="B"), UnitPlan("B", 0, first_grade=7, municipality=1)), "another"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_work_is_refused(units, message):
    with pytest.raises(WorldError, match=message):
        simulate(WorldSettings(units=units))


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(WorldError, match="move_rate"):
        WorldSettings(move_rate=-0.1)
    with pytest.raises(WorldError, match="repeat"):
        WorldSettings(municipality_codes=("9991", "9991"))


def test_the_order_of_enrollment_rows_is_by_count_date(demo):
    assert demo.enrollment["count_year"].is_monotonic_increasing
    assert isinstance(demo.enrollment["school_unit_code"].dtype, pd.CategoricalDtype)


def test_immigration_bands_end_where_the_pipeline_s_bands_end():
    years = np.array([0, 3, 4, 8, 9, 15])
    assert immigration_level(2020 - years, 2020).tolist() == [3, 3, 2, 2, 1, 1]
    assert immigration_level(np.zeros(1, dtype=np.int64), 2020).tolist() == [0]
    assert immigration_level(np.array([2012, 2012]), np.array([2015, 2021])).tolist() == [3, 1]


def test_a_peer_effect_raises_the_risk_where_risk_is_high_and_lowers_it_where_it_is_low():
    settings = WorldSettings(seed=1, years=2)
    without, strong = (outcome(simulate(replace(settings, peer_effect=g)), "not_eligible") for g in (0.0, 2.0))
    need = simulate(settings).truth.unit_years.groupby("site")["need_index"].mean()
    change = strong["value"] - without["value"]
    index = without["site"].map(need)
    assert change[index > 130].mean() > 0.03
    assert change[index < 80].mean() < -0.01


def test_money_lowers_the_risk_when_it_works():
    worlds = [outcome(simulate(replace(SMALL, effect_per_kkr=b)), "not_eligible") for b in (0.0, 0.2)]
    # After the reform every pupil gets more than the mean dose of all years.
    plain, working = (y[y["result_year"] > SMALL.first_count_year + SMALL.reform_year]["value"].mean() for y in worlds)
    assert working < plain - 0.03
