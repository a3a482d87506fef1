"""The ledger: lines follow one another by hash, and a break is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.publication import ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / ledger.NAME
    for number in (1, 2, 3):
        ledger.append(path, {"event": "published", "publication_id": f"2027.0.{number}"}, after=ledger.read(path))
    return path


def test_a_whole_chain_has_no_problems_and_finds_its_lines(path: Path) -> None:
    read = ledger.read(path)
    assert read.problems == ()
    assert [entry["line"] for entry in read.entries] == [1, 2, 3]
    found = read.find("2027.0.2")
    assert found is not None
    assert found["line"] == 2
    assert read.find("2027.0.4") is None


def test_an_absent_ledger_is_empty(tmp_path: Path) -> None:
    assert ledger.read(tmp_path / "none").entries == ()


@pytest.mark.parametrize("spoil", ["changed", "removed", "swapped", "no JSON"])
def test_a_changed_removed_or_moved_line_breaks_the_chain(path: Path, spoil: str) -> None:
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        {
            "changed": first.replace(b"2027.0.1", b"2027.0.9") + second + third,
            "removed": first + third,
            "swapped": first + third + second,
            "no JSON": first + b"\n" + second + third,
        }[spoil]
    )
    problems = ledger.read(path).problems
    assert problems
    assert all("restore the ledger" in words for words in problems)
    with pytest.raises(ValueError, match="chain is broken"):
        ledger.append(path, {"event": "published"}, after=ledger.read(path))


def test_a_torn_tail_is_no_line_and_the_next_append_cuts_it(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event":"publ')
    assert len(ledger.read(path).entries) == 3
    ledger.append(path, {"event": "published", "publication_id": "2027.0.4"}, after=ledger.read(path))
    assert path.read_bytes().startswith(whole)
    assert ledger.read(path).problems == ()
    assert len(ledger.read(path).entries) == 4
