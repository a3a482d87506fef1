"""The pointer: a link inside the year's folder, swapped in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.publication.pointer import PROPOSED, PointerError, pointed, swap


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (1, 2):
        (tmp_path / "versions" / f"2027.0.{number}").mkdir(parents=True)
    return tmp_path


def test_a_pointer_names_a_version_and_moves(folder: Path) -> None:
    assert pointed(folder, pointer=PROPOSED) is None
    for publication_id in ("2027.0.1", "2027.0.2", "2027.0.1"):
        swap(folder, pointer=PROPOSED, publication_id=publication_id)
        assert pointed(folder, pointer=PROPOSED) == publication_id
    assert sorted(path.name for path in folder.iterdir()) == ["proposed", "versions"]


def test_a_link_left_by_a_crash_does_not_stand_in_the_way(folder: Path) -> None:
    (folder / ".proposed.new").symlink_to("versions/2027.0.1")
    swap(folder, pointer=PROPOSED, publication_id="2027.0.2")
    assert pointed(folder, pointer=PROPOSED) == "2027.0.2"


@pytest.mark.parametrize("publication_id", ["2027.0.3", "../..", ".."])
def test_a_pointer_never_leads_to_what_is_no_version(folder: Path, publication_id: str) -> None:
    with pytest.raises(PointerError) as told:
        swap(folder, pointer=PROPOSED, publication_id=publication_id)
    assert str(told.value) == f"{publication_id} is no version of {folder.parent.name}/{folder.name}"


def test_a_pointer_that_leads_out_or_is_a_file_is_refused(folder: Path) -> None:
    (folder / "proposed").symlink_to("../elsewhere")
    named = f"proposed in {folder.parent.name}/{folder.name}"
    with pytest.raises(PointerError) as told:
        pointed(folder, pointer=PROPOSED)
    assert str(told.value) == f"{named} leads out of versions/; restore it from the ledger"
    (folder / "proposed").unlink()
    (folder / "proposed").write_text("2027.0.1")
    with pytest.raises(PointerError) as told:
        pointed(folder, pointer=PROPOSED)
    assert str(told.value) == f"{named} is no link; restore it from the ledger"


def test_only_the_two_pointers_exist(folder: Path) -> None:
    for ask in (
        lambda: swap(folder, pointer="latest", publication_id="2027.0.1"),
        lambda: pointed(folder, pointer="latest"),
    ):
        with pytest.raises(PointerError, match=r"^unknown pointer 'latest'; one of proposed, current$"):
            ask()
