"""The school forms and their dated stages, read once: what the door, the policies and the steps ask what a grade is called.

Belongs here: handing the tables of ``expectations.school_forms`` to the frozen values of ``models_py.forms``. Does not: either.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from expectations.school_forms import form_rows, stage_rows
from models_py.forms.calendar import StageCalendar, calendar_of
from models_py.forms.reference import SchoolForm, forms_of


@lru_cache(maxsize=1)
def stage_calendar() -> StageCalendar:
    """Stages of every form, by day."""
    return calendar_of(stage_rows())


@lru_cache(maxsize=1)
def school_forms() -> dict[str, SchoolForm]:
    """School forms by name, in the order in which children meet them."""
    return forms_of(form_rows())


AGE_NAMED_ON = date(2000, 10, 15)
"""A day whose names of grades stand for ages where years on both sides of July 2028 meet: F is 0 years on, 9 is nine."""


def named_on(value: Any, *, unit: str, day: date) -> Any:
    """A decided value whose keys, or lists, are grades, under the names that grades have on ``day``; others as they are.

    Raises FormsError where the grades are of no one time.
    """
    calendar = stage_calendar()
    if not isinstance(value, dict) or not value:
        return value
    if value.keys() <= set(calendar.grade_names):
        return calendar.by_age(value, day)
    if unit == "grades":
        told = calendar.by_age({grade: grade for grades in value.values() for grade in grades}, day)
        names = {old: new for new, old in told.items()}
        return {stage: [names[grade] for grade in grades] for stage, grades in value.items()}
    return value


def renamed(grades: Iterable[str], *, told_on: Iterable[date], wanted_on: date | None = None) -> list[str]:
    """Grades of counts under the names of ``wanted_on`` (by age where None is given); words that name no grade stand."""
    calendar, wanted, known = stage_calendar(), wanted_on or AGE_NAMED_ON, {}
    for pair in set(zip(grades, told_on, strict=True)):
        is_grade = pair[0] in calendar.grade_names
        known[pair] = calendar.renamed(pair[0], told_on=pair[1], wanted_on=wanted) if is_grade else pair[0]
    return [known[pair] for pair in zip(grades, told_on, strict=True)]


def by_their_day(grades: Iterable[str], *, wanted_on: Iterable[date]) -> list[str]:
    """Grades named by age under the names of each row's own day; the reverse of ``renamed``."""
    calendar = stage_calendar()
    return [
        calendar.renamed(grade, told_on=AGE_NAMED_ON, wanted_on=day) if grade in calendar.grade_names else grade
        for grade, day in zip(grades, wanted_on, strict=True)
    ]
