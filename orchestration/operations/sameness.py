"""Whether two versions say the same, and where they do not: table by table, column by column.

Belongs here: comparing content of sealed versions. Does not: making one again (``rerun``), kronor per school in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from orchestration.publication import manifest as manifests
from orchestration.publication.parquet import read_table


@dataclass(frozen=True, slots=True)
class TableDifference:
    """How one table differs.

    Attributes
    ----------
    rows_before, rows_after : None where the table is not there
    only_before, only_after : rows whose key stands on one side only
    columns : columns with other values in rows of the same key -> number of such rows
    shape : columns that are on one side only or have another type, sorted
    """

    table: str
    rows_before: int | None
    rows_after: int | None
    only_before: int = 0
    only_after: int = 0
    columns: tuple[tuple[str, int], ...] = ()
    shape: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sameness:
    """What a comparison gave; equal when neither policy values nor tables differ."""

    before_sha256: str
    after_sha256: str
    policy_differs: bool
    tables: tuple[TableDifference, ...]

    @property
    def is_same(self) -> bool:
        """Whether the logical content hashes are equal."""
        return self.before_sha256 == self.after_sha256


def compare(before: Path, after: Path) -> Sameness:
    """Compare the versions in two folders by their manifests; tables are opened only where their hashes differ."""
    old, new = manifests.load(before), manifests.load(after)
    there, here = old["content"]["tables"], new["content"]["tables"]
    differing = [name for name in sorted({*there, *here}) if there.get(name) != here.get(name)]
    return Sameness(
        before_sha256=old["content_sha256"],
        after_sha256=new["content_sha256"],
        policy_differs=old["content"]["policy_sha256"] != new["content"]["policy_sha256"],
        tables=tuple(_difference(name, before, after, there.get(name), here.get(name)) for name in differing),
    )


def _difference(name: str, before: Path, after: Path, there: dict | None, here: dict | None) -> TableDifference:
    if there is None or here is None:
        return TableDifference(name, there and there["rows"], here and here["rows"])
    types, new_types = dict(there["columns"]), dict(here["columns"])
    shape = sorted(c for c in {*types, *new_types} if types.get(c) != new_types.get(c))
    keys = there["primary_key"]
    if keys != here["primary_key"]:
        return TableDifference(name, there["rows"], here["rows"], shape=tuple(sorted({*shape, *keys})))
    old, new = (read_table(folder / "tables" / f"{name}.parquet").set_index(keys) for folder in (before, after))
    both = old.index.intersection(new.index)
    changed = []
    for column in [c for c in types if c in new_types and c not in keys]:
        count = int((~_equal(old.loc[both, column], new.loc[both, column])).sum())
        if count:
            changed.append((column, count))
    return TableDifference(
        name,
        there["rows"],
        here["rows"],
        only_before=len(old) - len(both),
        only_after=len(new) - len(both),
        columns=tuple(changed),
        shape=tuple(shape),
    )


def _equal(old: pd.Series, new: pd.Series) -> pd.Series:
    """Cell by cell, two empty cells being equal."""
    return (old == new) | (old.isna() & new.isna())
