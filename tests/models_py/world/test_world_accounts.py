"""Accounts that a world delivers: the truth in Swedish formats, own units only, closed books only, no identity."""

from __future__ import annotations

import io
import re
from functools import cache

import pandas as pd
import pytest

from models_py.world import WorldError, WorldSettings, deliver_accounts, simulate
from models_py.world.costs import SPLIT, unit_costs
from models_py.world.grants import PURCHASES, GrantSettings, unit_grants

SETTINGS = WorldSettings(
    seed=4, years=4, municipality_codes=("9991",), units_per_municipality=(8, 8), independent_share=0.5
)


@cache
def world():
    return simulate(SETTINGS)


def read(source: str, period: str) -> pd.DataFrame:
    (file,) = [f for f in deliver_accounts(world()) if (f.source, f.period) == (source, period)]
    return pd.read_csv(io.BytesIO(file.content), sep=";", decimal=",", dtype={"Skolenhetskod": str}, encoding="cp1252")


def test_three_files_for_each_year_whose_books_were_closed_before_the_last_count():
    files = deliver_accounts(world())
    assert [f.period for f in files if f.source == "unit_costs"] == ["2018-12-31", "2019-12-31"]
    assert len(files) == 6
    assert [f.content for f in files] == [f.content for f in deliver_accounts(simulate(SETTINGS))]


def test_costs_and_staff_are_the_truth_of_the_municipality_s_own_units():
    truth = unit_costs(world()).table.query("funding_year == 2019").set_index("school_unit_code")
    own = world().school_units.query("not is_independent")["school_unit_code"]
    costs, staff = read("unit_costs", "2019-12-31"), read("unit_staff", "2019-12-31").set_index("Skolenhetskod")
    sums = costs.pivot(index="Skolenhetskod", columns="Kostnadsslag", values="Belopp")
    assert sums["Tilldelat"].to_dict() == truth["allocated_sek"].to_dict(), "what every unit was allocated is known"
    sums = sums.dropna()
    assert set(sums.index) == set(staff.index) == set(own) < set(truth.index)
    whole = truth.loc[sums.index, [f"{name}_sek" for name in SPLIT]].sum(axis=1)
    assert (sums.drop(columns="Tilldelat").sum(axis=1) == whole).all()
    assert (staff["Lärare heltidstjänster"] == truth.loc[staff.index, "teacher_count"]).all()


def test_grants_of_independent_units_are_told_for_the_organiser_as_a_whole():
    grants = read("state_grants", "2019-12-31")
    truth = unit_grants(world()).query("funding_year == 2019")
    independent = truth[truth["is_independent"].astype(bool)]
    whole = grants[grants["Skolenhetskod"].isna()]
    assert whole["Beviljat"].sum() == independent["granted_sek"].sum() > 0
    assert grants["Beviljat"].sum() == truth["granted_sek"].sum()
    assert (grants["Använt"] <= grants["Beviljat"]).all()
    assert not re.search(rb"(19|20)\d{6}[-+]?\d{4}", b"".join(f.content for f in deliver_accounts(world())))


def test_the_frame_of_the_grant_follows_need_and_pupils():
    found = unit_grants(world()).merge(
        world().truth.unit_years.assign(funding_year=lambda t: t["count_year"] + 1)[
            ["funding_year", "school_unit_code", "pupil_count", "need_index"]
        ]
    )
    per_point = found["granted_sek"] / (found["pupil_count"] * found["need_index"] * found["bought"].map(PURCHASES))
    assert per_point.between(68.5, 69.5).all()


@pytest.mark.parametrize("wrong", [{"sek_per_pupil": 0.0}, {"used_lower": 1.5}])
def test_impossible_grants_are_refused(wrong):
    with pytest.raises(WorldError, match="grants"):
        GrantSettings(**wrong)
