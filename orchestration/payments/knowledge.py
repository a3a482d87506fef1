"""What a run's manifest says beside its lines: what was known when it was made, and the pupils that no line is for.

Belongs here: these two parts as plain values. Does not: the manifest's other parts, writing it (``prepare``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from models_py.payment import COMPULSORY_SCHOOL, BudgetChange, InterMunicipal, PaymentLine, is_claim
from orchestration.payments.inputs import FormMonths, MonthsDue, YearInputs
from orchestration.resources.payment_policy import PaymentPolicy


def known(whole: FormMonths, *, inputs: YearInputs) -> dict[str, Any]:
    """What the next run needs to tell why something is another than it was; of other school forms under ``forms``."""
    own = _known(whole[inputs.school_form], policy=inputs.policy)
    forms = {one.school_form: _known(whole[one.school_form], policy=one.policy) for one in inputs.forms}
    return own | ({"forms": forms} if forms else {})


def known_of(manifest: Mapping[str, Any], school_form: str) -> Mapping[str, Any] | None:
    """What a run knew of one school form; None where it did not pay it."""
    was = manifest["known"]
    return was if school_form == COMPULSORY_SCHOOL else was.get("forms", {}).get(school_form)


def _known(whole: MonthsDue, *, policy: PaymentPolicy) -> dict[str, Any]:
    return {
        "basis": {str(number): one.basis for number, one in whole.counts.items()},
        "count_dates": {str(number): one.count_date.isoformat() for number, one in whole.counts.items()},
        "events": sorted(event.event_id for event in policy.events),
        "changes": {change.component_code: told(change) for change in policy.changes},
        "between": told_between(policy.between),
    }


def beside(whole: FormMonths, *, lines: Iterable[PaymentLine], policy: PaymentPolicy, month: int) -> dict[str, Any]:
    """Residents that nobody is paid for, pupils of other municipalities in ``month`` (1..13) and what is claimed for them,
    the ledger of own results, öre by school form. Öre of claims are above 0."""
    lines, school = tuple(lines), whole[COMPULSORY_SCHOOL]
    own = school.counts.get(month)
    return {
        "unpaid_pupils": [
            {
                "month": number, "school_form": form, "school_unit_code": u.school_unit_code, "reason": u.reason,
                "pupil_count": u.pupil_count,
            }
            for form, months in whole.items()
            for number, one in months.due.items()
            for u in one.unpayable
        ],
        "forms_ore": {form: sum(one.amount_ore for one in lines if one.school_form == form) for form in whole},
        "visitors": [
            {"home_municipality_code": home, "school_unit_code": unit, "pupil_count": sum(heads.values())}
            for home, units in sorted(own.visitors.items() if own else ())
            for unit, heads in sorted(units.items())
        ],
        "claims_ore": -sum(line.amount_ore for line in lines if is_claim(line.component_code)),
        "undecided_visitors": [
            {
                "month": number, "home_municipality_code": u.home_municipality_code,
                "school_unit_code": u.school_unit_code, "reason": u.reason, "pupil_count": u.pupil_count,
            }
            for number, one in school.due.items()
            for u in one.undecided
        ],
        "own_results": [
            {
                "year": one.year, "netted_ore": one.netted_ore, "to_match_ore": one.to_match_ore,
                "closing_ore": one.closing_ore,
            }
            for one in policy.balance
        ],
    }  # fmt: skip


def told(change: BudgetChange) -> str:
    """A budget change in one word, to see whether it has been decided anew."""
    return f"{change.own_units_ore}/{change.own_pupils}/{change.first_month}"


def told_between(between: InterMunicipal) -> str:
    """What holds between municipalities as one hash, to see whether it has been decided anew."""
    words = [between.claims, between.payments, _sorted(between.claim_rates), _sorted(between.payment_rates)]
    return hashlib.sha256(json.dumps(words).encode("ascii")).hexdigest()


def _sorted(rates: Mapping[str, Mapping[str, int]]) -> list[tuple[str, list[tuple[str, int]]]]:
    return [(code, sorted(own.items())) for code, own in sorted(rates.items())]
