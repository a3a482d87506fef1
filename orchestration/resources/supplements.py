"""The ledger of individual supplements (tilläggsbelopp, School Act 10 kap. 39 §): dated decisions of one municipality.

Belongs here: reading ``supplements.yml`` of a policy folder for a funding year. Does not: deciding them; publishing one of them:
only the sum of ten or more is ever shown. A reference is a diary number, never a name or a personal identity number.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field, field_validator, model_validator

from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import PolicyError, read_policy_text
from orchestration.resources.shape_types import Kronor, Strict, Text

SUPPLEMENTS_FILE = "supplements.yml"
_LIKE_A_PERSON = re.compile(r"(?<![0-9])(19|20)?[0-9]{6}[-+ ]?[0-9T][0-9]{3}(?![0-9])", re.IGNORECASE)


class Decision(Strict):
    """One decision: kronor for the days from first to last, which lie in one calendar year."""

    reference: Text
    school_unit: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]+$")]
    valid_from: date
    valid_to: date
    amount_sek: Kronor

    @field_validator("reference")
    @classmethod
    def _names_nobody(cls, text: str) -> str:
        if _LIKE_A_PERSON.search(text):
            raise ValueError("looks like a personal identity number; give the decision's diary number")
        return text

    @model_validator(mode="after")
    def _within_one_year(self) -> Decision:
        if self.valid_to < self.valid_from or self.valid_from.year != self.valid_to.year:
            raise ValueError("valid_from and valid_to must be in order and in one calendar year; split it by year")
        return self


class Ledger(Strict):
    """``supplements.yml``."""

    source: Text
    decisions: list[Decision]


def supplements_of_year(folder: Path, *, funding_year: int) -> pd.DataFrame | None:
    """school_unit_code, reference, amount_sek of the year's decisions by reference; None when the folder has no ledger.

    Raises PolicyError with file and line for unknown keys, amounts that are no whole kronor, and a reference given twice.
    """
    if not (folder / SUPPLEMENTS_FILE).is_file():
        return None
    rows = [
        (each.reference, each.school_unit, each.amount_sek)
        for each in decisions_of_year(folder, funding_year=funding_year)
    ]
    table = pd.DataFrame(rows, columns=["reference", "school_unit_code", "amount_sek"], dtype=object)
    return table[["school_unit_code", "reference", "amount_sek"]]


def decisions_of_year(folder: Path, *, funding_year: int) -> tuple[Decision, ...]:
    """The year's decisions by reference; none when the folder has no ledger. Errors as ``supplements_of_year``."""
    path = folder / SUPPLEMENTS_FILE
    if not path.is_file():
        return ()
    text = read_policy_text(path)
    ledger = checked(Ledger, text)
    first: dict[str, int] = {}
    for place, decision in enumerate(ledger.decisions):
        if decision.reference in first:
            raise PolicyError(
                [
                    f"{text.at(('decisions', place))}: decisions.{place}.reference: is given twice; the first is at "
                    f"{text.at(('decisions', first[decision.reference]))}"
                ]
            )
        first[decision.reference] = place
    own = (each for each in ledger.decisions if each.valid_from.year == funding_year)
    return tuple(sorted(own, key=lambda each: (each.reference, each.school_unit, each.amount_sek)))
