"""Deciding: two approvals of exactly this content over what stands, numbers that follow, and every refusal by its rule."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from candidates import NOW, candidate, snapshot, spoiled, with_heads
from deciding import (
    BERIT,
    CECILIA,
    CORRECTED,
    FIRST,
    OVE,
    REVISED,
    ROLES,
    WAIVER,
    agree,
    back_to,
    cheap_duckdb,
    current,
    decided,
    propose,
    settle_on,
)

from models_py.disclosure import DisclosureRule
from orchestration.publication import decide, duckdb_file, ledger, manifest
from orchestration.publication.act import Person
from orchestration.publication.candidate import Outcome
from orchestration.publication.content import published_contracts
from orchestration.publication.overview import verify_all
from orchestration.publication.pointer import CURRENT
from orchestration.publication.verify import read_current, verify


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``approved``: a proposal with its two approvals; ``stands``: the same, decided as 2027.1.0."""
    folder = tmp_path_factory.mktemp("decide")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
        agree(folder / "approved", propose(folder / "approved"))
        shutil.copytree(folder / "approved", folder / "stands", symlinks=True)
        settle_on(folder / "stands", "2027.0.1")
    return folder


@pytest.fixture
def approved(once: Path, root: Path) -> str:
    """The id of a proposal that two persons have approved."""
    shutil.copytree(once / "approved", root, symlinks=True)
    return "2027.0.1"


@pytest.fixture
def stands(once: Path, root: Path) -> str:
    """The id of the decided version that stands."""
    shutil.copytree(once / "stands", root, symlinks=True)
    return "2027.1.0"


def _refused_by(outcome: Outcome) -> set[str]:
    assert outcome.status == "refused"
    return {reason.rule_id for reason in outcome.reasons}


def test_an_approved_proposal_becomes_decided_with_the_same_content_and_current_names_it(
    approved: str, root: Path
) -> None:
    outcome = settle_on(root, approved)
    assert (outcome.status, outcome.publication_id) == ("published", "2027.1.0")
    published = read_current(root, "9999", 2027, pointer=CURRENT)
    assert published is not None
    proposal = root / "9999" / "2027" / "versions" / approved
    assert published.manifest["content_sha256"] == manifest.load(proposal)["content_sha256"]
    (row,) = published.table("dim_publication").to_dict("records")
    assert (row["publication_status"], row["decision"]) == ("decided", FIRST.decision)
    assert pd.isna(row["revision_type"])
    assert pd.isna(row["parent_publication_id"])
    assert set(published.table("fct_allocation")["publication_id"]) == {"2027.1.0"}
    assert verify(published.path) == []
    notes = (published.path / "RELEASE.md").read_text("utf-8")
    assert "Beslutad publicering 2027.1.0: KS 2027/114 § 12." in notes
    assert "| Approved by | cecilia (controller) |" in notes
    assert "not decided" not in notes


def test_revisions_raise_r_and_corrections_raise_c_and_each_names_its_parent(stands: str, root: Path) -> None:
    ids = [stands, *(decided(root, seed, kind) for seed, kind in enumerate((CORRECTED, REVISED, CORRECTED), start=1))]
    assert ids == ["2027.1.0", "2027.1.1", "2027.2.0", "2027.2.1"]
    acts = [e for e in ledger.read(root / "9999" / ledger.NAME).entries if e.get("pointer") == "current"]
    assert [entry["parent"] for entry in acts] == [None, *ids[:-1]]
    assert [entry["revision_type"] for entry in acts] == [None, "C", "R1", "C"]
    assert all(len(entry["approvals"]) == 2 for entry in acts)
    assert [one.problems for one in verify_all(root) if one.problems] == []


def test_the_same_decision_again_verifies_and_writes_nothing(approved: str, root: Path) -> None:
    settle_on(root, approved)
    before = snapshot(root)
    again = settle_on(root, approved, now=datetime(2027, 1, 9, tzinfo=UTC))
    assert (again.status, again.publication_id) == ("verified", "2027.1.0")
    named = settle_on(root, approved, replace(FIRST, publication_id="2027.1.0"))
    assert (named.status, snapshot(root)) == ("verified", before)


@pytest.mark.parametrize(
    ("persons", "roles"),
    [
        ((), ROLES),
        ((CECILIA,), ROLES),
        ((CECILIA, CECILIA), ROLES),
        ((CECILIA, Person("annika", "official", False)), ROLES),
        ((CECILIA, Person("zed", "board", False)), ROLES),
        ((CECILIA, Person("board", "board", True)), ROLES.model_copy(update={"board": ROLES.board})),
    ],
    ids=["nobody", "one", "one twice", "the proposer", "a stranger", "a role in its own name, not in a demonstration"],
)
def test_less_than_two_persons_who_may_is_refused(root: Path, persons: tuple[Person, ...], roles: Any) -> None:
    is_real = candidate(units=1, is_demo=False)
    proposal_id = propose(root, of=is_real)
    if persons:
        agree(root, proposal_id, *persons)
    before = snapshot(root)
    assert _refused_by(settle_on(root, proposal_id, roles=roles)) == {"G-APPROVE-001"}
    assert snapshot(root) == before


