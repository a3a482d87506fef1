"""From a decided publication, its municipality's decisions within the year and the delivered counts to what months are due.

Belongs here: reading the sealed publication as terms, overheads, supplements, holidays. Does not: what is due
(``models_py.payment``), lines and files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import holidays
import pandas as pd

from models_py.allocation.organiser_terms import OverheadPolicy
from models_py.errors import PaymentError
from models_py.payment import (
    COMPULSORY_SCHOOL,
    CountUsed,
    DecidedLine,
    MonthCount,
    MonthDays,
    MonthDue,
    Overheads,
    Payee,
    Supplement,
    YearTerms,
    month_count,
    month_days,
    month_due,
    year_terms,
)
from models_py.payment.terms import GRADES
from models_py.payment.twelfths import MICRO
from orchestration.publication.pointer import CURRENT
from orchestration.publication.standing import version_of
from orchestration.publication.verify import Published, read_current, verify
from orchestration.resources.payment_policy import ORE_PER_SEK, PaymentPolicy
from orchestration.resources.supplements import Decision, decisions_of_year
from orchestration.school_forms import renamed

INDEPENDENT = "independent"


@dataclass(frozen=True, slots=True, eq=False)
class YearInputs:
    """Everything that a run of one municipality and year is computed from, but for the lines that are paid.

    Attributes
    ----------
    counts : ``models_py.payment.counts.COLUMNS``, every count that has been delivered
    school_form : compulsory_school with preschool class, or the form that these are the inputs of
    forms : inputs of every other school form that is paid in the same runs
    """

    municipality_code: str
    funding_year: int
    policy: PaymentPolicy
    terms: YearTerms
    counts: pd.DataFrame
    supplements: tuple[Supplement, ...] = ()
    school_form: str = COMPULSORY_SCHOOL
    forms: tuple[YearInputs, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class MonthsDue:
    """Months from the first that is paid here to the asked one: what is due, the counts, and the days of the asked one."""

    due: Mapping[int, MonthDue]
    counts: Mapping[int, MonthCount]
    days: MonthDays

    def used(self) -> dict[int, CountUsed]:
        """The counts as lines tell them."""
        return {month: CountUsed(one.count_date, one.basis) for month, one in self.counts.items()}


@lru_cache(maxsize=16)
def swedish_holidays(year: int) -> frozenset[date]:
    """Public holidays (lag 1989:253) and the eves that count as such (lag 1930:173 2 §), of the year and its neighbours."""
    found = holidays.country_holidays(
        "SE", years=range(year - 1, year + 2), include_sundays=False, categories=("public", "de_facto")
    )
    return frozenset(found)


def current_publication(published: Path, *, municipality_code: str, funding_year: int) -> Published:
    """The decided publication in force, verified. Raises LookupError for none, PaymentError for a damaged one."""
    found = read_current(published, municipality_code, funding_year, pointer=CURRENT)
    if found is None:
        raise LookupError(
            f"{municipality_code} has no decided publication of {funding_year}; nothing is paid on a proposal: approve and publish it"
        )
    return _whole(found)


def publication_by_id(published: Path, *, municipality_code: str, publication_id: str) -> Published:
    """A publication by id, verified; errors as ``current_publication``."""
    path = version_of(published, municipality_code=municipality_code, publication_id=publication_id)
    return _whole(Published(publication_id, path, {}))


def terms_of(publication: Published, *, policy: PaymentPolicy) -> YearTerms:
    """The publication as payments use it. Raises PaymentError."""
    lines = publication.table("fct_allocation")
    units, organisers = publication.table("dim_school_unit"), publication.table("dim_organiser")
    kinds = dict(zip(organisers["organiser_key"], organisers["organiser_type"], strict=True))
    payees = {
        unit: Payee(key, kinds.get(key) == INDEPENDENT, where)
        for unit, key, where in zip(
            units["school_unit_code"], units["organiser_key"], units["location_municipality_code"], strict=True
        )
    }
    decided_on = publication.table("dim_year")["count_date"].iloc[0]
    wide, paid = publication.table("school_allocation"), publication.table("organiser_allocation")
    cells = (
        lines[name]
        for name in ("school_unit_code", "component_code", "line_code", "count_unit", "rate_ore", "amount_ore")
    )
    return year_terms(
        (
            DecidedLine(unit, component, _by_age(line, decided_on), counted, int(rate * MICRO), int(amount))
            for unit, component, line, counted, rate, amount in zip(*cells, strict=True)
        ),
        publication_id=publication.publication_id,
        mode=policy.mode,
        payees=payees,
        decided_pupils=dict(zip(wide["school_unit_code"], wide["pupil_count"].astype(int), strict=True)),
        overheads=_overheads(paid),
        taken_back=_taken_back(paid),
        fixed_components=policy.fixed_components,
    )


def supplements_of(folder: Path, *, funding_year: int) -> tuple[Supplement, ...]:
    """The year's individual supplements by month. Raises PolicyError with file and line."""
    return tuple(_supplement(one) for one in decisions_of_year(folder, funding_year=funding_year))


