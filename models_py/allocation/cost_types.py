"""The statutory cost types of a grant (School Act 10 kap. 38 §; Skolförordningen 14 kap. 4 and 10 §§).

Belongs here: splitting amounts that are already decided. Does not: administration and VAT, which are added on top
(``organiser_terms``). A structural part has no cost type of its own; the policy says where it is booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from models_py.allocation.lines import ORE_PER_SEK
from models_py.allocation.rounding import half_even, round_to_total
from models_py.errors import AllocationError

COST_TYPES = ("teaching", "learning_tools", "pupil_health", "meals", "premises")
"""Undervisning, lärverktyg, elevhälsa, måltider, lokalkostnader."""
OVERHEAD_TYPES = ("administration", "vat")
"""Administration and mervärdesskatt: standard amounts on top of the other five."""
STRUCTURAL, MERGED = "structural_part", "need_parts"


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


def check_cost_types_sek(per_pupil: Mapping[str, Mapping[str, Decimal]]) -> None:
    """Raises AllocationError for an unknown cost type or a negative amount per pupil."""
    for component, amounts in per_pupil.items():
        unknown = sorted(amounts.keys() - set(COST_TYPES))
        if unknown:
            raise AllocationError(
                f"cost_types_sek.{component}: unknown {', '.join(unknown)}; known: {', '.join(COST_TYPES)}"
            )
        if any(amount < 0 for amount in amounts.values()):
            raise AllocationError(f"cost_types_sek.{component}: kronor per pupil must be from 0 up")


def by_cost_type(
    lines: pd.DataFrame,
    *,
    cost_types: Mapping[str, Mapping[str, Decimal]],
    cost_types_sek: Mapping[str, Mapping[str, Decimal]] | None = None,
    pupils: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Öre per school unit, component and cost type; exact, by largest remainder in the order of the cost types.

    Parameters
    ----------
    lines : as in ``Allocation.lines``
    cost_types : component_code to cost type to its part, 0..1, of what the kronor per pupil leave
    cost_types_sek : component_code to cost type to kronor per pupil; each rounded half-even to whole öre
    pupils : school_unit_code to pupils; needed where ``cost_types_sek`` says something of a unit's component

    Lines that were merged with the structural part for publication (``need_parts``) are booked where it is.
    Raises AllocationError for a component with money and without cost types, for kronor per pupil that are more than
    the component has, and for a unit whose pupils are not known.
    """
    given = ({MERGED: cost_types[STRUCTURAL]} if STRUCTURAL in cost_types else {}) | dict(cost_types)
    fixed = cost_types_sek or {}
    totals: dict[tuple[str, str], int] = {}
    for unit, code, ore in zip(lines["school_unit_code"], lines["component_code"], lines["amount_ore"], strict=True):
        totals[unit, code] = totals.get((unit, code), 0) + int(ore)
    rows = []
    without = set()
    for (unit, component), ore in sorted(totals.items()):
        if not ore:
            continue
        first = _fixed(unit, component, ore, per_pupil=fixed.get(component, {}), pupils=pupils or {})
        rest = ore - sum(first.values())
        if rest and component not in given:
            without.add(component)
            continue
        sign = 1 if rest > 0 else -1
        # Keyed by place, so that a tie goes to the cost type that the law names first.
        parts = {str(COST_TYPES.index(name)): Fraction(part) for name, part in given.get(component, {}).items() if part}
        shared = (
            {COST_TYPES[int(key)]: sign * own for key, own in round_to_total(parts, abs(rest)).items()} if rest else {}
        )
        rows += [
            (unit, component, name, first.get(name, 0) + shared.get(name, 0))
            for name in COST_TYPES
            if name in first or name in shared
        ]
    if without:
        raise AllocationError(f"cost_types: no cost type is given for component {', '.join(sorted(without))}; add it")
    table = pd.DataFrame(rows, columns=["school_unit_code", "component_code", "cost_type", "amount_ore"])
    return table.astype({"amount_ore": "int64"})


def _fixed(
    unit: str, component: str, ore: int, *, per_pupil: Mapping[str, Decimal], pupils: Mapping[str, int]
) -> dict[str, int]:
    """Öre of the cost types that are given in kronor per pupil."""
    if not per_pupil:
        return {}
    if unit not in pupils:
        raise AllocationError(f"cost_types_sek.{component}: the pupils of school unit {unit} are not known")
    own = {name: half_even(Fraction(sek) * ORE_PER_SEK * pupils[unit], decimals=0) for name, sek in per_pupil.items()}
    if sum(own.values()) > ore:
        raise AllocationError(
            f"cost_types_sek.{component}: {sum(own.values()) // ORE_PER_SEK} kr at school unit {unit} are more than "
            f"the component has there ({ore // ORE_PER_SEK} kr); lower the kronor per pupil, or give parts instead"
        )
    return own
