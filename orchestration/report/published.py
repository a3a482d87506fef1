"""Reading what has been published: pointers resolved once, tables by name.

Belongs here: finding and reading publications. Does not: writing or verifying them (``orchestration.publication``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from orchestration.publication.parquet import read_arrow


@dataclass(frozen=True, slots=True)
class Published:
    """One sealed version, and whether it is the decided or the proposed one."""

    municipality_code: str
    funding_year: int
    publication_id: str
    is_decided: bool
    path: Path

    def table(self, name: str) -> pd.DataFrame:
        """One published table."""
        return read_arrow(self.path / "tables" / f"{name}.parquet").to_pandas(integer_object_nulls=True)


def publications(root: Path, *, funding_year: int | None = None) -> list[Published]:
    """The newest publication of each municipality and year: the decided one where there is one, else the proposal."""
    found = []
    for folder in sorted(root.glob("[0-9]*/[0-9]*")):
        if funding_year is not None and folder.name != str(funding_year):
            continue
        for pointer in ("current", "proposed"):
            if (folder / pointer).exists():
                version = (folder / pointer).resolve()
                found.append(
                    Published(folder.parent.name, int(folder.name), version.name, pointer == "current", version)
                )
                break
    return found


def publication_of(root: Path, *, school_unit_code: str, funding_year: int) -> Published | None:
    """The publication that a school unit stands in, or None."""
    for publication in publications(root, funding_year=funding_year):
        if school_unit_code in set(publication.table("school_allocation")["school_unit_code"]):
            return publication
    return None