def months_due(inputs: YearInputs, *, month: int) -> MonthsDue:
    """What the months up to ``month`` (13: the whole year) are due in the one school form that the inputs are of.

    Raises PaymentError where a count is missing, or late and the policy refuses that.
    """
    policy, code = inputs.policy, inputs.municipality_code
    rest = swedish_holidays(inputs.funding_year)
    groups = GRADES if inputs.school_form == COMPULSORY_SCHOOL else None  # other forms have groups of their own
    due: dict[int, MonthDue] = {}
    counts: dict[int, MonthCount] = {}
    for number in range(policy.first_month, min(month, 12) + 1):
        days = month_days(policy.calendar, year=inputs.funding_year, month=number, holidays=rest)
        counts[number] = month_count(inputs.counts, municipality_code=code, days=days, groups=groups)
        if policy.refuses_late and number == month and counts[number].basis == "carried_forward":
            raise PaymentError(
                f"{code} {inputs.funding_year}-{month:02d}: the count of {days.provisional_date or days.count_date} is not delivered; "
                "the policy pays by no older one (late_count: refuse)"
            )
        due[number] = month_due(
            counts[number].residents, year=inputs.terms, month=number, events=policy.events,
            changes=policy.changes, supplements=inputs.supplements, visitors=counts[number].visitors, between=policy.between,
        )  # fmt: skip
    asked = month_days(policy.calendar, year=inputs.funding_year, month=month, holidays=rest)
    return MonthsDue(due, counts, asked)


FormMonths = Mapping[str, MonthsDue]
"""School form to its months, preschool class and compulsory school first."""


def all_months_due(inputs: YearInputs, *, month: int) -> dict[str, MonthsDue]:
    """``months_due`` of every school form that is paid. Raises PaymentError naming the form."""
    due = {inputs.school_form: months_due(inputs, month=month)}
    for own in inputs.forms:
        try:
            due[own.school_form] = months_due(own, month=month)
        except PaymentError as error:
            raise PaymentError(f"{own.school_form}: {error}") from None
    return due


def _whole(found: Published) -> Published:
    problems = verify(found.path)
    if problems:
        raise PaymentError(f"{problems[0]}; nothing is paid on a publication that is not as it was sealed")
    return found


def _by_age(line_code: str, day: date) -> str:
    """A line of a grade under the grade's name by age, as counts are named here."""
    name, _, grade = line_code.rpartition("_")
    return line_code if name != "grade" else f"grade_{renamed([grade.upper()], told_on=[day])[0]}"


def _taken_back(organisers: pd.DataFrame) -> dict[str, Fraction]:
    """Organiser to öre per pupil of the services that its units buy together, as the publication took them back."""
    cells = (organisers[name] for name in ("organiser_key", "de_delegated_sek", "pupil_count"))
    return {
        key: Fraction(abs(sek) * ORE_PER_SEK) / int(pupils)
        for key, sek, pupils in zip(*cells, strict=True)
        if sek and pupils
    }


def _overheads(organisers: pd.DataFrame) -> Overheads:
    """Administration and VAT as the publication states them of its independent organisers; none where it has none."""
    own = organisers[(organisers["organiser_type"] == INDEPENDENT) & organisers["overhead_method"].notna()]
    if own.empty:
        return Overheads()
    told = own.iloc[0]
    policy = OverheadPolicy(told["overhead_method"], told["administration_share"], told["vat_share"])
    vat = Fraction(policy.vat_share)
    on_supplement = vat / (1 - vat) if policy.method.startswith("gross_up") else vat
    return Overheads(*policy.rates(), on_supplement)


def _supplement(one: Decision) -> Supplement:
    return Supplement(
        one.reference, one.school_unit, one.amount_sek * ORE_PER_SEK, one.valid_from.month, one.valid_to.month
    )
