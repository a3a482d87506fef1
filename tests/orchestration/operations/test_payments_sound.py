"""Payments are looked after like publications: each damage gives its own finding, and a backup gives them back whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from candidates import snapshot

from orchestration.intake.zones import create_zones
from orchestration.operations.backup import BackupError, write_backup
from orchestration.operations.doctor import examine
from orchestration.operations.probes_payments import payment_findings
from orchestration.operations.restore import restore_backup
from orchestration.paying import damaged
from orchestration.payments import book
from orchestration.payments.places import EXPORT, LINES, Place
from orchestration.publication import ledger
from orchestration.settings import Settings
from tests.models_py.payment.payment_worlds import CODE, YEAR
from tests.orchestration.payments.payment_home import pay, run

JANUARY, FEBRUARY = "2027-01.1", "2027-02.1"


@pytest.fixture(scope="module")
def paid_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """January is paid, February prepared; tests work in copies."""
    place = Place(tmp_path_factory.mktemp("paid") / "payments", CODE, YEAR)
    pay(place, 1)
    assert run(place, 2).run_id == FEBRUARY
    return place.root


@pytest.fixture
def found(tmp_path: Path) -> Settings:
    """A home with its zones and no publication."""
    create_zones(tmp_path / "home")
    (tmp_path / "policies").mkdir()
    return Settings(home=tmp_path / "home", policies=tmp_path / "policies")


@pytest.fixture
def place(found: Settings, paid_once: Path) -> Place:
    shutil.copytree(paid_once, found.payments, symlinks=True)
    return Place(found.payments, CODE, YEAR)


def alter(path: Path, old: bytes, new: bytes) -> None:
    path.chmod(0o644)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    path.chmod(0o444)


def alter_lines(place: Place) -> None:
    alter(place.run(JANUARY) / LINES, b"PAR1", b"PAR2")


def alter_prepared(place: Place) -> None:
    alter(place.run(FEBRUARY) / EXPORT / "payments.csv", b"9999", b"9998")


def other_manifest(place: Place) -> None:
    """A run that is whole in itself, and is not the one that was released."""
    alter(place.run(JANUARY) / "manifest.json", b'"is_demo": false', b'"is_demo":  false')


def lose_run(place: Place) -> None:
    place.run(JANUARY).parent.chmod(0o755)
    for path in (place.run(JANUARY), place.run(JANUARY) / EXPORT):
        path.chmod(0o755)
    shutil.rmtree(place.run(JANUARY))


def rewrite_ledger(place: Place) -> None:
    alter(place.ledger, b'"cecilia"', b'"cecilie"')


def tear_ledger(place: Place) -> None:
    with place.ledger.open("ab") as stream:
        stream.write(b'{"event":"rel')


def lead_astray(place: Place) -> None:
    place.released(JANUARY).unlink()
    place.released(JANUARY).symlink_to(f"../runs/{FEBRUARY}")


def release_by_hand(place: Place) -> None:
    place.released(FEBRUARY).symlink_to(f"../runs/{FEBRUARY}")


def lose_link(place: Place) -> None:
    place.released(JANUARY).unlink()


def lose_line(place: Place) -> None:
    kept = place.ledger.read_bytes().splitlines(keepends=True)
    place.ledger.write_bytes(b"".join(kept[:-1]))


def leave_staging(place: Place) -> None:
    (place.folder / ".staging" / FEBRUARY).mkdir(parents=True)


def leave_open(place: Place) -> None:
    (place.run(JANUARY) / EXPORT).chmod(0o755)


DAMAGES = [
    (alter_lines, "payment_run", 4),
    (alter_prepared, "payment_run", 4),
    (other_manifest, "payment_run", 4),
    (lose_run, "payment_run", 4),
    (rewrite_ledger, "payment_ledger", 4),
    (lead_astray, "payment_link", 4),
    (release_by_hand, "payment_link", 4),
    (tear_ledger, "payment_unfinished", 3),
    (lose_link, "payment_unfinished", 3),
    (lose_line, "payment_unfinished", 3),
    (leave_staging, "payment_unfinished", 3),
    (leave_open, "payment_open", 3),
]


def codes(found: Settings, operations, now) -> list[str]:
    return [finding.code for finding in examine(found, operations=operations, now=now).findings]


def test_a_home_with_sound_payments_has_no_findings(found: Settings, place: Place, enough_disk, now):
    assert codes(found, enough_disk, now) == []
    assert damaged(found) == []


@pytest.mark.parametrize(("damage", "code", "exit_code"), DAMAGES, ids=lambda value: getattr(value, "__name__", ""))
def test_each_damage_gives_its_own_finding(
    found: Settings, place: Place, damage: Callable[[Place], None], code: str, exit_code: int
):
    damage(place)
    (told,) = payment_findings(found)
    assert (told.code, told.severity) == (code, {4: "critical", 3: "warning"}[exit_code])
    assert told.where.startswith(f"payments/{CODE}/")
    assert told.what
    assert told.to_do
    assert bool(damaged(found)) == (exit_code == 4)


def test_the_doctor_asks_for_payments_among_everything_else(found: Settings, place: Place, enough_disk, now):
    alter_lines(place)
    report = examine(found, operations=enough_disk, now=now)
    assert ([one.code for one in report.findings], report.exit_code) == (["payment_run"], 4)


def test_a_month_paid_twice_is_a_finding_of_the_ledger(found: Settings, place: Place, monkeypatch):
    twice = book.released_ids(ledger.read(place.ledger), funding_year=YEAR) * 2
    monkeypatch.setattr("orchestration.payments.book.released_ids", lambda *_, **__: twice)
    (told,) = payment_findings(found)
    assert (told.code, "two originals" in told.what) == ("payment_ledger", True)


def test_what_somebody_is_writing_is_not_unfinished(found: Settings, place: Place):
    lose_link(place)
    leave_staging(place)
    working = os.open(found.payments, os.O_RDONLY)
    fcntl.flock(working, fcntl.LOCK_EX)
    assert list(payment_findings(found)) == []
    os.close(working)
    assert [one.code for one in payment_findings(found)] == ["payment_unfinished", "payment_unfinished"]


@pytest.fixture
def elsewhere(found: Settings, tmp_path: Path) -> Settings:
    return found.model_copy(update={"home": tmp_path / "new" / "home", "policies": tmp_path / "new" / "policies"})


def backed_up(found: Settings, folder: Path, now):
    return write_backup(found, folder, now=now, restricted=False, key=False)


def test_payments_come_back_bit_for_bit_and_the_next_month_is_paid_on_them(
    found: Settings, place: Place, elsewhere: Settings, tmp_path: Path, enough_disk, now
):
    assert backed_up(found, tmp_path / "backup", now).problems == ()
    assert restore_backup(elsewhere, tmp_path / "backup").problems == ()
    assert snapshot(elsewhere.payments) == snapshot(found.payments)
    again = Place(elsewhere.payments, CODE, YEAR)
    assert again.released(JANUARY).resolve() == again.run(JANUARY)
    assert codes(elsewhere, enough_disk, now) == []
    assert (run(again, 1).status, run(again, 2).status) == ("released", "verified")


def test_a_damaged_run_is_copied_and_named(found: Settings, place: Place, elsewhere: Settings, tmp_path: Path, now):
    alter_lines(place)
    made = backed_up(found, tmp_path / "backup", now)
    assert made.problems == (f"payments/{CODE}/{YEAR}/runs/{JANUARY}: {JANUARY}: {LINES} has changed",)
    assert restore_backup(elsewhere, tmp_path / "backup").problems == made.problems


def test_a_payment_that_was_altered_in_the_backup_is_not_put_back(
    found: Settings, place: Place, elsewhere: Settings, tmp_path: Path, now
):
    backed_up(found, tmp_path / "backup", now)
    copied = Place(tmp_path / "backup" / "home" / "payments", CODE, YEAR)
    alter(copied.run(JANUARY) / EXPORT / "payments.csv", b"9999", b"9998")
    with pytest.raises(BackupError, match="has changed"):
        restore_backup(elsewhere, tmp_path / "backup")
    assert not elsewhere.home.exists()
