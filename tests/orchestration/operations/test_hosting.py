"""Municipalities on one machine: each account reaches its own place, and nothing of another's, tried as that account."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.other_account import attempts, attempts_at, called_as, succeeded
from orchestration.intake.pseudonym import load_key
from orchestration.operations.hosting import Account, HostError, Place, make_place
from orchestration.operations.probes_separation import separation_findings
from orchestration.settings import REPOSITORY, Settings

OWN, OTHER = Account("likvard-0780", 50_780, 50_780), Account("likvard-1280", 51_280, 51_280)
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")


@pytest.fixture
def host() -> Iterator[tuple[Place, Place]]:
    """Two places; pytest's own folders are closed to other accounts."""
    root = Path(tempfile.mkdtemp(prefix="likvard-host-"))
    root.chmod(0o711)
    try:
        yield tuple(place(root, account) for account in (OWN, OTHER))
    finally:
        shutil.rmtree(root)


def place(root: Path, account: Account) -> Place:
    code = account.name[-4:]
    made = make_place(code, data=root / "srv", keys=root / "etc", account=account, policies=REPOSITORY / "policies")
    inbox = made.folder / "home" / "restricted" / "inbox"
    inbox.mkdir(mode=0o700)
    for file in (inbox / "rows.csv", made.folder / "home" / "published" / "ledger.jsonl"):
        file.write_text("rows")
        file.chmod(0o644)
        os.chown(file, account.uid, account.gid)
    os.chown(inbox, account.uid, account.gid)
    return made


def reached(of: Place, by: Account) -> list[str]:
    """What the account could do at the place."""
    files = (path for path in (of.folder / "home").rglob("*") if path.is_file())
    tries = attempts(of) | attempts_at(files)
    assert len(tries) == 36
    return called_as(by, lambda: succeeded(tries))


def test_no_account_reaches_anothers_place(host):
    first, second = host
    assert reached(first, OTHER) == []
    assert reached(second, OWN) == []


def test_each_account_reads_its_own_key_and_writes_in_its_own_home(host):
    for made, account in zip(host, (OWN, OTHER), strict=True):
        own = attempts(made)
        home = made.folder / "home"
        names = ("read the key", "read the settings", f"write in {home / 'restricted'}", f"list {home}")
        wanted = {name: own[name] for name in names}
        assert called_as(account, lambda wanted=wanted: succeeded(wanted)) == list(wanted)


@pytest.mark.parametrize(
    ("opened", "mode", "way"),
    [
        (("folder", "home", "home/restricted", "home/restricted/inbox"), 0o755, "rows.csv"),
        (("folder", "home"), 0o755, "ledger.jsonl"),
        (("folder.parent",), 0o777, "put another in its place"),
    ],
)
def test_what_was_opened_by_hand_is_found_by_the_same_attempts(host, opened: tuple[str, ...], mode: int, way: str):
    first = host[0]
    for name in opened:
        path = {"folder": first.folder, "folder.parent": first.folder.parent}.get(name, first.folder / name)
        path.chmod(mode)
    assert any(way in name for name in reached(first, OTHER))


def test_a_key_is_random_strong_and_its_owners_alone(host):
    keys = [load_key(made.key_file) for made in host]
    assert len(set(keys)) == 2
    for made, account in zip(host, (OWN, OTHER), strict=True):
        found = made.key_file.stat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o400, account.uid)


def test_the_settings_name_this_place_and_are_settings_that_are_read(host):
    lines = dict(line.split("=", 1) for line in host[0].environment.read_text().splitlines())
    assert Path(lines["LIKVARD_HOME"]) == host[0].folder / "home"
    assert Path(lines["LIKVARD_KEY_FILE"]) == host[0].key_file
    assert {name for name in lines if name.startswith("LIKVARD_")} <= {
        f"LIKVARD_{field.upper()}" for field in Settings.model_fields
    }


def test_a_place_that_stands_is_not_made_again_and_its_key_is_kept(host):
    root, key = host[0].folder.parents[1], host[0].key_file.read_bytes()
    with pytest.raises(HostError, match="is there already"):
        place(root, OWN)
    shutil.rmtree(host[0].folder)
    assert place(root, OWN).key_file.read_bytes() == key


def test_a_root_in_which_others_may_write_is_refused(host):
    root = host[0].folder.parent
    root.chmod(0o777)
    with pytest.raises(HostError, match="others may write in it"):
        make_place("0781", data=root, keys=root, account=OWN, policies=REPOSITORY / "policies")
    assert not (root / "0781").exists()


@pytest.mark.parametrize("code", ["078", "../0780", "078a", "٠٧٨٠", ""])
def test_what_is_no_municipality_code_makes_nothing(tmp_path: Path, code: str):
    with pytest.raises(HostError, match="no municipality code"):
        make_place(code, data=tmp_path / "srv", keys=tmp_path / "etc", account=OWN, policies=REPOSITORY / "policies")
    assert not (tmp_path / "srv").exists()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda made: None, []),
        (lambda made: (made.folder / "home").chmod(0o755), [["separation_open", "home", {}]]),
        (lambda made: made.key_file.parent.chmod(0o555), [["separation_open", "keys", {}]]),
        (
            lambda made: made.folder.parent.chmod(0o777),
            [["separation_open", "home", {}], ["separation_open", "policies", {}]],
        ),
        (
            lambda made: os.chown(made.folder / "home" / "restricted" / "inbox" / "rows.csv", OTHER.uid, OTHER.gid),
            [["separation_owner", "home", {"count": 1}]],
        ),
    ],
)
def test_the_doctor_finds_what_another_account_could_reach(host, damage, expected: list, monkeypatch):
    made = host[0]
    damage(made)
    monkeypatch.setattr(os, "geteuid", lambda: OWN.uid)
    monkeypatch.setattr(os, "getegid", lambda: OWN.gid)
    values = dict(line.split("=", 1) for line in made.environment.read_text().splitlines())
    found = Settings(
        home=values["LIKVARD_HOME"],
        policies=values["LIKVARD_POLICIES"],
        key_file=values["LIKVARD_KEY_FILE"],
        separated=True,
    )
    assert [[f.code, f.where, dict(f.values)] for f in separation_findings(found)] == expected
    assert list(separation_findings(found.model_copy(update={"separated": False}))) == []
