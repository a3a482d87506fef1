"""Publishing: equal content verifies, different content is the next proposal, a refusal changes nothing."""

from __future__ import annotations

import json
import multiprocessing
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from candidates import NOW, YEAR, candidate, release, snapshot, spoiled, verdict, with_table

from orchestration.publication import duckdb_file, ledger
from orchestration.publication.candidate import Candidate, Reason
from orchestration.publication.gate import VERDICT_RULE
from orchestration.publication.publish import SEAL_RULE, newest_proposal, publish
from orchestration.publication.seal import LayoutError
from orchestration.publication.verify import Published, read_current, verify


def _current(root: Path, code: str = "9999") -> Published:
    found = read_current(root, code, YEAR)
    assert found is not None
    return found


def test_the_first_publication_is_proposal_one_and_verifies(root: Path) -> None:
    outcome = release(candidate(), root)
    assert (outcome.status, outcome.publication_id, outcome.reasons) == ("published", "2027.0.1", ())
    assert outcome.path is not None
    assert verify(outcome.path) == []
    assert _current(root).path == outcome.path
    assert (root / "9999" / "2027" / "proposed").readlink() == Path("versions/2027.0.1")


def test_every_published_row_carries_the_publication_id_and_the_rest_is_the_candidate(root: Path) -> None:
    whole = candidate(background=True)
    release(whole, root)
    published = _current(root)
    for name, frame in whole.tables.items():
        table = published.table(name)
        assert set(table["publication_id"]) == {"2027.0.1"}
        assert len(table) == len(frame)
    (row,) = published.table("dim_publication").to_dict("records")
    assert row["publication_status"] == "proposal"
    assert row["is_demo"] is True
    assert (row["school_unit_count"], row["paid_unit_count"], row["amount_ore"]) == (5, 4, whole.budget_ore)
    assert row["content_sha256"] == published.manifest["content_sha256"]


def test_a_re_run_verifies_the_same_id_and_writes_nothing(root: Path) -> None:
    release(candidate(), root)
    before = snapshot(root)
    whole = candidate()
    shuffled = {name: frame.sample(frac=1, random_state=5) for name, frame in whole.tables.items()}
    again = replace(whole, tables=shuffled, recorded={"code": "git:fffffff"})
    later = datetime(2026, 12, 24, tzinfo=UTC)
    outcome = publish(again, root=root, gate=verdict(again), actor="börje", now=later)
    assert (outcome.status, outcome.publication_id) == ("verified", "2027.0.1")
    assert snapshot(root) == before


@pytest.mark.parametrize(
    "other",
    [
        candidate(seed=1),
        replace(candidate(), policy_sha256="0" * 64),
        spoiled(candidate(), "dim_component", "name_sv", 0, "Grund"),
    ],
    ids=["pupils", "policy", "a word"],
)
def test_different_content_is_the_next_proposal_and_the_earlier_one_stays(root: Path, other: Candidate) -> None:
    first = release(candidate(), root)
    second = release(other, root)
    assert (second.status, second.publication_id) == ("published", "2027.0.2")
    assert _current(root).publication_id == "2027.0.2"
    assert _current(root).manifest["parent"] == "2027.0.1"
    assert first.path is not None
    assert verify(first.path) == []
    back = release(candidate(), root)
    assert back.publication_id == "2027.0.3", "content equal to an older proposal is a new act"
    assert back.content_sha256 == first.content_sha256


def test_the_tenth_proposal_follows_the_ninth(root: Path) -> None:
    for name in ("2027.0.2", "2027.0.10", "2027.0.9", "2027.1.0", "2026.0.11", "notes"):
        (root / "2027" / "versions" / name).mkdir(parents=True)
    newest = newest_proposal(root / "2027")
    assert newest is not None
    assert newest.name == "2027.0.10"


