"""Small tables that stand beside the lines: factors of location, amounts outside the total; and the record of a municipality.

Belongs here: from an allocation to rows and plain values. Does not: the lines (``models_py.allocation``), joins of the published
star (``orchestration.publication.star``).
"""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from models_py.allocation.measures import measure
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.rounding import as_decimal, half_even
from models_py.allocation.shares import Allocation
from orchestration.publishable import Shown

SMALLEST_DECISIONS = 10
"""A sum of fewer individual decisions comes near to telling one."""
SMALL_COUNT = "small_count"


def area_factors(policy: AllocationPolicy, measures: pd.DataFrame | None, *, paid: list[str]) -> pd.DataFrame:
    """school_unit_code, component_code, measure, area_factor (Decimal, six decimals) of every component with a factor."""
    rows = []
    for component in policy.formula().components:
        name = component.sharing.area_factor
        if name is None or measures is None:
            continue
        values = dict(zip(measures["school_unit_code"], measures[name], strict=True))
        rows += [
            (unit, component.code, name, as_decimal(half_even(Fraction(values[unit]), decimals=6), decimals=6))
            for unit in sorted(paid)
        ]
    return pd.DataFrame(rows, columns=["school_unit_code", "component_code", "measure", "area_factor"], dtype=object)


def beside(shared: Allocation) -> pd.DataFrame:
    """component_code, beside_sek, withheld_because: sums over all units; few individual decisions have none."""
    rows = []
    for code, own in shared.outside.groupby("component_code", sort=True):
        few = len(own) < SMALLEST_DECISIONS and (own["count_unit"] == "decisions").all()
        ore = sum(int(amount) for amount in own["amount_ore"])
        rows.append((code, None if few else as_decimal(ore, decimals=2), SMALL_COUNT if few else None))
    return pd.DataFrame(rows, columns=["component_code", "beside_sek", "withheld_because"], dtype=object)


def record_of(shared: Allocation, told: Shown) -> dict[str, object]:
    """Plain values of one municipality, for the steps after."""
    figures = measure(shared)
    return {
        "budget_ore": shared.budget_ore,
        "pot_ore": shared.pot_ore,
        "structural_share": figures.structural_share,
        "redistributed_share": figures.redistributed_share,
        "redistributed_ore": figures.redistributed_ore,
        "highest_to_lowest": figures.highest_to_lowest,
        "deducted_ore": dict(shared.deducted_ore),
        "unpaid": shared.unpaid.to_numpy().tolist(),
        "need_parts": {
            "units": list(told.parts.units),
            "components": sorted(told.components),
            "background": sorted(told.background),
            "narrowest": told.parts.narrowest,
        },
    }
