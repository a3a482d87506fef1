"""The lines of the annual accounts (räkenskapssammandraget) that a year's money is met with, as the policy maps them.

Belongs here: the mapping as a frozen value. Does not: any sum (``reconciliation``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models_py.allocation.rounding import listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True)
class Accounts:
    """Lines of the annual accounts that the year's money is met with.

    Attributes
    ----------
    lines : cost type, administration, vat or central deduction to the line where it is booked
    stated_sek : line to whole kronor that the municipality's own accounts or budget have there; may be empty
    """

    lines: Mapping[str, str] = field(default_factory=dict)
    stated_sek: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        foreign = sorted(set(self.stated_sek) - set(self.lines.values()))
        if foreign:
            raise AllocationError(f"accounts.stated_sek: {listed(foreign)} are no lines of accounts.lines")
