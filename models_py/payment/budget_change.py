"""Money that is added or taken within the year, and what every other school is due of it in the same year.

Belongs here: the rate of a change, its months, the matching of the municipality's own units by independent ones. Does not:
deciding a change. Skolförordningen (2011:185) 14 kap. 2 §: resources added to own schools are matched, a reduction may
lower remaining payments only; HFD 2015 ref. 53: in the same budget year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from models_py.errors import PaymentError
from models_py.payment.twelfths import part

PREFIX = "budget_change_"


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """One decision within the year.

    Attributes
    ----------
    own_units_ore : what the municipality's own units get or lose together in the rest of the year
    own_pupils : pupils of its own units that the decision is about
    first_month : from which month (1..12) it is paid, in equal parts until December
    """

    change_id: str
    decided_on: date
    first_month: int
    own_units_ore: int
    own_pupils: int

    def __post_init__(self) -> None:
        if not 1 <= self.first_month <= 12 or self.own_pupils <= 0:
            raise PaymentError(f"budget change {self.change_id}: needs a first_month 1 to 12 and own_pupils above 0")
        if self.own_units_ore < 0 and self.first_month <= self.decided_on.month:
            raise PaymentError(
                f"budget change {self.change_id}: a reduction decided on {self.decided_on} may lower remaining payments only; "
                f"first_month must be after {self.decided_on.month}"
            )

    @property
    def component_code(self) -> str:
        """Its own component, so that nothing that was paid before is touched."""
        return PREFIX + self.change_id

    @property
    def per_pupil_ore(self) -> Fraction:
        """Öre per pupil for the rest of the year, at every unit alike."""
        return Fraction(self.own_units_ore, self.own_pupils)

    def whole_ore(self, pupils: int, *, factor: Fraction = Fraction(1)) -> int:
        """What so many pupils give in all remaining months together, whole öre; ``factor``: 1 + administration + VAT."""
        return round(self.per_pupil_ore * pupils * factor)

    def month_ore(self, pupils: int, *, month: int, factor: Fraction = Fraction(1)) -> int:
        """What so many pupils give in ``month``; 0 before the first."""
        if month < self.first_month:
            return 0
        whole = self.whole_ore(pupils, factor=factor)
        return part(whole, position=month - self.first_month + 1, parts=13 - self.first_month)


def matching_ore(change: BudgetChange, *, independent_pupils: Mapping[str, int], factor: Fraction) -> dict[str, int]:
    """What independent units are due of a change for the rest of the year, at these pupils: unit to öre.

    ``factor``: 1 + administration + VAT. For the decision; payment follows each month's own pupils.
    """
    return {unit: change.whole_ore(pupils, factor=factor) for unit, pupils in sorted(independent_pupils.items())}
