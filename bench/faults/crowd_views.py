"""The crowd's way through PostgreSQL: publishers send what they have published, readers ask the views of ``published``.

Belongs here: the readers' login, and what must stand in the database after. Does not: the crowd, what a reader checks.
"""

from __future__ import annotations

from pathlib import Path

import psycopg

from bench.faults.crowd import Way
from bench.postgres_server import PASSWORD, Server
from orchestration.publication.postgres import registry, sink, views
from orchestration.publication.postgres.verify import verify

DATABASE, LOGIN = "postgres", "powerbi"


def through_views(server: Server) -> Way:
    """Owners send, and a login that is a member of ``bi_reader`` reads."""
    owner = server.url(DATABASE)

    def begin(root: Path) -> None:
        with psycopg.connect(owner, autocommit=True) as connection:
            sink.publish(connection, root=root, language="sv")
            connection.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}' IN ROLE {views.READER}")

    def whole(root: Path) -> list[str]:
        with psycopg.connect(owner, autocommit=True) as connection:
            return whole_after(connection, root=root)

    return Way("read_views_on", {"url": owner}, {"url": server.url(DATABASE, user=LOGIN)}, begin, whole)


def whole_after(connection: psycopg.Connection, *, root: Path) -> list[str]:
    """What is wrong once a last sender has ended: of what is served, of every version loaded before, and what is left."""
    sent = sink.publish(connection, root=root, language="sv")
    problems = [f"the last one sent: {one.problems}" for one in sent if one.status == "refused"]
    problems += verify(connection, root=root)
    schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'pub_')").fetchall()
    for (schema,) in sorted(schemas):
        loaded = registry.find(connection, schema)
        problems += [f"{schema} is half loaded"] if loaded is None else sink.loaded_problems(connection, loaded)
    return problems
