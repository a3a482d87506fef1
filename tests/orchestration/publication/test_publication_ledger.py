"""The ledger: lines follow one another by hash, and a break is found."""

from __future__ import annotations

import hashlib
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
    assert ledger.read(tmp_path / "none") == ledger.Ledger((), ledger.FIRST, 0, ())


def test_a_line_is_compact_sorted_and_names_the_hash_of_the_line_before(tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    for act in ("först", "sist"):
        ledger.append(path, {"event": act, "actor": "åsa"}, after=ledger.read(path))
    first, second = path.read_bytes().splitlines()
    assert first.decode() == f'{{"actor":"åsa","event":"först","line":1,"previous_sha256":"{"0" * 64}"}}'
    digest = hashlib.sha256(first).hexdigest()
    assert second.decode() == f'{{"actor":"åsa","event":"sist","line":2,"previous_sha256":"{digest}"}}'
    assert ledger.read(path).head_sha256 == hashlib.sha256(second).hexdigest()
    assert ledger.read(path).whole_bytes == len(path.read_bytes())
    assert path.stat().st_mode & 0o777 == 0o644


def test_only_the_line_that_published_a_version_is_found(tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    for event in ("approved", "published", "rollback"):
        ledger.append(path, {"event": event, "publication_id": "2027.0.1"}, after=ledger.read(path))
    found = ledger.read(path).find("2027.0.1")
    assert found is not None
    assert found["line"] == 2


def test_a_line_that_is_json_and_no_object_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    path.write_bytes(b"[1]\n")
    read = ledger.read(path)
    assert (read.entries, read.problems) == ((), ("ledger line 1 is no JSON object; restore the ledger from a backup",))


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
    where = {"changed": [2], "removed": [2], "swapped": [2, 3], "no JSON": [2, 3]}[spoil]
    told = [f"ledger line {line} does not follow line {line - 1}; restore the ledger from a backup" for line in where]
    if spoil == "no JSON":
        told[0] = "ledger line 2 is no JSON object; restore the ledger from a backup"
        told.append("ledger line 4 does not follow line 3; restore the ledger from a backup")
    assert list(problems) == told
    with pytest.raises(ValueError, match=f"^the ledger's chain is broken: {told[0]}$"):
        ledger.append(path, {"event": "published"}, after=ledger.read(path))


def test_a_torn_tail_is_no_line_and_the_next_append_cuts_it(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event":"publ')
    assert len(ledger.read(path).entries) == 3
    ledger.append(path, {"event": "published", "publication_id": "2027.0.4"}, after=ledger.read(path))
    assert path.read_bytes().startswith(whole)
    assert ledger.read(path).problems == ()
    assert len(ledger.read(path).entries) == 4
