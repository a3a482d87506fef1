"""The statutory cost types of a grant (School Act 10 kap. 38 §; Skolförordningen 14 kap. 4 and 10 §§).

Belongs here: splitting amounts that are already decided. Does not: administration and VAT, which are added on top
(``organiser_terms``). A structural part has no cost type of its own; the policy says where it is booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from models_py.allocation.rounding import round_to_total
from models_py.errors import AllocationError

COST_TYPES = ("teaching", "learning_tools", "pupil_health", "meals", "premises")
"""Undervisning, lärverktyg, elevhälsa, måltider, lokalkostnader."""
OVERHEAD_TYPES = ("administration", "vat")
"""Administration and mervärdesskatt: standard amounts on top of the other five."""


def check_cost_types(parts: Mapping[str, Mapping[str, Decimal]]) -> None:
    """Raises AllocationError for an unknown cost type, a negative part, or parts that do not add up to 1."""
    for component, shares in parts.items():
        unknown = sorted(shares.keys() - set(COST_TYPES))
        if unknown:
            raise AllocationError(
                f"cost_types.{component}: unknown {', '.join(unknown)}; known: {', '.join(COST_TYPES)}"
            )
        if any(share < 0 for share in shares.values()) or sum(map(Fraction, shares.values())) != 1:
            raise AllocationError(f"cost_types.{component}: parts must be from 0 up and add up to 1")


def by_cost_type(lines: pd.DataFrame, *, cost_types: Mapping[str, Mapping[str, Decimal]]) -> pd.DataFrame:
    """Öre per school unit, component and cost type; exact, by largest remainder in the order of the cost types.

    ``lines`` as in ``Allocation.lines``. Raises AllocationError for a component with money and without cost types.
    """
    totals: dict[tuple[str, str], int] = {}
    for unit, code, ore in zip(lines["school_unit_code"], lines["component_code"], lines["amount_ore"], strict=True):
        totals[unit, code] = totals.get((unit, code), 0) + int(ore)
    without = sorted({code for (_, code), ore in totals.items() if ore and code not in cost_types})
    if without:
        raise AllocationError(f"cost_types: no cost type is given for component {', '.join(without)}; add it")
    rows = []
    for (unit, component), ore in sorted(totals.items()):
        if not ore:
            continue
        parts = {f"{COST_TYPES.index(name)}": share for name, share in cost_types[component].items() if share}
        shared = round_to_total({key: Fraction(share) for key, share in parts.items()}, abs(ore))
        sign = 1 if ore > 0 else -1
        rows += [(unit, component, COST_TYPES[int(key)], sign * amount) for key, amount in sorted(shared.items())]
    table = pd.DataFrame(rows, columns=["school_unit_code", "component_code", "cost_type", "amount_ore"])
    return table.astype({"amount_ore": "int64"})
