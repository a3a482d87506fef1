"""Amounts beside the total: individual supplements (tilläggsbelopp) and state grants.

Belongs here: their lines, which never enter a pot or a sum. Does not: deciding them. The School Act (10 kap. 39 §) and
HFD 2020 ref. 8: individual supplements follow the pupil's need and have no frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from models_py.allocation.components.parameters import Measure
from models_py.allocation.facts import Facts
from models_py.allocation.lines import Claim, Claims, counted


@dataclass(frozen=True, slots=True, kw_only=True)
class IndividualSupplements:
    """The ledger of individual decisions."""

    ledger: Literal["individual_decisions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateGrant:
    """Kronor per unit from the state, shown beside and never mixed in."""

    measure: Measure


def individual_supplements(facts: Facts, parameters: IndividualSupplements, *, key: str) -> Claims:
    """A line per ledger entry."""
    claims: dict[str, tuple[Claim, ...]] = {}
    for entry in facts.supplements:
        one = Claim(entry.reference, Fraction(1), "decisions", Fraction(entry.amount_sek))
        claims[entry.school_unit_code] = (*claims.get(entry.school_unit_code, ()), one)
    return claims


def state_grant(facts: Facts, parameters: StateGrant, *, key: str) -> Claims:
    """One line of delivered kronor."""
    return {
        unit: (Claim("state_grant", counted(amount), "sek", Fraction(1)),)
        for unit, amount in facts.measure(parameters.measure, asked_by=key).items()
        if amount
    }
