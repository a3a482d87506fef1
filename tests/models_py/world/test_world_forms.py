"""The other school forms of the demo's households: who they are, that the truth is whole, that files say what is so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models_py.world import DEMO, World, WorldError, WorldSettings, deliver_forms, simulate
from models_py.world.deliveries.context import build_context
from models_py.world.forms import FormWorld, count_dates_of_forms, simulate_forms


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(DEMO)


@pytest.fixture(scope="module")
def forms(world: World) -> FormWorld:
    return simulate_forms(world, build_context(world).identity)


def test_every_form_is_there_on_its_own_count_days(world: World, forms: FormWorld) -> None:
    october, march, september, last = count_dates_of_forms(world)
    days = forms.placements.groupby("school_form")["count_date"].unique().map(set).to_dict()
    assert days["preschool"] == days["pedagogical_care"] == {march, september}
    for form in ("after_school", "upper_secondary", "adapted_compulsory", "adapted_upper_secondary", "adult_education"):
        assert days[form] == {october, last}


def test_nobody_is_in_two_forms_that_exclude_each_other(world: World, forms: FormWorld) -> None:
    rows = forms.placements
    alone = rows[~rows["school_form"].isin(["after_school", "adult_education"])]
    assert not alone.duplicated(["count_date", "person"]).any()
    last = world.settings.count_years[-1]
    enrolled = set(world.enrollment.loc[world.enrollment["count_year"] == last, "pupil"])
    autumn = rows[rows["count_date"] >= count_dates_of_forms(world)[2]]
    away = autumn[~autumn["school_form"].isin(["after_school", "adult_education"])]
    assert not enrolled & set(away["person"])
    together = autumn[autumn["school_form"] == "after_school"]
    assert set(together["person"]) <= enrolled


def test_they_are_of_the_same_households_and_share_no_identity(forms: FormWorld) -> None:
    people = forms.people.table
    assert people["identity"].is_unique
    assert people["role"].value_counts()["child"] > 2_000
    upper = forms.placements[forms.placements["school_form"] == "upper_secondary"]
    assert (forms.people.rows(upper["person"].to_numpy())["role"] == "pupil").all()  # leavers of its own schools
    born = people.loc[people["role"] == "parent", "identity"].str[:4].astype(int)
    assert born.between(1990, 1997).all()


def test_true_need_is_whole_and_tells_units_apart(forms: FormWorld) -> None:
    truth = forms.truth
    weighted = truth.assign(sum=truth["need_index"] * truth["pupil_count"]).groupby(["count_date", "school_form"])
    mean = weighted["sum"].sum() / weighted["pupil_count"].sum()
    assert np.allclose(mean, 100.0)
    counted = forms.placements.groupby(["count_date", "school_form", "school_unit_code"]).size()
    assert counted.sum() == truth["pupil_count"].sum()
    large = truth[(truth["pupil_count"] >= 20) & truth["school_form"].isin(["preschool", "upper_secondary"])]
    assert large["need_index"].max() > 150
    assert large["need_index"].min() < 70


def test_files_hold_every_place_once_and_are_the_same_each_time(world: World, forms: FormWorld) -> None:
    files = deliver_forms(world)
    rows = {f.period: f.content.decode("utf-8-sig").splitlines() for f in files if f.source == "form_enrollment"}
    assert sum(len(lines) - 1 for lines in rows.values()) == len(forms.placements)
    assert [f.content for f in deliver_forms(world)] == [f.content for f in files]
    assert {f.source for f in files} == {"form_unit", "form_enrollment"}
    assert len(files) == 8


def test_a_world_without_the_years_or_of_several_municipalities_is_refused() -> None:
    short = WorldSettings(
        seed=2, municipality_codes=("9999",), units_per_municipality=(1, 1), years=3, first_count_year=2024
    )
    with pytest.raises(WorldError, match="one municipality with at least four count years"):
        deliver_forms(simulate(short))
    two = replace(short, years=4, municipality_codes=("9998", "9999"))
    with pytest.raises(WorldError, match="one municipality"):
        deliver_forms(simulate(two))
