"""What the database holds: publications that are loaded, the one that is served per municipality and year, the views.

Belongs here: the sink's own schema. Does not: published rows. Every write stands in a transaction of the caller's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

SCHEMA = "likvard_sink"
LOCK = 7_212_027
"""Key of the advisory lock that one writer holds at a time; any constant will do, all writers share it."""

_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.loaded (
  schema_name text PRIMARY KEY, municipality_code text NOT NULL, funding_year integer NOT NULL,
  publication_id text NOT NULL, manifest_sha256 text NOT NULL, content jsonb NOT NULL,
  UNIQUE (municipality_code, publication_id));
CREATE TABLE IF NOT EXISTS {SCHEMA}.served (
  municipality_code text, funding_year integer, schema_name text NOT NULL REFERENCES {SCHEMA}.loaded,
  PRIMARY KEY (municipality_code, funding_year));
CREATE TABLE IF NOT EXISTS {SCHEMA}.view (view_name text PRIMARY KEY, definition_sha256 text NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One publication in the database; ``content`` is the content section of its manifest."""

    schema: str
    municipality_code: str
    funding_year: int
    publication_id: str
    manifest_sha256: str
    content: Mapping[str, Any]

    @property
    def status(self) -> Literal["proposal", "decided"]:
        """``YEAR.0.n`` is a proposal, anything else was decided."""
        return "proposal" if self.publication_id.split(".")[1] == "0" else "decided"


def lock(connection: psycopg.Connection) -> None:
    """Be the only writer until the transaction ends; it ends with the connection, so no lock is ever stale."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def prepare(connection: psycopg.Connection) -> None:
    """The sink's own tables."""
    connection.execute(_TABLES)


def is_prepared(connection: psycopg.Connection) -> bool:
    """Whether anything was ever sent here."""
    found = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}.served"]).fetchone()
    return bool(found and found[0])


def find(connection: psycopg.Connection, schema: str) -> Loaded | None:
    """The publication that a schema holds, if it was ever loaded whole."""
    row = connection.execute(f"{_SELECT} WHERE schema_name = %s", [schema]).fetchone()
    return None if row is None else Loaded(*row)


def served(connection: psycopg.Connection) -> tuple[Loaded, ...]:
    """The publications that the views show, by municipality and year."""
    statement = f"{_SELECT} JOIN {SCHEMA}.served USING (schema_name) ORDER BY municipality_code, funding_year"
    return tuple(Loaded(*row) for row in connection.execute(statement).fetchall())


_SELECT = (
    "SELECT schema_name, loaded.municipality_code, loaded.funding_year, publication_id, manifest_sha256, content "
    f"FROM {SCHEMA}.loaded"
)


def remember(connection: psycopg.Connection, loaded: Loaded) -> None:
    """Note a publication as loaded."""
    connection.execute(
        f"INSERT INTO {SCHEMA}.loaded VALUES (%s, %s, %s, %s, %s, %s)",
        [
            loaded.schema, loaded.municipality_code, loaded.funding_year, loaded.publication_id,
            loaded.manifest_sha256, json.dumps(loaded.content),
        ],
    )  # fmt: skip


def serve(connection: psycopg.Connection, loaded: Loaded) -> None:
    """Let the views show this publication for its municipality and year, from their next making on."""
    connection.execute(
        f"INSERT INTO {SCHEMA}.served VALUES (%s, %s, %s) "
        "ON CONFLICT (municipality_code, funding_year) DO UPDATE SET schema_name = excluded.schema_name",
        [loaded.municipality_code, loaded.funding_year, loaded.schema],
    )


def known_views(connection: psycopg.Connection) -> dict[str, str]:
    """View → hash of the definition it was made by."""
    return dict(connection.execute(f"SELECT view_name, definition_sha256 FROM {SCHEMA}.view").fetchall())


def note_view(connection: psycopg.Connection, name: str, definition_sha256: str) -> None:
    """Note what a view was made by."""
    connection.execute(
        f"INSERT INTO {SCHEMA}.view VALUES (%s, %s) "
        "ON CONFLICT (view_name) DO UPDATE SET definition_sha256 = excluded.definition_sha256",
        [name, definition_sha256],
    )
