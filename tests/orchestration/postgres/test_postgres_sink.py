"""PostgreSQL serves what the pointers name: loaded once, compared cell by cell, switched at once, read-only for BI."""

from __future__ import annotations

import json
import threading
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from candidates import candidate, release

from bench.postgres_server import Server
from expectations.contracts import CONTRACTS
from expectations.contracts.reading import reading_columns
from expectations.labels import swedish_label
from orchestration.publication.postgres import registry, sink, views
from orchestration.publication.postgres.connection import PostgresError
from orchestration.publication.postgres.sink import Sent, publish
from orchestration.publication.postgres.verify import control_sums, verify


def statuses(connection: psycopg.Connection, root: Path) -> list[str]:
    return [one.status for one in publish(connection, root=root, language="sv")]


def one(connection: psycopg.Connection, query: str) -> tuple:
    return connection.execute(query).fetchone()


def dump(connection: psycopg.Connection) -> list[tuple]:
    """What stands in the catalogue and who wrote it last: a write that changes nothing shows here too."""
    statement = (
        "SELECT oid, xmin::text, relname FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_' ORDER BY oid"
    )
    return connection.execute(statement).fetchall()


def test_every_municipality_stands_side_by_side_with_its_sums(connection: psycopg.Connection, two: Path):
    assert verify(connection, root=two) == []
    for code in ("0780", "9999"):
        manifest = json.loads((two / code / "2027" / "proposed" / "manifest.json").read_text())
        promised = manifest["content"]["tables"]["fct_allocation"]
        row = one(
            connection,
            "SELECT count(*), sum(amount_ore), sum(amount_sek), min(publication_status), min(publication_id) "
            f"FROM published.fct_allocation WHERE municipality_code = '{code}'",
        )
        assert row[:2] == (promised["rows"], promised["control_total_ore"])
        assert row[2] == Decimal(promised["control_total_ore"]) / 100
        assert row[3:] == ("proposal", "2027.0.1")
    sums = control_sums(connection)
    assert set(sums) == {("0780", 2027, "2027.0.1"), ("9999", 2027, "2027.0.1")}
    assert set(sums["9999", 2027, "2027.0.1"]) == set(CONTRACTS)


def test_each_line_still_adds_up_exactly_and_kronor_have_two_decimals(connection: psycopg.Connection, two: Path):
    assert one(
        connection, "SELECT count(*) FROM published.fct_allocation WHERE count * rate_ore + rounding_ore <> amount_ore"
    ) == (0,)
    kinds = dict(views.columns_of_views(connection)["fct_allocation"])
    assert (kinds["amount_sek"], kinds["amount_ore"], kinds["rate_ore"]) == ("numeric(18,2)", "bigint", "numeric(18,6)")


def test_the_swedish_views_hold_the_same_rows_under_swedish_labels(connection: psycopg.Connection, two: Path):
    row = one(
        connection,
        'SELECT "Skolenhet", "Tilldelning (kr)" FROM published.school_allocation_sv ORDER BY "Kommunkod", "Skolenhetskod"',
    )
    assert row == one(
        connection,
        "SELECT school_unit_name, total_sek FROM published.school_allocation ORDER BY municipality_code, school_unit_code",
    )
    assert "Ängsskolan" in row[0]
    for contract in CONTRACTS.values():
        labels = [name for name, _ in views.columns_of_views(connection)[f"{contract.table}_sv"]]
        assert labels[: len(reading_columns(contract))] == [swedish_label(c.name) for c in reading_columns(contract)]


@pytest.mark.parametrize(
    ("language", "words"), [("sv", "Belopp för året. [öre]"), ("en", "Amount for the year. [öre]")]
)
def test_tables_views_and_columns_carry_comments_in_the_chosen_language(empty, two: Path, language, words):
    publish(empty, root=two, language=language)
    for place in ("published.fct_allocation", "pub_0780_2027_0_1.fct_allocation"):
        assert one(
            empty,
            f"SELECT col_description('{place}'::regclass, (SELECT attnum FROM pg_attribute "
            f"WHERE attrelid = '{place}'::regclass AND attname = 'amount_ore'))",
        ) == (words,)
        assert one(empty, f"SELECT obj_description('{place}'::regclass)")[0]
    silent = empty.execute(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE relnamespace = 'published'::regnamespace AND attnum > 0 AND coalesce(col_description(c.oid, attnum), '') = ''"
    ).fetchall()
    assert silent == []


