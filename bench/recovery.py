"""Does the need model find the truth that was planted? Worlds with known slopes, and distances from them.

Belongs here: counting a simulated world as the warehouse would, and the comparison. Does not: any estimator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.need import FACTORS, NeedFit, count_outcomes, fit_within_school, predict_from_counts
from models_py.world import World, WorldSettings, simulate
from models_py.world.recovery import recovery_z, true_levels, true_need

NATION = WorldSettings(seed=2027, municipality_codes=tuple(f"{9000 + number}" for number in range(20)))
"""About 450 school units in twenty municipalities."""

POOLED_YEARS = 5


def world_of(seed: int) -> WorldSettings:
    """About 150 school units in six municipalities; nine result years give some 40 000 leavers."""
    return WorldSettings(seed=seed, units_per_municipality=(25, 25))


@dataclass(frozen=True, slots=True)
class Recovery:
    """Distances of one fit from the truth.

    Attributes
    ----------
    rms_z, largest_z : of the slopes, in standard errors
    projection : b̂'V⁻¹b / b'V⁻¹b; 1 when the slopes have the right length
    """

    leavers: int
    schools: int
    rms_z: float
    largest_z: float
    projection: float


def outcome_counts(world: World, *, observed_education: bool, years: int = POOLED_YEARS) -> pd.DataFrame:
    """School × year × cell counts of the last result years that could be delivered, by true or observed levels."""
    y = world.outcomes[world.outcomes["outcome"] == "not_eligible"]
    last = max(world.settings.count_years)
    y = y[y["result_year"].between(last - years + 1, last)]
    table = _levels(world, y["pupil"], y["result_year"] - 1, observed_education=observed_education)
    table = table.assign(
        result_year=y["result_year"], school_unit_code=y["site"].astype(str), not_eligible_count=y["value"].astype(int)
    )
    keys = ["municipality_code", "result_year", "school_unit_code", *(factor.name for factor in FACTORS)]
    counted = table.assign(municipality_code="9999", leaver_count=1).groupby(keys, observed=True)
    return counted[["leaver_count", "not_eligible_count"]].sum().reset_index()


def register_counts(world: World, *, count_year: int) -> pd.DataFrame:
    """School × cell counts of every pupil enrolled on one count date, by observed levels."""
    rows = world.enrollment[world.enrollment["count_year"] == count_year]
    table = _levels(world, rows["pupil"], rows["count_year"], observed_education=True)
    units = world.school_units.drop_duplicates("site").set_index("site")["municipality_code"]
    table = table.assign(
        school_unit_code=rows["school_unit_code"].astype(str),
        municipality_code=rows["site"].map(units),
        count_date=f"{count_year}-10-15",
        pupil_count=1,
    )
    keys = ["municipality_code", "count_date", "school_unit_code", *(factor.name for factor in FACTORS)]
    return table.groupby(keys, observed=True)["pupil_count"].sum().reset_index()


def slopes(settings: WorldSettings) -> Recovery:
    """Fit one world by true levels and compare the slopes with those planted."""
    world = simulate(settings)
    counts = outcome_counts(world, observed_education=False, years=settings.years - 1)
    return compare(fit_within_school(count_outcomes(counts)), world)


def compare(fit: NeedFit, world: World) -> Recovery:
    """A fit's slopes against the planted ones."""
    terms = [(term.factor, term.level) for term in fit.design.terms]
    index = pd.MultiIndex.from_tuples(terms)
    truth = world.truth.coefficients
    covariance = pd.DataFrame(fit.covariance, index=index, columns=index)
    estimates = pd.Series(fit.coefficients, index=index)
    rms, largest = recovery_z(estimates, covariance, truth)
    known = [term for term in terms if term in truth]
    b = np.array([truth[term] for term in known])
    information = np.linalg.inv(covariance.loc[known, known].to_numpy())
    projection = float(estimates.loc[known].to_numpy() @ information @ b / (b @ information @ b))
    return Recovery(fit.pupils, fit.fitted_schools, rms, largest, projection)


def index_against_truth(settings: WorldSettings) -> tuple[float, float, float, int]:
    """A nation by observed levels: RMSE in index points, rank correlation, slope of estimated on true index, schools."""
    world = simulate(settings)
    fit = fit_within_school(count_outcomes(outcome_counts(world, observed_education=True)))
    year = max(settings.count_years)
    estimated = predict_from_counts(fit, register_counts(world, count_year=year)).table
    true = true_need(world)
    both = estimated.merge(true[true["count_year"] == year], on="school_unit_code", suffixes=("", "_true"))
    pupils = both["pupil_count"]
    found = 100 * both["need_share"] / np.average(both["need_share"], weights=pupils)
    planted = 100 * both["need_share_true"] / np.average(both["need_share_true"], weights=pupils)
    rmse = float(np.sqrt(np.average((found - planted) ** 2, weights=pupils)))
    slope = float(np.polyfit(planted, found, 1, w=np.sqrt(pupils))[0])
    return rmse, float(found.corr(planted, method="spearman")), slope, len(both)


def _levels(world: World, pupil: pd.Series, year: pd.Series, *, observed_education: bool) -> pd.DataFrame:
    levels = true_levels(world, pupil=pupil, calendar_year=year).astype(str)
    if observed_education:
        hidden = world.pupils["is_education_missing"].to_numpy()[pupil.to_numpy()]
        levels["guardian_education"] = levels["guardian_education"].mask(hidden, "missing")
    return levels
