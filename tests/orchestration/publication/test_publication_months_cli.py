"""``likvard month`` as a person uses it: over a decided publication, from counts to a released run, and what it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from candidates import GRADES
from click.testing import Result
from deciding import cheap_duckdb, decided
from form_tables import form_marts, kept_forms
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.payments.kept_forms import keep
from orchestration.payments.places import Place
from orchestration.publication import duckdb_file
from orchestration.settings import REPOSITORY, settings

UNIT, FORM_UNIT = "99990001", "99999002"
Likvard = Callable[..., Result]


@pytest.fixture(scope="module")
def decided_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration with a decided publication and January's count."""
    home = tmp_path_factory.mktemp("months") / "home"
    (home / "pseudonymised").mkdir(parents=True)
    (home / "DEMO").write_text("a demonstration\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
        decided(home / "published")
    with duckdb.connect(str(home / "pseudonymised" / "warehouse.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_monthly_enrollment as select '9999' as municipality_code, date '2027-01-15' as count_date, "
            f"'{UNIT}' as school_unit_code, unnest({[grade.upper() for grade in GRADES]}) as grade, '9999' as home_municipality_code, "
            "10 as pupil_count, 0 as august_pupil_count"
        )
        for name, sql in form_marts("9999").items():
            connection.execute(f"create table marts.{name} as {sql}")
    keep(Place(home / "payments", "9999", 2027), "2027.0.1", kept_forms("9999", 2027))
    return home


@pytest.fixture(params=["en", "sv"])
def likvard(request, decided_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Likvard]:
    """The command in such a home, with policies that may be changed."""
    home = tmp_path / "home"
    shutil.copytree(decided_once, home, symlinks=True)
    shutil.copytree(REPOSITORY / "policies", tmp_path / "policies")
    (tmp_path / "policies" / "9999" / "supplements.yml").unlink()  # of units that the small publication has not
    for name, value in {"HOME": home, "POLICIES": tmp_path / "policies", "LANGUAGE": request.param}.items():
        monkeypatch.setenv(f"LIKVARD_{name}", str(value))
    monkeypatch.setenv("COLUMNS", "250")
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, list(words))
    settings.cache_clear()


def test_a_month_is_prepared_approved_by_two_released_and_explained(likvard: Likvard):
    done = likvard("month", "run", "2027-01", "--as-delivered")
    assert done.exit_code == 0, done.output
    assert likvard("month", "release", "2027-01.1", "--as", "official").exit_code == 4
    for role in ("controller", "board"):
        assert likvard("month", "approve", "2027-01.1", "--as", role).exit_code == 0
    released = likvard("month", "release", "2027-01.1", "--as", "official")
    assert released.exit_code == 0, released.output
    assert "2027-01.1" in likvard("month", "status").output
    told = likvard("explain", UNIT, "--month", "2027-01")
    assert told.exit_code == 0, told.output
    assert all(word in told.output for word in ("base_part", "structural_part", "2027.1.0", "2027-01.1"))
    preschool = likvard("explain", FORM_UNIT, "--month", "2027-01").output
    words = ("preschool_base_part", "fees", "age_3_full", "2026-09-15")  # a long code folds in a narrow terminal
    assert [word for word in words if word not in preschool] == [], preschool
    assert any(word in preschool for word in ("Preschool", "Förskola"))
    assert likvard("month", "run", "2027-01", "--as-delivered").exit_code == 0
    assert likvard("month", "run", "2027-03", "--as-delivered").exit_code == 4


def test_wrong_use_is_told_and_pays_nothing(likvard: Likvard, tmp_path: Path):
    for words in (
        ("month", "run", "2027-3", "--as-delivered"), ("month", "approve", "2027-01.7"), ("month", "release", "x"),
        ("explain", UNIT, "--month", "2027-02"), ("month", "run", "2028-01", "--as-delivered"),
    ):  # fmt: skip
        done = likvard(*words)
        assert done.exit_code == 2, (words, done.output)
    shutil.rmtree(tmp_path / "policies" / "9999")
    assert likvard("month", "run", "2027-01", "--as-delivered").exit_code == 2
    assert not (tmp_path / "home" / "payments" / "9999" / "2027" / "runs").exists()


def test_whether_anything_is_decided_is_asked_before_anything_is_taken_in(likvard: Likvard, tmp_path: Path):
    done = likvard("month", "run", "2028-01")
    assert done.exit_code == 2
    assert "9999" in done.output
    assert "2028" in done.output
    assert not (tmp_path / "home" / "dagster").exists(), "nothing was started"


def test_a_neighbour_without_a_decision_does_not_hold_up_the_month(likvard: Likvard, tmp_path: Path):
    shutil.copytree(tmp_path / "policies" / "9999", tmp_path / "policies" / "9998")
    done = likvard("month", "run", "2027-01", "--as-delivered")
    assert done.exit_code == 4
    assert "9998 has no decided publication of 2027" in done.output
    assert "2027-01.1" in likvard("month", "status").output


def test_an_approval_of_nothing_says_where_to_look(likvard: Likvard):
    for words, where in (
        (("month", "approve", "2027-01.7"), "month status"),
        (("approve", "2027.0.77"), "likvard status"),
    ):
        told = likvard(*words).output
        assert words[-1] in told
        assert where in told