def test_the_proposer_counts_as_one_of_two_where_the_roles_file_says_so(root: Path) -> None:
    proposal_id = propose(root)
    agree(root, proposal_id, CECILIA, Person("annika", "official", False))
    assert (
        settle_on(root, proposal_id, roles=ROLES.model_copy(update={"proposer_may_approve": True})).status
        == "published"
    )


def test_in_a_demonstration_two_roles_approve_and_the_notes_say_so(root: Path) -> None:
    proposal_id = propose(root)
    agree(root, proposal_id, Person("controller", "controller", True), Person("board", "board", True))
    outcome = settle_on(root, proposal_id, person=Person("official", "official", True))
    assert outcome.path is not None
    assert "demo approval" in (outcome.path / "RELEASE.md").read_text("utf-8")


def test_content_that_changed_after_the_approvals_has_none(root: Path) -> None:
    agree(root, propose(root))
    changed = propose(root, 1)
    assert _refused_by(settle_on(root, changed)) == {"G-APPROVE-001"}


def test_a_parent_that_moved_since_the_approvals_is_refused_until_they_are_given_anew(stands: str, root: Path) -> None:
    waiting = propose(root, 1)
    agree(root, waiting)
    decided(root, 2, REVISED)
    outcome = settle_on(root, waiting, REVISED)
    assert _refused_by(outcome) == {"G-PARENT-001", "G-APPROVE-001"}
    (parent,) = (reason for reason in outcome.reasons if reason.rule_id == "G-PARENT-001")
    assert (parent.failing_count, parent.detail) == (
        2, "2 approvals were given over another version than 2027.2.0; approve anew",
    )  # fmt: skip
    assert current(root) == "2027.2.0"
    agree(root, waiting)
    assert settle_on(root, waiting, REVISED).publication_id == "2027.3.0"


def test_approvals_are_spent_by_a_rollback_too(stands: str, root: Path) -> None:
    proposal_id = propose(root, 1)
    agree(root, proposal_id)
    settle_on(root, proposal_id, REVISED)
    back_to(root, "2027.1.0")
    assert _refused_by(settle_on(root, proposal_id, REVISED)) == {"G-PARENT-001", "G-APPROVE-001"}
    assert current(root) == "2027.1.0"


@pytest.mark.parametrize(
    "changes",
    [
        {"waivers": ()},
        {"waivers": (WAIVER.model_copy(update={"expires": NOW.date().replace(day=1)}),)},
        {"waivers": (WAIVER.model_copy(update={"name": "berit"}),)},
        {
            "waivers": (
                WAIVER.model_copy(update={"scope": WAIVER.scope.model_copy(update={"failing_count_at_most": 1})}),
            )
        },
    ],
    ids=["none", "expired yesterday", "a name that may not", "fewer rows than fail"],
)
def test_a_failing_warning_without_its_waiver_is_proposed_and_not_decided(
    approved: str, root: Path, changes: dict[str, Any]
) -> None:
    assert _refused_by(settle_on(root, approved, **changes)) == {"G-WAIVER-001"}


def test_a_waiver_holds_on_its_last_day(approved: str, root: Path) -> None:
    last = WAIVER.model_copy(update={"expires": NOW.date()})
    assert settle_on(root, approved, waivers=(last,)).status == "published"


def test_undecided_values_and_open_statistics_are_refused(approved: str, root: Path) -> None:
    said = settle_on(root, approved, undecided=("9999/model.yml:7: structural.share: is a proposal",))
    assert _refused_by(said) == {"G-DECIDED-001"}
    assert "9999/model.yml:7" in said.reasons[0].detail
    open_data = propose(root, of=candidate(units=1, seed=3, basis="open_statistics"))
    agree(root, open_data)
    assert _refused_by(settle_on(root, open_data)) == {"G-DECIDED-001"}


def test_another_content_under_an_id_asked_for_is_refused_and_so_is_a_number_out_of_turn(
    stands: str, root: Path
) -> None:
    proposal_id = propose(root, 1)
    agree(root, proposal_id)
    for asked in ("2027.1.0", "2027.4.0"):
        assert _refused_by(settle_on(root, proposal_id, replace(REVISED, publication_id=asked))) == {"G-ID-001"}
    assert _refused_by(settle_on(root, proposal_id, FIRST)) == {"G-ID-001"}, "what stands needs a kind of revision"
    assert settle_on(root, proposal_id, replace(REVISED, publication_id="2027.2.0")).status == "published"


def test_the_first_of_a_year_revises_nothing(approved: str, root: Path) -> None:
    assert _refused_by(settle_on(root, approved, CORRECTED)) == {"G-ID-001"}


def test_a_time_without_zone_is_neither_of_an_approval_nor_of_a_decision(approved: str, root: Path) -> None:
    before = snapshot(root)
    for act in (agree, settle_on):
        with pytest.raises(ValueError, match=r"^now has no time zone$"):
            act(root, approved, now=NOW.replace(tzinfo=None))
    assert snapshot(root) == before


