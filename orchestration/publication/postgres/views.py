"""Schema ``published``: one view per table over all municipalities and years, and one with Swedish labels beside it.

Belongs here: what the views say. Does not: who may read them (``readers``), loading rows, when they switch (``sink``).

A row tells by ``publication_status`` whether it was decided. Per municipality and year the views show one publication, so
that sums are true: the decided one, or the proposal while nothing is decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from expectations.columns import COLUMNS, Column
from expectations.contracts import CONTRACTS, Contract
from expectations.contracts.reading import reading_columns
from expectations.labels import swedish_label
from orchestration.publication.postgres import readers, registry
from orchestration.publication.postgres.readers import READER, SCHEMA
from orchestration.publication.postgres.registry import Loaded
from orchestration.publication.postgres.tables import TYPES, Language, words_of_table

SWEDISH = "_sv"
STATUS = "publication_status"


@dataclass(frozen=True, slots=True)
class View:
    """A view as it should be: its columns with types, the statement behind it, words for it and each column."""

    name: str
    columns: tuple[tuple[str, str], ...]
    select: str
    words: str
    column_words: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Hash of everything said here."""
        said = (self.name, *map("".join, self.columns), self.select, self.words, *self.column_words)
        return hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def wanted(served: Sequence[Loaded], *, language: Language) -> tuple[View, ...]:
    """The views over what is served, in the order they are made: each table's, then its Swedish one."""
    made: list[View] = []
    for name in sorted(CONTRACTS):
        contract = CONTRACTS[name]
        columns = view_columns(contract)
        made.append(
            View(
                name=name,
                columns=tuple((column.name, TYPES[column.type]) for column in columns),
                select=_union(contract, columns, served),
                words=words_of_table(name, language) or "",
                column_words=tuple(_words(column, language) for column in columns),
            )
        )
        labels = [swedish_label(column.name) for column in columns]
        shown = ", ".join(f"{_id(c.name)} AS {_id(label)}" for c, label in zip(columns, labels, strict=True))
        made.append(
            View(
                name=name + SWEDISH,
                columns=tuple((label, TYPES[c.type]) for c, label in zip(columns, labels, strict=True)),
                select=f"SELECT {shown} FROM {_id(SCHEMA, name)}",
                words=contract.grain_sv,
                column_words=tuple(_words(column, "sv") for column in columns),
            )
        )
    return tuple(made)


def view_columns(contract: Contract) -> tuple[Column, ...]:
    """What a view shows: the published columns, kronor beside öre, and the publication's status last."""
    columns = reading_columns(contract)
    return columns if STATUS in contract.names else (*columns, COLUMNS[STATUS])


def switch(connection: psycopg.Connection, *, language: Language) -> int:
    """Make every view that differs from what it should be; in the caller's transaction. Returns how many.

    A view that only gains columns at its end is replaced, so that views which others have built on it stay. Raises
    psycopg.errors.DependentObjectsStillExist where a column has moved or gone and others build on the view.
    """
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
    readers.ensure_question(connection)
    known, standing = registry.known_views(connection), columns_of_views(connection)
    views = wanted(registry.served(connection), language=language)
    changed = [v for v in views if known.get(v.name) != v.sha256 or standing.get(v.name) != v.columns]
    for view in reversed(changed):  # the Swedish one first: it builds on the other
        if view.name in standing and standing[view.name] != view.columns[: len(standing[view.name])]:
            for name in {view.name, view.name.removesuffix(SWEDISH) + SWEDISH} & set(standing):
                connection.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(sql.Identifier(SCHEMA, name)))
    gone = {view.name for view in views} - set(columns_of_views(connection))
    making = [view for view in views if view in changed or view.name in gone]
    for view in making:
        _make(connection, view)
    return len(making)


def columns_of_views(connection: psycopg.Connection) -> dict[str, tuple[tuple[str, str], ...]]:
    """View of schema ``published`` → its columns with types, as the database has them."""
    rows = connection.execute(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE n.nspname = %s AND c.relkind = 'v' AND a.attnum > 0 ORDER BY c.relname, a.attnum",
        [SCHEMA],
    ).fetchall()
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for view, name, kind in rows:
        found[view] = (*found.get(view, ()), (name, kind))
    return found


def rights_of_reader(connection: psycopg.Connection) -> dict[str, frozenset[str]]:
    """What the reader's role may do with each table or view outside the system's own schemas, where it may do anything.

    Every view of schema ``published`` is listed, also with no right at all.
    """
    asked = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    columns = ", ".join(f"has_table_privilege('{READER}', c.oid, '{right}')" for right in asked)
    rows = connection.execute(
        f"SELECT n.nspname, c.relname, has_schema_privilege('{READER}', n.oid, 'USAGE'), {columns} FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v') "
        "AND (n.nspname IN (%s, %s) OR starts_with(n.nspname, 'pub_'))",
        [SCHEMA, registry.SCHEMA],
    ).fetchall()
    found = {}
    for schema, name, usage, *has in rows:
        rights = frozenset(right for right, given in zip(asked, has, strict=True) if given and usage)
        if rights or schema == SCHEMA:
            found[f"{schema}.{name}"] = rights
    return found


def _make(connection: psycopg.Connection, view: View) -> None:
    place = sql.Identifier(SCHEMA, view.name)
    said = [
        sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(place, sql.SQL(view.select)),
        sql.SQL("COMMENT ON VIEW {} IS {}").format(place, sql.Literal(view.words)),
    ]
    for (name, _), words in zip(view.columns, view.column_words, strict=True):
        column = sql.Identifier(SCHEMA, view.name, name)
        said.append(sql.SQL("COMMENT ON COLUMN {} IS {}").format(column, sql.Literal(words)))
    connection.execute(sql.SQL("; ").join(said))
    registry.note_view(connection, view.name, view.sha256)


def _union(contract: Contract, columns: Sequence[Column], served: Sequence[Loaded]) -> str:
    branches = [_branch(contract, columns, one) for one in served if contract.table in one.content["tables"]]
    if not branches:
        empty = ", ".join(f"NULL::{TYPES[column.type]} AS {_id(column.name)}" for column in columns)
        branches = [f"SELECT {empty} WHERE false"]
    return " UNION ALL ".join(branches)


def _branch(contract: Contract, columns: Sequence[Column], of: Loaded) -> str:
    """One publication's rows; a column that its older contract did not have is empty."""
    there = {name for name, _ in of.content["tables"][contract.table]["columns"]} | {"publication_id"}
    cells = []
    for column in columns:
        in_ore = column.name.removesuffix("_sek") + "_ore"
        if column.name in there:
            cell = _id(column.name)
        elif column.name == STATUS:
            cell = f"'{of.status}'"
        elif column.name.endswith("_sek") and in_ore in there and in_ore in contract.names:
            cell = f"{_id(in_ore)}::numeric / 100"
        else:
            cell = "NULL"
        cells.append(f"({cell})::{TYPES[column.type]} AS {_id(column.name)}")
    asked = readers.condition(of.municipality_code)
    return f"SELECT {', '.join(cells)} FROM {_id(of.schema, contract.table)} WHERE {asked}"


def _words(column: Column, language: Language) -> str:
    return (column.sv if language == "sv" else column.en) + (f" [{column.unit}]" if column.unit else "")


def _id(*names: str) -> str:
    """A name as PostgreSQL quotes it; the sign of a parameter is doubled nowhere, since no parameters are passed."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
