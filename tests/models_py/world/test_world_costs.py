"""Costs add up, follow what is planted, and move nothing else of a world."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.world import WorldError, WorldSettings, simulate
from models_py.world.costs import SPLIT, CostSettings, unit_costs

SMALL = WorldSettings(seed=4, years=4, municipality_codes=("9991",), units_per_municipality=(6, 6))


@pytest.fixture(scope="module")
def world():
    return simulate(SMALL)


def test_the_same_world_has_the_same_costs_and_is_not_touched(world):
    before = world.allocation.copy()
    pd.testing.assert_frame_equal(unit_costs(world).table, unit_costs(simulate(SMALL)).table)
    pd.testing.assert_frame_equal(world.allocation, before)


def test_without_noise_costs_are_what_was_allocated(world):
    still = CostSettings(unit_sd_kkr=0.0, year_sd_kkr=0.0, noise_sd_kkr=0.0)
    table = unit_costs(world, still).table
    spent = sum(table[f"{name}_sek"] for name in SPLIT)
    assert (np.abs(spent - table["allocated_sek"]) <= len(SPLIT)).all()
    assert sum(SPLIT.values()) == pytest.approx(1.0)


def test_one_row_per_unit_and_funding_year_in_order(world):
    table = unit_costs(world).table
    keys = ["municipality_code", "funding_year", "school_unit_code"]
    assert not table.duplicated(keys).any()
    pd.testing.assert_frame_equal(table, table.sort_values(keys, ignore_index=True))
    assert (table["certified_teacher_count"] <= table["teacher_count"]).all()


@pytest.mark.parametrize("wrong", [{"base_kkr": 0.0}, {"noise_sd_kkr": -1.0}, {"certified_share": 2.0}])
def test_impossible_costs_are_refused(wrong):
    with pytest.raises(WorldError, match="costs"):
        CostSettings(**wrong)
