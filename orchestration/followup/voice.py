"""Words and figures of one language, for pages of the follow-up.

Belongs here: sentences of the catalogue in a named language, formats. Does not: which figures are told.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from orchestration.publication.figures import NOTHING, kronor, number, percent
from orchestration.texts import catalogue


@dataclass(frozen=True, slots=True)
class Voice:
    """Words and figures of one language."""

    language: str

    def say(self, key: str, **values: str) -> str:
        """One sentence of the catalogue."""
        return catalogue(self.language)[key].format(**values)

    def word(self, key: str, code: str) -> str:
        """A code in words; a municipality's own code, which the catalogue does not know, as it stands in its files."""
        return catalogue(self.language).get(key, code.replace("_", " "))

    def figure(self, value: object, *, decimals: int = 0) -> str:
        """A number, or a dash."""
        return NOTHING if pd.isna(value) else number(float(str(value)), self.language, decimals=decimals)

    def share(self, value: object) -> str:
        """A share as per cent, or a dash."""
        return NOTHING if pd.isna(value) else percent(float(str(value)), self.language)

    def points(self, value: object) -> str:
        """A change of a share in percentage points, with its sign."""
        if pd.isna(value):
            return NOTHING
        return ("+" if float(str(value)) > 0 else "") + self.figure(100 * float(str(value)), decimals=1)

    def sek(self, amount: object) -> str:
        """Kronor, or a dash."""
        return NOTHING if pd.isna(amount) else kronor(round(float(str(amount)) * 100), self.language)

    def span(self, lower: str, upper: str) -> str:
        """An interval in parentheses."""
        return f"({lower} {self.say('quality_to')} {upper})"
