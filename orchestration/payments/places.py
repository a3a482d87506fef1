"""Where payment runs lie, and what they are called.

``payments/<code>/ledger.jsonl``, ``payments/<code>/<year>/runs/<run_id>/`` (sealed) and ``released/<run_id>`` (a link, set when
the run is released: the finance system reads there and nowhere else). Belongs here: paths and ids. Does not: writing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from models_py.payment import CLOSING_MONTH
from orchestration.publication import ledger as ledgers

RUNS, RELEASED, STAGING = "runs", "released", ".staging"
LINES, EXPORT = "fct_payment.parquet", "export"
COUNTS, VISITORS, FORM_COUNTS = "counts.csv", "visitors.csv", "form_counts.csv"
ROOT_MODE = 0o750
RUN_ID = re.compile(r"([0-9]{4})-([0-9]{2})\.([1-9][0-9]*)")
MONTH_ID = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Place:
    """One municipality's runs of one funding year below the payments folder ``root``."""

    root: Path
    municipality_code: str
    funding_year: int

    @property
    def municipality(self) -> Path:
        return self.root / self.municipality_code

    @property
    def ledger(self) -> Path:
        """One chain over all years."""
        return self.municipality / ledgers.NAME

    @property
    def folder(self) -> Path:
        return self.municipality / str(self.funding_year)

    def run(self, run_id: str) -> Path:
        """The sealed folder of a run."""
        return self.folder / RUNS / run_id

    def released(self, run_id: str) -> Path:
        """The link that a released run is read by."""
        return self.folder / RELEASED / run_id

    def run_ids(self, month: int | None = None) -> list[str]:
        """Sealed runs, of one month or of all, in order."""
        found = [match for path in (self.folder / RUNS).glob("*") if (match := RUN_ID.fullmatch(path.name))]
        wanted = [match for match in found if month in (None, int(match[2]))]
        return [match[0] for match in sorted(wanted, key=lambda one: (int(one[2]), int(one[3])))]


def month_of(text: str) -> tuple[int, int]:
    """Year and month of ``2027-03``; month 13 closes the year. Raises LookupError for anything else."""
    match = MONTH_ID.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= CLOSING_MONTH:
        raise LookupError(f"{text!r} is no month; one is YEAR-MONTH, such as 2027-03, and 2027-13 closes the year")
    return int(match[1]), int(match[2])


def run_of(text: str) -> tuple[int, int]:
    """Year and month of a run id ``2027-03.1``. Raises LookupError for anything else."""
    match = RUN_ID.fullmatch(text)
    if match is None:
        raise LookupError(f"{text!r} is no payment run; one is YEAR-MONTH.n, such as 2027-03.1")
    return month_of(f"{match[1]}-{match[2]}")
