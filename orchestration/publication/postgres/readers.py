"""Roles that read: one for everything, and one per municipality that sees that municipality's rows alone.

Belongs here: the roles, their rights, whether they are as they should be. Does not: the views (``views``), logins: the
server's owner makes them and makes each a member of a role.

Every branch of a view shows one municipality's publication, and only to whom ``published.may_read`` says yes: members of
``bi_reader``, members of ``bi_reader_<code>`` and the views' owner. The answer is found once per branch before a row is read,
so a function that a reader puts into a question never meets another municipality's row.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from orchestration.publication.postgres import registry
from orchestration.publication.postgres.connection import PostgresError

SCHEMA, READER, QUESTION = "published", "bi_reader", "may_read"
_READERS = f"^{READER}(_[0-9]{{4}})?$"
_PARSED_ONCE = f"""
CREATE OR REPLACE FUNCTION {SCHEMA}.{QUESTION}(municipality_code text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (
    SELECT 1 FROM pg_catalog.pg_roles
    WHERE rolname IN ('{READER}', '{READER}_' || municipality_code) AND pg_catalog.pg_has_role(oid, 'USAGE')
) OR pg_catalog.pg_has_role((SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = '{SCHEMA}'), 'USAGE')
"""
"""The body is parsed here, so that no search_path of a reader gives its operators another meaning."""


def role_of(municipality_code: str) -> str:
    """The role that reads one municipality."""
    return f"{READER}_{municipality_code}"


def condition(municipality_code: str) -> str:
    """What a branch of a view asks before it shows a row."""
    return f"(SELECT {SCHEMA}.{QUESTION}('{municipality_code}'))"


def ensure_question(connection: psycopg.Connection) -> None:
    """Make the function that the views ask, where it is missing or has been altered. Schema ``published`` is there."""
    if registry.known_views(connection).get(QUESTION) != _standing(connection):
        connection.execute(_PARSED_ONCE)
        registry.note_view(connection, QUESTION, _standing(connection))


def add(connection: psycopg.Connection, municipality_code: str) -> bool:
    """Make the role of a municipality and let it read the views; whether it is new. ``likvard postgres reader``.

    Raises ValueError for what is no municipality code, PostgresError where nothing was ever sent to this database or its
    user may not create roles.
    """
    if not (municipality_code.isascii() and municipality_code.isdigit() and len(municipality_code) == 4):
        raise ValueError(f"{municipality_code!r} is no municipality code; it has four digits")
    if not registry.is_prepared(connection):
        raise PostgresError("nothing was ever sent to this database; run likvard postgres publish first")
    try:
        with connection.transaction():
            registry.lock(connection)
            is_new = _create(connection, role_of(municipality_code))
            grant(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise PostgresError(f"PostgreSQL refuses a right ({error.sqlstate}): the user needs CREATEROLE") from None
    return is_new


def ensure_reader_of_all(connection: psycopg.Connection) -> None:
    """The role that reads everything."""
    _create(connection, READER)


def grant(connection: psycopg.Connection) -> None:
    """Let every reading role read the views, and nothing else. Raises psycopg.errors.InsufficientPrivilege."""
    roles = sql.SQL(", ").join(sql.Identifier(role) for role in standing(connection))
    for statement in ("GRANT USAGE ON SCHEMA {} TO {}", "GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}"):
        connection.execute(sql.SQL(statement).format(sql.Identifier(SCHEMA), roles))


def standing(connection: psycopg.Connection) -> tuple[str, ...]:
    """The reading roles of this server, the one of all first."""
    rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ %s ORDER BY rolname", [_READERS])
    return tuple(name for (name,) in rows.fetchall())


def lacking(connection: psycopg.Connection) -> list[str]:
    """``role: view`` for every view that a reading role may not read."""
    rows = connection.execute(
        "SELECT r.rolname, c.relname FROM pg_roles r CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE r.rolname ~ %s AND n.nspname = %s AND c.relkind = 'v' AND NOT "
        "(has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_table_privilege(r.oid, c.oid, 'SELECT')) ORDER BY 1, 2",
        [_READERS, SCHEMA],
    )
    return [f"{role}: {view}" for role, view in rows.fetchall()]


def problems(connection: psycopg.Connection, *, views: Sequence[tuple[str, int]]) -> list[str]:
    """What would let a municipality's reader see more or less than its own rows.

    ``views``: each view over tables with the number of publications it shows; every one is asked about.
    """
    found = [f"{name} may not be read by its role; send again" for name in lacking(connection)]
    rows = connection.execute(
        "SELECT r.rolname, n.nspname || '.' || c.relname, a.privilege_type FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a "
        "JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE r.rolname ~ %s AND r.rolname <> %s AND NOT (n.nspname = %s AND a.privilege_type = 'SELECT') ORDER BY 1, 2, 3",
        [_READERS, READER, SCHEMA],
    )
    found += [f"{role} has {right} on {place} beyond reading" for role, place, right in rows.fetchall()]
    rows = connection.execute(
        "SELECT m.rolname, g.rolname FROM pg_auth_members JOIN pg_roles m ON m.oid = member JOIN pg_roles g ON g.oid = roleid "
        "WHERE m.rolname ~ %s ORDER BY 1, 2",
        [_READERS],
    )
    found += [f"{role} is a member of {other} and has its rights" for role, other in rows.fetchall()]
    if registry.known_views(connection).get(QUESTION) != _standing(connection):
        found.append(f"{SCHEMA}.{QUESTION} is not as it was made; send again")
    for view, publications in views:
        text = connection.execute("SELECT pg_get_viewdef(to_regclass(%s))", [f'{SCHEMA}."{view}"']).fetchone()
        asked = str(text and text[0]).count(f"{QUESTION}(")
        if asked != publications:
            found.append(
                f"view {view} asks {asked} times who reads, for {publications} publications; drop it and send again"
            )
    return found


def _standing(connection: psycopg.Connection) -> str:
    """A mark of the function as it stands; empty where it is missing."""
    asked = "SELECT md5(pg_get_functiondef(to_regprocedure(%s)))"
    row = connection.execute(asked, [f"{SCHEMA}.{QUESTION}(text)"]).fetchone()
    return str(row[0]) if row and row[0] else ""


def _create(connection: psycopg.Connection, role: str) -> bool:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None:
        return False
    connection.execute(
        sql.SQL(
            "DO $$ BEGIN CREATE ROLE {} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ).format(sql.Identifier(role))
    )
    return True
