"""A backup can be put back bit for bit; a torn or altered one, and a home that holds anything, are refused."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from candidates import snapshot

from orchestration.intake.key_ledger import note_key
from orchestration.operations import backup as writing
from orchestration.operations.backup import LIST, BackupError, write_backup
from orchestration.operations.doctor import examine
from orchestration.operations.restore import restore_backup
from orchestration.settings import Settings


@pytest.fixture
def elsewhere(found: Settings, tmp_path: Path) -> Settings:
    """Settings of a home that does not exist, with no policies."""
    return found.model_copy(update={"home": tmp_path / "new" / "home", "policies": tmp_path / "new" / "policies"})


@pytest.fixture
def personal(found: Settings) -> Settings:
    """The home with a delivery, accepted rows and a key in use."""
    note_key(found.home, "0123456789abcdef", event="first_used", since="2026-10-20T06:00:00+00:00")
    for zone, mode in (("restricted", 0o400), ("pseudonymised", 0o640)):
        path = found.home / zone / "rows.csv"
        path.write_text("rows of pupils")
        path.chmod(mode)
    return found


def modes(root: Path) -> dict[str, int]:
    return {
        p.relative_to(root).as_posix(): stat.S_IMODE(p.lstat().st_mode) for p in root.rglob("*") if not p.is_symlink()
    }


def write(found: Settings, folder: Path, now, **what: bool):
    return write_backup(found, folder, now=now, **{"restricted": False, "key": False, **what})


def test_what_was_published_comes_back_bit_for_bit(
    personal: Settings, elsewhere: Settings, tmp_path: Path, now, enough_disk
):
    made = write(personal, tmp_path / "backup", now)
    assert made.problems == ()
    done = restore_backup(elsewhere, tmp_path / "backup")
    assert (done.policies, done.has_restricted, done.has_key, done.problems) == ("restored", False, False, ())
    for zone in ("published", "aggregate"):
        assert snapshot(elsewhere.home / zone) == snapshot(personal.home / zone)
        assert modes(elsewhere.home / zone) == modes(personal.home / zone)
    assert snapshot(elsewhere.policies) == snapshot(personal.policies)
    assert [f.code for f in examine(elsewhere, operations=enough_disk, now=now).findings] == ["key_absent"]


def test_personal_data_and_keys_go_along_only_when_asked(personal: Settings, elsewhere: Settings, tmp_path: Path, now):
    key = tmp_path / "pupils"
    key.write_bytes(bytes(range(32)))
    with_key = personal.model_copy(update={"key_file": key})
    write(with_key, tmp_path / "plain", now)
    plain = snapshot(tmp_path / "plain")
    assert not any(b"rows of pupils" in content or bytes(range(32)) in content for content in plain.values())
    assert "home/restricted/keys.jsonl" in plain, "fingerprints catch a wrong key in the restored home"
    write(with_key, tmp_path / "whole", now, restricted=True, key=True)
    assert stat.S_IMODE((tmp_path / "whole").stat().st_mode) == 0o700
    done = restore_backup(elsewhere, tmp_path / "whole")
    assert (done.has_restricted, done.has_key) == (True, True)
    assert snapshot(elsewhere.home) == snapshot(personal.home)
    assert modes(elsewhere.restricted) == modes(personal.restricted)
    assert not list(elsewhere.home.rglob("pupils")), "a key is never put anywhere by itself"


def tear(folder: Path) -> None:
    next(folder.glob("home/published/9999/2027/versions/2027.0.2/tables/fct_allocation.parquet")).unlink()


def flip(folder: Path) -> None:
    path = folder / "home" / "published" / "9999" / "ledger.jsonl"
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(bytes(content))


def add(folder: Path) -> None:
    (folder / "home" / "more.txt").write_text("more")


def lose_list(folder: Path) -> None:
    (folder / LIST).unlink()


def alter_list(folder: Path) -> None:
    path = folder / LIST
    told = json.loads(path.read_text())
    told["problems"] = ["2027.0.2: everything is well"]
    path.chmod(0o600)
    path.write_text(json.dumps(told))


def move_pointer(folder: Path) -> None:
    pointer = folder / "home" / "published" / "9999" / "2027" / "proposed"
    pointer.unlink()
    pointer.symlink_to("versions/2027.0.1")


@pytest.mark.parametrize("damage", [tear, flip, add, lose_list, alter_list, move_pointer], ids=lambda d: d.__name__)
def test_a_torn_or_altered_backup_is_refused_and_nothing_is_written(
    found: Settings, elsewhere: Settings, tmp_path: Path, now, damage
):
    write(found, tmp_path / "backup", now)
    damage(tmp_path / "backup")
    with pytest.raises(BackupError, match="backup"):
        restore_backup(elsewhere, tmp_path / "backup")
    assert not elsewhere.home.parent.exists() or snapshot(elsewhere.home.parent) == {}


def test_a_backup_that_breaks_off_never_has_its_name(
    found: Settings, elsewhere: Settings, tmp_path: Path, now, monkeypatch: pytest.MonkeyPatch
):
    real, calls = writing._write, []

    def breaks_off(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) == 20:
            raise OSError(28, os.strerror(28))
        real(path, content)

    monkeypatch.setattr(writing, "_write", breaks_off)
    with pytest.raises(OSError, match="No space"):
        write(found, tmp_path / "backup", now)
    assert not (tmp_path / "backup").exists()
    with pytest.raises(BackupError, match="no whole backup"):
        restore_backup(elsewhere, tmp_path / ".backup.part")
    monkeypatch.undo()
    write(found, tmp_path / "backup", now)
    assert not (tmp_path / ".backup.part").exists()
    restore_backup(elsewhere, tmp_path / "backup")
    assert snapshot(elsewhere.published) == snapshot(found.published)


def test_a_home_that_holds_anything_is_never_written_over(found: Settings, tmp_path: Path, now):
    write(found, tmp_path / "backup", now)
    before = snapshot(found.home)
    with pytest.raises(BackupError, match="not empty"):
        restore_backup(found, tmp_path / "backup")
    assert snapshot(found.home) == before


def test_policies_that_stand_are_compared_and_left_alone(found: Settings, elsewhere: Settings, tmp_path: Path, now):
    write(found, tmp_path / "backup", now)
    standing = elsewhere.model_copy(update={"policies": found.policies})
    assert restore_backup(standing, tmp_path / "backup").policies == "same"
    (found.policies / "default" / "model.yml").write_text("changed: 1\n")
    other = standing.model_copy(update={"home": tmp_path / "third"})
    assert restore_backup(other, tmp_path / "backup").policies == "differ"
    assert (found.policies / "default" / "model.yml").read_text() == "changed: 1\n"


def test_a_damaged_publication_is_copied_and_named(found: Settings, elsewhere: Settings, tmp_path: Path, now):
    path = found.published / "9999" / "2027" / "versions" / "2027.0.1" / "RELEASE.md"
    path.chmod(0o644)
    path.write_text("other words")
    made = write(found, tmp_path / "backup", now)
    assert made.problems == ("2027.0.1: RELEASE.md has changed",)
    assert restore_backup(elsewhere, tmp_path / "backup").problems == made.problems


@pytest.mark.parametrize("place", ["home/backup", "policies/backup", "there"])
def test_a_backup_gets_a_folder_of_its_own_outside_what_it_copies(found: Settings, tmp_path: Path, now, place: str):
    (tmp_path / "there").mkdir()
    before = snapshot(tmp_path)
    with pytest.raises(BackupError):
        write(found, tmp_path / place, now)
    assert snapshot(tmp_path) == before


def test_a_file_that_changes_while_it_is_copied_is_refused(
    found: Settings, tmp_path: Path, now, monkeypatch: pytest.MonkeyPatch
):
    target = found.tables / "publication_outcome" / "funding_year=2027.json"
    real = Path.read_bytes

    def grows(path: Path) -> bytes:
        content = real(path)
        if path == target:
            with path.open("ab") as file:
                file.write(b" ")
        return content

    monkeypatch.setattr(Path, "read_bytes", grows)
    with pytest.raises(BackupError, match="changed while it was copied"):
        write(found, tmp_path / "backup", now)


def test_links_that_are_no_pointers_are_refused(found: Settings, tmp_path: Path, now):
    (found.policies / "0780").symlink_to("/etc")
    with pytest.raises(BackupError, match="policies/0780 is a link"):
        write(found, tmp_path / "backup", now)
