"""One school unit's amount as a chain that a head teacher can follow with a pocket calculator.

Belongs here: the ordered steps as data. Does not: words, languages, pages.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from models_py.allocation.policy import GRADES
from models_py.errors import AllocationError

COMPONENT_ORDER = ("base_part", "structural_part")
_LINE_ORDER = {f"grade_{grade}": place for place, grade in enumerate(GRADES)}
_LINE_COLUMNS = ("component_code", "line_code", "count", "count_unit", "rate_ore", "rounding_ore", "amount_ore")


@dataclass(frozen=True, slots=True)
class Step:
    """count × rate_ore + rounding_ore = amount_ore, and the sum so far; öre."""

    component_code: str
    line_code: str
    count: Decimal
    count_unit: str
    rate_ore: Decimal
    rounding_ore: Decimal
    amount_ore: int
    running_ore: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Steps in reading order: base part from grade F upwards, then the structural part, then any later component."""

    school_unit_code: str
    steps: tuple[Step, ...]
    amount_ore: int

    def component_ore(self, component_code: str) -> int:
        """Öre of one component; 0 when the unit has no line of it."""
        return sum(step.amount_ore for step in self.steps if step.component_code == component_code)


def explain(lines: pd.DataFrame, *, school_unit_code: str) -> Explanation:
    """The chain of one unit, from ``Allocation.lines`` or a published ``fct_allocation`` (one municipality and year).

    Raises AllocationError when the unit has no line, has a line twice, or has a line whose equation does not hold.
    """
    own = lines[lines["school_unit_code"] == school_unit_code]
    if own.empty:
        raise AllocationError(f"school unit {school_unit_code} has no line; it is unpaid or unknown")
    if own.duplicated(["component_code", "line_code"]).any():
        raise AllocationError(
            f"school unit {school_unit_code} has a line twice; give one municipality and funding year"
        )
    steps: list[Step] = []
    running = 0
    for row in sorted(own.to_dict("records"), key=_reading_order):
        step = Step(**{name: row[name] for name in _LINE_COLUMNS}, running_ore=running + int(row["amount_ore"]))
        if Fraction(step.count) * Fraction(step.rate_ore) + Fraction(step.rounding_ore) != step.amount_ore:
            raise AllocationError(
                f"line {step.component_code}/{step.line_code} of school unit {school_unit_code}: "
                "count × rate + rounding is not the amount"
            )
        running = step.running_ore
        steps.append(step)
    return Explanation(school_unit_code=school_unit_code, steps=tuple(steps), amount_ore=running)


def _reading_order(row: Mapping[Hashable, Any]) -> tuple[int, str, int, str]:
    component, line = row["component_code"], row["line_code"]
    place = COMPONENT_ORDER.index(component) if component in COMPONENT_ORDER else len(COMPONENT_ORDER)
    return place, component, _LINE_ORDER.get(line, len(_LINE_ORDER)), line
