"""The connection: an address from a file, kept out of every message.

Belongs here: reading the file, connecting, saying in words why it failed. Does not: statements.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

NAME = "likvard"
"""What the server lists this program as."""
_CAUSES = (
    ("authentication failed", "the server refused user or password"),
    ("no pg_hba.conf entry", "the server takes no connection of this user from this machine"),
    ("does not exist", "the server knows no such database or user"),
    ("refused", "no server answered"),
    ("timeout", "no server answered in time"),
    ("could not translate", "the name of the server leads nowhere"),
    ("failed to resolve", "the name of the server leads nowhere"),
)
"""What is found in the driver's own words → what is told; its words may hold the address."""


class PostgresError(RuntimeError):
    """The database could not be used as asked; the message says what and what to do, never the address."""


def read_url(path: Path | None) -> str:
    """The address from the file that ``LIKVARD_POSTGRES_URL_FILE`` names: a URL or ``key=value`` words, on one line.

    Raises PostgresError where no file is set, it is empty or missing, or others may read it.
    """
    if path is None:
        raise PostgresError(
            "no PostgreSQL is set; write its address into a file and name it in LIKVARD_POSTGRES_URL_FILE"
        )
    if not path.is_file():
        raise PostgresError(f"{path.name}: there is no such file; LIKVARD_POSTGRES_URL_FILE names it")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise PostgresError(f"{path.name}: others may read it; it can hold a password: chmod 0400")
    text = path.read_text("utf-8").strip()
    if not text or len(text.splitlines()) != 1:
        raise PostgresError(f"{path.name}: one line with the address of the database is needed")
    return text


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """A connection that commits at its end, or rolls everything back. Raises PostgresError without the address."""
    try:
        connection = psycopg.connect(url, application_name=NAME, connect_timeout=10, autocommit=True)
    except psycopg.ProgrammingError:
        raise PostgresError(
            "the address of the database cannot be read; it looks like postgresql://host/database"
        ) from None
    except psycopg.OperationalError as error:
        said = str(error).lower()
        told = next((words for mark, words in _CAUSES if mark in said), "the server could not be reached")
        raise PostgresError(f"PostgreSQL: {told}; check the file named in LIKVARD_POSTGRES_URL_FILE") from None
    with connection:
        yield connection
