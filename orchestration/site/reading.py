"""One sealed publication as rows that know where they stand: table, key, values.

Belongs here: reading tables once, finding a unit's or an organiser's rows without going through all of them. Does not:
words, layout, sums.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from expectations.contracts import CONTRACTS
from orchestration.publication import ledger
from orchestration.report.published import Published

SAME_EVERYWHERE = {"municipality_code", "funding_year", "publication_id"}
"""Parts of a key that are equal on every row of one publication."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a published table. ``key``: the contract's key without municipality and year, joined by ``/``."""

    table: str
    key: str
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def get(self, column: str) -> Any:
        """The value; None where it is empty, and where an older contract had no such column."""
        return self.values.get(column)


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """One publication, read once.

    Attributes
    ----------
    tables : table to rows, in the order of their keys; a table that an older contract lacks has none
    manifest : the sealed manifest
    act : the ledger's line of the publication, empty where there is none
    previous : school_unit_code to its row of ``school_allocation`` in the publication that this one is compared with; empty
        where there is none, or where it is no longer what it was
    """

    publication: Published
    tables: Mapping[str, tuple[Row, ...]]
    manifest: Mapping[str, Any]
    act: Mapping[str, Any]
    previous: Mapping[str, Row] = field(default_factory=dict)
    _by: dict[tuple[str, str], Mapping[Any, tuple[Row, ...]]] = field(default_factory=dict)

    def of(self, table: str, column: str, value: Any) -> tuple[Row, ...]:
        """Rows of ``table`` where ``column`` is ``value``."""
        found = self._by.get((table, column))
        if found is None:
            grouped: dict[Any, list[Row]] = defaultdict(list)
            for row in self.tables[table]:
                grouped[row.get(column)].append(row)
            found = self._by[table, column] = {key: tuple(rows) for key, rows in grouped.items()}
        return found.get(value, ())

    def unit(self, table: str, code: str) -> Row | None:
        """The one row of a school unit, None where it has none."""
        rows = self.of(table, "school_unit_code", code)
        return rows[0] if rows else None

    def only(self, table: str) -> Row | None:
        """The one row of a table that has one; None in a publication of an older contract."""
        rows = self.tables[table]
        return rows[0] if rows else None

    @property
    def seal(self) -> Row:
        """The publication's own row."""
        return self.tables["dim_publication"][0]

    @property
    def is_decided(self) -> bool:
        """Whether the content was decided; everything else is a proposal."""
        return bool(self.seal["publication_status"] == "decided")

    @property
    def told_on(self) -> date | None:
        """Day of the act in the ledger."""
        return datetime.fromisoformat(self.act["time"]).date() if "time" in self.act else None


def read_book(publication: Published) -> Book:
    """Every table of ``publication``, its manifest, and the ledger's line of it."""
    written = ledger.read(publication.path.parents[2] / ledger.NAME)
    tables = {name: _rows(publication.path, name) for name in CONTRACTS}
    return Book(
        publication=publication,
        tables=tables,
        manifest=json.loads((publication.path / "manifest.json").read_text(encoding="utf-8")),
        act=written.find(publication.publication_id) or {},
        previous=_previous(publication, tables["allocation_change_basis"]),
    )


def _previous(publication: Published, basis: tuple[Row, ...]) -> dict[str, Row]:
    """Last year's units, by the hash that the comparison was made with."""
    if not basis or not basis[0].get("previous_publication_id"):
        return {}
    year, name = basis[0]["previous_funding_year"], basis[0]["previous_publication_id"]
    version = publication.path.parents[2] / str(year) / "versions" / str(name)
    seal = _rows(version, "dim_publication")
    if not seal or seal[0]["content_sha256"] != basis[0]["previous_content_sha256"]:
        return {}
    return {row["school_unit_code"]: row for row in _rows(version, "school_allocation")}


def _rows(version: Path, table: str) -> tuple[Row, ...]:
    path = version / "tables" / f"{table}.parquet"
    if not path.is_file():
        return ()
    keys = [name for name in CONTRACTS[table].keys if name not in SAME_EVERYWHERE]
    return tuple(
        Row(table, "/".join(str(values[name]) for name in keys), values) for values in pq.read_table(path).to_pylist()
    )
