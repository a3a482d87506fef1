"""The opening balance: last year's kronor per pupil, comparable with this year's.

Belongs here: exclusions, price adjustment, succession of school units. Does not: reading a baseline, what is promised
against it (``guarantees``, ``protection``).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from models_py.allocation.rounding import Number, exact, exact_sum, listed
from models_py.errors import AllocationError


def baseline_per_pupil(
    totals: Mapping[str, Number],
    *,
    pupils: Mapping[str, int],
    excluded: Mapping[str, Number],
    price_factor: Number,
    units: Mapping[str, tuple[str, ...]],
) -> dict[str, Fraction | None]:
    """(Σ totals - Σ excluded) / Σ pupils × price factor, over last year's units that each of this year's continues.

    Parameters
    ----------
    totals, pupils, excluded : last year's unit to kronor, pupils then, and kronor outside the comparison (which year's
        value is taken off is the caller's choice, by policy); the same units in all three
    price_factor : the same index as the base part of this year, 1 for unchanged prices
    units : this year's unit to its predecessors. Itself for a unit that goes on, several for a merger; the parts of a
        split name the same predecessor and each get its kronor per pupil; none for a new unit

    Returns
    -------
    this year's unit to kronor per pupil, or None: no baseline, which is a state and not a zero

    Raises AllocationError for a predecessor that is not in the totals, or one without pupils or with less money than
    is excluded.
    """
    for name, other in (("pupils", pupils), ("excluded", excluded)):
        if other.keys() != totals.keys():
            raise AllocationError(
                f"baseline: totals and {name} differ for school units {listed(sorted(totals.keys() ^ other.keys()))}"
            )
    if exact(price_factor) <= 0:
        raise AllocationError("baseline: price_factor must be above zero")
    unknown = sorted({old for olds in units.values() for old in olds} - totals.keys())
    if unknown:
        raise AllocationError(f"baseline: predecessors without an amount last year: {listed(unknown)}")
    per_pupil: dict[str, Fraction | None] = {}
    for unit, olds in sorted(units.items()):
        if not olds:
            per_pupil[unit] = None
            continue
        money = exact_sum(exact(totals[old]) - exact(excluded[old]) for old in olds)
        count = sum(pupils[old] for old in olds)
        if count <= 0 or money < 0:
            raise AllocationError(
                f"baseline of school unit {unit} has {'no pupils' if count <= 0 else 'less money than is excluded'}; "
                "name no predecessor when it has no comparable past"
            )
        per_pupil[unit] = money / count * exact(price_factor)
    return per_pupil