def test_sending_again_changes_nothing_and_takes_no_lock_on_what_is_read(connection, url: str, two: Path):
    before = dump(connection)
    with psycopg.connect(url) as reader:
        reader.execute("SELECT count(*) FROM published.school_allocation")  # held until the transaction ends
        assert statuses(connection, two) == ["unchanged", "unchanged"]
    assert dump(connection) == before


def test_a_new_proposal_takes_the_place_of_the_old_one_and_the_old_one_stays_loaded(connection, own: Path):
    release(candidate("9999", seed=1), own)
    assert verify(connection, root=own) == ["9999/2027: the database serves 2027.0.1, published/ 2027.0.2; send again"]
    assert publish(connection, root=own, language="sv") == [
        Sent("unchanged", "0780", 2027, "2027.0.1"), Sent("loaded", "9999", 2027, "2027.0.2"),
    ]  # fmt: skip
    assert verify(connection, root=own) == []
    assert connection.execute(
        "SELECT DISTINCT municipality_code, publication_id FROM published.fct_allocation ORDER BY 1"
    ).fetchall() == [("0780", "2027.0.1"), ("9999", "2027.0.2")]
    assert one(connection, "SELECT count(*) FROM pub_9999_2027_0_1.fct_allocation")[0] > 0


def test_a_damaged_version_is_refused_its_neighbour_is_sent_and_what_was_served_stays(connection, own: Path):
    for code in ("0780", "9999"):
        release(candidate(code, seed=1), own)
    damaged = own / "9999" / "2027" / "versions" / "2027.0.2" / "tables" / "fct_allocation.csv"
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    sent = publish(connection, root=own, language="sv")
    assert sent == [
        Sent("loaded", "0780", 2027, "2027.0.2"), Sent("refused", "9999", 2027, "2027.0.2", sent[1].problems),
    ]  # fmt: skip
    assert any("fct_allocation.csv has changed" in problem for problem in sent[1].problems)
    assert connection.execute(
        "SELECT DISTINCT municipality_code, publication_id FROM published.dim_year ORDER BY 1"
    ).fetchall() == [("0780", "2027.0.2"), ("9999", "2027.0.1")]


def test_a_pointer_that_leads_out_is_refused_with_words_and_its_neighbour_is_sent(empty, own: Path):
    pointer = own / "9999" / "2027" / "proposed"
    pointer.unlink()
    pointer.symlink_to("../elsewhere")
    sent = publish(empty, root=own, language="sv")
    assert [(each.status, each.municipality_code, each.publication_id) for each in sent] == [
        ("loaded", "0780", "2027.0.1"), ("refused", "9999", None),
    ]  # fmt: skip
    assert sent[1].problems == ("proposed in 9999/2027 leads out of versions/; restore it from the ledger",)


