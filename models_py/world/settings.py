"""What a world is made of: every assumption of the simulator, by name and with its default.

Belongs here: sizes, rates, spreads and switches, and their validation. Does not belong here: drawing anything.
Log-odds are of "not eligible for the vocational programmes"; kkr = 1 000 kr; SD = standard deviation between pupils.
"""

from __future__ import annotations

from dataclasses import dataclass

from models_py.errors import ModelsError

TEN_YEARS_FROM = 2028
"""Autumn in which the preschool class becomes year 1 of a compulsory school of ten years (SFS 2025:729)."""


class WorldError(ModelsError):
    """A world that cannot be built, or cannot be delivered, as asked for."""


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """One school unit laid down by name instead of drawn.

    `cohort_size` is the expected intake to grade F per year (0 for a unit that starts later than F). `feeds` names the
    unit that takes over after `last_grade`. `opens` and `new_code` are calendar years: the unit's first count date,
    and the first count date under a new unit code that names the old one as predecessor.
    """

    name: str
    cohort_size: float
    first_grade: int = 0
    last_grade: int = 9
    is_independent: bool = False
    is_rural: bool = False
    feeds: str | None = None
    opens: int | None = None
    new_code: int | None = None
    municipality: int = 0


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """All assumptions of one world. Setting a spread to 0 switches that mechanism off and moves nothing else."""

    seed: int = 1
    first_count_year: int = 2017
    years: int = 10
    municipality_codes: tuple[str, ...] = ("9991", "9992", "9993", "9994", "9995", "9996")
    units: tuple[UnitPlan, ...] = ()  # empty = drawn from the ranges below

    units_per_municipality: tuple[int, int] = (6, 40)
    cohort_size: tuple[float, float] = (6.0, 90.0)  # log-uniform
    rural_cohort_size: tuple[float, float] = (4.0, 12.0)
    rural_share: float = 0.20
    independent_share: float = 0.18  # of the units that are not rural

    composition_sd: float = 0.60
    composition_municipal_sd: float = 0.25
    composition_walk_sd: float = 0.05
    quality_sd: float = 0.30  # level, log-odds
    quality_year_sd: float = 0.10
    quality_composition_correlation: float = 0.30  # rho
    growth_sd: float = 0.15  # value-added per stage, SD
    growth_year_sd: float = 0.08
    leniency_sd: float = 0.08  # of grades, SD

    effect_scale: float = 1.0  # multiplies every background coefficient
    peer_effect: float = 0.25  # gamma, on the cohort's mean log-odds
    effect_per_kkr: float = 0.003  # beta_kr, SD per kkr and pupil; .05 is "detectable"
    slope_before: float = 0.03  # kkr per index point
    slope_after: float = 0.08
    reform_year: int = 5  # counted from 0

    intake_sd: float = 0.06
    move_rate: float = 0.05
    leave_share: float = 0.25  # of those who move
    arrival_rate: float = 0.05  # newly arrived per year, share of the yearly intake
    arrival_peak_years: tuple[int, ...] = (4, 5)
    arrival_peak_factor: float = 3.0

    missing_education_new: float = 0.45
    missing_education_base: float = 0.01
    missing_education_lowest: float = 0.05  # added for the lowest level: missing not at random
    missing_np3_base: float = 0.05
    missing_np3_new: float = 0.50

    def __post_init__(self) -> None:
        if self.years < 1 or not self.municipality_codes:
            raise WorldError("a world needs at least one year and one municipality")
        if len(set(self.municipality_codes)) != len(self.municipality_codes):
            raise WorldError(f"municipality_codes repeat: {self.municipality_codes}")
        if not -1.0 <= self.quality_composition_correlation <= 1.0:
            raise WorldError("quality_composition_correlation must lie in -1..1")
        negative = [n for n in self.__slots__ if n.endswith(("_sd", "_rate", "_share")) and getattr(self, n) < 0]
        if negative:
            raise WorldError(f"settings must not be negative: {', '.join(negative)}")
        names = [u.name for u in self.units]
        if len(set(names)) != len(names):
            raise WorldError("two planned units have the same name")
        plans = {u.name: u for u in self.units}
        for unit in self.units:
            if not 0 <= unit.first_grade <= unit.last_grade <= 9:
                raise WorldError(f"unit {unit.name}: grades must satisfy 0 <= first_grade <= last_grade <= 9")
            if (unit.cohort_size > 0) != (unit.first_grade == 0):
                raise WorldError(f"unit {unit.name}: cohort_size is the intake to grade F, and only there")
            if unit.last_grade < 9:
                target = plans.get(unit.feeds or "")
                if target is None or not target.first_grade <= unit.last_grade + 1 <= target.last_grade:
                    raise WorldError(f"unit {unit.name}: feeds must name a unit with grade {unit.last_grade + 1}")

    @property
    def count_years(self) -> range:
        """Calendar years of the count dates (15 October)."""
        return range(self.first_count_year, self.first_count_year + self.years)

    def slope(self, year: int) -> float:
        """Kkr per index point in year number `year` (from 0)."""
        return self.slope_after if year >= self.reform_year else self.slope_before
