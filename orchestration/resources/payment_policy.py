"""``payments.yml`` of a policy folder: when pupils are counted and paid for, and what has been decided within each year.

Belongs here: the shape of the file, reading it with file and line, its values as ``models_py.payment`` takes them. Does
not: policy values of the year's money (``policies``), the finance system's format (``payment_export``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, model_validator

from models_py.errors import PaymentError
from models_py.payment import (
    COMPULSORY_SCHOOL,
    BudgetChange,
    DayRule,
    FormCalendar,
    InterMunicipal,
    OwnResult,
    Payee,
    SchoolEvent,
    balance,
)
from models_py.payment.balance import BalanceYear
from models_py.payment.terms import Mode
from orchestration.resources.checked_text import checked
from orchestration.resources.payment_between import Between, between_of
from orchestration.resources.policy_text import PolicyError, PolicyText, read_policy_text
from orchestration.resources.shape_types import Kronor, Name, Strict, Text
from orchestration.school_forms import school_forms

PAYMENTS_FILE = "payments.yml"
ORE_PER_SEK = 100
UnitCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]+$")]
Month = Annotated[int, Field(ge=1, le=12)]
V = TypeVar("V")
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


class FormPayments(Strict):
    """How one other school form is paid month by month."""

    mode: Literal["follow_pupil", "fixed_frame"]
    decided_by: Text
    legal_basis: Text
    calendar: FormDays
    late_count: Literal["carry_forward", "refuse"] = "carry_forward"
    fixed_components: list[Name] = []


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


class Payments(Strict):
    """``payments.yml``."""

    mode: Literal["follow_pupil", "fixed_frame"]
    decided_by: Text
    legal_basis: Text
    calendar: Calendar
    late_count: Literal["carry_forward", "refuse"] = "carry_forward"
    fixed_components: list[Name] = []
    forms: dict[Name, FormPayments] = {}
    years: dict[YearKey, PaymentYear] = {}
    own_results: list[Result] = []


@dataclass(frozen=True, slots=True, eq=False)
class PaymentPolicy:
    """A municipality's payments in one funding year; ``sha256`` names the values that runs of the year use.

    ``forms``: the same of every other school form that is paid here, by its name.
    """

    mode: Mode
    calendar: FormCalendar
    refuses_late: bool
    fixed_components: frozenset[str]
    first_month: int
    events: tuple[SchoolEvent, ...]
    changes: tuple[BudgetChange, ...]
    balance: tuple[BalanceYear, ...]
    sha256: str
    between: InterMunicipal
    forms: Mapping[str, PaymentPolicy] = field(default_factory=dict)


def payment_policy(folder: Path, *, funding_year: int) -> PaymentPolicy | None:
    """The payments of ``folder``'s municipality in one year; None where it has no ``payments.yml``: nothing is paid then.

    Raises PolicyError with file and line: unknown keys, wrong values, events or changes that make no sense.
    """
    path = folder / PAYMENTS_FILE
    if not path.is_file():
        return None
    text = read_policy_text(path)
    told = checked(Payments, text)
    year = told.years.get(str(funding_year)) or PaymentYear()
    place = ("years", str(funding_year))
    _refuse_unknown_forms(told, year, text, place)
    events = [
        (one.school_form, _made(text, (*place, "events", n), lambda one=one: _event(one)))
        for n, one in enumerate(year.events)
    ]
    changes = [
        (one.school_form, _made(text, (*place, "budget_changes", n), lambda one=one: _change(one)))
        for n, one in enumerate(year.budget_changes)
    ]
    results = [
        OwnResult(one.year, one.surplus_taken_sek * ORE_PER_SEK, one.deficit_covered_sek * ORE_PER_SEK)
        for one in told.own_results
    ]
    values = told.model_dump(mode="json", exclude={"years", "own_results"}) | {"year": year.model_dump(mode="json")}
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    whole = PaymentPolicy(
        mode=told.mode,
        calendar=_calendar(told.calendar),
        refuses_late=told.late_count == "refuse",
        fixed_components=frozenset(told.fixed_components),
        first_month=year.first_month,
        events=_of_form(events, COMPULSORY_SCHOOL),
        changes=_of_form(changes, COMPULSORY_SCHOOL),
        balance=_made(text, ("own_results",), lambda: balance(results)),
        sha256=hashlib.sha256(canonical.encode("ascii")).hexdigest(),
        between=between_of(year.inter_municipal, municipality_code=folder.name),
    )
    forms = {
        name: replace(
            whole,
            mode=one.mode,
            calendar=_form_calendar(name, one.calendar),
            refuses_late=one.late_count == "refuse",
            fixed_components=frozenset(one.fixed_components),
            events=_of_form(events, name),
            changes=_of_form(changes, name),
            balance=(),
            between=InterMunicipal(folder.name),
        )
        for name, one in told.forms.items()
    }
    return replace(whole, forms=forms)


def _of_form(decided: Iterable[tuple[str, V]], school_form: str) -> tuple[V, ...]:
    return tuple(one for form, one in decided if form == school_form)


def _refuse_unknown_forms(told: Payments, year: PaymentYear, text: PolicyText, place: tuple[str, str]) -> None:
    """Raise PolicyError for payments of no other school form, and for what is decided of a form that has none."""
    known = [name for name, form in school_forms().items() if form.counted_by == "form_register"]
    for name in told.forms:
        if name not in known:
            raise PolicyError([f"{text.at(('forms', name))}: is none of {', '.join(known)}"])
    for section, rows in (("events", year.events), ("budget_changes", year.budget_changes)):
        for number, one in enumerate(rows):
            if one.school_form not in (COMPULSORY_SCHOOL, *told.forms):
                where = text.at((*place, section, number))
                raise PolicyError([f"{where}: {one.school_form} is not paid here; forms says which are"])


def _form_calendar(school_form: str, told: FormDays) -> FormCalendar:
    """Count days are those of the form, by law and custom; a municipality that is told of every month says so."""
    days = school_forms()[school_form].count_days if told.counts == "on_days" else ()
    return FormCalendar(
        school_form, told.count_day.rule(), told.registered_by.rule(), told.pay_day.rule(), told.counts,
        remind_working_days=told.remind_working_days, count_days=days,
    )  # fmt: skip


def _calendar(told: Calendar) -> FormCalendar:
    first, second = told.count_months
    return FormCalendar(
        told.school_form, told.count_day.rule(), told.registered_by.rule(), told.pay_day.rule(), told.counts,
        (first, second), told.remind_working_days,
    )  # fmt: skip


def _event(told: Event) -> SchoolEvent:
    return SchoolEvent(
        event_id=told.event_id,
        kind=told.kind,
        first_month=told.first_month,
        school_units=tuple(told.school_units),
        successors=tuple(told.successors),
        shares={unit: Fraction(share) for unit, share in told.shares.items()},
        payees={
            unit: Payee(one.organiser_key, one.organiser_type == "independent", one.location_municipality_code)
            for unit, one in told.organisers.items()
        },
        frame_ore=told.frame_sek * ORE_PER_SEK,
    )


def _change(told: Change) -> BudgetChange:
    return BudgetChange(
        told.change_id, told.decided, told.first_month, told.own_units_sek * ORE_PER_SEK, told.own_pupils
    )


def _made(text: PolicyText, place: tuple[str | int, ...], make: Any) -> Any:
    try:
        return make()
    except PaymentError as error:
        raise PolicyError([f"{text.at(place)}: {error}"]) from error
