"""Surpluses and deficits of the municipality's own schools over the years, and what covering one obliges it to.

Belongs here: the ledger and its netting. Does not: the accounts themselves. HFD 2021 ref. 69: a deficit that the
municipality covers may first be set against surpluses that it has taken in before; what is left is new money to own
schools, and is matched to independent ones as any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from models_py.errors import PaymentError
from models_py.payment.budget_change import BudgetChange


@dataclass(frozen=True, slots=True)
class OwnResult:
    """One year of own schools, öre: surplus that the municipality took in, deficit that it covered; both 0 or more."""

    year: int
    surplus_taken_ore: int = 0
    deficit_covered_ore: int = 0


@dataclass(frozen=True, slots=True)
class BalanceYear:
    """One year of the ledger, öre: opening_ore + taken_ore - netted_ore = closing_ore; netted_ore + to_match_ore = covered."""

    year: int
    opening_ore: int
    taken_ore: int
    netted_ore: int
    to_match_ore: int
    closing_ore: int


def balance(results: Iterable[OwnResult]) -> tuple[BalanceYear, ...]:
    """The ledger by year: a covered deficit is netted against surpluses of earlier years, never against later ones.

    Raises PaymentError for a year given twice and for negative sums.
    """
    ordered = sorted(results, key=lambda one: one.year)
    years = [one.year for one in ordered]
    if len(set(years)) != len(years):
        raise PaymentError("surplus and deficit: a year is given twice; add its sums together")
    kept, lines = 0, []
    for one in ordered:
        if min(one.surplus_taken_ore, one.deficit_covered_ore) < 0:
            raise PaymentError(f"surplus and deficit of {one.year}: sums are 0 or more")
        netted = min(kept, one.deficit_covered_ore)
        closing = kept - netted + one.surplus_taken_ore
        lines.append(
            BalanceYear(one.year, kept, one.surplus_taken_ore, netted, one.deficit_covered_ore - netted, closing)
        )
        kept = closing
    return tuple(lines)


def as_budget_change(year: BalanceYear, *, decided_on: date, first_month: int, own_pupils: int) -> BudgetChange | None:
    """The matching that a covered deficit calls for; None where surpluses cover it."""
    if not year.to_match_ore:
        return None
    return BudgetChange(
        change_id=f"deficit_{year.year}",
        decided_on=decided_on,
        first_month=first_month,
        own_units_ore=year.to_match_ore,
        own_pupils=own_pupils,
    )
