"""Identity numbers, pseudonyms and keys. Numbers are the Tax Agency's test numbers or fail on purpose."""

from __future__ import annotations

import os
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.intake.identity import (
    has_valid_check_digit,
    holds_identity,
    is_natural_person,
    parse_identity,
)
from orchestration.intake.pseudonym import WeakKeyError, checked_key, demo_key, fingerprint, load_key, pupil_key

DAY = date(2026, 10, 15)
PUPIL = "202001052394"  # born 2020-01-05, test number


@pytest.mark.parametrize(
    ("text", "kind", "normalised"),
    [
        (PUPIL, "pnr", PUPIL),
        ("20200105-2394", "pnr", PUPIL),
        ("200105-2394", "pnr", PUPIL),
        ("2001052394", "pnr", PUPIL),
        (f" {PUPIL}\u00a0", "pnr", PUPIL),
        ("201003642392", "samordning", "201003642392"),
        ("20120315-TF01", "tf", "20120315TF01"),
        ("20120315t012", "tf", "20120315T012"),
    ],
)
def test_a_valid_identity_has_one_normal_form(text: str, kind: str, normalised: str) -> None:
    identity = parse_identity(text, reference=DAY)
    assert (identity.kind, identity.normalised, identity.problem) == (kind, normalised, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("202001052395", "E-PNR-CHECKSUM"),
        ("202002302390", "E-PNR-DATE"),
        ("202013052390", "E-PNR-DATE"),
        ("203001052391", "E-PNR-DATE"),  # not born yet
        ("20120230-TF01", "E-PNR-DATE"),
        ("２０２００１０５２３９４", "E-PNR-FORM"),  # full-width digits
        ("202001052394.0", "E-PNR-FORM"),
        ("2,02001E+11", "E-PNR-FORM"),
        ("20200105+2394", "E-PNR-FORM"),
        ("20200105", "E-PNR-FORM"),
        ("1234567", "E-PNR-FORM"),
        ("", "E-PNR-FORM"),
    ],
)
def test_what_is_no_identity_has_a_reason(text: str, problem: str) -> None:
    identity = parse_identity(text, reference=DAY)
    assert (identity.kind, identity.problem, identity.normalised) == ("invalid", problem, "")


def test_a_plus_sign_and_the_day_decide_the_century() -> None:
    assert parse_identity("200105+2394", reference=DAY).normalised[:4] == "1920"
    assert parse_identity("200105-2394", reference=date(2019, 12, 31)).normalised[:4] == "1920"
    assert parse_identity("200105-2394", reference=date(2020, 1, 5)).normalised[:4] == "2020"


def test_a_case_number_counts_only_where_the_file_says_that_it_is_one() -> None:
    assert parse_identity("1234567", reference=DAY, allow_other=True).kind == "other"
    assert parse_identity("1234567", reference=DAY).kind == "invalid"


@given(st.text(max_size=20))
def test_any_text_gets_an_answer_and_a_printed_answer_holds_no_number(text: str) -> None:
    identity = parse_identity(text, reference=DAY, allow_other=True)
    assert (identity.kind == "invalid") == (identity.problem is not None)
    assert identity.normalised == "" or identity.normalised not in repr(identity)


@given(st.integers(0, 10**9 - 1), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_never_keeps_the_check_digit_right(number: int, place: int, change: int) -> None:
    digits = f"{number:09d}"
    right = next(digits + str(check) for check in range(10) if has_valid_check_digit(digits + str(check)))
    wrong = right[:place] + str((int(right[place]) + change) % 10) + right[place + 1 :]
    assert not has_valid_check_digit(wrong)


def test_an_identity_inside_free_text_is_seen_and_other_numbers_are_not() -> None:
    assert holds_identity("Anna 20200105-2394", reference=DAY)
    assert holds_identity("200105 2394", reference=DAY)
    assert not holds_identity("Skolan 2020-01-05, tel 0123-456789, kod 99990001", reference=DAY)


def test_a_sole_traders_number_is_told_from_a_company() -> None:
    assert is_natural_person("2001052394")
    assert is_natural_person("8011642394")
    assert not is_natural_person("2120001439")


def test_a_pseudonym_depends_on_identity_key_and_municipality_and_on_nothing_else() -> None:
    key = demo_key(1)
    first = pupil_key(PUPIL, key=key, context="9999")
    assert first == pupil_key(PUPIL, key=key, context="9999")
    assert (
        len({first, pupil_key(PUPIL, key=key, context="9998"), pupil_key(PUPIL, key=demo_key(2), context="9999")}) == 3
    )
    assert first.startswith("v2:")
    assert len(first) == 29
    assert fingerprint(key) != fingerprint(demo_key(2))


def _key_file(folder, content: bytes, mode: int = 0o400):
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_file_holds_raw_bytes_or_hexadecimal(tmp_path) -> None:
    key = bytes(range(32))
    assert load_key(_key_file(tmp_path, key)) == key
    (tmp_path / "key").unlink()
    assert load_key(_key_file(tmp_path, key.hex().encode() + b"\n")) == key


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * 32, b"password" * 8, b"0123456789abcdef" * 2, b"x" * 5000])
def test_a_weak_key_is_refused_without_being_shown(tmp_path, content: bytes) -> None:
    with pytest.raises(WeakKeyError) as caught:
        load_key(_key_file(tmp_path, content))
    assert content == b"" or content.decode()[:5] not in str(caught.value)


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode: int) -> None:
    with pytest.raises(WeakKeyError, match="lets others read"):
        load_key(_key_file(tmp_path, os.urandom(32), mode))


def test_a_missing_or_linked_key_is_refused(tmp_path) -> None:
    with pytest.raises(WeakKeyError, match="missing"):
        load_key(tmp_path / "none")
    (tmp_path / "link").symlink_to(_key_file(tmp_path, os.urandom(32)))
    with pytest.raises(WeakKeyError, match="not a plain file"):
        load_key(tmp_path / "link")
    assert checked_key(demo_key(7)) == demo_key(7)