def test_the_content_hash_does_not_depend_on_the_place(tmp_path: Path) -> None:
    hashes = {release(candidate(), tmp_path / name / "published").content_sha256 for name in ("a", "b")}
    files = [_current(tmp_path / name / "published").manifest["recorded"]["files"] for name in ("a", "b")]
    assert len(hashes) == 1
    for one in files:
        del one["published.duckdb"]  # outside the promise of equal bytes
    assert files[0] == files[1]


def test_a_refusal_leaves_the_proposal_and_every_file_as_they_were(root: Path) -> None:
    release(candidate(), root)
    before = snapshot(root)
    bad = spoiled(candidate(seed=1), "rule_result", "failing_count", 0, 3)
    outcome = release(bad, root)
    assert (outcome.status, outcome.publication_id, outcome.path) == ("refused", None, None)
    assert outcome.reasons == (Reason("T-KEYS-001", 3),)
    assert snapshot(root) == before


def test_a_refused_candidate_does_not_even_create_the_root(root: Path) -> None:
    assert release(spoiled(candidate(), "rule_result", "failing_count", 0, 1), root).status == "refused"
    assert not root.exists()


def test_a_missing_rule_verdict_refuses(root: Path) -> None:
    whole = candidate()
    silent = with_table(whole, "rule_result", whole.tables["rule_result"].iloc[1:])
    (reason,) = release(silent, root).reasons
    assert reason.rule_id == VERDICT_RULE
    assert "T-KEYS-001" in reason.detail


def test_a_verdict_of_another_content_refuses(root: Path) -> None:
    outcome = publish(candidate(seed=1), root=root, gate=verdict(candidate()), actor="annika", now=NOW)
    assert [reason.rule_id for reason in outcome.reasons] == [VERDICT_RULE]
    assert not root.exists()


def test_a_verdict_of_another_municipality_and_a_time_without_zone_are_errors(root: Path) -> None:
    with pytest.raises(ValueError, match="verdict is of 0001/2027"):
        publish(candidate(), root=root, gate=verdict(candidate("0001")), actor="annika", now=NOW)
    with pytest.raises(ValueError, match="no time zone"):
        publish(candidate(), root=root, gate=verdict(candidate()), actor="annika", now=NOW.replace(tzinfo=None))


def test_the_ledger_has_one_line_per_publication_with_who_when_and_which_bytes(root: Path) -> None:
    for seed in (0, 0, 1, 1, 2):
        release(candidate(seed=seed), root)
    read = ledger.read(root / "9999" / ledger.NAME)
    assert read.problems == ()
    assert [entry["publication_id"] for entry in read.entries] == ["2027.0.1", "2027.0.2", "2027.0.3"]
    assert {(entry["actor"], entry["time"]) for entry in read.entries} == {("annika", NOW.isoformat())}
    assert [entry["parent"] for entry in read.entries] == [None, "2027.0.1", "2027.0.2"]
    assert not any(entry["recovered"] for entry in read.entries)


def test_no_time_stands_in_what_is_published(root: Path) -> None:
    outcome = release(candidate(), root)
    assert outcome.path is not None
    for path in outcome.path.rglob("*"):
        if path.is_file():
            assert b"2026-11-02" not in path.read_bytes(), path.name


def test_a_damaged_newest_proposal_stops_the_next_one(root: Path) -> None:
    outcome = release(candidate(), root)
    assert outcome.path is not None
    notes = outcome.path / "RELEASE.md"
    notes.chmod(0o644)
    notes.write_text("other words")
    for seed in (0, 1):
        (reason,) = release(candidate(seed=seed), root).reasons
        assert reason.rule_id == SEAL_RULE
        assert "RELEASE.md has changed" in reason.detail


def test_a_lost_pointer_is_set_again(root: Path) -> None:
    release(candidate(), root)
    (root / "9999" / "2027" / "proposed").unlink()
    assert release(candidate(), root).status == "verified"
    assert _current(root).publication_id == "2027.0.1"


