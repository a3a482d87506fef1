"""``payments.yml`` of a policy folder: when pupils are counted and paid for, and what has been decided within each year.

Belongs here: reading it with file and line, its values as ``models_py.payment`` takes them. Does not: its shape (``payment_shape``),
policy values of the year's money (``policies``), the finance system's format (``payment_export``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from models_py.errors import PaymentError
from models_py.payment import (
    COMPULSORY_SCHOOL,
    BudgetChange,
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
from orchestration.resources.payment_between import between_of
from orchestration.resources.payment_shape import (
    Calendar,
    Change,
    Event,
    FormDays,
    Payments,
    PaymentYear,
)
from orchestration.resources.policy_text import PolicyError, PolicyText, read_policy_text
from orchestration.school_forms import school_forms

PAYMENTS_FILE = "payments.yml"
ORE_PER_SEK = 100
V = TypeVar("V")


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
