"""Payment lines: originals, and corrections that name the line they correct. Neither is ever changed.

Belongs here: the line, its id, the one original per municipality, unit, component and month. Does not: which lines a run
writes (``settle``), files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from models_py.errors import PaymentError
from models_py.payment.counts import Basis

Reason = Literal[
    "month", "recount", "late_file", "autumn_register", "provisional_count", "budget_change", "revised_publication",
    "supplement", "agreement", "opening", "closure", "succession", "split", "merge", "organiser_change",
]  # fmt: skip
"""Why a line was written: ``month`` is a month paid when it was due; all others came to light later or changed."""
REASONS: tuple[str, ...] = get_args(Reason)
COMPULSORY_SCHOOL = "compulsory_school"
"""Preschool class and compulsory school, which are paid together."""
MonthKey = tuple[str, str, int]
"""school_unit_code, component_code, month."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One line of a payment run.

    Attributes
    ----------
    month : the month that it is for, 1..12
    amount_ore : below 0 for a claim on another municipality, and where a correction takes back
    sequence : 0 for the original, 1, 2, … for its corrections in the order that they were released
    annual_ore, pupil_count : what amount_ore was, or for a correction should have been, a twelfth of, and whose pupils
    reference : the event, budget change or publication that the reason names; empty for the others
    """

    municipality_code: str
    funding_year: int
    school_unit_code: str
    component_code: str
    month: int
    sequence: int
    amount_ore: int
    annual_ore: int
    pupil_count: int
    count_date: date
    basis: Basis
    reason: Reason
    reference: str
    organiser_key: str
    publication_id: str
    run_id: str
    school_form: str = COMPULSORY_SCHOOL

    @property
    def key(self) -> MonthKey:
        """What it is paid for; an original is alone with its key."""
        return self.school_unit_code, self.component_code, self.month

    @property
    def is_original(self) -> bool:
        return self.sequence == 0

    @property
    def line_id(self) -> str:
        """Name of the line in ledger and finance system."""
        return line_id(self.municipality_code, self.funding_year, self.key, self.sequence)

    @property
    def corrected_line_id(self) -> str | None:
        """The original that it corrects; None for an original."""
        return None if self.is_original else line_id(self.municipality_code, self.funding_year, self.key, 0)


def line_id(municipality_code: str, funding_year: int, key: MonthKey, sequence: int) -> str:
    """``9999/2027-03/99990001/base_part/0``."""
    unit, component, month = key
    return f"{municipality_code}/{funding_year}-{month:02d}/{unit}/{component}/{sequence}"


def in_order(lines: Iterable[PaymentLine]) -> tuple[PaymentLine, ...]:
    """Lines by unit, component, month and sequence."""
    return tuple(sorted(lines, key=lambda one: (*one.key, one.sequence)))


def refuse_broken(lines: Iterable[PaymentLine]) -> None:
    """Raise PaymentError unless every key has exactly one original and its corrections are numbered from 1.

    This is what keeps a month from being paid twice, whatever wrote the lines.
    """
    sequences: dict[MonthKey, list[int]] = {}
    for one in lines:
        sequences.setdefault(one.key, []).append(one.sequence)
    broken = sorted(key for key, found in sequences.items() if sorted(found) != list(range(len(found))))
    if broken:
        first = ", ".join("/".join(map(str, key)) for key in broken[:3])
        raise PaymentError(
            f"{len(broken)} keys have two originals, none, or corrections out of number; first {first}; "
            "nothing is paid until the ledger is restored"
        )


def standing(lines: Iterable[PaymentLine]) -> dict[MonthKey, int]:
    """Paid öre by key: the original and its corrections."""
    found: dict[MonthKey, int] = {}
    for one in lines:
        found[one.key] = found.get(one.key, 0) + one.amount_ore
    return found