def test_a_decided_version_is_not_decided_again(stands: str, root: Path) -> None:
    said = settle_on(root, stands, REVISED)
    assert (said.municipality_code, said.funding_year, said.publication_id, said.path) == ("9999", 2027, None, None)
    assert _refused_by(said) == {"G-DECIDED-001"}
    assert said.reasons[0].detail == "2027.1.0 is no proposal; name the proposal that was approved"


def test_a_proposal_of_another_contract_is_not_decided(
    approved: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = published_contracts()[1:]
    monkeypatch.setattr(decide, "published_contracts", lambda: fewer)
    said = settle_on(root, approved)
    (reason,) = (each for each in said.reasons if each.rule_id == "G-CONTRACT-001")
    assert reason.failing_count == 1
    assert "was written under another contract than this program's" in reason.detail
    assert said.status == "refused"


def test_a_damaged_proposal_is_neither_approved_nor_decided(approved: str, root: Path) -> None:
    notes = root / "9999" / "2027" / "versions" / approved / "RELEASE.md"
    notes.chmod(0o644)
    notes.write_text("other words")
    assert [one.status for one in agree(root, approved, OVE)] == ["refused"]
    assert _refused_by(settle_on(root, approved)) == {"G-SEAL-001"}


def test_a_critical_rule_of_today_refuses_what_it_was_not_asked_of(approved: str, root: Path) -> None:
    outcome = settle_on(root, approved, required_rules=("T-KEYS-001", "Q-SHARE-001", "T-NEW-001"))
    assert _refused_by(outcome) == {"G-VERDICT-001"}


def test_a_threshold_that_was_raised_since_the_proposal_holds_for_the_decision(root: Path) -> None:
    proposal = propose(root, of=with_heads(candidate(units=1), 11))
    agree(root, proposal)
    assert "G-HEADS-001" in _refused_by(settle_on(root, proposal, disclosure=DisclosureRule(threshold=12)))
    assert settle_on(root, proposal).status == "published"


def test_rollback_moves_current_and_deletes_nothing(stands: str, root: Path) -> None:
    decided(root, 1, REVISED)
    assert back_to(root, "2027.1.0").status == "done"
    assert (current(root), back_to(root, "2027.1.0").status) == ("2027.1.0", "standing")
    assert (root / "9999" / "2027" / "versions" / "2027.2.0").is_dir()
    last = ledger.read(root / "9999" / ledger.NAME).entries[-1]
    assert (last["event"], last["from"], last["reason"]) == ("rollback", "2027.2.0", "The revision was wrong.")
    told = back_to(root, "2027.0.1")
    assert (told.status, [(why.failing_count, why.detail) for why in told.reasons]) == (
        "refused", [(1, "2027.0.1 is a proposal; current names decided versions only")],
    )  # fmt: skip
    assert decided(root, 2, CORRECTED) == "2027.1.1", "a correction corrects the version in force"


def test_a_damaged_version_is_not_rolled_back_to(stands: str, root: Path) -> None:
    decided(root, 1, REVISED)
    notes = root / "9999" / "2027" / "versions" / "2027.1.0" / "RELEASE.md"
    notes.chmod(0o644)
    notes.write_text("other words")
    assert (back_to(root, "2027.1.0").status, current(root)) == ("refused", "2027.2.0")
    assert [one.what for one in verify_all(root) if one.problems] == ["2027.1.0"]


def test_a_decided_version_whose_approvals_are_not_in_the_ledger_is_found(stands: str, root: Path) -> None:
    version = root / "9999" / "2027" / "versions" / "2027.1.0"
    path = root / "9999" / ledger.NAME
    kept = [entry for entry in ledger.read(path).entries if entry["event"] != "approved"]
    path.unlink()
    for entry in kept:
        ledger.append(path, entry, after=ledger.read(path))
    assert verify(version) == ["2027.1.0: 0 of 2 approvals stand in the ledger for this content"]


def test_a_pointer_that_is_not_what_the_ledger_says_is_found_and_mended_by_the_next_act(
    stands: str, root: Path
) -> None:
    decided(root, 1, REVISED)
    link = root / "9999" / "2027" / "current"
    link.unlink()
    link.symlink_to("versions/2027.1.0")
    (found,) = [one for one in verify_all(root) if one.problems]
    assert "current names 2027.1.0" in found.problems[0]
    agree(root, propose(root, 2), CECILIA)
    assert current(root) == "2027.2.0"


@pytest.mark.parametrize("asked", ["2027.0.7", "2027", "../..", "2027.01.0"])
def test_an_unknown_publication_is_told(root: Path, asked: str) -> None:
    propose(root)
    with pytest.raises(LookupError):
        agree(root, asked, BERIT)


def test_a_spoiled_candidate_never_becomes_a_proposal_that_could_be_decided(root: Path) -> None:
    with pytest.raises(AssertionError):
        propose(root, of=spoiled(candidate(units=1), "rule_result", "failing_count", 0, 1))
