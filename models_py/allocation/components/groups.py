"""What people bring by the group that their school form is priced by: age and hours, programme, track, level.

Belongs here: base parts of other forms than preschool class and compulsory school. Does not: grades (``grades``), which
groups a form has (the counts say).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models_py.allocation.components.parameters import SekByName, WeightByName
from models_py.allocation.facts import Facts
from models_py.allocation.lines import Claim, Claims, counted
from models_py.allocation.rounding import listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsByGroup:
    """People × weight of their group, for a pot or the rest of a budget."""

    weights: WeightByName


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesByGroup:
    """People × kronor of their group: the municipality's own price, or for what it does not offer the national price list's
    (Gymnasieförordningen 13 kap.)."""

    prices_sek: SekByName
    national_prices_sek: SekByName | None = None

    def problems(self) -> Iterator[str]:
        both = sorted(self.prices_sek.keys() & (self.national_prices_sek or {}).keys())
        if both:
            yield (
                f"national_prices_sek: {', '.join(both)} has a price of its own too; the national list is for what the "
                "municipality does not offer"
            )


def by_group(facts: Facts, parameters: WeightsByGroup | PricesByGroup, *, key: str) -> Claims:
    """A line per group with people; a group at the national price has a line of that name.

    Raises AllocationError for a group with people and without a value, naming the units.
    """
    national: Mapping[str, Decimal] = {}
    if isinstance(parameters, WeightsByGroup):
        own = parameters.weights
    else:
        own, national = parameters.prices_sek, parameters.national_prices_sek or {}
    values = {group: (f"group_{group}", Fraction(value)) for group, value in own.items()}
    values |= {group: (f"national_{group}", Fraction(value)) for group, value in national.items()}
    missing: dict[str, list[str]] = {}
    for unit, groups in facts.pupils.items():
        for group in groups:
            if group not in values:
                missing.setdefault(group, []).append(unit)
    if missing:
        told = "; ".join(f"{group or 'none'}: units {listed(missing[group])}" for group in sorted(missing))
        raise AllocationError(
            f"{key} has no value for a group that people are in: {told}; give it a price of its own, or one of the national list"
        )
    return {
        unit: tuple(Claim(values[g][0], counted(n), "pupils", values[g][1]) for g, n in sorted(groups.items()))
        for unit, groups in facts.pupils.items()
    }
