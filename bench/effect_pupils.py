"""From simulated pupils to the effect of the money: outcomes, need weights, adjusted outcomes, panel and report.

Belongs here: one world carried through. Does not: any estimator (``models_py``).
"""

from __future__ import annotations

import pandas as pd

from bench.recovery import outcome_counts, register_counts
from models_py.effect import EffectDesign, EffectReport, adjusted_outcome, effect_report, panel_of_design
from models_py.need import count_outcomes, fit_within_school, predict_from_counts
from models_py.need.index import need_index
from models_py.world import World, WorldSettings, simulate


def report_of_world(settings: WorldSettings) -> EffectReport:
    """Simulate, fit the need model on all delivered years, adjust, and judge by a design whose formula is the world's."""
    world = simulate(settings)
    counts = count_outcomes(outcome_counts(world, observed_education=True, years=settings.years - 1))
    fit = fit_within_school(counts, minimum_events=1)
    adjusted = adjusted_outcome(fit, counts)
    base_year = settings.first_count_year
    # The school year of count year c ends in June of c + 1.
    years = tuple(year + 1 for year in settings.count_years[:-1])
    rates = tuple((year, settings.slope(year - 1 - base_year)) for year in years)
    design = EffectDesign(
        municipality_code="9999",
        outcome="not_eligible",
        base_year=base_year,
        first_year=base_year + settings.reform_year + 1,
        result_years=years,
        kkr_per_index_point=rates,
        draws=200,
        bootstrap_draws=199,
    )
    need = predict_from_counts(fit, register_counts(world, count_year=base_year)).table
    parts = [need_index(own).table for _, own in need.groupby("municipality_code", sort=True)]
    base = pd.concat(parts)[["school_unit_code", "need_index"]]
    panel = panel_of_design(design, outcomes=_by_unit(adjusted.table, world), base=base, received=_received(world))
    return effect_report(design, panel, pupil_sd=adjusted.pupil_sd)


def _by_unit(outcomes: pd.DataFrame, world: World) -> pd.DataFrame:
    """Outcomes of sites under their unit codes; a drawn world's sites keep one code."""
    code = world.school_units.drop_duplicates("site").set_index("site")["school_unit_code"].astype(str)
    return outcomes.assign(school_unit_code=outcomes["school_unit_code"].astype(int).map(code))


def _received(world: World) -> pd.DataFrame:
    table = world.allocation.rename(columns={"dose_kkr": "received_kkr"})
    return table.assign(result_year=table["count_year"] + 1)[["school_unit_code", "result_year", "received_kkr"]]
