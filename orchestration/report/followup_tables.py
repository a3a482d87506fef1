"""Reading the follow-up of a home for the terminal: the year asked for, one municipality's rows.

Belongs here: finding tables, and saying why there are none. Does not: layout (``accuracy_view``, ``effect_view``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models_py.errors import LikvardError
from orchestration.followup.not_shown import told
from orchestration.resources.tables import Tables
from orchestration.settings import Settings
from orchestration.texts import say


class NoFollowUpError(LikvardError):
    """There is no such follow-up; the message says what to do."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One municipality's follow-up of one funding year; ``record``: what could not be made, and why."""

    tables: Tables
    municipality_code: str
    funding_year: int
    record: dict[str, Any]

    def rows(self, name: str) -> pd.DataFrame:
        """Its rows of a table; none where the table has none of it."""
        if self.municipality_code not in self.tables.municipalities(name, self.funding_year):
            return pd.DataFrame()
        return self.tables.read(name, self.funding_year, municipalities=[self.municipality_code])

    def left_out(self) -> list[str]:
        """A sentence for each part or year that could not be made."""
        return [told(part, reason, say=say) for part, reason in sorted(self.record["not_shown"].items())]


def follow_up(found: Settings, part: str, *, municipality_code: str | None, funding_year: int | None) -> FollowUp:
    """The follow-up ``part`` (accuracy, effect) of a municipality, the only one where none is named, in the year asked for
    or the newest. Raises NoFollowUpError, also with the reason why a municipality has none."""
    tables, year = followed_year(found, part, funding_year=funding_year)
    records = tables.read_record(part, year)
    if municipality_code is None and len(records) != 1:
        raise NoFollowUpError(say("followup_which", municipalities=", ".join(sorted(records)) or "–"))
    code = municipality_code or next(iter(records))
    if code not in records:
        raise NoFollowUpError(say("followup_no_municipality", municipality=code, year=str(year)))
    if records[code]["refusal"] is not None:
        raise NoFollowUpError(
            say("followup_refused", municipality=code, year=str(year), reason=records[code]["refusal"])
        )
    return FollowUp(tables, code, year, records[code])


def followed_year(found: Settings, part: str, *, funding_year: int | None) -> tuple[Tables, int]:
    """The home's tables, and the year asked for or the newest that has ``part``. Raises NoFollowUpError."""
    years = sorted(int(path.stem.split("=")[1]) for path in Path(found.tables, part).glob("funding_year=*.json"))
    if not years or (funding_year is not None and funding_year not in years):
        raise NoFollowUpError(say("followup_none", year=str(funding_year or "YEAR")))
    return Tables(root=str(found.tables)), funding_year or years[-1]
