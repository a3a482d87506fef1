"""The lines of one run: every school form settled by itself, over what has been paid and what earlier runs knew.

Belongs here: what each form's settling is handed. Does not: settling (``models_py.payment.settle``), files (``prepare``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from models_py.errors import PaymentError
from models_py.payment import Before, InterMunicipal, PaymentLine, in_order, refuse_broken, settle
from orchestration.payments.inputs import FormMonths, MonthsDue, YearInputs, all_months_due
from orchestration.payments.knowledge import known_of, told, told_between
from orchestration.payments.places import Place


def lines_of_run(
    place: Place,
    inputs: YearInputs,
    whole: FormMonths,
    *,
    paid: tuple[PaymentLine, ...],
    last: dict[str, Any] | None,
    month: int,
    earlier: Callable[[str], YearInputs],
) -> tuple[PaymentLine, ...]:
    """The lines of every school form, each settled by itself; together no key is paid twice."""
    old: FormMonths = {}
    if last is not None and last["publication_id"] != inputs.terms.publication_id:
        old = all_months_due(earlier(last["publication_id"]), month=month)
    lines: list[PaymentLine] = []
    for own in (inputs, *inputs.forms):
        form = own.school_form
        lines += settle(
            (one for one in paid if one.school_form == form),
            due=whole[form].due,
            counts=whole[form].used(),
            before=_before(own, last, old.get(form)),
            events=own.policy.events,
            municipality_code=place.municipality_code,
            funding_year=place.funding_year,
            month=month,
            publication_id=own.terms.publication_id,
            run_id=f"{place.funding_year}-{month:02d}.{len(place.run_ids(month)) + 1}",
            school_form=form,
        )
    _refuse_forgotten(paid, inputs)
    refuse_broken((*paid, *lines))
    return in_order(lines)


def _refuse_forgotten(paid: Iterable[PaymentLine], inputs: YearInputs) -> None:
    """Raise PaymentError where a school form has been paid that the inputs no longer have: nothing would ever correct it."""
    gone = sorted({one.school_form for one in paid} - {one.school_form for one in (inputs, *inputs.forms)})
    if gone:
        raise PaymentError(
            f"{', '.join(gone)} has been paid this year and is not in payments.yml or the decided publication now; put it back"
        )


def _before(inputs: YearInputs, last: dict[str, Any] | None, old: MonthsDue | None) -> Before:
    """What earlier released runs knew of one school form."""
    was = None if last is None else known_of(last, inputs.school_form)
    if was is None:
        return Before()
    changes = {change.component_code: told(change) for change in inputs.policy.changes}
    changed = {code for code, words in was["changes"].items() if changes.get(code) != words}
    basis = {int(number): one for number, one in was["basis"].items()}
    return Before(
        basis, frozenset(was["events"]), frozenset(changed),
        is_agreed_anew=was.get("between", told_between(InterMunicipal(""))) != told_between(inputs.policy.between),
        due=None if old is None else old.due,
    )  # fmt: skip
