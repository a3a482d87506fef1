"""One call that builds a world: observed tables, and the truth behind them.

Belongs here: putting the parts together and shaping the tables. Does not belong here: any mechanism.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.world.background import FACTORS, Background
from models_py.world.flow import YearState, run_flow
from models_py.world.outcomes import draw_outcomes
from models_py.world.schools import STAGES, Sites, build_sites
from models_py.world.settings import WorldSettings
from models_py.world.streams import Floats, Streams


@dataclass(frozen=True, slots=True)
class Truth:
    """What no register knows.

    coefficients: (factor, level) -> log-odds against the reference; missing levels have none.
    unit_years: municipality_code, count_year, site, school_unit_code, pupil_count, need_share, need_index,
    composition, quality (log-odds, positive = worse), leniency (SD).
    value_added: site, stage, count_year, value_added (SD per stage).
    """

    coefficients: Mapping[tuple[str, str], float]
    peer_effect: float
    effect_per_kkr: float
    unit_years: pd.DataFrame
    value_added: pd.DataFrame


@dataclass(frozen=True, slots=True)
class World:
    """A simulated world. Tables (pupil = the pupil's own number, site = a school as people know it):

    pupils: one row per pupil: number, birth_year, entry_year, entry_grade, is_arrival, immigration_year (0 = born
    here), levels of the other factors (true, from 0), is_education_missing, latent.
    enrollment: pupil, count_year, site, school_unit_code, grade (0 = F), start_year.
    outcomes: pupil, result_year, site, grade, outcome, value; see `draw_outcomes`. The last result_year lies after the
    last count date, so nobody could have delivered it yet.
    allocation: count_year, site, school_unit_code, slope_kkr, dose_kkr (kkr per pupil).
    school_units: one row per unit code: site, municipality_code, name, kind, grades, years, predecessor.
    """

    settings: WorldSettings
    pupils: pd.DataFrame
    enrollment: pd.DataFrame
    outcomes: pd.DataFrame
    allocation: pd.DataFrame
    school_units: pd.DataFrame
    truth: Truth


def true_coefficients(settings: WorldSettings) -> dict[tuple[str, str], float]:
    """(factor, level) -> true log-odds against the reference level, named as the pipeline names them."""
    return {(f, name): settings.effect_scale * b for f, levels in FACTORS.items() for name, b in levels[1:]}


def _code_text(code: np.ndarray) -> np.ndarray:
    return np.char.zfill(code.astype(str), 8).astype(object)


def _school_units(sites: Sites, settings: WorldSettings) -> pd.DataFrame:
    """One row per unit code; years are calendar years of count dates, 0 = open ended."""
    rows = []
    last = settings.years - 1
    for j, unit in enumerate(sites.plan):
        codes = sites.code[j]
        starts = [t for t in range(settings.years) if codes[t] and (t == 0 or codes[t] != codes[t - 1])]
        for k, t in enumerate(starts):
            end = starts[k + 1] - 1 if k + 1 < len(starts) else last
            opened = settings.first_count_year + t if t > 0 else 0
            rows.append({
                "site": j, "municipality_code": settings.municipality_codes[unit.municipality],
                "school_unit_code": f"{codes[t]:08d}", "school_unit_name": unit.name,
                "is_independent": unit.is_independent, "is_rural": unit.is_rural,
                "distance_km": float(sites.distance_km[j]), "first_grade": unit.first_grade,
                "last_grade": unit.last_grade, "first_year": opened,
                "last_year": settings.first_count_year + end if end < last else 0,
                "predecessor_code": f"{codes[t - 1]:08d}" if k > 0 else "",
            })  # fmt: skip
    return pd.DataFrame(rows).sort_values("school_unit_code", ignore_index=True)


def _enrollment(states: tuple[YearState, ...], sites: Sites, settings: WorldSettings) -> pd.DataFrame:
    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(s, name) for s in states])

    t = np.concatenate([np.full(len(s.pupil), s.year) for s in states])
    site = joined("site")
    known, position = np.unique(sites.code[site, t], return_inverse=True)
    code = pd.Categorical.from_codes(position, pd.Index(_code_text(known)))
    return pd.DataFrame({
        "pupil": joined("pupil"), "count_year": settings.first_count_year + t, "site": site,
        "school_unit_code": pd.Series(code), "grade": joined("grade"), "start_year": joined("start_year"),
    })  # fmt: skip


def _per_site_year(values: list[Floats]) -> Floats:
    return np.column_stack(values).reshape(-1)


def _unit_years(states: tuple[YearState, ...], sites: Sites, settings: WorldSettings) -> pd.DataFrame:
    site = np.repeat(np.arange(sites.count), settings.years)
    t = np.tile(np.arange(settings.years), sites.count)
    table = pd.DataFrame({
        "municipality_code": np.array(settings.municipality_codes, dtype=object)[sites.municipality[site]],
        "count_year": settings.first_count_year + t, "site": site,
        "school_unit_code": _code_text(sites.code[site, t]),
        "pupil_count": _per_site_year([s.pupil_count.astype(np.float64) for s in states]).astype(np.int64),
        "need_share": _per_site_year([s.need_share for s in states]),
        "need_index": _per_site_year([s.need_index for s in states]),
        "composition": sites.composition[site, t], "quality": sites.quality[site, t],
        "leniency": sites.leniency[site], "slope_kkr": np.array([settings.slope(k) for k in range(settings.years)])[t],
        "dose_kkr": _per_site_year([s.dose_kkr for s in states]),
    })  # fmt: skip
    return table[table["pupil_count"] > 0].reset_index(drop=True)


def _value_added(sites: Sites, settings: WorldSettings) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [range(sites.count), STAGES, settings.count_years], names=["site", "stage", "count_year"]
    )
    return pd.DataFrame({"value_added": sites.growth.reshape(-1)}, index=index).reset_index()


def _pupils(background: Background) -> pd.DataFrame:
    hidden = {"advantage", "start_theta"}
    return pd.DataFrame({n: getattr(background, n) for n in background.__slots__ if n not in hidden})


def simulate(settings: WorldSettings) -> World:
    """Build the world of these settings. The same settings give the same world, to the last bit.

    Raises WorldError for a layout that cannot be built.
    """
    streams = Streams(settings.seed)
    sites = build_sites(settings, streams)
    background, states = run_flow(settings, sites, streams)
    unit_years = _unit_years(states, sites, settings)
    money = ["slope_kkr", "dose_kkr"]
    truth = Truth(
        coefficients=true_coefficients(settings), peer_effect=settings.peer_effect,
        effect_per_kkr=settings.effect_per_kkr, unit_years=unit_years.drop(columns=money),
        value_added=_value_added(sites, settings),
    )  # fmt: skip
    return World(
        settings=settings, pupils=_pupils(background), enrollment=_enrollment(states, sites, settings),
        outcomes=draw_outcomes(states, background, sites, settings, streams),
        allocation=unit_years[["count_year", "site", "school_unit_code", *money]].copy(),
        school_units=_school_units(sites, settings), truth=truth,
    )  # fmt: skip
