"""Paid + corrections = entitlement, to the öre, for every unit, component and month.

Belongs here: the comparison and its totals. Does not: making lines agree (``settle``).
Under ``follow_pupil`` the entitlement is what the pupils of each month give; under ``fixed_frame`` the decided amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models_py.errors import PaymentError
from models_py.payment.entitlement import MonthDue
from models_py.payment.lines import PaymentLine, standing


@dataclass(frozen=True, slots=True)
class UnitSum:
    """One school unit so far, öre: original_ore + correction_ore - entitled_ore = difference_ore."""

    school_unit_code: str
    original_ore: int
    correction_ore: int
    entitled_ore: int

    @property
    def difference_ore(self) -> int:
        return self.original_ore + self.correction_ore - self.entitled_ore


def reconcile(lines: Iterable[PaymentLine], *, due: Mapping[int, MonthDue]) -> tuple[UnitSum, ...]:
    """Every unit's sums over the months of ``due``, by unit."""
    sums: dict[str, list[int]] = {}
    for one in lines:
        sums.setdefault(one.school_unit_code, [0, 0, 0])[0 if one.is_original else 1] += one.amount_ore
    for whole in due.values():
        for (unit, _), each in whole.due.items():
            sums.setdefault(unit, [0, 0, 0])[2] += each.amount_ore
    return tuple(UnitSum(unit, *sums[unit]) for unit in sorted(sums))


def refuse_unreconciled(lines: Iterable[PaymentLine], *, due: Mapping[int, MonthDue]) -> None:
    """Raise PaymentError where any unit, component and month of ``due`` is paid anything but what it is due."""
    paid = standing(lines)
    owed = {(*key, month): each.amount_ore for month, whole in due.items() for key, each in whole.due.items()}
    wrong = sorted(key for key in paid.keys() | owed.keys() if paid.get(key, 0) != owed.get(key, 0))
    if wrong:
        first = ", ".join(f"{'/'.join(map(str, key))} {paid.get(key, 0) - owed.get(key, 0)} öre" for key in wrong[:3])
        raise PaymentError(f"{len(wrong)} lines do not reconcile with what is due; first {first}; nothing is paid")
