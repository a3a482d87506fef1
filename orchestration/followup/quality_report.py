"""The quality report of a municipality as files in the home: read its tables, write a page per language.

Belongs here: which files, where. Does not: what stands in them (``quality_work``).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from expectations.contracts import FOLLOWING
from orchestration.followup.goals_file import goals_of
from orchestration.followup.quality_work import LANGUAGES, READ, quality_work
from orchestration.intake.writing import write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES
from orchestration.resources.tables import Tables

PARTS = ("goals", "progress", "key_figures", "accuracy", "effect")
"""Records of the follow-up that say what could not be made."""
ZONE, FOLDER = "aggregate", "reports"


def report_path(home: Path, *, municipality_code: str, funding_year: int, language: str) -> Path:
    """Where the page of a language lies."""
    return home / ZONE / FOLDER / municipality_code / f"quality_work_{funding_year}.{language}.html"


def write_reports(
    tables: Tables, municipality_code: str, *, policies: Path, home: Path, funding_year: int
) -> list[Path]:
    """Write the pages; none without a goals file. Raises PolicyError for a file that cannot be read."""
    file = goals_of(policies / municipality_code)
    if file is None:
        return []
    rows = {name: _own(tables, name, municipality_code, funding_year) for name in READ}
    not_made = _not_made(tables, municipality_code, funding_year)
    paths = []
    for language in LANGUAGES:
        page = quality_work(
            rows, file=file, not_made=not_made, municipality_code=municipality_code, funding_year=funding_year,
            language=language,
        )  # fmt: skip
        path = report_path(home, municipality_code=municipality_code, funding_year=funding_year, language=language)
        write_bytes(path, page, mode=FILE_MODES[ZONE], folder_mode=ZONES[ZONE])
        paths.append(path)
    return paths


def _own(tables: Tables, name: str, code: str, year: int) -> pd.DataFrame:
    if code not in tables.municipalities(name, year):
        return pd.DataFrame(columns=list(FOLLOWING[name].names))
    return tables.read(name, year, municipalities=[code])


def _not_made(tables: Tables, code: str, year: int) -> list[tuple[str, str]]:
    """Parts that a municipality does not have, and why, as the records say."""
    found = []
    for part in PARTS:
        record = tables.read_record(part, year).get(code, {"refusal": None, "not_shown": {}})
        found += [] if record["refusal"] is None else [(part, str(record["refusal"]))]
        found += sorted(record["not_shown"].items())
    return found
