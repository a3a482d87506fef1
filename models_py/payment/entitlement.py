"""What every school unit is due for one month: pupils × decided prices, a twelfth of the year, in whole öre.

Belongs here: the amounts of a month per unit and component. Does not: what has been paid (``settle``), which count or
prices (``counts``, ``events``).
An amount of a year is rounded once, half to even, and its twelfth of the month taken so that twelve equal months give
the year exactly. What one month is due depends on that month's pupils alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from models_py.errors import PaymentError
from models_py.payment.budget_change import BudgetChange
from models_py.payment.counts import Heads
from models_py.payment.events import MonthTerms, SchoolEvent, terms_of_month
from models_py.payment.inter_municipal import (
    COMPENSATION,
    InterMunicipal,
    Undecided,
    debtor_key,
    following_ore,
    month_claims,
    refuse_unpriced,
)
from models_py.payment.supplements import Supplement, supplement_ore
from models_py.payment.terms import Key, Overheads, Payee, Price, YearTerms
from models_py.payment.twelfths import twelfth

ADMINISTRATION, VAT, FEES = "administration", "vat", "fees"
DE_DELEGATION = "de_delegation"
SUPPLEMENTS, SUPPLEMENT_VAT = "individual_supplements", "individual_supplements_vat"
ORE_PER_SEK = 100


@dataclass(frozen=True, slots=True)
class Due:
    """What one unit is due of one component in one month.

    Attributes
    ----------
    annual_ore : the year's amount at this month's pupils, of which amount_ore is the month's twelfth (for a budget change,
        what the rest of the year gives; for a supplement the month's own)
    pupil_count : pupils at the unit that month
    """

    amount_ore: int
    annual_ore: int
    pupil_count: int
    organiser_key: str


@dataclass(frozen=True, slots=True)
class Unpayable:
    """Residents that no money follows: ``closed`` (counted where nobody is paid any more), ``unknown`` (no organiser),
    ``no_frame`` (a unit without a decided frame, under fixed frames), or ``no_agreement`` (another municipality's unit)."""

    school_unit_code: str
    reason: str
    pupil_count: int


@dataclass(frozen=True, slots=True, eq=False)
class MonthDue:
    """One month: (unit, component) to what is due, and the pupils that nothing is due for.

    Claims on other municipalities stand below 0: money that comes in. ``undecided`` are their pupils that none is made for.
    """

    due: Mapping[Key, Due]
    unpayable: tuple[Unpayable, ...]
    undecided: tuple[Undecided, ...] = ()


def month_due(
    heads: Heads,
    *,
    year: YearTerms,
    month: int,
    events: Iterable[SchoolEvent] = (),
    changes: Iterable[BudgetChange] = (),
    supplements: Iterable[Supplement] = (),
    visitors: Mapping[str, Heads] | None = None,
    between: InterMunicipal | None = None,
) -> MonthDue:
    """The entitlement of ``month`` (1..12).

    ``heads`` are residents; ``visitors`` others by home municipality, who are claimed for as ``between`` says. Without it
    nothing is claimed, and other municipalities' units are paid by own rates. Raises PaymentError for a supplement to a unit
    that is not known, and for a grade without a rate.
    """
    terms = terms_of_month(year, events=events, month=month)
    priced = _by_unit(terms.prices)
    due: dict[Key, Due] = {}
    unpayable = []
    paid_for = sorted(priced.keys() | heads.keys())
    for unit in paid_for:
        pupils = sum(heads.get(unit, {}).values())
        if unit in terms.closed or unit not in terms.payees:
            if pupils:
                unpayable.append(Unpayable(unit, "closed" if unit in terms.closed else "unknown", pupils))
            continue
        payee = terms.payees[unit]
        if between is not None and (agreed := between.agreed_price(payee)) is not None:
            if pupils:
                refuse_unpriced(agreed, heads[unit], f"{COMPENSATION} to {payee.location_municipality_code}")
                _unit_due(due, unit, {COMPENSATION: agreed}, heads[unit], terms=terms, year=year, month=month)
            continue  # what was agreed is the whole price
        if between is not None and between.payments == "agreed_only" and between.is_elsewhere(payee):
            if pupils:
                unpayable.append(Unpayable(unit, "no_agreement", pupils))
            continue
        prices = priced.get(unit)
        if prices is None and year.mode == "follow_pupil":  # known to the register, but not to the publication
            prices = {component: price for component, price in year.common.items() if price.per_pupil}
        if prices is None and pupils:  # a frame is decided per unit; without one nothing follows the pupils
            unpayable.append(Unpayable(unit, "no_frame", pupils))
        _unit_due(due, unit, prices or {}, heads.get(unit, {}), terms=terms, year=year, month=month)
        _taken_back(due, unit, pupils, payee=payee, year=year, month=month)
        _changes_due(due, unit, pupils, terms=terms, overheads=year.overheads, changes=changes, month=month)
    _supplements_due(due, supplements, heads, terms=terms, overheads=year.overheads, month=month)
    if between is None or not visitors:
        return MonthDue(due, tuple(unpayable))
    claims, undecided = month_claims(visitors, between=between, terms=terms, year=year, month=month)
    for one in claims:
        debtor = debtor_key(one.home_municipality_code)
        due[one.key] = Due(-one.amount_ore, -one.annual_ore, one.pupil_count, debtor)
    return MonthDue(due, tuple(unpayable), undecided)


def overhead_ore(annual: int, *, overheads: Overheads, is_frame: bool) -> tuple[int, int]:
    """Administration and VAT on an independent unit's year: rounded together (whole kronor in a decided frame, öre
    else), then shared by largest remainder."""
    both = overheads.administration + overheads.vat
    if not both:
        return 0, 0
    step = ORE_PER_SEK if is_frame else 1
    whole = round(annual * both / step) * step
    first = whole * overheads.administration / both
    administration = first.numerator // first.denominator
    if first - administration >= Fraction(1, 2):
        administration += 1
    return administration, whole - administration


def _by_unit(prices: Mapping[Key, Price]) -> dict[str, dict[str, Price]]:
    found: dict[str, dict[str, Price]] = {}
    for (unit, component), price in prices.items():
        found.setdefault(unit, {})[component] = price
    return found


def _unit_due(
    due: dict[Key, Due],
    unit: str,
    prices: Mapping[str, Price],
    heads: Mapping[str, int],
    *,
    terms: MonthTerms,
    year: YearTerms,
    month: int,
) -> None:
    payee, pupils, whole = terms.payees[unit], sum(heads.values()), 0
    for component in sorted(prices):
        price = prices[component]
        if component in year.by_grade and year.mode == "follow_pupil":
            refuse_unpriced(price, heads, component)
        following = following_ore(price, heads)
        annual, amount = following + price.fixed_ore, twelfth(following, month=month)
        amount += sum(sign * twelfth(ore, month=month) for sign, ore in price.fixed)
        due[unit, component] = Due(amount, annual, pupils, payee.organiser_key)
        whole += annual
    if payee.is_independent:
        is_frame = year.mode == "fixed_frame"
        both = overhead_ore(whole, overheads=year.overheads, is_frame=is_frame or year.is_overhead_in_kronor)
        for component, annual in zip((ADMINISTRATION, VAT), both, strict=True):
            due[unit, year.component(component)] = Due(
                twelfth(annual, month=month), annual, pupils, payee.organiser_key
            )
        fees = year.frame_fees_ore.get(unit, 0) if is_frame else following_ore(year.fees, heads)
        if fees:  # taken off last, so that administration and VAT stand on the whole
            due[unit, year.component(FEES)] = Due(-twelfth(fees, month=month), -fees, pupils, payee.organiser_key)


def _taken_back(due: dict[Key, Due], unit: str, pupils: int, *, payee: Payee, year: YearTerms, month: int) -> None:
    """Services that the organiser's units buy together, below 0: by the month's pupils, under fixed frames by the decided
    ones. Whoever runs the unit now decides: a new organiser has its own services, and a new unit takes part."""
    per_pupil = year.taken_back.get(payee.organiser_key)
    counted = pupils if year.mode == "follow_pupil" else year.decided_pupils.get(unit, 0)
    if per_pupil and counted:
        annual = round(per_pupil * counted)
        due[unit, DE_DELEGATION] = Due(-twelfth(annual, month=month), -annual, pupils, payee.organiser_key)


def _changes_due(
    due: dict[Key, Due],
    unit: str,
    pupils: int,
    *,
    terms: MonthTerms,
    overheads: Overheads,
    changes: Iterable[BudgetChange],
    month: int,
) -> None:
    """A change reaches every unit at the same rate; an independent one's has administration and VAT in it."""
    payee = terms.payees[unit]
    factor = 1 + overheads.administration + overheads.vat if payee.is_independent else Fraction(1)
    for change in changes:
        if month >= change.first_month and pupils:
            amount = change.month_ore(pupils, month=month, factor=factor)
            due[unit, change.component_code] = Due(
                amount, change.whole_ore(pupils, factor=factor), pupils, payee.organiser_key
            )


def _supplements_due(
    due: dict[Key, Due],
    supplements: Iterable[Supplement],
    heads: Heads,
    *,
    terms: MonthTerms,
    overheads: Overheads,
    month: int,
) -> None:
    for unit, amount in sorted(supplement_ore(supplements, month=month).items()):
        payee = terms.payees.get(unit)
        if payee is None:
            raise PaymentError(
                f"a supplement is decided for school unit {unit}, whose organiser is not known; deliver it"
            )
        pupils = sum(heads.get(unit, {}).values())
        due[unit, SUPPLEMENTS] = Due(amount, amount, pupils, payee.organiser_key)
        if payee.is_independent and overheads.supplement_vat:
            vat = round(amount * overheads.supplement_vat)
            due[unit, SUPPLEMENT_VAT] = Due(vat, vat, pupils, payee.organiser_key)
