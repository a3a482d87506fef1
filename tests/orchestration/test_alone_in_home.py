"""One run works at a time in a home, with real processes: the others wait, or are refused, and a dead one holds nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import dagster as dg
import pytest

from orchestration import executor
from orchestration.home import HomeInUseError, alone_in
from orchestration.settings import Settings, settings
from tests.orchestration.holding import OTHERS, hold, work


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[tuple[BaseProcess, Event]]:
    """Another process that works in the home until it is told to stop."""
    held, until = OTHERS.Event(), OTHERS.Event()
    process = OTHERS.Process(target=hold, args=(tmp_path, held, until))
    process.start()
    assert held.wait(30)
    yield process, until
    if process.is_alive():  # telling one that was killed while it waited would wait for its answer
        until.set()
    process.join(30)


def test_a_home_in_use_is_refused_at_once_where_nobody_waits(holder, tmp_path: Path):
    with pytest.raises(HomeInUseError), alone_in(Settings(home=tmp_path)):
        pytest.fail("two worked in the home")


def test_who_waits_gets_the_home_when_the_other_lets_go(holder, tmp_path: Path):
    _, until = holder
    with pytest.raises(HomeInUseError), alone_in(Settings(home=tmp_path), patience_s=0.6):
        pytest.fail("two worked in the home")
    until.set()
    with alone_in(Settings(home=tmp_path), patience_s=30):
        pass


def test_a_process_that_was_killed_holds_nothing(holder, tmp_path: Path):
    process, _ = holder
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    with alone_in(Settings(home=tmp_path)):
        pass


def test_work_of_several_processes_never_interleaves(tmp_path: Path):
    several = [OTHERS.Process(target=work, args=(tmp_path, name, 3)) for name in "abc"]
    for process in several:
        process.start()
    for process in several:
        process.join(60)
    lines = (tmp_path / "work").read_text().splitlines()
    assert len(lines) == 18
    assert all(end == begin.replace("begin", "end") for begin, end in zip(lines[::2], lines[1::2], strict=True))


def told_by_a_job() -> dg.JobDefinition:
    """A job that says in the home when it works."""

    @dg.op
    def step() -> None:
        with (settings().home / "work").open("a") as told:
            told.write("job\n")

    @dg.job(executor_def=executor.in_the_home)
    def told_job() -> None:
        step()

    return told_job


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LIKVARD_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_a_run_of_dagsters_own_waits_for_the_home_and_fails_when_it_waited_too_long(
    own_home: Path, holder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(executor, "PATIENCE_S", 0.6)
    job = dg.reconstructable(told_by_a_job)
    _, until = holder
    with dg.DagsterInstance.ephemeral() as instance:
        refused = dg.execute_job(job, instance=instance, raise_on_error=False)
        assert not refused.success
        assert not (own_home / "work").exists()
        monkeypatch.setattr(executor, "PATIENCE_S", 60.0)
        until.set()
        assert dg.execute_job(job, instance=instance).success
        assert (own_home / "work").read_text() == "job\n"
