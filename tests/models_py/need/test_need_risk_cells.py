"""Pupils by predicted share add up to the unit's pupils and to its mean, on the latest date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.recovery import outcome_counts, register_counts
from models_py.need import count_outcomes, fit_within_school, predict_from_counts
from models_py.need.risk_cells import risk_cells
from models_py.world import WorldSettings, simulate


def test_cells_hold_every_pupil_once_and_their_mean_is_the_units_need_share():
    world = simulate(WorldSettings(seed=5, units_per_municipality=(25, 25)))
    fit = fit_within_school(count_outcomes(outcome_counts(world, observed_education=True)))
    year = max(world.settings.count_years)
    both = pd.concat([register_counts(world, count_year=year - 1), register_counts(world, count_year=year)])
    cells = risk_cells(fit, both)
    own = predict_from_counts(fit, register_counts(world, count_year=year)).table.set_index("school_unit_code")
    sums = cells.assign(weighted=cells["need_share"] * cells["pupil_count"]).groupby("school_unit_code").sum()
    assert sums["pupil_count"].to_dict() == own["pupil_count"].to_dict()
    means = sums["weighted"] / sums["pupil_count"]
    assert np.abs(means - own["need_share"].reindex(means.index)).max() < 1e-6
    assert cells["need_share"].between(0, 1).all()
    assert not cells.duplicated(["school_unit_code", "need_share"]).any()
