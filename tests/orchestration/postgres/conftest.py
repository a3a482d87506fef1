"""A server for the session, a database per test, and versions to send; the builder ``candidates`` is the publication's."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "publication")]

from candidates import candidate, release  # noqa: E402
from lacking import lacking  # noqa: E402

from bench.postgres_server import Server, binaries, running  # noqa: E402
from orchestration.publication.postgres.sink import publish  # noqa: E402
from tests.refusals import refusals_as_kept  # noqa: E402, F401

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        lacking("PostgreSQL")
    with running(programs) as started:
        yield started


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two municipalities' proposals; a test that changes them takes a copy."""
    root = tmp_path_factory.mktemp("two") / "published"
    for code in ("0780", "9999"):
        assert release(candidate(code, units=2), root).status == "published"
    return root


@pytest.fixture
def own(two: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two, tmp_path / "published", symlinks=True))


@pytest.fixture(scope="session")
def make_database(server: Server) -> Callable[[str], str]:
    """Makes a database from a template and returns its name."""

    def make(template: str) -> str:
        name = f"bi_{next(_NUMBERS)}"
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template)))
            connection.execute(statement)
        return name

    return make


@pytest.fixture(scope="session")
def sent_template(server: Server, two: Path, make_database: Callable[[str], str]) -> str:
    """A database to which both municipalities were sent, to be copied."""
    name = make_database("template1")
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        assert [one.status for one in publish(connection, root=two, language="sv")] == ["loaded", "loaded"]
    return name


@pytest.fixture
def empty(server: Server, make_database: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """An empty database."""
    with psycopg.connect(server.url(make_database("template1")), autocommit=True) as opened:
        yield opened


@pytest.fixture
def url(server: Server, make_database: Callable[[str], str], sent_template: str) -> str:
    """A database to which both municipalities were sent."""
    return server.url(make_database(sent_template))


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened
