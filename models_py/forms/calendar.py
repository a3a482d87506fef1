"""The stages of every school form and when they hold: what a grade is called on a day, and what it becomes next school year.

Belongs here: one dated ladder of stages, and questions about it. Does not: the table itself (it is passed in), counting.
A school year begins on 1 July, the day from which who starts in August is paid for (Skolförordningen 14 kap. 1 §). In July
2028 the preschool class ends and the compulsory school has ten years: every number moves by one (SFS 2025:729), so a pupil's
place on the ladder is told by the usual age, never by the number of the grade.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

from models_py.errors import FormsError

COMPULSORY = ("preschool_class", "compulsory_school")
"""Forms that are counted, scored and paid together, as one column of grades."""
BEGINS_AT = 6
"""Usual age of the youngest grade of ``COMPULSORY``, before and after July 2028."""
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a form: its name, while it holds.

    Attributes
    ----------
    track : stages of one track follow each other by age, and nobody is in two of them at once; empty for a form that goes
        together with others and leads nowhere (leisure-time centre, adult education)
    usual_age : the age that a child reaches in the calendar year in which the school year begins; None outside a track
    valid_from, valid_to : first and last day, both included
    """

    school_form: str
    stage: str
    track: str
    usual_age: int | None
    valid_from: date
    valid_to: date

    def holds(self, day: date) -> bool:
        """Whether the stage exists on ``day``."""
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True)
class StageCalendar:
    """Every stage of every form. Raises FormsError (``stages``) for two stages of one form and age on the same day."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        for n, one in enumerate(self.stages):
            for other in self.stages[n + 1 :]:
                alike = one.stage == other.stage or (one.usual_age is not None and one.usual_age == other.usual_age)
                overlap = one.valid_from <= other.valid_to and other.valid_from <= one.valid_to
                if one.school_form == other.school_form and alike and overlap:
                    raise FormsError(
                        f"{one.school_form}: stages {one.stage} and {other.stage} hold on the same days with the same name "
                        "or age; end the one before the other begins",
                        reason="stages",
                    )

    def on(self, school_form: str, day: date) -> tuple[Stage, ...]:
        """Stages that a form has on a day, as listed. Raises FormsError (``school_form``) for an unknown form."""
        own = [stage for stage in self.stages if stage.school_form == school_form]
        if not own:
            known = ", ".join(sorted({stage.school_form for stage in self.stages}))
            raise FormsError(f"{school_form!r} is no school form; known: {known}", reason="school_form")
        return tuple(stage for stage in own if stage.holds(day))

    def stage(self, school_form: str, name: str, day: date) -> Stage:
        """The stage called ``name`` on a day. Raises FormsError (``stage``) where the form has none, naming those it has."""
        held = self.on(school_form, day)
        for stage in held:
            if stage.stage == name:
                return stage
        has = ", ".join(stage.stage for stage in held) or "no stage at all"
        raise FormsError(f"{school_form} has no stage {name!r} on {day}; it has {has}", reason="stage")

    def next_year(self, school_form: str, name: str, day: date) -> Stage | None:
        """What a stage becomes in the school year after the one that ``day`` lies in; None where it leads nowhere.

        The form itself is followed where it has the next age, else another form of the track: a child of five goes from
        preschool to the preschool class, from July 2028 to year 1.
        """
        now, following = self.stage(school_form, name, day), school_year_start(day, ahead=1)
        if now.usual_age is None:
            return None
        ahead = [
            stage
            for stage in self.stages
            if stage.track == now.track and stage.holds(following) and stage.usual_age == now.usual_age + 1
        ]
        same = [stage for stage in ahead if stage.school_form == school_form]
        return next(iter([*same, *ahead]), None)

    @cached_property
    def grade_names(self) -> tuple[str, ...]:
        """Every name that a grade of preschool class and compulsory school has ever had, youngest first."""
        own = [stage for stage in self.stages if stage.school_form in COMPULSORY]
        return tuple(dict.fromkeys(stage.stage for stage in sorted(own, key=_by_age)))

    def grades(self, day: date) -> tuple[str, ...]:
        """Grades of preschool class and compulsory school on a day, youngest first: F, 1..9 or 1..10."""
        held = [stage for stage in self.stages if stage.school_form in COMPULSORY and stage.holds(day)]
        return tuple(stage.stage for stage in sorted(held, key=_by_age))

    def place(self, grade: str, day: date) -> int:
        """Years since the youngest grade: the same for F of 2027 as for 1 of 2028. Raises FormsError (``stage``)."""
        grades = self.grades(day)
        if grade not in grades:
            raise FormsError(f"grade {grade!r} does not exist on {day}; grades are {', '.join(grades)}", reason="stage")
        return grades.index(grade)

    def renamed(self, grade: str, *, told_on: date, wanted_on: date) -> str:
        """What pupils of the age of ``grade`` on one day are called on another; for rates that follow age."""
        return self.grades(wanted_on)[self.place(grade, told_on)]

    def by_age(self, per_grade: Mapping[str, V], day: date) -> dict[str, V]:
        """Values per grade under the names of ``day``: a value decided for F holds for year 1 from July 2028.

        Names that all exist on ``day`` stand as they are. Raises FormsError (``grades``) where they are of no one time: F and
        10 are never grades of one day.
        """
        if per_grade.keys() <= set(self.grades(day)):
            return dict(per_grade)
        told_on = next((known for known in self._namings if per_grade.keys() <= set(self.grades(known))), None)
        if told_on is None:
            raise FormsError(
                f"grades {', '.join(per_grade)} never existed on one day; name them as of the day the value holds from",
                reason="grades",
            )
        return {self.renamed(grade, told_on=told_on, wanted_on=day): value for grade, value in per_grade.items()}

    @cached_property
    def _namings(self) -> tuple[date, ...]:
        """First days of every naming of the grades, oldest first."""
        return tuple(sorted({stage.valid_from for stage in self.stages if stage.school_form in COMPULSORY}))


def school_year_start(day: date, *, ahead: int = 0) -> date:
    """1 July of the school year that ``day`` lies in, or of one some years ahead."""
    return date(day.year + ahead - (day.month < 7), 7, 1)


def calendar_of(rows: Iterable[Mapping[str, str]]) -> StageCalendar:
    """A calendar from rows of text: school_form, stage, track, usual_age (empty for none), valid_from, valid_to (ISO)."""
    return StageCalendar(
        tuple(
            Stage(
                school_form=row["school_form"],
                stage=row["stage"],
                track=row["track"],
                usual_age=int(row["usual_age"]) if row["usual_age"] else None,
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]),
            )
            for row in rows
        )
    )


def _by_age(stage: Stage) -> int:
    return stage.usual_age or 0
