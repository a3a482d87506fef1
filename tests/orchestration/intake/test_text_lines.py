"""Text in pieces: the same letters and the same lines as from the whole, wherever the pieces are cut."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.intake import lines
from orchestration.intake.errors import RefusalError
from orchestration.intake.lines import (
    MAXIMUM_LINE,
    decode,
    encoding_of,
    ends_open,
    is_garbled,
    lines_of,
    physical_lines,
    pieces,
)

ALL = ("utf-8", "utf-16", "cp1252")
ENDS = st.text(alphabet="a\r\n;", max_size=30)


@settings(deadline=None, database=None)
@given(st.lists(ENDS, max_size=6))
def test_lines_do_not_depend_on_where_the_pieces_are_cut(texts: list[str]) -> None:
    whole = "".join(texts)
    assert list(lines_of(texts)) == (physical_lines(whole) if whole else [])


def test_of_an_endless_line_only_the_beginning_is_held() -> None:
    found = list(lines_of(["x" * 60_000] * 50 + ["\nb\n"]))
    assert [len(line) > MAXIMUM_LINE for line in found] == [True, False]
    assert len(found[0]) <= MAXIMUM_LINE + 60_001


@settings(deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="aå–€😀\n\r;", max_size=30), st.integers(1, 7))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_letters_cut_between_pieces_are_whole_again(
    encoding: str, monkeypatch: pytest.MonkeyPatch, text: str, size: int
) -> None:
    monkeypatch.setattr(lines, "PIECE_BYTES", size)
    content = text.encode(encoding)
    assert encoding_of(content, allowed=ALL) == encoding
    assert "".join(pieces(content, encoding)) == text
    assert decode(content, allowed=ALL) == (text, encoding)
    assert not text or ends_open(content, encoding) == (text[-1] not in "\r\n")


def outcome(content: bytes) -> str:
    try:
        return encoding_of(content, allowed=ALL)
    except RefusalError as refusal:
        return refusal.code


@settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=12) | st.text(alphabet="aåä–", max_size=8).map(lambda text: text.encode()[:-1]))
def test_the_verdict_on_an_encoding_does_not_depend_on_the_pieces(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(lines, "PIECE_BYTES", 1 << 20)
    whole = outcome(content)
    for size in (1, 2, 3, 5):
        monkeypatch.setattr(lines, "PIECE_BYTES", size)
        assert outcome(content) == whole


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("åå".encode()[:-1], "E-TRUNCATED"),
        (b"abc\xc3", "cp1252"),  # plain letters and one more: CP1252
        ("ab".encode("utf-16")[:-1], "E-TRUNCATED"),
        (b"\xef\xbb\xbfa\xe5", "E-TRUNCATED"),
        (b"\xef\xbb\xbf\xe5", "E-ENCODING"),
        (b"\x81", "E-ENCODING"),
    ],
)
def test_a_file_cut_in_a_letter_is_told_from_another_encoding(content: bytes, code: str) -> None:
    assert outcome(content) == code


@pytest.mark.parametrize("text", ["Åkerö", "Kinesiska – mandarin", "”Tal”", "Ã", "Žižek", "a\tb", "Lego™ Skola", "São"])
def test_good_letters_are_not_called_garbled(text: str) -> None:
    assert not is_garbled(text)


@pytest.mark.parametrize("letter", "åäöÅÄÖéÉüÜçñ’”–…")
def test_every_letter_encoded_twice_is_called_garbled(letter: str) -> None:
    for encoding in ("cp1252", "latin-1"):
        try:
            assert is_garbled(letter.encode().decode(encoding))
        except UnicodeDecodeError:
            assert encoding == "cp1252"  # CP1252 has holes
