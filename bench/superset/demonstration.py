"""The demonstration read by Superset twice: from its DuckDB file, and from PostgreSQL by a login that may only read.

Belongs here: serving the demonstration to it, and what it read beside what was sealed. Does not: the calls (``reading``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from bench.homes import Home, demo_home
from bench.postgres_server import OWNER, PASSWORD, Server
from bench.superset import instance, reading
from bench.superset.reading import Source
from orchestration.publication.parquet import read_arrow
from orchestration.publication.postgres import views

YEAR = 2027
SERVED, STORE = "postgres", "superset"
"""Databases: what is published, and what Superset keeps of its own."""
LOGIN = "superset_reader"


@dataclass(frozen=True, slots=True)
class Read:
    """What Superset made of a publication.

    Attributes
    ----------
    sealed_ore : school unit → öre, of the sealed table
    read_ore : by source, school unit → öre, as Superset added it up
    colours : colours that each chart shows
    """

    sealed_ore: dict[str, int]
    read_ore: dict[str, dict[str, int]]
    colours: list[int]


def read(server: Server, *, picture: Path | None = None) -> Read:
    """Send the demonstration to ``server``, let Superset read both, draw a chart of each. Raises RuntimeError where it cannot."""
    home = demo_home()
    (version,) = home.proposals(YEAR)
    sources = (
        Source("DuckDB", f"duckdb:///{version / 'published.duckdb'}?access_mode=read_only", "main"),
        Source("PostgreSQL", _served(home, server), views.SCHEMA),
    )
    with psycopg.connect(server.url(SERVED), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {STORE}")
    with instance.running(_address(server, OWNER, STORE)) as superset:
        known = {source: reading.connect(superset, source) for source in sources}
        read_ore = {source.name: reading.amounts(superset, number, source) for source, number in known.items()}
        charts = {reading.chart(superset, number, source): source.name for source, number in known.items()}
        page = reading.page(superset, charts, title=f"Kronor per elev {YEAR}, {version.name}")
        colours = reading.drawn(superset, page, charts=len(charts), picture=picture)
    lines = read_arrow(version / "tables" / f"{reading.AMOUNTS}.parquet")
    sums = lines.group_by("school_unit_code").aggregate([("amount_ore", "sum")])
    sealed = dict(zip(sums["school_unit_code"].to_pylist(), sums["amount_ore_sum"].to_pylist(), strict=True))
    return Read(sealed, read_ore, colours)


def _served(home: Home, server: Server) -> str:
    """Send by the command, make the reader's login; returns its address."""
    done = home.beside(server).likvard("postgres", "publish")
    if done.returncode:
        raise RuntimeError(f"likvard postgres publish ended with {done.returncode}: {done.stdout}{done.stderr}")
    with psycopg.connect(server.url(SERVED), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}' IN ROLE {views.READER}")
    return _address(server, LOGIN, SERVED)


def _address(server: Server, user: str, database: str) -> str:
    """As SQLAlchemy takes it."""
    return f"postgresql+psycopg2://{user}:{quote(PASSWORD)}@/{database}?host={quote(str(server.folder), safe='')}"
