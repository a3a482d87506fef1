"""The components of an allocation, each a small function that returns exact lines.

Belongs here: one function per component code. Does not: control totals (``shares``), input checks (``inputs``).
Every line reads count × rate + rounding = amount. Count and rate are quantised to six decimals *first*; the amount
of a component per school unit is whole kronor; what is left is the rounding, so that the equation holds exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models_py.allocation.inputs import CheckedUnits
from models_py.allocation.rounding import as_decimal, half_even, round_to_total
from models_py.errors import AllocationError

MICRO = 10**6
"""Counts and rates are kept in millionths."""
ORE_PER_SEK = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One line of ``fct_allocation`` without municipality and year; amounts, rate and rounding in öre."""

    school_unit_code: str
    component_code: str
    line_code: str
    count: Decimal
    count_unit: str
    rate_ore: Decimal
    rounding_ore: Decimal
    amount_ore: int


def base_part(
    units: CheckedUnits, *, total_sek: int, grade_values: Mapping[str, Decimal], rate_per_value_ore: Fraction
) -> list[Line]:
    """Base part (grundersättning): pupils × value of the grade, a line per grade with pupils.

    Parameters
    ----------
    total_sek : whole kronor over all units
    grade_values : grade to weight, or to price in kronor
    rate_per_value_ore : öre per pupil and unit of value: öre per weighted pupil, or 100 for prices in kronor
    """
    value = {grade: Fraction(v) for grade, v in grade_values.items()}
    weighted = {unit: {f"grade_{g}": n * value[g] for g, n in grades.items()} for unit, grades in units.pupils.items()}
    amounts_sek = round_to_total(
        {unit: sum(lines.values(), Fraction(0)) for unit, lines in weighted.items()}, total_sek
    )
    rate_micro = {f"grade_{g}": half_even(rate_per_value_ore * v, decimals=6) for g, v in value.items()}
    lines = []
    for unit, grades in units.pupils.items():
        amounts_ore = round_to_total(weighted[unit], amounts_sek[unit] * ORE_PER_SEK)
        lines += [
            _line(
                unit,
                "base_part",
                f"grade_{g}",
                count_micro=n * MICRO,
                count_unit="pupils",
                rate_micro=rate_micro[f"grade_{g}"],
                amount_ore=amounts_ore[f"grade_{g}"],
            )
            for g, n in grades.items()
        ]
    return lines


def structural_part(units: CheckedUnits, *, pot_sek: int) -> list[Line]:
    """Structural part (strukturersättning), linear: the pot over pupils × index / 100, one line ``need`` per unit."""
    count_micro = {
        unit: half_even(n * units.need_index[unit] / 100, decimals=6) for unit, n in units.pupil_count.items()
    }
    all_micro = sum(count_micro.values())
    if not all_micro:
        if pot_sek:
            raise AllocationError(f"a pot of {pot_sek} kr follows need, but every need_index is zero")
        rate_micro = 0
    else:
        rate_micro = half_even(Fraction(pot_sek * ORE_PER_SEK * MICRO, all_micro), decimals=6)
    amounts_sek = round_to_total(count_micro, pot_sek)
    return [
        _line(
            unit,
            "structural_part",
            "need",
            count_micro=count,
            count_unit="need_weighted_pupils",
            rate_micro=rate_micro,
            amount_ore=amounts_sek[unit] * ORE_PER_SEK,
        )
        for unit, count in count_micro.items()
    ]


def _line(
    unit: str, component: str, line: str, *, count_micro: int, count_unit: str, rate_micro: int, amount_ore: int
) -> Line:
    for name, micro in (("count", count_micro), ("rate_ore", rate_micro)):
        if micro >= 10**18:
            raise AllocationError(f"{component}/{line} of school unit {unit}: {name} does not fit decimal(18,6)")
    return Line(
        school_unit_code=unit,
        component_code=component,
        line_code=line,
        count=as_decimal(count_micro, decimals=6),
        count_unit=count_unit,
        rate_ore=as_decimal(rate_micro, decimals=6),
        rounding_ore=as_decimal(amount_ore * MICRO * MICRO - count_micro * rate_micro, decimals=12),
        amount_ore=amount_ore,
    )
