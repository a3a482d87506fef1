"""What may be said: power from own schools, prior and own data, the verdict, and a design that cannot be changed afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.effect_worlds import AFTER, BEFORE, FIRST_YEAR, NOISE, YEARS, reform
from models_py.effect import (
    EffectDesign,
    EffectPrior,
    Estimate,
    Noise,
    closed_form_detectable,
    design_from_text,
    design_sha256,
    design_text,
    effect_posterior,
    effect_report,
    measured_noise,
    panel_of_design,
    pass_through,
    pass_verdict,
    require_registered,
    smallest_detectable,
    verdict,
    within_effect,
)
from models_py.effect.panel import panel_table
from models_py.errors import EffectError
from models_py.world import WorldSettings, simulate
from models_py.world.costs import CostSettings, unit_costs

DESIGN = EffectDesign(
    municipality_code="9999",
    outcome="not_eligible",
    base_year=2017,
    first_year=FIRST_YEAR,
    result_years=YEARS,
    kkr_per_index_point=tuple((year, BEFORE if year < FIRST_YEAR else AFTER) for year in YEARS),
    draws=200,
    bootstrap_draws=199,
)


def estimate(value, error, schools=20):
    reach = 2.1 * error
    return Estimate(value, error, 18.0, value - reach, value + reach, 0.5, schools)


@pytest.mark.parametrize(("schools", "told"), [(15, 0.042), (100, 0.013), (300, 0.0070)])
def test_the_smallest_detectable_effect_is_that_of_the_published_table(schools, told):
    found = smallest_detectable(reform(schools, seed=1).panel, noise=NOISE, draws=300, seed=3)
    assert 0.6 * told < found.effect < 1.6 * told  # the worlds' spread of need is not the same to the digit
    assert 0.01 <= found.false_share <= 0.10


def test_an_effect_of_the_detectable_size_is_found_four_times_in_five():
    size = smallest_detectable(reform(50, seed=1).panel, noise=NOISE, draws=300, seed=3).effect
    found = [within_effect(reform(50, seed=seed, effect=size).panel).p_value < 0.05 for seed in range(60)]
    assert 0.62 <= np.mean(found) <= 0.97


def test_measured_noise_finds_the_shocks_that_were_planted():
    found = [measured_noise(reform(100, seed=seed).panel, pupil_sd=0.75, seed=1).shock_sd for seed in range(4)]
    assert np.mean(found) == pytest.approx(NOISE.shock_sd, abs=0.02)


def test_more_pupils_or_less_noise_detect_smaller_effects():
    few, many = (reform(20, seed=1, pupils=pupils).panel for pupils in (10, 100))
    assert (
        smallest_detectable(many, noise=NOISE, draws=100, seed=1).effect
        < smallest_detectable(few, noise=NOISE, draws=100, seed=1).effect
    )
    assert smallest_detectable(few, noise=Noise(0.0, 0.0), draws=100, seed=1).effect == 0.0


def test_the_closed_form_is_right_for_many_schools():
    panel = reform(300, seed=1).panel
    exact = smallest_detectable(panel, noise=NOISE, draws=300, seed=3).effect
    assert closed_form_detectable(panel, first_year=FIRST_YEAR) == pytest.approx(exact, rel=0.2)


@pytest.mark.parametrize(
    ("error", "share"), [(0.0305, 0.004), (0.0137, 0.02), (0.0067, 0.08), (0.0025, 0.39), (0.0011, 0.77)]
)
def test_own_data_weigh_what_their_error_allows(error, share):
    found = effect_posterior(0.0, standard_error=error, prior=EffectPrior())
    assert found.own_share == pytest.approx(share, abs=0.006)
    assert found.mean == pytest.approx((1 - found.own_share) * 0.003)


def test_the_verdict_never_says_no_effect():
    calm = estimate(0.0, 0.001)
    said = {
        "shown": verdict(estimate(0.05, 0.01), pre_trend=calm, relevant_effect=0.01),
        "larger_excluded": verdict(estimate(0.0, 0.004), pre_trend=calm, relevant_effect=0.01),
        "cannot_be_determined": verdict(estimate(0.0, 0.03), pre_trend=calm, relevant_effect=0.01),
    }
    assert {kind: found.kind for kind, found in said.items()} == {kind: kind for kind in said}
    assert said["larger_excluded"].excluded_above == 0.01
    assert said["cannot_be_determined"].schools == 20


def test_trends_that_differed_before_leave_nothing_determined():
    drift = replace(estimate(0.01, 0.001), p_value=0.001)
    assert verdict(estimate(0.05, 0.01), pre_trend=drift, relevant_effect=0.01).reason == "trends_differed_before"
    assert verdict(estimate(0.05, 0.01), pre_trend=None, relevant_effect=0.01).kind == "cannot_be_determined"


def report(schools, effect, seed=1):
    drawn = reform(schools, seed=seed, effect=effect)
    outcomes = panel_table(drawn.panel)
    base = pd.DataFrame({"school_unit_code": drawn.panel.schools, "need_index": drawn.index})
    panel = panel_of_design(DESIGN, outcomes=outcomes, base=base, received=outcomes)
    return effect_report(DESIGN, panel, pupil_sd=0.75)


def test_a_realistic_effect_in_one_municipality_cannot_be_determined_and_a_large_one_is_shown():
    realistic, large = report(15, 0.003), report(15, 0.15)
    assert (realistic.verdict.kind, realistic.verdict.schools) == ("cannot_be_determined", 15)
    assert realistic.detectable.effect > 0.003
    assert realistic.posterior.own_share < 0.1
    assert large.verdict.kind == "shown"
    assert large.instrumented is not None
    assert large.instrumented.interval_lower < 0.15 < large.instrumented.interval_upper
    assert not large.not_shown


def test_a_year_that_one_school_alone_has_takes_the_yearly_picture_and_nothing_else():
    drawn = reform(8, seed=1)
    table = panel_table(drawn.panel)
    only = table[(table["result_year"] != 2020) | (table["school_unit_code"] == "00000")]
    base = pd.DataFrame({"school_unit_code": drawn.panel.schools, "need_index": drawn.index})
    found = effect_report(DESIGN, panel_of_design(DESIGN, outcomes=only, base=base), pupil_sd=0.75)
    assert found.events.empty
    assert set(found.not_shown) == {"event_study", "instrumented"}
    assert found.effect.schools == 8


def test_a_design_is_its_text_and_no_other_design_passes_for_it():
    assert design_from_text(design_text(DESIGN)) == DESIGN
    require_registered(DESIGN, registered_sha256=design_sha256(DESIGN))
    with pytest.raises(EffectError) as refused:
        require_registered(replace(DESIGN, relevant_effect=0.02), registered_sha256=design_sha256(DESIGN))
    assert refused.value.reason == "not_registered"


@pytest.mark.parametrize(
    "change",
    [
        {"base_year": FIRST_YEAR}, {"first_year": 2030}, {"result_years": (2020,)}, {"relevant_effect": 0.0},
        {"kkr_per_index_point": ((2020, 0.1),)},
    ],
)  # fmt: skip
def test_a_design_that_cannot_answer_is_refused(change):
    with pytest.raises(EffectError, match="design file of 9999"):
        replace(DESIGN, **change)


@pytest.mark.parametrize("text", ["", "{}", '{"version":"other/1"}', design_text(DESIGN).replace("seed", "sow"), "[1]"])
def test_a_text_that_is_no_design_is_refused(text):
    with pytest.raises(EffectError) as refused:
        design_from_text(text)
    assert refused.value.reason == "bad_design"


def test_results_that_have_not_arrived_are_named():
    drawn = reform(6, seed=1)
    base = pd.DataFrame({"school_unit_code": drawn.panel.schools, "need_index": drawn.index})
    with pytest.raises(EffectError, match=r"\[2025\]"):
        panel_of_design(DESIGN, outcomes=panel_table(drawn.panel).query("result_year < 2025"), base=base)


@pytest.fixture(scope="module")
def town():
    return simulate(WorldSettings(seed=5, municipality_codes=("9991",), units_per_municipality=(40, 40)))


def per_pupil(costs):
    return costs.assign(
        allocated_per_pupil=costs["allocated_sek"] / costs["pupil_count"] / 1000,
        teaching=costs["teaching_sek"] / costs["pupil_count"] / 1000,
        teachers=costs["teacher_count"] / costs["pupil_count"],
    )


def test_the_part_of_a_krona_that_becomes_teaching_is_found(town):
    truth = unit_costs(town)
    found = pass_through(per_pupil(truth.table), indicators=("teaching", "teachers")).set_index("indicator")
    for name, planted in (("teaching", truth.pass_through), ("teachers", truth.teachers_per_kkr)):
        row = found.loc[name]
        assert abs(row["estimate"] - planted) < 3.3 * row["standard_error"]
        assert row["interval_lower"] > planted / 3


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.1, 1.2, "cannot_be_determined"), (0.0, 0.9, "does_not_arrive"), (-0.3, -0.1, "does_not_arrive"),
     (0.1, 0.9, "part_arrives"), (0.1, 1.0, "arrives"), (1.1, 1.3, "beyond")],
)  # fmt: skip
def test_an_interval_says_what_of_a_krona_it_holds(low, high, verdict):
    assert pass_verdict(low, high) == verdict


def test_of_teachers_it_is_asked_only_whether_they_follow_the_money():
    told = [pass_verdict(low, high, is_staff=True) for low, high in ((0.1, 3.0), (-0.1, 3.0), (-2.0, -0.1))]
    assert told == ["arrives", "cannot_be_determined", "does_not_arrive"]


def test_a_krona_that_stops_at_the_office_is_seen(town):
    kept = pass_through(per_pupil(unit_costs(town, CostSettings(pass_through=0.0)).table), indicators=("teaching",))
    assert kept["interval_upper"][0] < 0.8 < 1
    assert not kept["includes_one"][0]
    with pytest.raises(EffectError, match="allocated_per_pupil"):
        pass_through(unit_costs(town).table, indicators=("teaching_sek",))
