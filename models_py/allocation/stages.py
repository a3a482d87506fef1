"""Kinds of promises and later steps, and their parameters.

Belongs here: what a policy may promise after the components, in words of a policy file. Does not: carrying it out
(``pots`` for promises that a pot pays, ``after`` for steps of their own, ``organiser_terms`` for de-delegation).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from models_py.allocation.components.parameters import (
    Change,
    Codes,
    GradesByName,
    Measure,
    Number,
    Part,
    SekByName,
    SekPerPupil,
    Share,
    WholeSek,
)
from models_py.errors import AllocationError

Code = Annotated[str, "component"]
ExcludedOf = Literal["this_year", "last_year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPerPupil:
    """At least so many kronor per pupil from the component's pot."""

    component: Code
    amount_sek: SekPerPupil


@dataclass(frozen=True, slots=True, kw_only=True)
class CapPerPupil:
    """At most so many kronor per pupil from the component's pot."""

    component: Code
    amount_sek: SekPerPupil


@dataclass(frozen=True, slots=True, kw_only=True)
class Damping:
    """Kronor per pupil, all components but the excluded, change by at most ``down`` and ``up`` since last year."""

    component: Code
    down: Share | None = None
    up: Number | None = None
    excluded: Codes | None = None
    price_factor: Number | None = None

    def problems(self) -> Iterator[str]:
        if self.down is None and self.up is None:
            yield "down: damping takes down, up or both"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldHarmless:
    """No unit gets less per pupil than last year."""

    component: Code
    excluded: Codes | None = None
    price_factor: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumPerPupil:
    """Kronor per pupil in all, without the excluded, are at least a level.

    The level is given, given by stage, or follows from the guaranteed timetable: hours / group size × kronor per hour
    (School Act 10 kap. 5 §). With ``component`` its pot pays; without, the top-up comes on top.
    """

    component: Code | None = None
    level_sek: SekPerPupil | None = None
    stage_levels_sek: SekByName | None = None
    stages: GradesByName | None = None
    timetable_hours: Number | None = None
    group_size: Number | None = None
    sek_per_hour: SekPerPupil | None = None
    excluded: Codes | None = None

    def problems(self) -> Iterator[str]:
        if sum(each is not None for each in (self.level_sek, self.stage_levels_sek, self.timetable_hours)) != 1:
            yield "level_sek: takes exactly one of level_sek, stage_levels_sek and timetable_hours"
        if (self.stage_levels_sek or {}).keys() != (self.stages or {}).keys():
            yield "stages: must name the stages of stage_levels_sek"
        if len({each is None for each in (self.timetable_hours, self.group_size, self.sek_per_hour)}) > 1:
            yield "timetable_hours: stands together with group_size and sek_per_hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Nobody's change per pupil is below ``smallest_change``; gains above ``cap`` are scaled to pay for it.

    ``excluded``: components outside the comparison, taken off last year at the value of ``excluded_of``. Without
    ``scale`` it is solved so that gains pay for exactly the top-ups. ``minimum_per_pupil_sek``: no capping below it.
    """

    smallest_change: Change
    cap: Change | None = None
    scale: Part | None = None
    excluded: Codes | None = None
    excluded_of: ExcludedOf | None = None
    price_factor: Number | None = None
    minimum_per_pupil_sek: SekPerPupil | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelUp:
    """A fixed pot raises the poorest per weight to one common level.

    ``own``: measure of kronor that units have; without it what earlier components and steps gave. ``weights``: measure to
    divide by, pupils without it.
    """

    pot_sek: WholeSek
    own: Measure | None = None
    weights: Measure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeDelegation:
    """Units of one group of organisers give back kronor per pupil for services that are bought together."""

    services_sek: SekByName
    group: Literal["municipal"]


STAGE_KINDS: dict[str, type] = {
    "floor_per_pupil": FloorPerPupil,
    "cap_per_pupil": CapPerPupil,
    "damping": Damping,
    "hold_harmless": HoldHarmless,
    "minimum_per_pupil": MinimumPerPupil,
    "protection": Protection,
    "level_up": LevelUp,
    "de_delegation": DeDelegation,
}


def stage_kind_of(name: str, *, key: str) -> type:
    """Parameters of the kind called ``name``. Raises AllocationError with the known ones."""
    if name not in STAGE_KINDS:
        raise AllocationError(f"{key}: {name!r} is no kind of guarantee; known: {', '.join(sorted(STAGE_KINDS))}")
    return STAGE_KINDS[name]
