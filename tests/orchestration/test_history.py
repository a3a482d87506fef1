"""Dagster's history on connections that stay open: the same files, opened once, closed in the end."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage

from orchestration.history import History, KeptEngines
from orchestration.settings import REPOSITORY


@dg.asset
def thing() -> int:
    return 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Dagster's folder of a home as a run prepares it."""
    (tmp_path / "dagster.yaml").write_bytes((REPOSITORY / "dagster.yaml").read_bytes())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def _materialise(times: int) -> list[str]:
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage).__module__ == History.__module__, "dagster.yaml names the history"
        return [dg.materialize([thing], instance=instance).run_id for _ in range(times)]


def test_a_run_opens_its_files_once_and_not_for_each_event(home: Path, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    connect = sqlite3.dbapi2.connect

    def counted(path: str, *arguments: object, **named: object) -> object:
        opened.append(Path(path).name)
        return connect(path, *arguments, **named)

    _materialise(1)  # the files are made
    monkeypatch.setattr(sqlite3.dbapi2, "connect", counted)
    run_ids = _materialise(4)
    most = max(opened.count(name) for name in set(opened))
    assert {f"{run_id}.db" for run_id in run_ids} <= set(opened)
    assert most <= 8, f"opened again and again: {opened}"  # some at the start, none for each event


def test_what_is_written_is_read_by_dagsters_own_storage_and_nothing_is_left_open(home: Path):
    run_ids = _materialise(2)
    assert not list((home / "history").rglob("*-wal")), "a file that was closed has no log beside it"
    own = DagsterSqliteStorage.from_local(str(home))
    assert {run.run_id for run in own.run_storage.get_runs()} == set(run_ids)
    events = own.event_log_storage.get_logs_for_run(run_ids[0])
    assert any(event.dagster_event and event.dagster_event.is_successful_output for event in events)


def test_files_that_were_used_longest_ago_are_closed(tmp_path: Path):
    kept = KeptEngines(limit=2)
    first, second, third = (f"sqlite:///{tmp_path}/{name}.db" for name in "abc")
    engine = kept.engine(first)
    kept.engine(second)
    assert kept.engine(first) is engine
    other = kept.engine(second)
    kept.engine(third)
    assert kept.engine(second) is other
    assert kept.engine(first) is not engine
