"""Where people of the other forms are on a count day: form, unit, stage, and what a price is set by.

Belongs here: one function per form, from people and a day to rows. Does not: people (``people``), need (``truth``).
Every function returns the columns ``COLUMNS``; a draw depends on the person's own number and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from models_py.world.forms.people import PARENT, People
from models_py.world.settings import TEN_YEARS_FROM
from models_py.world.simulate import World
from models_py.world.streams import Bools, Streams

COLUMNS = (
    "person", "school_form", "unit", "stage", "hours", "programme", "track", "study_path", "course_points",
    "admission_merit_value", "valid_from",
)  # fmt: skip
SHARE_BY_AGE = np.array([0.0, 0.55, 0.90, 0.95, 0.96, 0.97])
"""Children of each age in preschool or pedagogical care."""
SHARE_CARE, SHARE_PART_TIME = 0.03, 0.18
SHARE_LEISURE = np.array([0.84, 0.84, 0.83, 0.80, 0.25, 0.15, 0.08, 0.0, 0.0, 0.0])
"""Pupils in a leisure-time centre by years since the youngest grade."""
SHARE_ADAPTED, SHARE_SUBJECT_AREAS, SHARE_INDIVIDUAL = 0.22, 0.32, 0.18
"""Of those who left the compulsory school's register: in adapted forms; and of these on the tracks with more support."""
SHARE_ON, SHARE_AWAY = 0.97, 0.04
"""Leavers who go on to upper-secondary school; national-programme students on a programme only others offer."""
VOCATIONAL, ACADEMIC = ("ba", "ee", "ft", "vo", "rl"), ("ek", "es", "na", "sa", "te")
AWAY = "nb"
LANGUAGE, OTHER_INTRODUCTORY = "im_language", "im_other"
LEVELS = ("swedish_for_immigrants", "basic", "upper")
TERM_START = "-08-17"


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """What every form asks of a count day: the world, its people, the draws, and the school year that the day lies in."""

    world: World
    people: People
    streams: Streams
    on: date

    @property
    def school_year(self) -> int:
        """Calendar year in which the school year of the day begins."""
        return self.on.year - (self.on.month < 7)


def preschool(day: Day) -> pd.DataFrame:
    """Children of one to five, in the preschool of their home school or in pedagogical care."""
    table = day.people.table
    age = day.school_year - table["birth_year"].to_numpy()
    is_here = table["immigration_year"].to_numpy() <= day.on.year
    young = table[(age >= 1) & (age <= 5) & is_here & (table["entry_grade"] == 0).to_numpy()]
    number, age = young["person"].to_numpy(), day.school_year - young["birth_year"].to_numpy()
    goes = day.streams.uniform("forms.preschool", number) < SHARE_BY_AGE[age]
    young, number, age = young[goes], number[goes], age[goes]
    care = day.streams.uniform("forms.care", number) < SHARE_CARE
    part = day.streams.uniform("forms.hours", number) < SHARE_PART_TIME + 0.2 * young["welfare"].to_numpy()
    home = young["home_site"].to_numpy()
    return _rows(
        person=number, school_form=np.where(care, "pedagogical_care", "preschool"),
        unit=np.where(care, np.where(home % 2 == 0, "care_0", "care_1"), _named("preschool", home)),
        stage=_named("age", age), hours=np.where(part, "part", "full"),
        valid_from=[f"{year}{TERM_START}" for year in (young["birth_year"] + 1).tolist()],
    )  # fmt: skip


def leisure_time(day: Day) -> pd.DataFrame:
    """Pupils in the leisure-time centre of their own school: together with school, by design."""
    roll = day.world.enrollment[day.world.enrollment["count_year"] == day.on.year]
    grade, pupil = roll["grade"].to_numpy(), roll["pupil"].to_numpy()
    goes = day.streams.uniform("delivery.leisure", pupil) < SHARE_LEISURE[grade]
    roll, grade = roll[goes], grade[goes]
    return _rows(
        person=roll["pupil"].to_numpy(), school_form="after_school",
        unit=np.array([f"school_{code}" for code in roll["school_unit_code"]], dtype=object),
        stage=np.where(grade <= 3, "age_6_9", "age_10_12"), valid_from=f"{day.school_year}{TERM_START}",
    )  # fmt: skip


def adapted(day: Day) -> pd.DataFrame:
    """Pupils who left the compulsory school for the adapted forms, by the grade or year of their age."""
    last = day.world.enrollment.sort_values("count_year").drop_duplicates("pupil", keep="last")
    last = last[(last["count_year"] < day.on.year) & (last["grade"] < 9)]
    number = last["pupil"].to_numpy()
    place = last["grade"].to_numpy() + day.on.year - last["count_year"].to_numpy()
    chosen = (day.streams.uniform("forms.adapted", number) < SHARE_ADAPTED) & (place >= 1) & (place <= 13)
    number, place = number[chosen], place[chosen]
    draw = day.streams.uniform("forms.adapted.track", number)
    is_school = place <= 9
    number_of_grade = place + (day.school_year >= TEN_YEARS_FROM)
    in_school = np.where(draw < SHARE_SUBJECT_AREAS, "subject_areas", "subjects")
    later = np.where(draw < SHARE_INDIVIDUAL, "individual_programmes", "national_programmes")
    unit = np.where(is_school, np.where(number % 4 == 0, "adapted_1", "adapted_0"), "adapted_upper_0")
    return _rows(
        person=number, school_form=np.where(is_school, "adapted_compulsory", "adapted_upper_secondary"), unit=unit,
        stage=np.where(is_school, number_of_grade.astype(str), _named("year", place - 9)),
        track=np.where(is_school, in_school, later), valid_from=f"{day.school_year}{TERM_START}",
    )  # fmt: skip


