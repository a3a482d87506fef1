"""Shares of a year's öre that add up to exactly the year, and the one rounding of payments.

Belongs here: integer arithmetic. Does not: what is shared, who gets it. Skolförordningen (2011:185) 14 kap. 11 §: one
twelfth a month.
"""

from __future__ import annotations

from models_py.errors import PaymentError

MICRO = 10**6
"""Rates are kept in millionths of an öre, as decimal(18,6) holds them."""


def twelfth(annual_ore: int, *, month: int) -> int:
    """The öre of ``month`` (1..12): the twelve add up to ``annual_ore``, each within one öre of a twelfth."""
    return part(annual_ore, position=month, parts=12)


def part(total: int, *, position: int, parts: int) -> int:
    """The ``position``-th (from 1) of ``parts`` whole shares of ``total``, which may be negative."""
    if not 1 <= position <= parts:
        raise PaymentError(f"part {position} of {parts} does not exist")
    return total * position // parts - total * (position - 1) // parts


def half_even_ore(micro: int) -> int:
    """Millionths of an öre as whole öre, half to even."""
    whole, rest = divmod(micro, MICRO)
    twice = 2 * rest
    return whole + (twice > MICRO or (twice == MICRO and whole % 2 == 1))
