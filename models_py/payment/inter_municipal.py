"""Pupils of one municipality at the own schools of another: what we owe for ours there, what we are owed for theirs here.

Belongs here: which rates hold between two municipalities, claims of a month. Does not: pupils at independent units (their
home municipality pays the organiser itself), who agreed on what (a policy). School Act (2010:800) 10 kap. 34 §: the home
municipality compensates the one that teaches; where they have agreed on nothing, by the grounds of its own allocation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from models_py.errors import PaymentError
from models_py.payment.counts import Heads
from models_py.payment.events import MonthTerms
from models_py.payment.terms import Key, Payee, Price, YearTerms
from models_py.payment.twelfths import half_even_ore, twelfth

COMPENSATION = "inter_municipal_compensation"
"""Component of what another municipality's unit is paid by an agreed rate."""
CLAIM_PREFIX = "claim_"
"""``claim_1234_base_part``: what municipality 1234 owes for its pupils, of that component; ``claim_1234`` by agreement."""
_CLAIM = re.compile(rf"{CLAIM_PREFIX}[0-9]{{4}}(_|$)")
Rates = Mapping[str, Mapping[str, int]]
"""The other municipality to grade to millionths of an öre per pupil and year."""


@dataclass(frozen=True, slots=True, eq=False)
class InterMunicipal:
    """What holds between the municipality and others.

    Attributes
    ----------
    claims : others' pupils at own units: ``own_rates`` (as residents, where nothing else is agreed), ``agreed_only``, or
        ``none``: they are told, and nothing is claimed
    payments : residents at others' units: ``own_rates`` where nothing else is agreed, or ``agreed_only``
    """

    municipality_code: str
    claims: Literal["own_rates", "agreed_only", "none"] = "none"
    payments: Literal["own_rates", "agreed_only"] = "own_rates"
    claim_rates: Rates = field(default_factory=dict)
    payment_rates: Rates = field(default_factory=dict)

    def is_elsewhere(self, payee: Payee) -> bool:
        """Whether the unit is another municipality's own."""
        return not payee.is_independent and payee.location_municipality_code != self.municipality_code

    def is_own(self, payee: Payee) -> bool:
        """Whether the unit is the municipality's own."""
        return not payee.is_independent and payee.location_municipality_code == self.municipality_code

    def agreed_price(self, payee: Payee) -> Price | None:
        """The agreed price at a unit of another municipality; None where there is none."""
        rates = self.payment_rates.get(payee.location_municipality_code) if self.is_elsewhere(payee) else None
        return None if rates is None else Price(rates)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a home municipality owes for its pupils at one own unit in a month, of one component; öre above 0."""

    home_municipality_code: str
    school_unit_code: str
    component_code: str
    amount_ore: int
    annual_ore: int
    pupil_count: int

    @property
    def key(self) -> Key:
        """Where it stands among what is due: apart from what the unit is paid."""
        return self.school_unit_code, self.component_code


@dataclass(frozen=True, slots=True)
class Undecided:
    """Pupils of another municipality at an own unit that nothing is claimed for: ``no_decision`` (the policy claims nothing),
    ``no_agreement``, ``no_rate`` (fixed frames follow no pupils), ``closed`` or ``unknown`` (the unit)."""

    home_municipality_code: str
    school_unit_code: str
    reason: Literal["no_decision", "no_agreement", "no_rate", "closed", "unknown"]
    pupil_count: int


def debtor_key(home_municipality_code: str) -> str:
    """Who a claim is sent to, in the place of an organiser."""
    return f"municipality-{home_municipality_code}"


def is_claim(component_code: str) -> bool:
    """Whether a line of this component is money that comes in."""
    return _CLAIM.match(component_code) is not None


def month_claims(
    visitors: Mapping[str, Heads], *, between: InterMunicipal, terms: MonthTerms, year: YearTerms, month: int
) -> tuple[tuple[Claim, ...], tuple[Undecided, ...]]:
    """Claims of ``month`` by home municipality, unit and component, and the pupils that nothing is claimed for.

    ``visitors``: home municipality to unit to grade to pupils. Claims of twelve equal months are the year's exactly. Sums
    that stand whatever the count are in none, nor administration or VAT. Pupils at independent units are in neither.
    Raises PaymentError for a grade without a rate.
    """
    claims: list[Claim] = []
    undecided: list[Undecided] = []
    for home, units in sorted(visitors.items()):
        for unit, heads in sorted(units.items()):
            payee, pupils = terms.payees.get(unit), sum(heads.values())
            if not pupils or (payee is not None and not between.is_own(payee)):
                continue
            prices = _prices(home, unit, between=between, terms=terms, year=year)
            if isinstance(prices, str):
                undecided.append(Undecided(home, unit, prices, pupils))
                continue
            for component, price in sorted(prices.items()):
                is_agreed = component == COMPENSATION
                if is_agreed or component in year.by_grade:
                    refuse_unpriced(price, heads, f"{component} of pupils from {home}" if is_agreed else component)
                annual = following_ore(price, heads)
                name = f"{CLAIM_PREFIX}{home}" if is_agreed else f"{CLAIM_PREFIX}{home}_{component}"
                claims.append(Claim(home, unit, name, twelfth(annual, month=month), annual, pupils))
    return tuple(claims), tuple(undecided)


def _prices(
    home: str, unit: str, *, between: InterMunicipal, terms: MonthTerms, year: YearTerms
) -> Mapping[str, Price] | Literal["no_decision", "no_agreement", "no_rate", "closed", "unknown"]:
    """Components and prices, or why there are none."""
    if unit in terms.closed:
        return "closed"
    if unit not in terms.payees:
        return "unknown"
    if between.claims == "none":
        return "no_decision"
    if home in between.claim_rates:
        return {COMPENSATION: Price(between.claim_rates[home])}
    if between.claims == "agreed_only":
        return "no_agreement"
    own = {component: price for (at, component), price in terms.prices.items() if at == unit}
    following = {name: price for name, price in (own or year.common).items() if price.per_pupil}
    return following if following and year.mode == "follow_pupil" else "no_rate"


def following_ore(price: Price, heads: Mapping[str, int]) -> int:
    """Öre a year that so many pupils per grade give."""
    return half_even_ore(sum(count * price.per_pupil.get(grade, 0) for grade, count in heads.items()))


def refuse_unpriced(price: Price, heads: Mapping[str, int], component: str) -> None:
    """Raise PaymentError where a grade has pupils and no rate."""
    unknown = sorted(grade for grade, count in heads.items() if count and grade not in price.per_pupil)
    if unknown:
        raise PaymentError(
            f"{component}: no rate is decided for grade {', '.join(unknown)}, since nothing has priced a pupil there; decide one"
        )
