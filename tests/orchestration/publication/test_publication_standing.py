"""What stands follows from the ledger alone: the version in force, the approvals that count, the next number."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.publication.act import Approval
from orchestration.publication.ledger import FIRST, NAME, Ledger, append, read
from orchestration.publication.overview import Checked, pointer_problems, verify_all
from orchestration.publication.pointer import CURRENT, PROPOSED, swap
from orchestration.publication.standing import approvals_of, current_by, next_decided, version_of, year_of


def ledger(*entries: dict[str, Any]) -> Ledger:
    return Ledger(tuple({"line": n, **entry} for n, entry in enumerate(entries, start=1)), FIRST, 0, ())


def moved(publication_id: str, *, event: str = "published", year: int = 2027, pointer: str = CURRENT) -> dict[str, Any]:
    return {"event": event, "publication_id": publication_id, "funding_year": year, "pointer": pointer}


def approved(person: str, *, content: str = "c1", year: int = 2027, role: str = "board") -> dict[str, Any]:
    return {
        "event": "approved", "actor": person, "role": role, "is_demo": False, "content_sha256": content, "funding_year": year,
    }  # fmt: skip


def folder(tmp_path: Path, *names: str, year: int = 2027) -> Path:
    for name in names:
        (tmp_path / "9999" / str(year) / "versions" / name).mkdir(parents=True)
    return tmp_path / "9999" / str(year)


@pytest.mark.parametrize(("publication_id", "year"), [("2027.0.1", 2027), ("2026.1.0", 2026), ("2031.12.10", 2031)])
def test_an_id_begins_with_its_funding_year(publication_id: str, year: int) -> None:
    assert year_of(publication_id) == year


@pytest.mark.parametrize(
    "wrong", ["2027", "2027.0.0", "2027.01.0", "2027.1.00", "2027.1.0.0", "27.1.0", "2027.1.0\n", "../2027.1.0"]
)
def test_anything_else_is_no_publication_id(wrong: str) -> None:
    with pytest.raises(LookupError) as told:
        year_of(wrong)
    assert str(told.value) == (f"{wrong!r} is no publication id; one is YEAR.REVISION.CORRECTION, such as 2027.0.1")


def test_a_version_is_found_in_its_municipality_and_year_or_refused(tmp_path: Path) -> None:
    at = folder(tmp_path, "2027.0.1")
    assert version_of(tmp_path, municipality_code="9999", publication_id="2027.0.1") == at / "versions" / "2027.0.1"
    with pytest.raises(LookupError) as told:
        version_of(tmp_path, municipality_code="9999", publication_id="2027.0.2")
    assert str(told.value) == "9999 has no publication 2027.0.2; `likvard status` lists what stands"


def test_the_last_line_that_moved_current_of_the_year_says_what_is_in_force() -> None:
    lines = [
        moved("2027.0.1", pointer=PROPOSED), moved("2027.1.0"), moved("2027.2.0"), moved("2027.1.0", event="rollback"),
        moved("2026.3.0", year=2026), moved("2027.0.2", pointer=PROPOSED), approved("anna"),
    ]  # fmt: skip
    assert current_by(ledger(*lines), funding_year=2027) == "2027.1.0"
    assert current_by(ledger(*lines), funding_year=2026) == "2026.3.0"
    assert current_by(ledger(*lines), funding_year=2028) is None


def test_an_approval_counts_once_a_person_for_its_content_and_year_alone() -> None:
    found = approvals_of(
        ledger(approved("anna"), approved("berit", role="controller"), approved("anna", role="official"),
               approved("cesar", content="c2"), approved("disa", year=2026), moved("2027.0.1", pointer=PROPOSED)),
        content_sha256="c1", funding_year=2027,
    )  # fmt: skip
    assert found.counting == (Approval("anna", "board", False, 1), Approval("berit", "controller", False, 2))
    assert found.outdated == 0


def test_approvals_are_outdated_when_what_they_were_given_over_no_longer_stands() -> None:
    lines = [approved("anna"), approved("berit"), moved("2027.1.0"), approved("cesar"), moved("2026.1.0", year=2026)]
    found = approvals_of(ledger(*lines), content_sha256="c1", funding_year=2027)
    assert ([one.person for one in found.counting], found.outdated) == (["cesar"], 2)
    later = approvals_of(ledger(*lines, moved("2027.2.0")), content_sha256="c1", funding_year=2027)
    assert (later.counting, later.outdated) == ((), 3)


@pytest.mark.parametrize(
    ("versions", "revision_type", "current", "expected"),
    [
        ((), None, None, "2027.1.0"),
        (("2027.0.1", "2027.0.12"), None, None, "2027.1.0"),
        (("2027.1.0",), "R1", "2027.1.0", "2027.2.0"),
        (("2027.1.0", "2027.2.0", "2027.10.0"), "R3", "2027.1.0", "2027.11.0"),
        (("2027.1.0",), "C", "2027.1.0", "2027.1.1"),
        (("2027.1.0", "2027.1.1", "2027.1.10", "2027.2.5"), "C", "2027.1.1", "2027.1.11"),
        (("2027.1.0", "2027.0.99", "junk"), "R2", "2027.1.0", "2027.2.0"),
    ],
)
def test_the_next_number_is_above_every_number_taken(tmp_path, versions, revision_type, current, expected) -> None:
    assert (
        next_decided(folder(tmp_path, *versions, "2027.0.3"), revision_type=revision_type, current=current) == expected
    )


@pytest.mark.parametrize(
    ("revision_type", "current", "words"),
    [
        ("R1", None, "R1 revises what is decided, and nothing is for 2027; leave it out the first time"),
        (None, "2027.1.0", "2027.1.0 stands; say what kind of revision this is: R1, R2, R3 or C"),
    ],
)
def test_a_kind_of_revision_fits_what_stands_or_is_refused(tmp_path, revision_type, current, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        next_decided(folder(tmp_path, "2027.1.0"), revision_type=revision_type, current=current)


def written(root: Path, *entries: dict[str, Any]) -> None:
    for entry in entries:
        append(root / "9999" / NAME, entry, after=read(root / "9999" / NAME))


def test_pointers_that_say_what_ledger_and_versions_say_have_no_problems(tmp_path: Path) -> None:
    at = folder(tmp_path, "2027.0.1", "2027.1.0")
    assert pointer_problems(folder(tmp_path, year=2028)) == {}
    written(tmp_path, moved("2027.0.1", pointer=PROPOSED), moved("2027.1.0"))
    assert pointer_problems(at) == {
        PROPOSED: "proposed names nothing, the ledger and the versions say 2027.0.1",
        CURRENT: "current names nothing, the ledger and the versions say 2027.1.0",
    }
    swap(at, pointer=PROPOSED, publication_id="2027.0.1")
    swap(at, pointer=CURRENT, publication_id="2027.1.0")
    assert pointer_problems(at) == {}
    written(tmp_path, moved("2027.2.0"))
    assert pointer_problems(at) == {CURRENT: "current names 2027.1.0, the ledger and the versions say 2027.2.0"}


def test_a_pointer_to_a_version_that_is_gone_and_one_that_is_no_link_are_told(tmp_path: Path) -> None:
    at = folder(tmp_path, "2027.1.0")
    written(tmp_path, moved("2027.1.0"))
    swap(at, pointer=CURRENT, publication_id="2027.1.0")
    (at / PROPOSED).write_text("2027.0.1")
    (at / "versions" / "2027.1.0").rmdir()
    assert pointer_problems(at) == {
        PROPOSED: "proposed in 9999/2027 is no link; restore it from the ledger",
        CURRENT: "current names 2027.1.0, which is no version here; restore it from a backup",
    }


def test_everything_published_is_asked_in_order_and_a_torn_act_is_told(tmp_path: Path) -> None:
    folder(tmp_path, "2027.0.2", "2027.0.10", "2027.1.0")
    folder(tmp_path, "2026.0.1", year=2026)
    (tmp_path / "9999" / "2027" / ".staging").mkdir()
    (tmp_path / "notes").mkdir()
    asked = list(verify_all(tmp_path))
    assert [(one.municipality_code, one.funding_year, one.what) for one in asked] == [
        ("9999", 2026, "2026.0.1"), ("9999", 2026, "proposed, current"),
        ("9999", 2027, "2027.0.2"), ("9999", 2027, "2027.0.10"), ("9999", 2027, "2027.1.0"), ("9999", 2027, "proposed, current"),
    ]  # fmt: skip
    assert all(one.problems for one in asked if one.what != "proposed, current"), "an empty folder is no version"
    assert asked[-1].problems[-1] == ".staging holds a version that was never finished; the next act removes it"
    assert not any("finished" in words for words in asked[1].problems)
    assert [one.what for one in verify_all(tmp_path, funding_year=2026)] == ["2026.0.1", "proposed, current"]
    assert list(verify_all(tmp_path, municipality_code="0001")) == []
    assert isinstance(asked[0], Checked)