def upper_secondary(day: Day) -> pd.DataFrame:
    """Leavers of the last three Junes by merit value at admission; who is not eligible begins an introductory programme."""
    parts = []
    for year in (1, 2, 3):
        left = day.world.outcomes[(day.world.outcomes["result_year"] == day.on.year - year + 1)]
        left = left[left["grade"] == 9].pivot(index="pupil", columns="outcome", values="value").sort_index()
        number, merit = left.index.to_numpy(), left["merit_value"].to_numpy()
        goes = day.streams.uniform("forms.upper", number) < SHARE_ON
        number, merit = number[goes], merit[goes]
        programme = _programme(day, number, merit, left["not_eligible"].to_numpy()[goes] == 1)
        parts.append(
            _rows(
                person=number, school_form="upper_secondary", unit=_upper_unit(day, number, programme),
                stage=f"year_{year}", programme=programme, admission_merit_value=merit,
                valid_from=f"{day.on.year - year + 1}{TERM_START}",
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def adult(day: Day) -> pd.DataFrame:
    """Parents who study: newcomers Swedish, others the level above their own; half of them in one autumn only."""
    table = day.people.table
    parents = table[(table["role"] == PARENT).to_numpy()]
    number = parents["person"].to_numpy()
    draw = day.streams.uniform("forms.adult.when", number)
    both, later = draw < 0.5, draw < 0.75
    here = both | (later == (day.on.year == day.world.settings.count_years[-1]))
    parents, number = parents[here], number[here]
    immigrated, education = parents["immigration_year"].to_numpy(), parents["education"].to_numpy()
    is_new = (immigrated > 0) & (day.on.year - immigrated <= 8)
    stage = np.where(is_new, LEVELS[0], np.where(education == 3, LEVELS[1], LEVELS[2]))
    path = np.where(education == 3, "path_1", np.where(education == 2, "path_2", "path_3"))
    elsewhere = day.streams.uniform("forms.adult.unit", number) < np.where(is_new, 0.2, 0.5)
    unit = np.where(elsewhere, "adult_1", "adult_0")
    points = day.streams.integer("forms.adult.points", 1, 8, number) * 100
    return _rows(
        person=number, school_form="adult_education", unit=unit, stage=stage,
        study_path=np.where(is_new, path, ""), course_points=points, valid_from=f"{day.school_year}{TERM_START}",
    )  # fmt: skip


def _programme(day: Day, number: np.ndarray, merit: np.ndarray, not_eligible: Bools) -> np.ndarray:
    """Introductory where not eligible, else vocational or preparatory by merit value and taste."""
    pupils = day.world.pupils.iloc[number]
    immigrated = pupils["immigration_year"].to_numpy()
    is_new = (immigrated > 0) & (day.on.year - immigrated <= 5)
    taste = day.streams.normal("forms.taste", number)
    which = day.streams.integer("forms.programme", 0, 4, number)
    academic = (merit - 205.0) / 40.0 + taste > 0
    chosen = np.where(academic, np.array(ACADEMIC)[which], np.array(VOCATIONAL)[which])
    away = day.streams.uniform("forms.away", number) < SHARE_AWAY
    chosen = np.where(away & ~academic, AWAY, chosen)
    return np.where(not_eligible, np.where(is_new, LANGUAGE, OTHER_INTRODUCTORY), chosen)


def _upper_unit(day: Day, number: np.ndarray, programme: np.ndarray) -> np.ndarray:
    """Four schools: a large one, one of trades with the introductory programmes, an independent one, one far away."""
    is_trade = np.isin(programme, VOCATIONAL) | np.char.startswith(programme.astype(str), "im_")
    elsewhere = day.streams.uniform("forms.upper.unit", number) < 0.25
    unit = np.where(is_trade, "upper_1", np.where(elsewhere, "upper_2", "upper_0"))
    unit = np.where(is_trade & elsewhere & np.isin(programme, VOCATIONAL[:3]), "upper_2", unit)
    return np.where(programme == AWAY, "upper_3", unit)


def _named(prefix: str, number: np.ndarray) -> np.ndarray:
    return np.array([f"{prefix}_{n}" for n in number.tolist()], dtype=object)


def _rows(**given: object) -> pd.DataFrame:
    """Rows with every column; what a form does not say is empty, 0 points, no merit value."""
    table = pd.DataFrame(given)
    empty = dict.fromkeys(COLUMNS, "") | {"course_points": 0, "admission_merit_value": np.nan}
    return table.assign(**{name: value for name, value in empty.items() if name not in table})[list(COLUMNS)]
