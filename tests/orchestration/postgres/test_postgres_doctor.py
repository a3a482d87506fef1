"""The doctor asks the database that BI reads: silent where it says what is published, one finding where it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from candidates import NOW

from bench.postgres_server import Server
from orchestration.operations.doctor import examine
from orchestration.operations.finding import Finding
from orchestration.operations.settings_file import Operations
from orchestration.settings import Settings

Look = Callable[[str], list[Finding]]


@pytest.fixture
def look(two: Path, tmp_path: Path) -> Look:
    """What the doctor says of the database at an address."""

    def findings(address: str, mode: int = 0o400) -> list[Finding]:
        file = tmp_path / "address"
        file.write_text(address)
        file.chmod(mode)
        found = Settings(home=two.parent, policies=tmp_path, postgres_url_file=file)
        report = examine(found, operations=Operations(), now=NOW)
        return [finding for finding in report.findings if finding.where == "postgres"]

    return findings


def test_a_database_that_says_what_is_published_is_no_finding_and_an_altered_krona_is(
    connection: psycopg.Connection, url: str, look: Look
):
    assert look(url) == []
    connection.execute(
        "UPDATE pub_9999_2027_0_1.fct_allocation SET amount_ore = amount_ore + 100 WHERE line_code = 'grade_7'"
    )
    (finding,) = look(url)
    assert (finding.code, finding.severity) == ("database", "critical")
    assert "fct_allocation" in finding.what


def test_a_database_to_which_nothing_was_sent_is_found(empty: psycopg.Connection, server: Server, look: Look):
    (finding,) = look(server.url(empty.info.dbname))
    assert (finding.code, finding.values["count"]) == ("database", 1)
    assert "nothing was ever sent" in finding.what


def test_a_user_who_may_not_read_is_told_by_the_kind_of_error_alone(
    connection: psycopg.Connection, server: Server, look: Look
):
    connection.execute("DROP ROLE IF EXISTS nobody_reads; CREATE ROLE nobody_reads LOGIN PASSWORD 'p'")
    (finding,) = look(server.url(connection.info.dbname, user="nobody_reads", password="p"))
    assert (finding.code, finding.values) == ("database_unread", {"problem": "InsufficientPrivilege"})


@pytest.mark.parametrize(
    ("mode", "words"), [(0o400, "no server answered"), (0o444, "others may read it")], ids=["no server", "open file"]
)
def test_a_database_that_cannot_be_asked_is_found_and_its_address_never_told(look: Look, mode: int, words: str):
    (finding,) = look("postgresql://somebody:secret@127.0.0.1:1/bi", mode)
    assert (finding.code, finding.severity) == ("database_unread", "warning")
    assert words in finding.what
    assert "secret" not in finding.what + finding.to_do
