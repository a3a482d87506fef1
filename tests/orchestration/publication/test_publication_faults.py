"""Torn writes: whichever system call fails, or is the last one, a reader meets old or new and a re-run converges."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from candidates import NOW, YEAR, candidate, release, verdict

from orchestration.publication import duckdb_file, files, ledger, pointer, seal, workbook
from orchestration.publication import publish as steps
from orchestration.publication.checks import in_canonical_form, run_checks
from orchestration.publication.parquet import read_arrow
from orchestration.publication.publish import publish
from orchestration.publication.verify import read_current, verify

CALLS = (
    "open",
    "write",
    "fsync",
    "fchmod",
    "ftruncate",
    "chmod",
    "mkdir",
    "rename",
    "replace",
    "symlink",
    "unlink",
    "rmdir",
)
NEW_SEED = 1
OLD, NEW = candidate(units=1), candidate(units=1, seed=NEW_SEED)
OLD_VERDICT, NEW_VERDICT = verdict(OLD), verdict(NEW)


class Killed(BaseException):
    """The process is gone: nothing after this call happens either."""


def _kind(name: str) -> str:
    """Files that are written alike share a kind."""
    alike = name.endswith((".parquet", ".csv")) or name in (
        "dictionary.html",
        "quality_report.html",
        "RELEASE.md",
        "MODEL.md",
        "datapackage.json",
        "dcat.rdf",
        "published.duckdb",
        "published.xlsx",
    )
    return "a file" if alike else name


class FaultyOs:
    """The module ``os``, whose ``fail_at``-th call fails; a killed process makes no call after it.

    A failing write has written half of its bytes first.
    """

    def __init__(self, fail_at: int | None, *, killed: bool = False) -> None:
        self.fail_at, self.killed, self.trace = fail_at, killed, []
        self._paths: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._counted(name, real) if name in CALLS else real

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(target: Any, *rest: Any) -> Any:
            number = len(self.trace)
            path = self._paths.get(target, "?") if isinstance(target, int) else str(target)
            self.trace.append((name, _kind(Path(path).name)))
            if number == self.fail_at or (self.killed and self.fail_at is not None and number > self.fail_at):
                if name == "write" and number == self.fail_at:
                    real(target, bytes(rest[0])[: len(rest[0]) // 2])
                raise Killed if self.killed else OSError(errno.ENOSPC, "injected")
            result = real(target, *rest) if name != "fsync" else None  # the disk is not what is tested here
            if name == "open":
                self._paths[result] = path
            return result

        return call


def _cheap_duckdb(path: Path, *, tables: Path, contracts: Any, about: Mapping[str, str]) -> dict[str, int]:
    files.write_new(path, b"stands for the DuckDB file, which has its own tests")
    return {contract.table: _rows(tables / f"{contract.table}.parquet") for contract in contracts}


def _cheap_workbook(*_: Any, **__: Any) -> bytes:
    return b"stands for the workbook, which has its own tests"


def _rows(path: Path) -> int:
    return read_arrow(path).num_rows


@cache
def _pure(seed: int) -> dict[str, Any]:
    """What the pure steps say of the candidate, the same at every point: computed once."""
    of = candidate(units=1, seed=seed)
    return {
        "in_canonical_form": in_canonical_form(of.tables, municipality_code="9999", funding_year=YEAR),
        "run_checks": run_checks(of.tables, budget_ore=of.budget_ore, threshold=of.disclosure.threshold),
    }


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faults") / "published"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", _cheap_duckdb)
        patch.setattr(workbook, "workbook_bytes", _cheap_workbook)
        publish(OLD, root=root, gate=OLD_VERDICT, actor="annika", now=NOW)
    return root


def _publish(root: Path, monkeypatch: pytest.MonkeyPatch, faulty: FaultyOs) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(duckdb_file, "write_duckdb", _cheap_duckdb)
        patch.setattr(workbook, "workbook_bytes", _cheap_workbook)
        for name, known in _pure(NEW_SEED).items():
            patch.setattr(steps, name, lambda *_, _known=known, **__: _known)
        for module in (files, seal, pointer):
            patch.setattr(module, "os", faulty)
        try:
            return publish(NEW, root=root, gate=NEW_VERDICT, actor="annika", now=NOW).status
        except (OSError, Killed):
            return "failed"


def _points(trace: list[tuple[str, str]]) -> list[int]:
    """One point per kind of call and file: files that are written alike have the first to stand for all."""
    return [at for at, call in enumerate(trace) if call[1] != "a file" or trace.index(call) == at]


@pytest.mark.parametrize(
    ("earlier", "killed"), [(["2027.0.1"], True), ([], False)], ids=["second, killed", "first, error"]
)  # kills and errors at every system call of a real process, first and second alike, are a claim of `make prove`
def test_a_fault_at_any_call_leaves_old_or_new_and_a_re_run_converges(
    published_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool, earlier: list[str]
) -> None:
    old, new = (earlier[0] if earlier else None), f"2027.0.{len(earlier) + 1}"

    def start(name: str) -> Path:
        if earlier:
            shutil.copytree(published_once, tmp_path / name, symlinks=True)
        return tmp_path / name

    clean = FaultyOs(None)
    assert _publish(start("clean"), monkeypatch, clean) == "published"
    points = _points(clean.trace)
    assert len(points) >= 40
    seen = {old: 0, new: 0}
    for point in points:
        root = start(f"at{point}")
        what = f"{clean.trace[point]} at {point}"
        assert _publish(root, monkeypatch, FaultyOs(point, killed=killed)) == "failed", what
        found = read_current(root, "9999", YEAR)
        assert found is None or verify(found.path) == [], what
        seen[found.publication_id if found else None] += 1
        assert _publish(root, monkeypatch, FaultyOs(None)) in ("published", "verified"), what
        after = read_current(root, "9999", YEAR)
        assert after is not None, what
        assert after.publication_id == new, what
        assert after.manifest["content_sha256"] == NEW_VERDICT.content_sha256, what
        assert verify(after.path) == [], what
        read = ledger.read(root / "9999" / ledger.NAME)
        assert [entry["publication_id"] for entry in read.entries] == [*earlier, new], what
        assert sorted(path.name for path in (root / "9999" / str(YEAR)).iterdir()) == ["proposed", "versions"], what
        assert sorted(path.name for path in root.iterdir()) == ["9999", "LAYOUT"], what
        folders = [root, root / "9999", root / "9999" / str(YEAR), root / "9999" / str(YEAR) / "versions"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o755}, what
        assert stat.S_IMODE(after.path.stat().st_mode) == 0o555, what
    assert seen[old] > seen[new] > 0


def test_a_crash_before_the_ledger_line_and_then_other_content_keeps_both(
    published_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "published"
    shutil.copytree(published_once, root, symlinks=True)
    clean = FaultyOs(None)
    shutil.copytree(published_once, tmp_path / "clean", symlinks=True)
    _publish(tmp_path / "clean", monkeypatch, clean)
    renamed = next(at for at, (name, _) in enumerate(clean.trace) if name == "rename")
    assert _publish(root, monkeypatch, FaultyOs(renamed + 1, killed=True)) == "failed"
    assert release(candidate(units=1, seed=2), root).publication_id == "2027.0.3"
    entries = ledger.read(root / "9999" / ledger.NAME).entries
    assert [(entry["publication_id"], entry["recovered"]) for entry in entries] == [
        ("2027.0.1", False),
        ("2027.0.2", True),
        ("2027.0.3", False),
    ]


@pytest.mark.parametrize("act", ["write_new", "append_line", "sync"])
def test_an_error_of_the_disk_names_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "a file"
    acts = {
        "write_new": lambda: files.write_new(path, b"x"),
        "append_line": lambda: files.append_line(path, b"x", keep=0),
    }
    if act == "sync":
        path.write_bytes(b"")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as told:
        acts.get(act, lambda: files.sync(path))()
    assert told.value.filename == str(path)
