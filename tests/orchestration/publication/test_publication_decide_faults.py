"""Torn decisions: whichever system call of deciding or rolling back is the last, a reader meets old or new, and the same
command again converges. Writing a version is shared with proposals, whose tests break each of its calls; here calls that
stage it are broken at the first and the last."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from candidates import YEAR
from deciding import FIRST, REVISED, agree, back_to, cheap_duckdb, current, decided, propose, settle_on
from test_publication_faults import FaultyOs, Killed

from orchestration.publication import duckdb_file, files, ledger, pointer, seal
from orchestration.publication.overview import verify_all


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2027.1.0 decided, and an approved proposal that would become 2027.2.0."""
    root = tmp_path_factory.mktemp("decide") / "published"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", cheap_duckdb)
        decided(root, 0, FIRST)
        agree(root, propose(root, 1))
    return root


def _try(act, faulty: FaultyOs, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patch:
        for module in (files, seal, pointer):
            patch.setattr(module, "os", faulty)
        try:
            return act().status
        except (OSError, Killed):
            return "failed"


def test_a_kill_at_any_call_of_a_decision_leaves_old_or_new_and_a_re_run_converges(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(name: str) -> Path:
        return Path(shutil.copytree(prepared, tmp_path / name, symlinks=True))

    def act(root: Path):
        return lambda: settle_on(root, "2027.0.2", REVISED)

    clean = FaultyOs(None)
    assert _try(act(start("clean")), clean, monkeypatch) == "published"
    renamed = next(at for at, (name, _) in enumerate(clean.trace) if name == "rename")
    points = [0, *range(renamed - 2, len(clean.trace))]
    assert len(points) >= 15
    seen = {"2027.1.0": 0, "2027.2.0": 0}
    for point in points:
        root, what = start(f"at{point}"), f"{clean.trace[point]} at {point}"
        assert _try(act(root), FaultyOs(point, killed=True), monkeypatch) == "failed", what
        name = current(root)
        assert name in seen, what
        assert not [one for one in verify_all(root) if one.what == name and one.problems], what
        seen[name] += 1
        assert _try(act(root), FaultyOs(None), monkeypatch) in ("published", "verified"), what
        _is_whole(root, ["2027.0.1", "2027.1.0", "2027.0.2", "2027.2.0"], what)
    assert seen["2027.1.0"] > seen["2027.2.0"] > 0


@pytest.mark.parametrize("killed", [False, True], ids=["error", "kill"])
def test_a_fault_at_any_call_of_a_rollback_leaves_old_or_new_and_a_re_run_converges(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    whole = Path(shutil.copytree(prepared, tmp_path / "whole", symlinks=True))
    settle_on(whole, "2027.0.2", REVISED)
    clean = FaultyOs(None)
    assert _try(lambda: back_to(shutil.copytree(whole, tmp_path / "c", symlinks=True), "2027.1.0"), clean, monkeypatch)
    for point in range(len(clean.trace)):
        root = Path(shutil.copytree(whole, tmp_path / f"at{point}", symlinks=True))
        what = f"{clean.trace[point]} at {point}"
        assert _try(lambda r=root: back_to(r, "2027.1.0"), FaultyOs(point, killed=killed), monkeypatch) == "failed", (
            what
        )
        assert current(root) in ("2027.1.0", "2027.2.0"), what
        assert _try(lambda r=root: back_to(r, "2027.1.0"), FaultyOs(None), monkeypatch) in ("done", "standing"), what
        assert current(root) == "2027.1.0", what
        acts = [e["event"] for e in ledger.read(root / "9999" / ledger.NAME).entries]
        assert acts.count("rollback") == 1, what
        assert not [one for one in verify_all(root) if one.problems], what


def test_a_decision_that_a_crash_left_without_its_line_is_finished_by_whatever_comes_next(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = FaultyOs(None)
    _try(
        lambda: settle_on(Path(shutil.copytree(prepared, tmp_path / "c", symlinks=True)), "2027.0.2", REVISED),
        clean,
        monkeypatch,
    )
    renamed = next(at for at, (name, _) in enumerate(clean.trace) if name == "rename")
    root = Path(shutil.copytree(prepared, tmp_path / "root", symlinks=True))
    assert (
        _try(lambda: settle_on(root, "2027.0.2", REVISED), FaultyOs(renamed + 1, killed=True), monkeypatch) == "failed"
    )
    assert back_to(root, "2027.1.0").status == "done"
    lines = [e for e in ledger.read(root / "9999" / ledger.NAME).entries if e.get("pointer") == "current"]
    assert [(e["event"], e["publication_id"], e.get("recovered")) for e in lines] == [
        ("published", "2027.1.0", False),
        ("published", "2027.2.0", True),
        ("rollback", "2027.1.0", None),
    ]


def _is_whole(root: Path, published: list[str], what: str) -> None:
    assert current(root) == published[-1], what
    assert not [one for one in verify_all(root) if one.problems], what
    entries = ledger.read(root / "9999" / ledger.NAME).entries
    assert [e["publication_id"] for e in entries if e["event"] == "published"] == published, what
    names = sorted(path.name for path in (root / "9999" / str(YEAR)).iterdir())
    assert names == ["current", "proposed", "versions"], what
