"""A municipality's reader sees its own rows, in every view, and nothing it tries shows it another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bench.postgres_server import Server
from orchestration.publication.postgres import readers
from orchestration.publication.postgres.connection import PostgresError
from orchestration.publication.postgres.sink import publish
from orchestration.publication.postgres.verify import verify

OWN, OTHER = "0780", "9999"


@pytest.fixture
def made(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Roles stand over all databases of a server: they are taken away again."""
    for code in (OWN, OTHER):
        readers.add(connection, code)
    yield connection
    for name in ("vaxjo", readers.role_of(OWN), readers.role_of(OTHER)):
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))


@pytest.fixture
def reader(made: psycopg.Connection, server: Server) -> Iterator[psycopg.Connection]:
    """A login of Växjö's."""
    made.execute(f"CREATE ROLE vaxjo LOGIN PASSWORD 'läser' IN ROLE {readers.role_of(OWN)}")
    with psycopg.connect(server.url(made.info.dbname, user="vaxjo", password="läser"), autocommit=True) as opened:
        yield opened


def views_with_codes(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'published'::regnamespace AND c.relkind = 'v' AND a.attname = 'municipality_code'"
    )
    return sorted(name for (name,) in rows.fetchall())


def test_a_reader_of_one_municipality_sees_its_rows_in_every_view_and_no_other(made, reader):
    asked = views_with_codes(made)
    assert len(asked) > 10
    seen = 0
    for view in asked:
        statement = sql.SQL("SELECT municipality_code, count(*) FROM published.{} GROUP BY 1").format(
            sql.Identifier(view)
        )
        everybody, mine = dict(made.execute(statement).fetchall()), dict(reader.execute(statement).fetchall())
        assert mine == {code: count for code, count in everybody.items() if code == OWN}, view
        seen += len(everybody) == 2
    assert seen > 5


def test_the_swedish_views_show_as_many_rows_as_the_others(made, reader):
    for view in views_with_codes(made):
        count = sql.SQL("SELECT count(*) FROM published.{}")
        plain, swedish = (
            reader.execute(count.format(sql.Identifier(name))).fetchone() for name in (view, f"{view}_sv")
        )
        assert plain == swedish, view


def test_a_function_that_a_reader_brings_never_meets_another_municipalitys_row(reader):
    reader.execute(
        "CREATE FUNCTION pg_temp.tell(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS "
        "$$ BEGIN RAISE NOTICE 'met %', t; RETURN true; END $$"
    )
    met: set[str] = set()
    reader.add_notice_handler(lambda notice: met.add(str(notice.message_primary)))
    reader.execute("SELECT count(*) FROM published.fct_allocation WHERE pg_temp.tell(municipality_code)")
    assert met == {f"met {OWN}"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM pub_9999_2027_0_1.fct_allocation",
        "SELECT * FROM likvard_sink.served",
        "SET ROLE bi_reader",
        "SET ROLE bi_reader_9999",
        "GRANT bi_reader_9999 TO vaxjo",
        "CREATE OR REPLACE FUNCTION published.may_read(municipality_code text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE SCHEMA mine",
    ],
)
def test_what_would_lead_to_another_municipality_is_denied(reader, statement: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(statement)


def test_the_reader_of_all_and_the_sender_still_see_both(made, two: Path):
    counted = "SELECT count(DISTINCT municipality_code) FROM published.dim_publication"
    assert made.execute(counted).fetchone() == (2,)
    with made.transaction():
        made.execute("SET LOCAL ROLE bi_reader")
        assert made.execute(counted).fetchone() == (2,)
    assert verify(made, root=two) == []


def test_a_sender_who_is_no_superuser_sees_what_it_sent(empty: psycopg.Connection, server: Server, two: Path):
    name = empty.info.dbname
    empty.execute("DROP ROLE IF EXISTS sender; CREATE ROLE sender LOGIN PASSWORD 's' CREATEROLE")
    empty.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO sender").format(sql.Identifier(name)))
    with psycopg.connect(server.url(name, user="sender", password="s"), autocommit=True) as sender:
        assert {one.status for one in publish(sender, root=two, language="sv")} == {"loaded"}
        assert verify(sender, root=two) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("GRANT bi_reader TO bi_reader_0780", "bi_reader_0780 is a member of bi_reader"),
        ("GRANT SELECT ON pub_9999_2027_0_1.dim_year TO bi_reader_0780", "bi_reader_0780 has SELECT on pub_9999"),
        ("REVOKE SELECT ON published.dim_year FROM bi_reader_0780", "bi_reader_0780: dim_year may not be read"),
        (
            "CREATE OR REPLACE FUNCTION published.may_read(municipality_code text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "may_read is not as it was made",
        ),
        (
            "CREATE OR REPLACE VIEW published.dim_year AS SELECT * FROM (TABLE published.dim_year) AS t",
            "view dim_year asks 0 times who reads, for 2 publications",
        ),
    ],
)
def test_what_would_open_a_municipality_to_another_is_found(made, two: Path, statement: str, words: str):
    made.execute(statement.replace("TABLE published.dim_year", _bare(made)))
    assert any(words in problem for problem in verify(made, root=two)), verify(made, root=two)


def _bare(connection: psycopg.Connection) -> str:
    """The view's own words without the question."""
    text = connection.execute("SELECT pg_get_viewdef('published.dim_year'::regclass)").fetchone()[0]
    return (
        text.rstrip(";")
        .replace("( SELECT published.may_read('0780'::text) AS may_read)", "true")
        .replace("( SELECT published.may_read('9999'::text) AS may_read)", "true")
    )


def test_an_altered_question_is_made_right_by_the_next_sending(made, two: Path):
    made.execute(
        "CREATE OR REPLACE FUNCTION published.may_read(municipality_code text) RETURNS boolean LANGUAGE sql AS 'SELECT true'"
    )
    publish(made, root=two, language="sv")
    assert verify(made, root=two) == []


@pytest.mark.parametrize("code", ["078", "07800", "07a0", "٠٧٨٠", "0780; DROP"])
def test_what_is_no_municipality_code_makes_no_role(connection, code: str):
    with pytest.raises(ValueError, match="no municipality code"):
        readers.add(connection, code)


def test_a_role_before_anything_was_sent_is_refused(empty):
    with pytest.raises(PostgresError, match="nothing was ever sent"):
        readers.add(empty, OWN)
