"""The door's verbs as a person uses them: what they print, what they leave, what they never say."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.intake.conflicts import write_conflict_lists
from orchestration.intake.notices import keep_notices, kept_notices, notices
from orchestration.intake.pseudonym import fingerprint, load_key
from orchestration.report.terminal import notices_view
from orchestration.settings import settings
from tests.orchestration.governance.homes import ANNA, BO, CIA, PERIOD, Home, pupil, pupil_file

Likvard = Callable[..., Result]
BAD = "20200105-2395"


@pytest.fixture
def likvard(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Likvard]:
    """The command in a home of its own, with a random key."""
    secret = tmp_path / "key"
    secret.write_bytes(os.urandom(32))
    secret.chmod(0o400)
    monkeypatch.setenv("LIKVARD_HOME", str(home.path))
    monkeypatch.setenv("LIKVARD_KEY_FILE", str(secret))
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, list(words))
    settings.cache_clear()


def look(home: Home) -> None:
    home.look(key=load_key(settings().key_file or Path()))


def test_rejected_rows_make_the_round_through_the_command(home: Home, likvard: Likvard) -> None:
    home.drop(pupil_file(pupil(ANNA), pupil(BAD), pupil(CIA, unit="77")))
    look(home)
    told = likvard("rejects", "export", "enrollment", PERIOD, "--municipality", "9999")
    assert told.exit_code == 0, told.output
    (path,) = (home.path / "restricted" / "rejects").iterdir()
    assert str(path) in told.output
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    rows[1][2] = BO
    mended = home.path / "mended.csv"
    sink = io.StringIO()
    csv.writer(sink, delimiter=";").writerows(rows)
    mended.write_text(sink.getvalue(), "utf-8")
    loaded = likvard("rejects", "load", str(mended))
    assert loaded.exit_code == 0, loaded.output
    assert "Rejected 2 = mended 1 + still rejected 1." in loaded.output
    again = likvard("rejects", "load", str(mended))
    assert again.exit_code == 0
    assert "received before" in again.output
    assert not [who for who in (ANNA, BO, CIA, BAD) if who in told.output + loaded.output]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("rejects", "export", "enrollment", "2020-10-15"), "no delivery of enrollment"),
        (("rejects", "export", "enrollment", PERIOD, "--municipality", "0180"), "no folder"),
        (("rejects", "load", "nowhere.csv"), "not a plain file"),
        (("map", "nowhere.csv"), "not a plain file"),
        (("conflicts", "1999"), "not a funding year"),
        (("conflicts", "2027"), "likvard run YEAR"),
        (("key", "rotate", "--old", "a", "--new", "b"), "missing"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_to_do(likvard: Likvard, words: tuple[str, ...], says: str) -> None:
    done = likvard(*words)
    assert done.exit_code == 2, done.output
    assert says in done.output


def test_a_file_that_is_no_correction_is_not_loaded(home: Home, likvard: Likvard) -> None:
    plain = home.path / "x.csv"
    plain.write_bytes(pupil_file(pupil(ANNA)))
    done = likvard("rejects", "load", str(plain))
    assert done.exit_code == 2
    assert "D-CORRECTION" in done.output
    assert home.store.everything() == ()


def test_the_draft_goes_to_standard_output_alone(home: Home, likvard: Likvard) -> None:
    file = home.path / "okänd 2026-10-15.csv"
    file.write_bytes(pupil_file(pupil(ANNA)))
    done = likvard("map", str(file), "--source", "enrollment")
    assert done.exit_code == 0, done.output
    assert "source: enrollment" in done.stdout
    assert "Left to check" in done.stderr
    assert ANNA not in done.output


def test_the_key_is_rotated_by_files_and_no_key_is_printed(home: Home, likvard: Likvard, tmp_path: Path) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    look(home)
    old, new = settings().key_file, tmp_path / "new"
    new.write_bytes(os.urandom(32))
    new.chmod(0o400)
    done = likvard("key", "rotate", "--old", str(old), "--new", str(new))
    assert done.exit_code == 0, done.output
    assert fingerprint(new.read_bytes()) in done.output
    assert new.read_bytes().hex() not in done.output
    assert (
        likvard("key", "rotate", "--old", str(old), "--new", str(new)).exit_code == 0
    )  # taken up again: nothing to do


def test_the_key_of_a_demo_stays(home: Home, likvard: Likvard) -> None:
    (home.path / "DEMO").touch()
    done = likvard("key", "rotate", "--old", "a", "--new", "b")
    assert (done.exit_code, "demonstration" in done.output) == (2, True)


def test_a_dry_run_forgets_nothing_and_the_run_what_was_shown(home: Home, likvard: Likvard) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look(key=load_key(settings().key_file or Path()), received=datetime(2020, 1, 1))
    sha256 = home.only().sha256
    shown = likvard("purge", "--dry-run")
    assert sha256 in shown.output
    assert home.store.path(sha256).exists()
    done = likvard("purge")
    assert sha256 in done.output
    assert not home.store.path(sha256).exists()
    assert "Nothing is older" in likvard("purge").output


def warehouse(home: Home, rows: list[tuple]) -> Path:
    """A warehouse with conflicts, as the tables of dbt hold them."""
    path = home.path / "pseudonymised" / "warehouse.duckdb"
    path.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema staging; create schema intermediate; create schema marts")
        connection.execute(
            "create table intermediate.int_enrollment__conflicts (municipality_code varchar, count_date date, "
            "delivery_id varchar, delivery_row_number integer, conflict_kind varchar, pupil_key varchar, "
            "school_unit_code varchar, grade varchar, valid_from date, valid_to date, is_counted boolean, "
            "excluded_rule varchar, other_school_unit_code varchar, other_row_number integer)"
        )
        for row in rows:
            connection.execute(
                f"insert into intermediate.int_enrollment__conflicts values ({','.join('?' * 14)})", list(row)
            )
        connection.execute(
            "create table marts.fct_enrollment_conflicts as select municipality_code, count_date, conflict_kind, "
            "school_unit_code, other_school_unit_code, 1 as row_count, 1 as pupil_count, "
            "is_counted::integer as counted_here from intermediate.int_enrollment__conflicts"
        )
        connection.execute(
            "create table staging.stg_municipality__enrollment as "
            "select '9999' as municipality_code, date '2026-10-15' as count_date"
        )
    return path


DAY = date(2026, 10, 15)
FIRST = ("9999", DAY, "d", 2, "two_units_on_count_date", "v2:SECRETKEY", "10000001", "4", DAY, None, False)
SECOND = ("9999", DAY, "d", 3, "two_units_on_count_date", "v2:SECRETKEY", "10000002", "4", DAY, None, True)
ENDED = ("9999", DAY, "d", 9, "unit_code_split", "v2:OTHERKEY", "10000003", "F", DAY, None, True)
CONFLICTS = [
    (*FIRST, "pupil_counted_elsewhere", "10000002", 3),
    (*SECOND, None, "10000001", 2),
    (*ENDED, None, "10000004", None),
]


def test_conflicts_are_printed_as_counts_per_pair_without_a_key(home: Home, likvard: Likvard) -> None:
    warehouse(home, CONFLICTS)
    done = likvard("conflicts", "2027")
    assert done.exit_code == 0, done.output
    assert "10000001" in done.output
    assert "two units on the count date" in done.output
    assert "SECRETKEY" not in done.output
    assert "No conflicting" in likvard("conflicts", "2024").output


def test_a_conflict_is_listed_for_both_units_and_old_lists_go(home: Home) -> None:
    stale = home.path / "restricted" / "conflicts" / "9999" / "2026-10-15" / "19999999.csv"
    stale.parent.mkdir(parents=True)
    stale.write_text("x")
    lists = write_conflict_lists(home.path, warehouse=warehouse(home, CONFLICTS))
    assert [path.stem for path in lists] == ["10000001", "10000002", "10000003", "10000004"]
    assert not stale.exists()
    first, second, ended, successor = (path.read_text("utf-8-sig").splitlines() for path in lists)
    assert first[1].startswith("two_units_on_count_date;10000001;d;2;v2:SECRETKEY")
    assert second[1].startswith("two_units_on_count_date;10000002;d;3;v2:SECRETKEY")
    assert ended[1] == successor[1]
    assert lists[0].stat().st_mode & 0o777 == 0o400


def test_notices_of_a_look_are_said_once_with_counts_and_no_number_of_a_pupil(home: Home, likvard: Likvard) -> None:
    def said() -> list[str]:
        report = home.look()
        assert home.taken is not None
        keep_notices(home.path, notices(home.taken, report))
        return [view.plain for view in notices_view(settings())]

    home.drop(pupil_file(pupil(ANNA), pupil(BO)))
    assert said() == []
    home.drop(pupil_file(pupil(ANNA), pupil(BO)), "elever_2026-10-15_igen.csv", at=2.0)
    assert said() == ["elever_2026-10-15_igen.csv: the file was received before for 2026-10-15; nothing changed."]
    home.drop(pupil_file(pupil(ANNA), pupil(CIA), pupil(BO, unit="99990002")), "elever_2026-10-15_ny.csv", at=3.0)
    (sentence,) = said()
    assert "1 rows added, 0 removed, 1 changed, 1 alike" in sentence
    assert said() == []
    assert kept_notices(home.path) == ()