def test_versions_are_read_only_and_readers_may_enter(root: Path) -> None:
    outcome = release(candidate(), root)
    assert outcome.path is not None
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (outcome.path, *outcome.path.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o555}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o444}
    assert stat.S_IMODE((root / "9999" / "2027" / "versions").stat().st_mode) == 0o755
    assert sorted(path.name for path in (root / "9999" / "2027").iterdir()) == ["proposed", "versions"]


def test_an_unknown_layout_is_left_alone(root: Path) -> None:
    root.mkdir()
    (root / "LAYOUT").write_text("2\n")
    with pytest.raises(LayoutError, match="'2'"):
        release(candidate(), root)


def test_what_a_candidate_records_is_checked_before_anything_is_written() -> None:
    with pytest.raises(ValueError, match=r"input 1 has \['file_name'\]"):
        replace(candidate(), recorded={"inputs": [{"sha256": "a", "file_name": "anna.csv"}]})
    with pytest.raises(ValueError, match="which the publication records itself"):
        replace(candidate(), recorded={"files": {}})
    with pytest.raises(ValueError, match="four digits"):
        replace(candidate(), municipality_code="../..")


def _publish_seed(root: Path, seed: int) -> str:
    return release(candidate(units=1, seed=seed), root).status


def test_publishers_at_the_same_time_take_ids_in_turn(root: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.starmap(_publish_seed, [(root, seed) for seed in range(6)]) == ["published"] * 6
    read = ledger.read(root / "9999" / ledger.NAME)
    assert read.problems == ()
    assert [entry["publication_id"] for entry in read.entries] == [f"2027.0.{n}" for n in range(1, 7)]
    assert _current(root).publication_id == "2027.0.6"
    assert all(verify(path) == [] for path in (root / "9999" / "2027" / "versions").iterdir())


def test_what_was_damaged_while_it_was_staged_is_found_before_it_is_sealed_and_nothing_is_published(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = duckdb_file.write_duckdb

    def short(path: Path, *, tables: Path, **about: Any) -> dict[str, int]:
        return real(path, tables=tables, **about) | {"dim_component": 0}

    def damaged(path: Path, *, tables: Path, **about: Any) -> dict[str, int]:
        rows = real(path, tables=tables, **about)
        lines = tables / "fct_allocation.parquet"
        pq.write_table(pq.read_table(lines).slice(1), lines)
        return rows

    release(candidate(), root)
    stood = snapshot(root)
    lacking = "published.duckdb: dim_component lacks rows"
    for write, words in ((short, lacking), (damaged, "fct_allocation has another number of rows than the manifest")):
        monkeypatch.setattr(duckdb_file, "write_duckdb", write)
        outcome = release(candidate(seed=1), root)
        assert (outcome.status, [reason.rule_id for reason in outcome.reasons]) == ("refused", [SEAL_RULE])
        assert words in outcome.reasons[0].detail
        assert snapshot(root) == stood


def test_the_manifest_says_what_is_compared_and_what_is_recorded(root: Path) -> None:
    outcome = release(candidate(), root)
    assert outcome.path is not None
    manifest = json.loads((outcome.path / "manifest.json").read_text())
    assert set(manifest["content"]) == {"policy_sha256", "tables"}
    assert "dim_publication" not in manifest["content"]["tables"]
    assert manifest["content"]["tables"]["fct_allocation"]["control_total_ore"] == candidate().budget_ore
    assert manifest["recorded"]["code"] == "git:0123456"
    assert manifest["recorded"]["inputs"] == candidate().recorded["inputs"]
    assert set(manifest["recorded"]["writers"]) == {"duckdb", "pyarrow", "xlsxwriter"}


def test_the_same_lines_under_another_budget_are_refused_and_not_verified(root: Path) -> None:
    whole = candidate()
    release(whole, root)
    other = replace(whole, budget_ore=whole.budget_ore + 100)
    outcome = release(other, root)
    assert (outcome.status, [reason.rule_id for reason in outcome.reasons]) == ("refused", ["G-TOTAL-001"])
