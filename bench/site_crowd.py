"""A publication of many schools for measuring pages: the demonstration's tables, each school and organiser many times over.

Belongs here: copying rows under new codes. Does not: any claim; nothing here is sealed or verified.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from orchestration.report.published import Published

WHOLE = "all"
"""Stands for the municipality, which is there once."""

KEYS = ("school_unit_code", "organiser_key")
SUMMED = ("school_unit_count", "paid_unit_count", "pupil_count", "amount_ore")
FIRST = 10
"""Two digits that take the place of a code's first two; the copies count from here."""


def crowd(publication: Published, root: Path, *, copies: int) -> Published:
    """``copies`` times the schools and organisers of ``publication``, as a publication under ``root``."""
    place = root / "published" / publication.municipality_code / str(publication.funding_year)
    version = place / "versions" / publication.publication_id
    (version / "tables").mkdir(parents=True)
    for path in sorted((publication.path / "tables").glob("*.parquet")):
        _many(publication.table(path.stem), path.stem, copies=copies).to_parquet(
            version / "tables" / path.name, index=False
        )
    shutil.copyfile(publication.path / "manifest.json", version / "manifest.json")
    return Published(
        publication.municipality_code,
        publication.funding_year,
        publication.publication_id,
        publication.is_decided,
        version,
    )


def _many(table: pd.DataFrame, name: str, *, copies: int) -> pd.DataFrame:
    if name == "dim_publication":
        return table.assign(**{column: table[column] * copies for column in SUMMED})
    keys = [key for key in KEYS if key in table.columns]
    if not keys or table.empty:
        return table
    whole = (table[keys] == WHOLE).any(axis=1)
    return pd.concat(
        [
            table[whole],
            *(
                table[~whole].assign(
                    **{key: [f"{FIRST + copy}{str(code)[2:]}" for code in table.loc[~whole, key]] for key in keys}
                )
                for copy in range(copies)
            ),
        ],
        ignore_index=True,
    )
