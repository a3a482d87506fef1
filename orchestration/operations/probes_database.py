"""Probe of the PostgreSQL that BI reads: whether it still says what is published.

Belongs here: asking, where a database is set, and making findings of the answer. Does not: what it must say
(``orchestration.publication.postgres.verify``), mending.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from orchestration.operations.finding import Finding
from orchestration.publication.postgres.connection import PostgresError, connected, read_url
from orchestration.publication.postgres.verify import verify
from orchestration.settings import Settings

PLACE = "postgres"


def database_findings(found: Settings) -> Iterator[Finding]:
    """Differences between the database and ``published/``, or why it could not be asked; none where none is set."""
    if found.postgres_url_file is None:
        return
    try:
        with connected(read_url(found.postgres_url_file)) as connection:
            problems = verify(connection, root=found.published)
    except PostgresError as error:
        yield Finding("database_unread", PLACE, {"problem": str(error)})
        return
    except psycopg.Error as error:  # a right is missing, or the connection broke; the server's words may hold values
        yield Finding("database_unread", PLACE, {"problem": type(error).__name__})
        return
    if problems:
        yield Finding("database", PLACE, {"count": len(problems), "problem": problems[0]})
