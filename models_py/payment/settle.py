"""The lines of one run: months not yet paid as originals, and what earlier months should have been as corrections.

Belongs here: the difference between what is due and what has been paid, by its cause. Does not: what is due
(``entitlement``), releasing, files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from models_py.errors import PaymentError
from models_py.payment.budget_change import PREFIX
from models_py.payment.calendar import SUMMER
from models_py.payment.counts import Basis
from models_py.payment.entitlement import SUPPLEMENT_VAT, SUPPLEMENTS, Due, MonthDue
from models_py.payment.events import SchoolEvent
from models_py.payment.inter_municipal import COMPENSATION, is_claim
from models_py.payment.lines import (
    COMPULSORY_SCHOOL,
    MonthKey,
    PaymentLine,
    Reason,
    in_order,
    refuse_broken,
    standing,
)
from models_py.payment.reconcile import refuse_unreconciled


@dataclass(frozen=True, slots=True)
class CountUsed:
    """The count that a month is settled by."""

    count_date: date
    basis: Basis


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """What earlier released runs knew.

    Attributes
    ----------
    basis : month to the basis of its count in the latest run
    event_ids : events that were known then
    changed : components of budget changes that have been decided anew since
    is_agreed_anew : what holds between municipalities is not what it was
    due : what this run's counts and events give by the publication that was paid by; None where it still stands
    """

    basis: Mapping[int, Basis] = field(default_factory=dict)
    event_ids: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    is_agreed_anew: bool = False
    due: Mapping[int, MonthDue] | None = None


def settle(
    paid: Iterable[PaymentLine],
    *,
    due: Mapping[int, MonthDue],
    counts: Mapping[int, CountUsed],
    before: Before,
    events: Iterable[SchoolEvent],
    municipality_code: str,
    funding_year: int,
    month: int,
    publication_id: str,
    run_id: str,
    school_form: str = COMPULSORY_SCHOOL,
) -> tuple[PaymentLine, ...]:
    """The lines that the run of ``month`` writes, by unit, component, month and sequence; none where nothing differs.

    ``paid``, ``due`` and ``counts`` are of one ``school_form``; ``due`` and ``counts`` hold the months 1 to ``month`` (to 12
    for the closing run). With them every month so far reconciles to the öre. Raises PaymentError for a broken ledger, and if they did not.
    """
    paid = in_order(paid)
    refuse_broken(paid)
    has, last = standing(paid), {one.key: one for one in paid}
    new_events = sorted(
        (one for one in events if one.event_id not in before.event_ids),
        key=lambda one: (-one.first_month, one.event_id),
    )
    owed: dict[MonthKey, Due] = {
        (*key, number): each for number, whole in due.items() for key, each in whole.due.items()
    }
    lines: list[PaymentLine] = []
    for key in sorted(owed.keys() | has.keys()):
        unit, component, number = key
        if number not in due:
            raise PaymentError(
                f"{unit}/{component} is paid for month {number}, which this run does not know; run a later month"
            )
        known = last.get(key)
        target = owed.get(key) or Due(0, 0, 0, known.organiser_key if known else "")
        by_old = _amount(before.due, key) if before.due is not None and known is not None else target.amount_ore
        between = is_claim(component) or any((unit, COMPENSATION, number) in each for each in (owed, has))
        reason, reference = _cause(
            key, before=before, counts=counts, events=new_events, run_month=month, known=known,
            is_agreed_anew=before.is_agreed_anew and between,
        )  # fmt: skip
        steps: list[tuple[int, Reason, str]] = [
            (by_old - has.get(key, 0), reason, reference),
            (target.amount_ore - by_old, "revised_publication", publication_id),
        ]
        sequence = known.sequence + 1 if known else 0
        for amount, why, names in steps:
            if amount:
                lines.append(
                    PaymentLine(
                        municipality_code=municipality_code, funding_year=funding_year, school_unit_code=unit,
                        component_code=component, month=number, sequence=sequence, amount_ore=amount,
                        annual_ore=target.annual_ore, pupil_count=target.pupil_count,
                        count_date=counts[number].count_date, basis=counts[number].basis, reason=why, reference=names,
                        organiser_key=target.organiser_key, publication_id=publication_id, run_id=run_id,
                        school_form=school_form,
                    )
                )  # fmt: skip
                sequence += 1
    refuse_broken((*paid, *lines))
    refuse_unreconciled((*paid, *lines), due=due)
    return in_order(lines)


def _amount(due: Mapping[int, MonthDue], key: MonthKey) -> int:
    unit, component, month = key
    found = due[month].due.get((unit, component)) if month in due else None
    return found.amount_ore if found else 0


def _cause(
    key: MonthKey,
    *,
    before: Before,
    counts: Mapping[int, CountUsed],
    events: Iterable[SchoolEvent],
    run_month: int,
    known: PaymentLine | None,
    is_agreed_anew: bool,
) -> tuple[Reason, str]:
    """Why a line of this key is written now, and the event or change that it names."""
    unit, component, month = key
    if component.startswith(PREFIX) and (known is None or component in before.changed):
        return "budget_change", component.removeprefix(PREFIX)
    if known is None and month == run_month:
        return "month", ""
    if component in (SUPPLEMENTS, SUPPLEMENT_VAT):
        return "supplement", ""
    if is_agreed_anew:
        return "agreement", ""
    for event in events:
        if month >= event.first_month and unit in event.concerned:
            return event.kind, event.event_id
    earlier, now = before.basis.get(month), counts[month].basis
    if earlier == "provisional" and now == "counted":
        return ("autumn_register" if month in SUMMER else "provisional_count"), ""
    if earlier == "carried_forward" and now != "carried_forward":
        return "late_file", ""
    return "recount", ""
