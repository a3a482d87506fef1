"""A municipality's accuracy follows its policy: frozen weights are judged only on what they have not seen."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from bench.small_worlds import small_world
from models_py.accuracy.municipality import accuracy_of_municipality
from models_py.need import FACTORS, count_outcomes, fit_within_school
from models_py.need.policy import NeedPolicy
from models_py.need.prior_making import frozen_from_fit
from models_py.need.prior_text import prior_to_json

NAMES = [factor.name for factor in FACTORS]


@pytest.fixture(scope="module")
def town() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Twenty schools, eight cohorts from 2018 to 2025, as counts; and their register."""
    world = small_world(8, schools=20, leavers=20 * 50 * 8, years=8)
    counts = world.leavers
    levels = counts.levels[counts.cell]
    table = pd.DataFrame(
        {name: pd.Series(FACTORS[k].levels, dtype=object).to_numpy()[levels[:, k]] for k, name in enumerate(NAMES)}
    ).assign(
        municipality_code="9999",
        school_unit_code=[counts.schools[place][1] for place in counts.school],
        result_year=[counts.years[place] for place in counts.year[counts.cell]],
        leaver_count=counts.trials,
        not_eligible_count=counts.sums,
        schooling_year=0,
    )
    return table, world.register_counts().assign(count_date=date(2025, 10, 15), schooling_year=0)


def judged(town, policy: NeedPolicy, **changes):
    outcomes, register = town
    asked = {
        "factors": NAMES,
        "funding_year": 2026,
        "hold_until": 2028,
        "index_minimum_pupils": 20,
        "draws": 100,
        "seed": 1,
    }
    return accuracy_of_municipality(outcomes, register_counts=register, policy=policy, **(asked | changes))


@pytest.fixture(scope="module")
def frozen(town) -> NeedPolicy:
    early = town[0][town[0]["result_year"] <= 2022]
    fit = fit_within_school(count_outcomes(early))
    return NeedPolicy(weights=prior_to_json(frozen_from_fit(fit, label="9999 2023", source="own results, 2018-2022")))


def test_frozen_weights_are_judged_only_on_later_cohorts_and_beside_fresh_ones(town, frozen):
    found = judged(town, frozen)
    assert found.refusal is None
    cohorts = found.tables["accuracy_cohort"]
    assert list(cohorts["judged_years"]) == ["2023", "2024", "2025", "2023-2025"]
    assert (cohorts["fitted_year_last"] == 2022).all()
    assert {year: found.not_shown[year] for year in ("2020", "2021", "2022")} == dict.fromkeys(
        ("2020", "2021", "2022"), "weights_saw_the_year"
    )
    (advice,) = found.tables["accuracy_weights"].to_dict("records")
    assert advice["weights_advice"] == "keep"
    assert advice["index_difference_rms"] > 0


def test_frozen_weights_whose_years_run_out_are_to_be_estimated_anew(town, frozen):
    (advice,) = judged(town, frozen, hold_until=2026).tables["accuracy_weights"].to_dict("records")
    assert (advice["weights_advice"], advice["advice_reason"]) == ("re_estimate", "weights_ran_out")


def test_a_years_later_results_change_nothing_in_an_earlier_years_follow_up(town):
    outcomes, register = town
    early = judged((outcomes[outcomes["result_year"] <= 2024], register), NeedPolicy(), funding_year=2025)
    late = judged(town, NeedPolicy(), funding_year=2025)
    for name, table in early.tables.items():
        pd.testing.assert_frame_equal(table, late.tables[name])


def test_too_few_events_are_refused_in_words(town):
    outcomes, register = town
    few = outcomes[outcomes["school_unit_code"].isin(sorted(set(outcomes["school_unit_code"]))[:3])]
    found = judged((few, register), NeedPolicy())
    assert found.refusal is not None
    assert not found.tables
    none = judged((outcomes, register), NeedPolicy(), funding_year=2018)
    assert none.refusal == "no results of a school year ended before the funding year"
