"""The shape of ``payments.yml``: what may stand in it, and the words of its keys.

Belongs here: fields and the conditions that one section can judge. Does not: reading the file, its values as payments take them
(``payment_policy``).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models_py.payment import COMPULSORY_SCHOOL, DayRule
from orchestration.resources.payment_between import Between
from orchestration.resources.shape_types import Kronor, Name, Strict, Text

UnitCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]+$")]
Month = Annotated[int, Field(ge=1, le=12)]
YearKey = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class Day(Strict):
    """One day in each month: see ``models_py.payment.calendar.DayRule``."""

    kind: Literal["day", "last_weekday", "first_weekday"]
    day: Annotated[int, Field(ge=1, le=31)] = 1
    month_offset: Annotated[int, Field(ge=-2, le=2)] = 0
    shift: Literal["before", "after", "keep"] = "keep"

    def rule(self) -> DayRule:
        """As the calendar takes it."""
        return DayRule(self.kind, self.day, self.month_offset, self.shift)


class Days(Strict):
    """When somebody is counted, must be registered and is paid for."""

    count_day: Day
    registered_by: Day
    pay_day: Day
    remind_working_days: Annotated[int, Field(ge=0, le=20)] = 5


class Calendar(Days):
    """The days of preschool class and compulsory school."""

    school_form: Name
    counts: Literal["monthly", "twice"] = "monthly"
    count_months: Annotated[list[Month], Field(min_length=2, max_length=2)] = [2, 9]


class FormDays(Days):
    """The days of another school form: counted every month, or on the form's own count days."""

    counts: Literal["monthly", "on_days"] = "on_days"


class Paid(Strict):
    """How a school form is paid month by month, whichever it is."""

    mode: Literal["follow_pupil", "fixed_frame"]
    decided_by: Text
    legal_basis: Text
    late_count: Literal["carry_forward", "refuse"] = "carry_forward"
    fixed_components: list[Name] = []


class FormPayments(Paid):
    """One other school form of ``payments.yml``."""

    calendar: FormDays


class Organiser(Strict):
    """Who runs a school unit that the register does not tell of yet."""

    organiser_key: Text
    organiser_type: Literal["municipal", "independent"]
    location_municipality_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class Event(Strict):
    """Something that happens to school units within the year: see ``models_py.payment.events.SchoolEvent``."""

    event_id: Name
    school_form: Name = COMPULSORY_SCHOOL
    kind: Literal["opening", "closure", "succession", "split", "merge", "organiser_change"]
    first_month: Month
    decision: Text
    school_units: list[UnitCode] = []
    successors: list[UnitCode] = []
    shares: dict[UnitCode, Decimal] = {}
    organisers: dict[UnitCode, Organiser] = {}
    frame_sek: Kronor = 0


class Change(Strict):
    """Money added to own schools within the year, or taken (negative): every other school is due as much per pupil."""

    change_id: Name
    school_form: Name = COMPULSORY_SCHOOL
    decided: date
    decided_by: Text
    first_month: Month
    own_units_sek: int
    own_pupils: Annotated[int, Field(gt=0)]


class Result(Strict):
    """A year of own schools: surplus that the municipality took in, deficit that it covered."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    surplus_taken_sek: Kronor = 0
    deficit_covered_sek: Kronor = 0
    decided_by: Text


class PaymentYear(Strict):
    """What was decided within one funding year."""

    first_month: Month = 1  # the first month that is paid from here
    events: list[Event] = []
    budget_changes: list[Change] = []
    inter_municipal: Between | None = None

    @model_validator(mode="after")
    def _each_once(self) -> PaymentYear:
        for name, ids in (
            ("events", [one.event_id for one in self.events]),
            ("budget_changes", [one.change_id for one in self.budget_changes]),
        ):
            if twice := sorted({one for one in ids if ids.count(one) > 1}):
                raise ValueError(f"{name} has {', '.join(twice)} more than once")
        return self


class Payments(Paid):
    """``payments.yml``."""

    calendar: Calendar
    forms: dict[Name, FormPayments] = {}
    years: dict[YearKey, PaymentYear] = {}
    own_results: list[Result] = []
