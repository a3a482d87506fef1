"""Claims of the way past one machine: Spark beside DuckDB, processes beside each other, municipalities beside each other."""

from __future__ import annotations

import os

from bench import neighbours, side_by_side, spark
from bench.claim import Claim, Measured
from bench.homes import demo_home, sweden_home
from bench.postgres_server import binaries, running

LEAST_ATTEMPTS, LEAST_QUESTIONS = 1000, 1000
WHOLE_COUNTRY = 290


def on_spark() -> Measured:
    if not spark.is_there():
        return Measured("not measured", None, "its environment is not built; make spark builds it")
    found, same = spark.demonstration()
    country = sweden_home()
    if country is None:
        return Measured(f"{found.tables} tables", None, "LIKVARD_OPEN_DATA is not set: the country was not compared")
    found += spark.tables_again(country)
    figure = (
        f"{found.tables} tables, {found.rows:,} rows, {found.differing_rows} different; "
        f"the publication made from them is {'the same' if same else 'another'}"
    )
    return Measured(figure, same and not found.differing and found.rows > 100_000, ", ".join(found.differing[:3]))


def at_once() -> Measured:
    seen = side_by_side.run(demo_home())
    figure = (
        f"{seen.started} commands at a time over one home, {seen.worked} worked, {seen.refused} were refused by name, "
        f"{len(seen.torn)} things torn"
    )
    holds = not seen.torn and seen.worked + seen.refused == seen.started and seen.worked >= 2 and seen.refused >= 1
    return Measured(figure, holds, "; ".join(seen.torn[:3]))


def on_disk() -> Measured:
    if os.geteuid() != 0:
        return Measured("not measured", None, "only root can make accounts and act as them")
    tried, done, own = neighbours.tried_on_disk(demo_home())
    figure = f"{tried:,} attempts of a neighbour, {len(done)} succeeded; the owner reads its {own:,} files"
    return Measured(figure, tried >= LEAST_ATTEMPTS and not done, "; ".join(done[:3]))


def in_postgres() -> Measured:
    programs, country = binaries(), sweden_home()
    if programs is None or country is None:
        return Measured("not measured", None, "PostgreSQL or the open data is not on this machine")
    with running(programs) as server:
        sent = neighbours.send(country, server)
        questions, own, others = neighbours.tried_in_postgres(country, server, neighbours.home_codes(country))
        whole = country.beside(server).likvard("postgres", "verify").returncode == 0
    figure = (
        f"{sent} publications, a role each: {questions:,} questions, {own:,} own rows, {len(others)} answers of others"
    )
    holds = whole and not others and own > 0 and questions >= LEAST_QUESTIONS and sent == WHOLE_COUNTRY
    return Measured(
        figure, holds, "; ".join(others[:3]) or ("" if whole else "likvard postgres verify found something")
    )


CLAIMS = (
    Claim(
        id="scale-spark",
        sentence="Spark makes the same tables as DuckDB from the same models, row by row, on the demonstration and on "
        "Skolverket's files, and the demonstration's publication made from Spark's tables has the same content.",
        goal="0 rows different, the same content hash",
        measure=on_spark,
    ),
    Claim(
        id="scale-concurrent",
        sentence="Two years, a month, pages and a run of Dagster's own started at the same moment over one home: each works alone "
        "or is refused by name, and everything published stays whole.",
        goal="0 torn; what did not work was refused",
        measure=at_once,
    ),
    Claim(
        id="scale-separation",
        sentence="On a machine of several municipalities no account reaches another's home, policies or key.",
        goal=f"0 of at least {LEAST_ATTEMPTS:,} attempts".replace(",", " "),
        measure=on_disk,
    ),
    Claim(
        id="scale-separation-postgres",
        sentence=f"{WHOLE_COUNTRY} publications of one yearly run in one database: each municipality's reader sees its rows alone.",
        goal=f"0 rows of others in at least {LEAST_QUESTIONS:,} questions".replace(",", " "),
        measure=in_postgres,
    ),
)