def test_a_load_that_came_out_wrong_is_rolled_back(empty, two: Path, monkeypatch: pytest.MonkeyPatch):
    honest = sink.tables.copy

    def loses_a_row(empty, *, schema, table, rows):
        honest(empty, schema=schema, table=table, rows=rows.slice(1) if table == "fct_allocation" else rows)

    monkeypatch.setattr(sink.tables, "copy", loses_a_row)
    sent = publish(empty, root=two, language="sv")
    assert [each.status for each in sent] == ["refused", "refused"]
    assert "fct_allocation: 21 rows, the manifest has 22" in sent[0].problems[0]
    assert one(empty, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'pub\\_%'") == (0,)


TAMPERED = [
    (
        "UPDATE pub_9999_2027_0_1.fct_allocation SET amount_ore = amount_ore + 100 WHERE line_code = 'grade_7'",
        "sums to",
    ),
    ("UPDATE pub_9999_2027_0_1.fct_need_index SET need_index = need_index + 0.0000001", "another content"),
    ("DELETE FROM pub_9999_2027_0_1.rule_result WHERE rule_id = 'Q-COUNT-004'", "rows, the manifest has"),
    ("UPDATE pub_9999_2027_0_1.dim_year SET publication_id = '2027.0.9'", "another publication"),
    ("UPDATE pub_9999_2027_0_1.dim_publication SET publication_status = 'decided'", "another content"),
    ("DROP VIEW published.school_allocation_sv", "view school_allocation_sv is missing"),
    ("GRANT INSERT ON published.dim_year TO bi_reader", "beyond reading"),
    ("REVOKE SELECT ON published.dim_year FROM bi_reader", "lacks ['SELECT']"),
    (
        "GRANT USAGE ON SCHEMA pub_9999_2027_0_1 TO bi_reader; GRANT SELECT ON pub_9999_2027_0_1.dim_year TO bi_reader",
        "beyond",
    ),
    ("DELETE FROM likvard_sink.served WHERE municipality_code = '9999'", "serves nothing"),
]


@pytest.mark.parametrize(("statement", "words"), TAMPERED)
def test_whatever_is_changed_behind_our_back_is_found(connection, two: Path, statement: str, words: str):
    connection.execute(statement)
    problems = verify(connection, root=two)
    assert any(words in problem for problem in problems), problems


def test_a_view_that_shows_less_is_found_by_its_sums(connection, two: Path):
    (select,) = one(connection, "SELECT pg_get_viewdef('published.fct_allocation'::regclass)")
    cut = select.rstrip().rstrip(";")
    connection.execute(
        f"CREATE OR REPLACE VIEW published.fct_allocation AS SELECT * FROM ({cut}) t WHERE line_code <> 'grade_7'"
    )
    problems = verify(connection, root=two)
    assert len(problems) == 2
    assert all("view fct_allocation shows" in problem for problem in problems)


def test_a_lost_view_comes_back_and_the_reader_may_read_it(connection, server: Server, url: str, two: Path):
    connection.execute("DROP VIEW published.school_allocation CASCADE")
    publish(connection, root=two, language="sv")
    assert verify(connection, root=two) == []


def test_the_reader_reads_the_views_and_can_do_nothing_else(connection, server: Server, two: Path):
    connection.execute("DROP ROLE IF EXISTS powerbi; CREATE ROLE powerbi LOGIN PASSWORD 'läser' IN ROLE bi_reader")
    with psycopg.connect(
        server.url(connection.info.dbname, user="powerbi", password="läser"), autocommit=True
    ) as reader:
        assert reader.execute("SELECT count(*) FROM published.school_allocation_sv").fetchone()[0] > 0
        for statement in (
            "SELECT * FROM pub_9999_2027_0_1.fct_allocation",
            "SELECT * FROM likvard_sink.served",
            "CREATE TEMP VIEW v AS SELECT 1; INSERT INTO pub_9999_2027_0_1.dim_year (funding_year) VALUES (1)",
            "DELETE FROM pub_9999_2027_0_1.dim_year",
            "CREATE TABLE published.mine (i int)",
            "DROP VIEW published.dim_year",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement)


def test_an_older_contract_is_served_with_empty_cells_for_what_it_did_not_have(connection, two: Path):
    older = registry.find(connection, "pub_0780_2027_0_1")
    tables = dict(older.content["tables"])
    del tables["need_calibration"]
    tables["dim_year"] = {
        **tables["dim_year"],
        "columns": [c for c in tables["dim_year"]["columns"] if c[0] != "earlier_count_date"],
    }
    older = registry.Loaded(older.schema, "0780", 2027, "2027.0.1", "", {"tables": tables})
    made = {view.name: view for view in views.wanted([older], language="sv")}
    assert connection.execute(
        f"SELECT count(*), count(earlier_count_date) FROM ({made['dim_year'].select}) t"
    ).fetchone() == (1, 0)
    assert connection.execute(f"SELECT count(*) FROM ({made['need_calibration'].select}) t").fetchone() == (0,)


def test_another_major_version_of_the_contract_is_refused(empty, two: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sink, "CONTRACT_VERSION", "2.0.0")
    sent = publish(empty, root=two, language="sv")
    assert {each.status for each in sent} == {"refused"}
    assert "keeps contract 1" in sent[0].problems[0]


def test_a_view_that_others_build_on_stays_when_columns_come_at_its_end_and_stops_a_move(
    connection, two: Path, monkeypatch
):
    publish(connection, root=two, language="sv")
    connection.execute("CREATE SCHEMA mine; CREATE VIEW mine.years AS SELECT funding_year FROM published.dim_year")
    honest = views.view_columns

    def moved(contract):
        columns = honest(contract)
        return columns[::-1] if contract.table == "dim_year" else columns

    monkeypatch.setattr(views, "view_columns", moved)
    with pytest.raises(PostgresError, match="views of others build on it"):
        publish(connection, root=two, language="sv")
    assert one(connection, "SELECT count(*) FROM mine.years") == (2,)
    monkeypatch.setattr(
        views,
        "view_columns",
        lambda contract: (
            (*honest(contract), *honest(CONTRACTS["dim_component"])[2:3])
            if contract.table == "dim_year"
            else honest(contract)
        ),
    )
    publish(connection, root=two, language="sv")
    assert one(connection, "SELECT count(*) FROM mine.years") == (2,)
    assert views.columns_of_views(connection)["dim_year"][-1] == ("name_en", "text")


def test_a_switch_waits_for_a_reader_and_never_stops_one(connection, url: str, own: Path, monkeypatch):
    monkeypatch.setattr(sink, "LOCK_TIMEOUT_MS", 50)
    release(candidate("9999", seed=1), own)
    done = []
    with psycopg.connect(url) as reader:
        first = reader.execute(
            "SELECT min(publication_id), max(publication_id) FROM published.school_allocation"
        ).fetchone()
        thread = threading.Thread(target=lambda: done.append(publish(connection, root=own, language="sv")))
        thread.start()
        time.sleep(0.5)
        second = reader.execute(
            "SELECT min(publication_id), max(publication_id) FROM published.fct_allocation"
        ).fetchone()
        assert first == second == ("2027.0.1", "2027.0.1"), "one transaction, one publication"
        assert not done
    thread.join(timeout=30)
    assert [each.status for each in done[0]] == ["unchanged", "loaded"]


def test_a_sender_that_was_overtaken_does_not_bring_the_older_publication_back(
    connection, url: str, own: Path, monkeypatch
):
    honest = sink._load

    def overtaken(slow, version, *, code, **others):
        sent = honest(slow, version, code=code, **others)
        if code == "9999" and version.publication_id == "2027.0.1":
            release(candidate("9999", seed=1), own)
            with psycopg.connect(url, autocommit=True) as fast:
                assert [each.publication_id for each in publish(fast, root=own, language="sv")] == [
                    "2027.0.1",
                    "2027.0.2",
                ]
        return sent

    monkeypatch.setattr(sink, "_load", overtaken)
    assert [each.publication_id for each in publish(connection, root=own, language="sv")] == ["2027.0.1", "2027.0.2"]
    assert verify(connection, root=own) == []


def test_readers_that_never_let_go_are_told_of_and_the_old_views_stand(connection, url: str, own: Path, monkeypatch):
    release(candidate("9999", seed=1), own)
    for name, value in (("LOCK_TIMEOUT_MS", 10), ("ATTEMPTS", 3), ("PAUSE_S", 0.01)):
        monkeypatch.setattr(sink, name, value)
    with psycopg.connect(url) as reader:
        reader.execute("SELECT 1 FROM published.school_allocation")
        with pytest.raises(PostgresError, match="the old ones stand"):
            publish(connection, root=own, language="sv")
    assert one(connection, "SELECT max(publication_id) FROM published.dim_year") == ("2027.0.1",)


def test_a_user_without_rights_is_told_which_it_needs(empty, server: Server, two: Path):
    empty.execute("DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN PASSWORD 'p'")
    poor_url = server.url(empty.info.dbname, user="poor", password="p")
    with (
        psycopg.connect(poor_url, autocommit=True) as poor,
        pytest.raises(PostgresError, match="needs CREATE on the database"),
    ):
        publish(poor, root=two, language="sv")


def test_nothing_sent_is_said_so(empty, two: Path):
    assert verify(empty, root=two) == ["nothing was ever sent to this database; run likvard postgres publish"]
