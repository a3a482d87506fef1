"""What an allocation does: how much follows need, how much is really redistributed, how far apart schools are.

Belongs here: figures that are always shown beside an allocation. Does not: follow-up of what the money led to.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from models_py.allocation.rounding import exact_sum
from models_py.allocation.shares import Allocation

COMPARED_FROM_PUPILS = 20
"""Smaller school units are left out of highest and lowest: one pupil more or less moves them too far."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one allocation; shares 0..1 of the budget (base part + structural part).

    Attributes
    ----------
    structural_share : part of the budget that is shared by need; *not* what is redistributed
    redistributed_share : ½ Σ|S_s − n_s P/N| / B: money that a flat amount per pupil would put elsewhere
    redistributed_ore : the same in öre
    highest_per_pupil_ore, lowest_per_pupil_ore : total per pupil, units of at least 20 pupils; None without one
    highest_to_lowest : their ratio; None when the lowest is zero or missing
    """

    structural_share: float
    redistributed_share: float
    redistributed_ore: float
    highest_per_pupil_ore: float | None
    lowest_per_pupil_ore: float | None
    highest_to_lowest: float | None


def measure(allocation: Allocation) -> Measures:
    """Measures of ``allocation``, computed in fractions and given as floats. A budget of zero has shares of zero."""
    totals = allocation.totals
    pupils = [int(n) for n in totals["pupil_count"]]
    budget, pot = allocation.budget_ore, allocation.pot_ore
    flat = Fraction(pot, sum(pupils)) if pupils else Fraction(0)
    moved = exact_sum(abs(int(s) - n * flat) for s, n in zip(totals["structural_part_ore"], pupils, strict=True)) / 2
    per_pupil = [
        Fraction(int(amount), n)
        for amount, n in zip(totals["amount_ore"], pupils, strict=True)
        if n >= COMPARED_FROM_PUPILS
    ]
    highest, lowest = (max(per_pupil), min(per_pupil)) if per_pupil else (None, None)
    return Measures(
        structural_share=float(Fraction(pot, budget)) if budget else 0.0,
        redistributed_share=float(moved / budget) if budget else 0.0,
        redistributed_ore=float(moved),
        highest_per_pupil_ore=None if highest is None else float(highest),
        lowest_per_pupil_ore=None if lowest is None else float(lowest),
        highest_to_lowest=float(highest / lowest) if highest is not None and lowest else None,
    )
