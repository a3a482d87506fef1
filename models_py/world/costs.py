"""What units spent and whom they employed, when a known part of each krona allocated becomes teaching.

Belongs here: costs by cost type and staffing per unit and funding year, and the truth behind them, from streams of their
own, so that nothing else of a world moves. Does not belong here: allocation, estimation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.world.settings import WorldError
from models_py.world.simulate import World
from models_py.world.streams import Floats, Ints, Streams

SPLIT = {
    "teaching": 0.534, "premises": 0.182, "meals": 0.061, "learning_tools": 0.043, "pupil_health": 0.029,
    "administration": 0.151,
}  # fmt: skip
"""Of the base amount; near the national split of municipal compulsory schools in 2014."""


@dataclass(frozen=True, slots=True)
class CostSettings:
    """Assumptions, none of them tested against data.

    `pass_through`: kronor of teaching per krona of need money; the rest goes to administration. Amounts in kkr per pupil.
    `teacher_kkr`: what a teacher costs in a year; `certified_gain`: added share of certified teachers per kkr.
    """

    pass_through: float = 0.8
    base_kkr: float = 110.0
    unit_sd_kkr: float = 6.0
    year_sd_kkr: float = 1.0
    noise_sd_kkr: float = 1.5
    teacher_kkr: float = 650.0
    certified_share: float = 0.72
    certified_unit_sd: float = 0.08
    certified_gain: float = 0.0

    def __post_init__(self) -> None:
        if not (self.base_kkr > 0 and self.teacher_kkr > 0 and 0 <= self.certified_share <= 1):
            raise WorldError("costs: base_kkr and teacher_kkr are above zero, certified_share lies in 0..1")
        if min(self.unit_sd_kkr, self.year_sd_kkr, self.noise_sd_kkr, self.certified_unit_sd) < 0:
            raise WorldError("costs: spreads must not be negative")


@dataclass(frozen=True, slots=True, eq=False)
class UnitCosts:
    """`table`: municipality_code, funding_year, school_unit_code, pupil_count, allocated_sek, <cost type>_sek (whole
    kronor), teacher_count and certified_teacher_count (full-time posts, two decimals); ordered by key.

    `pass_through` (kkr per kkr) and `teachers_per_kkr` (posts per pupil and kkr) are the truth.
    """

    table: pd.DataFrame
    pass_through: float
    teachers_per_kkr: float


def unit_costs(world: World, settings: CostSettings | None = None) -> UnitCosts:
    """Costs of every unit with pupils; the count date of October belongs to the funding year after.

    The same world and settings give the same table, to the last bit.
    """
    chosen = settings or CostSettings()
    streams = Streams(world.settings.seed)
    rows = world.allocation.merge(
        world.truth.unit_years[["count_year", "site", "municipality_code", "pupil_count"]], on=["count_year", "site"]
    ).sort_values(["municipality_code", "count_year", "school_unit_code"], ignore_index=True)
    site, year = rows["site"].to_numpy(), rows["count_year"].to_numpy()
    pupils, dose = rows["pupil_count"].to_numpy(), rows["dose_kkr"].to_numpy()
    teaching = _teaching(site, year, dose, chosen, streams)
    per_pupil = {name: share * chosen.base_kkr + np.zeros(len(rows)) for name, share in SPLIT.items()}
    per_pupil["teaching"] = teaching
    per_pupil["administration"] = per_pupil["administration"] + (1.0 - chosen.pass_through) * dose
    posts = np.round(pupils * teaching / chosen.teacher_kkr, 2)
    certified = np.clip(
        chosen.certified_share + chosen.certified_unit_sd * streams.normal("cost.certified", site)
        + chosen.certified_gain * dose, 0.0, 1.0,
    )  # fmt: skip
    table = pd.DataFrame({
        "municipality_code": rows["municipality_code"], "funding_year": year + 1,
        "school_unit_code": rows["school_unit_code"], "pupil_count": pupils,
        "allocated_sek": _kronor(pupils * (chosen.base_kkr + dose)),
        **{f"{name}_sek": _kronor(pupils * amount) for name, amount in per_pupil.items()},
        "teacher_count": posts, "certified_teacher_count": np.round(posts * certified, 2),
    })  # fmt: skip
    return UnitCosts(table, chosen.pass_through, chosen.pass_through / chosen.teacher_kkr)


def _teaching(site: Ints, year: Ints, dose: Floats, chosen: CostSettings, streams: Streams) -> Floats:
    """Kkr of teaching per pupil: the unit's own level, the year's, the part of the need money that arrives, and noise."""
    return (
        SPLIT["teaching"] * chosen.base_kkr + chosen.unit_sd_kkr * streams.normal("cost.unit", site)
        + chosen.year_sd_kkr * streams.normal("cost.year", year) + chosen.pass_through * dose
        + chosen.noise_sd_kkr * streams.normal("cost.noise", site, year)
    )  # fmt: skip


def _kronor(kkr: Floats) -> Ints:
    return np.round(1000.0 * kkr).astype(np.int64)
