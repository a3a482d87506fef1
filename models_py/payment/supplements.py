"""Individual supplements (tilläggsbelopp, School Act 10 kap. 39 §) by month.

Belongs here: a decision's öre over the months of its days. Does not: deciding, pupils, VAT (``entitlement``).
A supplement stands apart from every pot: HFD 2020 ref. 8, it follows the child's need.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models_py.errors import PaymentError
from models_py.payment.twelfths import part


@dataclass(frozen=True, slots=True)
class Supplement:
    """One decision: öre for months first to last (1..12) of one year; ``reference`` is a diary number."""

    reference: str
    school_unit_code: str
    amount_ore: int
    first_month: int
    last_month: int

    def __post_init__(self) -> None:
        if not 1 <= self.first_month <= self.last_month <= 12 or self.amount_ore < 0:
            raise PaymentError(f"supplement {self.reference}: months are 1 to 12 in order, and öre 0 or more")


def supplement_ore(supplements: Iterable[Supplement], *, month: int) -> dict[str, int]:
    """school_unit_code to öre of ``month``: equal parts over each decision's months, adding up to the decision."""
    found: dict[str, int] = {}
    for one in supplements:
        if one.first_month <= month <= one.last_month:
            parts = one.last_month - one.first_month + 1
            ore = part(one.amount_ore, position=month - one.first_month + 1, parts=parts)
            found[one.school_unit_code] = found.get(one.school_unit_code, 0) + ore
    return found
