"""School units of a world: where they are, which grades they have, who they feed, and how good they truly are.

Belongs here: layout (planned or drawn), composition, quality, value-added, leniency, unit codes over time.
Does not belong here: pupils. A row ("site") is a school as people know it; its unit code may change over the years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_py.world.settings import UnitPlan, WorldError, WorldSettings
from models_py.world.streams import Floats, Ints, Streams

STAGES = ("grades_f_3", "grades_4_6", "grades_7_9")
STAGE_OF_GRADE: Ints = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
STAGE_YEARS: Floats = np.array([4.0, 3.0, 3.0])

_FIRST_CODE = 9999_0000  # invented: no issued unit code starts with 9999
_NAME_STARTS = ("Alm", "Björk", "Ek", "Gran", "Hassel", "Lind", "Rönn", "Tall", "Sten", "Sjö", "Berg", "Äng")
_NAME_ENDS = ("backens", "hagens", "lyckans", "gläntans", "vallens", "kullens", "marks", "viks", "torps", "hults")


@dataclass(frozen=True, slots=True)
class Sites:
    """Arrays over sites J (and years T): see the field comments for shapes and units."""

    plan: tuple[UnitPlan, ...]  # J
    municipality: Ints  # J, position in settings.municipality_codes
    size: Floats  # J, yearly intake; for units without grade F the sum of those that feed them
    opens: Ints  # J, year number of the first count date; -1 = before the world begins
    route: Ints  # J x 10, the site where a pupil of this site goes in each grade; -1 = grade before the first
    code: Ints  # J x T, unit code as a number; 0 before the unit opens
    distance_km: Floats  # J, to the nearest other unit with the same grades
    composition: Floats  # J x T, mean of the latent disadvantage of those who enter
    quality: Floats  # J x T, log-odds of not eligible; positive = worse
    growth: Floats  # J x stage x T, value-added in SD per whole stage
    leniency: Floats  # J, SD of grades

    @property
    def count(self) -> int:
        return len(self.plan)


def _drawn_plan(settings: WorldSettings, streams: Streams) -> tuple[UnitPlan, ...]:
    plans: list[UnitPlan] = []
    for m in range(len(settings.municipality_codes)):
        n = int(streams.integer("units", *settings.units_per_municipality, m)[0])
        unit = np.arange(n)
        rural = streams.uniform("rural", m, unit) < settings.rural_share
        independent = ~rural & (streams.uniform("independent", m, unit) < settings.independent_share)
        u = streams.uniform("size", m, unit)
        low, high = np.log(settings.cohort_size)
        rural_low, rural_high = settings.rural_cohort_size
        size = np.where(rural, rural_low + (rural_high - rural_low) * u, np.exp(low + (high - low) * u))
        for j in range(n):
            start, end = _NAME_STARTS[j % len(_NAME_STARTS)], _NAME_ENDS[(j // len(_NAME_STARTS)) % len(_NAME_ENDS)]
            plans.append(UnitPlan(f"{start}{end} skola {m + 1}-{j + 1}", float(size[j]), is_rural=bool(rural[j]),
                                  is_independent=bool(independent[j]), municipality=m))  # fmt: skip
    return tuple(plans)


def _route(plan: tuple[UnitPlan, ...]) -> Ints:
    position = {u.name: j for j, u in enumerate(plan)}
    route = np.full((len(plan), 10), -1, dtype=np.int64)
    for j, unit in enumerate(plan):
        at = j
        for grade in range(unit.first_grade, 10):
            if grade > plan[at].last_grade:  # the plan was validated: a unit that stops before 9 feeds another
                at = position[plan[at].feeds or ""]
            route[j, grade] = at
    return route


def _codes(plan: tuple[UnitPlan, ...], opens: Ints, settings: WorldSettings) -> Ints:
    code = np.zeros((len(plan), settings.years), dtype=np.int64)
    following = len(plan) + 1
    for j, unit in enumerate(plan):
        code[j, max(int(opens[j]), 0) :] = _FIRST_CODE + j + 1
        if unit.new_code is not None and unit.new_code in settings.count_years:
            code[j, max(unit.new_code - settings.first_count_year, 0) :] = _FIRST_CODE + following
            following += 1
    return code


def build_sites(settings: WorldSettings, streams: Streams) -> Sites:
    """Lay out the schools of a world and draw what is true about them.

    Raises WorldError when the layout needs more than 9 999 unit codes or a feeder lies in another municipality.
    """
    plan = settings.units or _drawn_plan(settings, streams)
    if len(plan) + sum(u.new_code is not None for u in plan) > 9_999:
        raise WorldError(f"{len(plan)} units: at most 9 999 invented unit codes exist")
    site = np.arange(len(plan))
    municipality = np.array([u.municipality for u in plan])
    route = _route(plan)
    if (municipality[np.where(route < 0, site[:, None], route)] != municipality[:, None]).any():
        raise WorldError("a unit feeds a unit of another municipality")
    rural = np.array([u.is_rural for u in plan])
    independent = np.array([u.is_independent for u in plan])
    opens = np.array([-1 if u.opens is None else u.opens - settings.first_count_year for u in plan])

    own = np.array([u.cohort_size for u in plan], dtype=np.float64)
    feeder = (own > 0) & (route[:, 9] != site)
    received = np.bincount(route[feeder, 9], weights=own[feeder], minlength=len(plan))
    size = np.where(own > 0, own, received)

    years = np.arange(settings.years)
    base = (settings.composition_sd * streams.normal("composition", site)
            + settings.composition_municipal_sd * streams.normal("composition.municipal", municipality)
            - 0.25 * independent) * np.where(rural, 0.5, 1.0)  # fmt: skip
    mixed = np.bincount(route[feeder, 9], weights=(own * base)[feeder], minlength=len(plan))
    base = np.where(own > 0, base, mixed / np.where(size > 0, size, 1.0))  # a 7-9 unit is made of those who feed it
    steps = settings.composition_walk_sd * streams.normal("composition.walk", site[:, None], years)
    composition = base[:, None] + np.cumsum(np.where(years > 0, steps, 0.0), axis=1)

    spread = base.std()
    standardised = (base - base.mean()) / (spread if spread > 0 else 1.0)
    rho = settings.quality_composition_correlation
    level = settings.quality_sd * (rho * standardised + np.sqrt(1 - rho**2) * streams.normal("quality", site))
    quality = level[:, None] + settings.quality_year_sd * streams.normal("quality.year", site[:, None], years)
    stage = np.arange(len(STAGES))[None, :]
    growth = (settings.growth_sd * streams.normal("growth", site[:, None], stage)[:, :, None]
              + settings.growth_year_sd
              * streams.normal("growth.year", site[:, None, None], stage[:, :, None], years))  # fmt: skip

    u = streams.uniform("distance", site)
    return Sites(
        plan=plan, municipality=municipality, size=size, opens=opens, route=route, code=_codes(plan, opens, settings),
        distance_km=np.where(rural, 8 + 32 * u, 0.5 + 4.5 * u), composition=composition, quality=quality,
        growth=growth, leniency=settings.leniency_sd * streams.normal("leniency", site),
    )  # fmt: skip
