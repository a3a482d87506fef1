"""Missing background: drawn without losing anybody, compared with the missing level; complete cases are biased."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from models_py.errors import NeedError
from models_py.need import FACTORS, count_outcomes, fit_within_school, need_index, predict_from_counts
from models_py.need.missing import draw_missing, missing_sensitivity

EDUCATION = "guardian_education"


def with_holes(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Education missing for most newly arrived, and otherwise mostly where it is lowest."""
    chance = np.where(table[EDUCATION] == "compulsory", 0.06, 0.01)
    chance = np.where(table["immigration"] == "years_0_to_3", 0.6, chance)
    gone = np.random.default_rng(seed).random(len(table)) < chance
    return table.assign(**{EDUCATION: table[EDUCATION].mask(gone, "missing")})


@pytest.fixture(scope="module")
def data(world):
    found = world(12, schools=40, leavers=60)
    return found, with_holes(found.pupils, 1)


def register_of(pupils: pd.DataFrame) -> pd.DataFrame:
    return pupils.rename(columns={"leaver_count": "pupil_count"}).assign(count_date="2026-10-15")


def index_of(outcomes: pd.DataFrame, register: pd.DataFrame) -> pd.Series:
    fit = fit_within_school(count_outcomes(outcomes), minimum_events=1)
    return need_index(predict_from_counts(fit, register).table).table.set_index("school_unit_code")["need_index"]


def test_draws_keep_every_pupil_every_outcome_and_every_other_level(data):
    _, pupils = data
    outcomes, register = draw_missing(pupils, register_of(pupils), seed=1)
    others = [factor.name for factor in FACTORS if factor.name != EDUCATION]
    keys = ["school_unit_code", "result_year", *others]
    counts = ["leaver_count", "not_eligible_count"]
    pd.testing.assert_frame_equal(
        outcomes.groupby(keys)[counts].sum(), pupils.groupby(keys)[counts].sum(), check_dtype=False
    )
    assert not (outcomes[EDUCATION] == "missing").any()
    assert not (register[EDUCATION] == "missing").any()
    assert register["pupil_count"].sum() == len(pupils)
    assert (outcomes["not_eligible_count"] <= outcomes["leaver_count"]).all()
    kept = pupils[pupils[EDUCATION] != "missing"].groupby([*keys, EDUCATION])["leaver_count"].sum()
    after = outcomes.groupby([*keys, EDUCATION])["leaver_count"].sum()
    assert (after.loc[kept.index] >= kept).all()


def test_drawn_levels_follow_pupils_alike(data):
    _, pupils = data
    register = register_of(pupils)
    given = ["immigration", "household_income", "econ_assistance"]
    cell = ["years_0_to_3", "quintile_1", "no"]
    alike = register[(register[given] == cell).all(axis=1)]
    known = alike[alike[EDUCATION] != "missing"][EDUCATION].value_counts()
    total = pd.Series(0.0, index=known.index)
    for seed in range(8):
        _, drawn = draw_missing(pupils, register, seed=seed)
        drawn = drawn[(drawn[given] == cell).all(axis=1)].groupby(EDUCATION)["pupil_count"].sum()
        total += drawn.reindex(known.index, fill_value=0) - known
    assert total.sum() == 8 * (alike[EDUCATION] == "missing").sum()
    assert chisquare(total, total.sum() * known / known.sum()).pvalue > 1e-3


def test_without_anybody_alike_the_first_background_and_then_everyone_is_drawn_from():
    base = {factor.name: factor.levels[0] for factor in FACTORS}
    place = {"municipality_code": "9999", "school_unit_code": "99990001"}
    rows = [
        base | place | {EDUCATION: "compulsory", "immigration": "years_0_to_3", "pupil_count": 5},
        base | place | {EDUCATION: "upper_secondary", "pupil_count": 5},
        base
        | place
        | {EDUCATION: "missing", "immigration": "years_0_to_3", "econ_assistance": "yes", "pupil_count": 40},
    ]
    register = pd.DataFrame(rows).assign(count_date="2026-10-15")
    outcomes = register.rename(columns={"pupil_count": "leaver_count"}).assign(not_eligible_count=1, result_year=2026)
    _, drawn = draw_missing(outcomes, register, seed=1)
    assert drawn.groupby(EDUCATION)["pupil_count"].sum().to_dict() == {"compulsory": 45, "upper_secondary": 5}
    nobody_alike = register.assign(immigration=["born_in_sweden", "born_in_sweden", "years_0_to_3"])
    _, drawn = draw_missing(outcomes, nobody_alike, seed=1)
    assert set(drawn.groupby(EDUCATION)["pupil_count"].sum()) != {5, 45}
    with pytest.raises(NeedError) as caught:
        draw_missing(outcomes, register.assign(**{EDUCATION: "missing"}), seed=1)
    assert caught.value.reason == "all_missing"


def test_the_card_shows_the_distance_to_the_missing_level(data):
    _, pupils = data
    register = register_of(pupils)
    arguments = {"estimate": partial(fit_within_school, minimum_events=1), "seed": 5, "draws": 3}
    found = missing_sensitivity(pupils, register, **arguments)
    table = found.table.set_index("school_unit_code")
    used = index_of(pupils, register)
    assert table["need_index"].tolist() == used.tolist()
    assert 0 < found.difference_rms < 5
    assert found.largest_difference == table["largest_difference"].max() >= found.difference_rms
    share = (pupils[EDUCATION] == "missing").groupby(pupils["school_unit_code"]).mean()
    np.testing.assert_allclose(table["missing_share"], share)
    assert (table["is_flagged"] == (share > 0.25)).all()
    again = missing_sensitivity(
        pupils.sample(frac=1, random_state=1), register.sample(frac=1, random_state=2), **arguments
    )
    pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)


def test_nothing_missing_means_nothing_differs(world):
    found = world(3, schools=6, leavers=40)
    card = missing_sensitivity(
        found.pupils, found.register(), estimate=partial(fit_within_school, minimum_events=1), seed=1, draws=2
    )
    assert card.difference_rms == card.largest_difference == 0


def test_complete_cases_take_need_from_schools_with_newly_arrived_and_the_missing_level_does_not(data):
    """The wrong way, shown to be wrong: drop pupils without a known level from fit and register."""
    found, pupils = data
    truth = found.need * 100 / found.need.mean()
    complete = pupils[pupils[EDUCATION] != "missing"]
    newly = (pupils["immigration"] == "years_0_to_3").groupby(pupils["school_unit_code"]).mean()
    complete_case, level = index_of(complete, register_of(complete)), index_of(pupils, register_of(pupils))
    drawn = index_of(*draw_missing(pupils, register_of(pupils), seed=1))

    def per_tenth(index: pd.Series) -> float:
        """Index points wrong per ten percentage points of newly arrived."""
        return float(np.polyfit(newly * 10, index - truth, 1)[0])

    assert per_tenth(complete_case) < per_tenth(level) - 5
    assert per_tenth(complete_case) < per_tenth(drawn) - 5
    assert abs(per_tenth(level)) < abs(per_tenth(complete_case)) / 2


def test_bad_settings_are_refused(data):
    _, pupils = data
    for reason, settings in {"bad_setting": {"draws": 0}, "unknown_factor": {"given": ("shoe_size",)}}.items():
        with pytest.raises(NeedError) as caught:
            missing_sensitivity(
                pupils, register_of(pupils), estimate=partial(fit_within_school, minimum_events=1), seed=1, **settings
            )
        assert caught.value.reason == reason
