"""Background of pupils: what is drawn about each of them once, and what it truly means for the outcome.

Belongs here: the eight need factors, their true coefficients, the latent trait behind them, and what is missing.
Does not belong here: where pupils go (flow) and what becomes of them (outcomes).
Levels count from 0 = reference in the order the pipeline uses.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit

from models_py.world.settings import WorldSettings
from models_py.world.streams import Bools, Floats, Ints, Streams

INTERCEPT = -3.35
FACTORS: dict[str, tuple[tuple[str, float], ...]] = {
    "guardian_education": (("post_secondary_long", 0.0), ("post_secondary_short", 0.2), ("upper_secondary", 0.6),
                           ("compulsory", 1.3)),
    "immigration": (("born_in_sweden", 0.0), ("years_9_or_more", 0.1), ("years_4_to_8", 0.5), ("years_0_to_3", 1.8)),
    "household_income": (("quintile_5", 0.0), ("quintile_4", 0.05), ("quintile_3", 0.15), ("quintile_2", 0.3),
                         ("quintile_1", 0.5)),
    "area_type": (("area_5", 0.0), ("area_4", 0.05), ("area_3", 0.1), ("area_2", 0.2), ("area_1", 0.3)),
    "sex": (("girl", 0.0), ("boy", 0.25)),
    "econ_assistance": (("no", 0.0), ("yes", 0.7)),
    "household": (("with_both", 0.0), ("not_with_both", 0.55)),
    "siblings": (("siblings_0_to_2", 0.0), ("siblings_3_or_more", 0.15)),
}  # fmt: skip
"""Factor -> its levels, reference first, with the true log-odds of not being eligible."""

MISSING_EDUCATION_LEVELS = (0.20, 0.10, 0.25, 0.45)  # true levels of those whose level is missing


@dataclass(frozen=True, slots=True)
class Background:
    """Arrays over pupils. `education` is the true level; `is_education_missing` says that nobody delivers it."""

    number: Ints
    birth_year: Ints
    entry_year: Ints  # calendar year of the first count date
    entry_grade: Ints
    is_arrival: Bools  # came with the inflow of newly arrived
    immigration_year: Ints  # 0 = born in Sweden
    education: Ints
    income: Ints
    area: Ints
    boy: Ints
    welfare: Ints
    split: Ints
    siblings_3: Ints
    is_education_missing: Bools
    advantage: Floats
    start_theta: Floats
    latent: Floats


def concatenate(parts: list[Background]) -> Background:
    """Join backgrounds in the order given."""
    return Background(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Background)))


def _cut(x: Floats, *thresholds: float) -> Ints:
    return np.searchsorted(np.array(thresholds), x, side="right").astype(np.int64)


def draw_background(
    number: Ints, *, grade: Ints, is_arrival: Bools, composition: Floats, calendar_year: int,
    settings: WorldSettings, streams: Streams,
) -> Background:  # fmt: skip
    """Draw the background of pupils who enter in `calendar_year`; all arrays have one element per pupil."""

    def u(name: str) -> Floats:
        return streams.uniform(name, number)

    def e(name: str, sd: float) -> Floats:
        return sd * streams.normal(name, number)

    s = composition + streams.normal("latent", number)
    age = 6 + grade
    immigrant = is_arrival | (u("immigrant") < expit(-2.6 + 0.85 * s))
    years_drawn = np.select(
        [u("immigrant.level") < 0.40, u("immigrant.level") < 0.75],
        [9 + np.floor(5 * u("immigrant.years")), 4 + np.floor(5 * u("immigrant.years"))],
        np.floor(4 * u("immigrant.years")),
    )
    years = np.where(is_arrival, u("immigrant.years") < 0.3, years_drawn)
    years = np.minimum(years, age).astype(np.int64)  # nobody immigrates before being born
    education = _cut(s + e("education", 0.8), -0.35, 0.25, 1.75)
    rate = np.where(is_arrival, settings.missing_education_new,
                    settings.missing_education_base + settings.missing_education_lowest * (education == 3))  # fmt: skip
    missing = u("education.missing") < rate
    redrawn = _cut(u("education.true"), *np.cumsum(MISSING_EDUCATION_LEVELS)[:3])
    education = np.where(missing, redrawn, education)
    income = _cut(0.8 * s + e("income", 0.8), -0.98, -0.29, 0.29, 0.98)
    welfare = (u("welfare") < expit(-3.4 + 1.1 * s)).astype(np.int64)
    split = (u("split") < expit(-1.05 + 0.35 * s)).astype(np.int64)
    advantage = -(0.55 * (education - 1) + 0.35 * (income - 2) + 0.8 * welfare + 0.3 * split) / 1.1
    return Background(
        number=number, birth_year=calendar_year - age, entry_year=np.full(len(number), calendar_year),
        entry_grade=grade, is_arrival=is_arrival, immigration_year=np.where(immigrant, calendar_year - years, 0),
        education=education, income=income,
        area=_cut(1.3 * composition + 0.4 * s + e("area", 0.6), -0.9, -0.3, 0.3, 0.9),
        boy=(u("boy") < 0.515).astype(np.int64), welfare=welfare, split=split,
        siblings_3=(u("siblings") < expit(-1.7 + 0.4 * s)).astype(np.int64), is_education_missing=missing,
        advantage=advantage, start_theta=0.45 * advantage + e("theta", 0.8) - 0.6 * is_arrival, latent=s,
    )  # fmt: skip


def immigration_level(immigration_year: Ints, calendar_year: Ints | int) -> Ints:
    """0 born in Sweden, 1 nine years or more, 2 four to eight, 3 up to three: it moves with calendar time."""
    years = calendar_year - immigration_year
    return np.where(immigration_year == 0, 0, np.select([years >= 9, years >= 4], [1, 2], 3))


def factor_levels(background: Background, index: Ints, calendar_year: Ints | int) -> dict[str, Ints]:
    """True factor levels of the pupils at positions `index`, as of 15 October of `calendar_year`."""
    b = background
    return {
        "guardian_education": b.education[index],
        "immigration": immigration_level(b.immigration_year[index], calendar_year),
        "household_income": b.income[index], "area_type": b.area[index], "sex": b.boy[index],
        "econ_assistance": b.welfare[index], "household": b.split[index], "siblings": b.siblings_3[index],
    }  # fmt: skip


def linear_predictor(levels: dict[str, Ints], *, effect_scale: float) -> Floats:
    """True log-odds of not being eligible at an average school: intercept + x'b."""
    total = np.full(len(levels["sex"]), INTERCEPT)
    for factor, level in levels.items():
        total += effect_scale * np.array([c for _, c in FACTORS[factor]])[level]
    return total
