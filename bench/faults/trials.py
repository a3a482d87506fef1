"""One trial per point: a fresh home, one fault, what a reader finds, a plain re-run, what it leaves.

Belongs here: choosing the points, running them, counting. Does not: how a fault is put in place, what must hold.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.faults.decisions import Deciding
from bench.faults.paying import Paying
from bench.faults.scenarios import Loading, Publishing, thrown_away
from bench.faults.server import GO, SAID
from bench.faults.tracing import Ended, Point, points

Scenario = Publishing | Loading | Paying | Deciding
ERRORS = {
    "write": ("ENOSPC", "EIO"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fsync": ("EIO",),
    "fdatasync": ("EIO",),
    "ftruncate": ("EIO",),
}
"""What a call fails with; every other one is denied (EACCES)."""
READS_SAMPLED, STAGED_SAMPLED = 20, 10
"""Of the calls that only read, each so manieth is tried, and of those that write what no reader looks into yet: one file
after the other by the same four calls. Of those that change something else, all."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault and what came of it.

    Attributes
    ----------
    injection : what was put in place, as strace words it
    hit : whether the fault struck (the child was killed, or the call failed)
    is_new : whether a reader met the new state after the fault
    said : what the child told: a status, ``error`` with its kind and words, or nothing
    problems : what does not hold, after the fault and after the re-run; empty where all does
    """

    act: str
    injection: str
    hit: bool
    is_new: bool
    said: dict[str, object] | None
    problems: tuple[str, ...]


def found_points(scenario: Scenario) -> tuple[Point, ...]:
    """The calls of one act below its home: all that change what a reader may meet, a sample of the others."""
    at = _place(scenario, "watched")
    given = scenario.fresh(at)
    every = points(scenario.workers.run(at, scenario.name, watch=True, **given), below=at / "home")
    thrown_away(at)
    met = [point for point in every if point.changes and not point.staged]
    staged = [point for point in every if point.staged]
    reading = [point for point in every if not point.changes]
    return (*met, *staged[::STAGED_SAMPLED], *reading[::READS_SAMPLED])


def kill(scenario: Scenario, point: Point) -> Trial:
    """End the program as it enters the call."""
    return _trial(scenario, point.killed(), hit=lambda ended: ended.said is None)


def fail(scenario: Scenario, point: Point, error: str) -> Trial:
    """Let the call fail. The program must say so and name the file, or have done its work all the same."""
    trial = _trial(scenario, point.failing(error), hit=lambda ended: any("INJECTED" in line for line in ended.trace))
    told = trial.said or {}
    problems: tuple[str, ...] = ()
    if told.get("status") == "error" and str(scenario.folder.parent) not in str(told["words"]):
        problems = (f"the error names no file: {told['kind']} {told['words']}",)
    elif told.get("status") not in ("error", "refused") and not trial.is_new:
        problems = ("nothing was said, and nothing was done",)
    return Trial(trial.act, trial.injection, trial.hit, trial.is_new, trial.said, (*trial.problems, *problems))


def errors_of(found: Iterable[Point], *, every: int = 1) -> list[tuple[Point, str]]:
    """(point, error) for the calls that change something: of each call and error, each so manieth."""
    listed, seen = [], Counter[tuple[str, str]]()
    for point in found:
        for error in ERRORS.get(point.call, ("EACCES",)) if point.changes else ():
            if seen[point.call, error] % every == 0:
                listed.append((point, error))
            seen[point.call, error] += 1
    return listed


def summary(trials: Sequence[Trial]) -> str:
    """Points by act, and what readers met."""
    acts = Counter(trial.act for trial in trials)
    new = sum(trial.is_new for trial in trials)
    by_act = ", ".join(f"{count} in {act.replace('_', ' ')}" for act, count in sorted(acts.items()))
    return f"{len(trials)} points ({by_act}): reader old {len(trials) - new}, new {new}"


def _trial(scenario: Scenario, injection: str, *, hit: Callable[[Ended], bool]) -> Trial:
    at = _place(scenario, injection.replace(":", "-"))
    given = scenario.fresh(at)
    ended = scenario.workers.run(at, scenario.name, inject=injection, **given)
    problems, is_new = scenario.against(at, ended), scenario.is_new(at)
    (at / GO).unlink()
    (at / SAID).unlink(missing_ok=True)
    (at / "trace").unlink()
    again = scenario.workers.run(at, scenario.name, **given)
    problems += scenario.after_re_run(at, again)
    thrown_away(at)
    return Trial(scenario.name, injection, hit(ended), is_new, ended.said, tuple(problems))


def _place(scenario: Scenario, name: str) -> Path:
    at = scenario.folder.with_name(f"{scenario.folder.name}-{name}-{os.getpid()}")
    at.mkdir()
    return at
