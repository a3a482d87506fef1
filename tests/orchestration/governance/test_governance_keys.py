"""One home, one key: a wrong, weak or borrowed one is refused, and a change of key takes every pupil along."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.intake import rotation
from orchestration.intake.access import entries
from orchestration.intake.changes import changes_path
from orchestration.intake.door import key_of_reading
from orchestration.intake.identity import has_valid_check_digit
from orchestration.intake.key_ledger import KeyMismatchError, key_history, ledger_path
from orchestration.intake.pseudonym import WeakKeyError, demo_key, fingerprint, load_key, pupil_key
from orchestration.intake.retention import plan_purge, purge
from orchestration.intake.rotation import keys_path, rotate_key
from orchestration.intake.succession import SuccessionError, load_succession, succession_path, succession_print
from tests.orchestration.governance.homes import (
    ANNA,
    BO,
    CIA,
    DAN,
    KEY,
    NOW,
    OTHER_KEY,
    Home,
    pupil,
    pupil_file,
)

LATER = NOW + timedelta(days=800)


def key_file(folder: Path, content: bytes, mode: int = 0o400) -> Path:
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def identity(number: str) -> str:
    return number.replace("-", "")


def keys(home: Home) -> set[str]:
    return {row["pupil_key"] for row in home.rows()}


RANDOM = random.Random(56).randbytes(5000)
"""Bytes of a good spread, the same in every process that collects these tests."""


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"", 0o400, "has 0 bytes"),
        (RANDOM[:31], 0o400, "at least 32"),
        (b"a" * 64, 0o400, "repeats a few bytes"),
        (demo_key(9999), 0o400, "anyone can derive"),
        (demo_key(1).hex().encode(), 0o400, "anyone can derive"),
        (RANDOM[:32], 0o440, "lets others read it"),
        (RANDOM, 0o400, "not a key"),
    ],
)
def test_a_weak_default_or_open_key_is_refused(tmp_path: Path, content: bytes, mode: int, words: str) -> None:
    with pytest.raises(WeakKeyError, match=words):
        load_key(key_file(tmp_path, content, mode))


def test_a_missing_key_file_is_refused_and_a_good_one_is_read(tmp_path: Path) -> None:
    with pytest.raises(WeakKeyError, match="missing"):
        load_key(tmp_path / "nothing")
    secret = os.urandom(32)
    assert load_key(key_file(tmp_path, secret.hex().encode())) == secret


def test_the_ledger_holds_fingerprints_and_refuses_another_homes_key(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    (line,) = key_history(home.path)
    assert (line["fingerprint"], line["event"]) == (fingerprint(KEY), "first_used")
    assert KEY not in ledger_path(home.path).read_bytes()
    assert KEY.hex() not in ledger_path(home.path).read_text()
    with pytest.raises(KeyMismatchError, match="likvard key rotate"):
        home.look(key=OTHER_KEY)


def test_the_ledger_remembers_when_the_tables_are_gone(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    for path in (home.path / "pseudonymised" / "door").iterdir():
        path.unlink()
    with pytest.raises(KeyMismatchError):
        home.look(key=OTHER_KEY)


def test_rotation_gives_every_pupil_the_key_of_the_new_secret(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA), pupil(BO)))
    home.look()
    home.drop(pupil_file(pupil(ANNA), pupil(CIA)), "elever_2026-10-15_ny.csv")
    home.look()
    done = rotate_key(home.path, mappings=home.mappings, old=KEY, new=OTHER_KEY, now=NOW)
    assert (done.read_deliveries, done.carried_deliveries, done.pupil_keys) == (2, 0, 3)
    assert keys(home) == {pupil_key(identity(who), key=OTHER_KEY, context="9999") for who in (ANNA, BO, CIA)}
    assert [line["event"] for line in key_history(home.path)] == ["first_used", "rotated"]
    assert home.look(key=OTHER_KEY).files_read == 0
    with pytest.raises(KeyMismatchError):
        home.look(key=KEY)
    old = pupil_key(identity(BO), key=KEY, context="9999")
    assert old not in home.everything_in("pseudonymised")
    assert old not in changes_path(home.path, home.store.deliveries()[1]).read_text()
    path = keys_path(home.path, fingerprint(KEY), fingerprint(OTHER_KEY))
    assert f"9999,{old},{pupil_key(identity(BO), key=OTHER_KEY, context='9999')}" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o400
    assert "rotate_key" in {entry["action"] for entry in entries(home.path)}


def test_rotation_carries_pupils_of_purged_deliveries_over(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA), pupil(BO)), "elever_2024-10-15.csv")
    home.look(received=NOW - timedelta(days=800))
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    purge(home.path, plan_purge(home.path, now=NOW, months=24), now=NOW)
    before = {row["period"]: row["pupil_key"] for row in home.rows()}
    done = rotate_key(home.path, mappings=home.mappings, old=KEY, new=OTHER_KEY, now=NOW)
    assert done.carried_deliveries == 1
    new_anna = pupil_key(identity(ANNA), key=OTHER_KEY, context="9999")
    by_period = {period: [row["pupil_key"] for row in home.rows() if row["period"] == period] for period in before}
    assert by_period["2026-10-15"] == [new_anna]
    assert by_period["2024-10-15"][0] == new_anna
    assert by_period["2024-10-15"][1] not in {
        pupil_key(identity(BO), key=key, context="9999") for key in (KEY, OTHER_KEY)
    }
    assert len(set(by_period["2024-10-15"])) == 2
    assert home.look(key=OTHER_KEY).files_read == 0


@pytest.mark.parametrize("step", ["_write_steps", "_carry", "note_key", "read_deliveries"])
def test_a_rotation_broken_off_anywhere_is_taken_up_again(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    home.drop(pupil_file(pupil(ANNA), pupil(BO)), "elever_2024-10-15.csv")
    home.look(received=NOW - timedelta(days=800))
    home.drop(pupil_file(pupil(ANNA), pupil(DAN)))
    home.look()
    purge(home.path, plan_purge(home.path, now=NOW, months=24), now=NOW)
    whole = getattr(rotation, step)

    def breaks(*arguments, **named):
        whole(*arguments, **named)
        raise OSError("the disk is full")

    told = {"mappings": home.mappings, "old": KEY, "new": OTHER_KEY, "now": NOW}
    with monkeypatch.context() as patch:
        patch.setattr(rotation, step, breaks)
        with pytest.raises(OSError, match="disk is full"):
            rotate_key(home.path, **told)
    rotate_key(home.path, **told)
    rows = home.rows()
    assert {key_of_reading(home.path, item) for item in home.store.deliveries()} == {fingerprint(OTHER_KEY)}
    assert len({row["pupil_key"] for row in rows}) == 3
    anna = pupil_key(identity(ANNA), key=OTHER_KEY, context="9999")
    assert [row["period"] for row in rows if row["pupil_key"] == anna] == ["2024-10-15", "2026-10-15"]
    assert len(key_history(home.path)) == 2


def test_only_the_homes_own_key_can_be_rotated_and_never_back(home: Home) -> None:
    told = {"mappings": home.mappings, "now": NOW}
    with pytest.raises(KeyMismatchError, match="no delivery"):
        rotate_key(home.path, old=KEY, new=OTHER_KEY, **told)
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    for old, new, words in ((KEY, KEY, "the same"), (demo_key(3), OTHER_KEY, "this home's key")):
        with pytest.raises(KeyMismatchError, match=words):
            rotate_key(home.path, old=old, new=new, **told)
    with pytest.raises(WeakKeyError):
        rotate_key(home.path, old=KEY, new=b"short", **told)
    rotate_key(home.path, old=KEY, new=OTHER_KEY, **told)
    with pytest.raises(KeyMismatchError, match="before"):
        rotate_key(home.path, old=OTHER_KEY, new=KEY, **told)


def coordination_number() -> str:
    """A test coordination number: birth number 239 of a day, day + 60, with its check digit."""
    return next(f"20200165239{last}" for last in range(10) if has_valid_check_digit(f"200165239{last}"))


def succession(home: Home, *pairs: tuple[str, str], mode: int = 0o600) -> Path:
    path = succession_path(home.path, municipality_code="9999")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text("old_identity;new_identity\n" + "".join(f"{old};{new}\n" for old, new in pairs))
    path.chmod(mode)
    return path


def test_a_coordination_number_that_became_a_personal_number_keeps_one_key(home: Home) -> None:
    home.drop(pupil_file(pupil(coordination_number()), pupil(BO)), "elever_2025-10-15.csv")
    home.drop(pupil_file(pupil(ANNA), pupil(BO)))
    home.look()
    assert len(keys(home)) == 3
    succession(home, (coordination_number(), ANNA))
    assert home.look().files_read == 2
    assert keys(home) == {pupil_key(identity(who), key=KEY, context="9999") for who in (ANNA, BO)}
    assert home.look().files_read == 0


def test_both_numbers_of_one_pupil_in_a_file_are_found_as_a_duplicate(home: Home) -> None:
    succession(home, (coordination_number(), ANNA))
    home.drop(pupil_file(pupil(coordination_number()), pupil(ANNA)))
    codes = {item.reason_code for item in home.look().outcomes[0].findings}
    assert "D-DUPLICATE" in codes


def test_a_chain_is_followed_and_a_circle_a_fork_a_bad_line_or_an_open_file_is_refused(home: Home) -> None:
    first = coordination_number()
    succession(home, (first, ANNA), (ANNA, BO))
    assert load_succession(home.path, municipality_code="9999") == {first: identity(BO), identity(ANNA): identity(BO)}
    bad = {
        "circle": [(ANNA, BO), (BO, ANNA)],
        "line 3: the old identity already became another": [(ANNA, BO), (ANNA, CIA)],
        "line 2: not two valid": [(ANNA, "20200105-2395")],
    }
    for words, pairs in bad.items():
        path = succession(home, *pairs)
        with pytest.raises(SuccessionError, match=words) as caught:
            load_succession(home.path, municipality_code="9999")
        assert not [who for pair in pairs for who in pair if who in str(caught.value)]
    path = succession(home, (ANNA, BO), mode=0o640)
    with pytest.raises(SuccessionError, match="chmod 0600"):
        load_succession(home.path, municipality_code="9999")
    path.chmod(0o600)
    path.write_text("old;new\n")
    with pytest.raises(SuccessionError, match="header"):
        load_succession(home.path, municipality_code="9999")


def test_what_stands_for_the_succession_list_in_records_cannot_be_made_without_the_key(home: Home) -> None:
    """A list of one pupil could be guessed from a plain hash of it."""
    known = {coordination_number(): identity(ANNA)}
    assert succession_print(known, key=KEY) == succession_print(dict(known), key=KEY)
    assert succession_print(known, key=KEY) != succession_print(known, key=OTHER_KEY)
    assert succession_print(known, key=KEY) != succession_print({identity(BO): identity(ANNA)}, key=KEY)
    succession(home, (coordination_number(), ANNA))
    home.drop(pupil_file(pupil(ANNA)))
    home.look()
    assert identity(ANNA) not in home.everything_in("pseudonymised")
