"""Claims of the crash: killed or starved at its own system calls, the program tears nothing, loses nothing, and a plain
re-run leaves what it would have left.

Each trial is a child in a fresh home with one fault put in place by strace; nothing in the program knows of it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.claim import Claim, Measured
from bench.faults import decisions
from bench.faults.scenarios import Loading, Publishing
from bench.faults.tracing import missing, workers
from bench.faults.trials import (
    READS_SAMPLED,
    STAGED_SAMPLED,
    Scenario,
    Trial,
    errors_of,
    fail,
    found_points,
    kill,
    summary,
)
from bench.homes import remove

KILLS, ERRORS = 200, 100
ERROR_EVERY = 2
"""Of each system call and error, each so manieth occurrence is let fail."""


@contextmanager
def _scenarios() -> Iterator[tuple[Scenario, ...]]:
    folder = Path(tempfile.mkdtemp(prefix="likvard-faults-"))
    try:
        with workers() as serving:
            plain = tuple(act(folder / act.name, serving) for act in (Loading, Publishing))
            yield (*plain, *decisions.acts(folder, serving))
    finally:
        remove(folder)


def judged(trials: list[Trial], *, least: int, more: str = "") -> Measured:
    bad = [trial for trial in trials if trial.problems or not trial.hit]
    told = "; ".join(f"{trial.act} {trial.injection}: {', '.join(trial.problems) or 'no hit'}" for trial in bad[:3])
    figure = f"{summary(trials)}{more}; {len(bad)} bad"
    return Measured(figure, not bad and len(trials) >= least, told)


def _measured(of: Callable[[Scenario], list[Trial]]) -> list[Trial] | Measured:
    if reason := missing():
        return Measured("not measured", None, reason)
    with _scenarios() as scenarios:
        return [trial for scenario in scenarios for trial in of(scenario)]


def kill_points() -> Measured:
    trials = _measured(lambda scenario: [kill(scenario, point) for point in found_points(scenario)])
    if isinstance(trials, Measured):
        return trials
    return judged(
        trials,
        least=KILLS,
        more=f"; of calls that only read each {READS_SAMPLED}th, that stage each {STAGED_SAMPLED}th",
    )


def io_errors() -> Measured:
    trials = _measured(
        lambda scenario: [
            fail(scenario, point, error) for point, error in errors_of(found_points(scenario), every=ERROR_EVERY)
        ]
    )
    if isinstance(trials, Measured):
        return trials
    kinds = Counter(trial.injection.split(":")[1].removeprefix("error=") for trial in trials)
    more = f"; {', '.join(f'{kind} {count}' for kind, count in sorted(kinds.items()))}"
    return judged(trials, least=ERRORS, more=more)


CLAIMS = (
    Claim(
        id="publication-kill",
        sentence="Killed at its own system calls, taking a delivery in, publishing, approving, deciding or rolling back, "
        "the program leaves the old state or the new, whole; a plain re-run leaves what it would have left, and nothing beside it.",
        goal=f"at least {KILLS} points, 0 bad",
        measure=kill_points,
    ),
    Claim(
        id="publication-io-errors",
        sentence="When a write, an fsync, a rename or any other change on disk fails, the program says which file, and tears nothing.",
        goal=f"at least {ERRORS} errors, 0 bad",
        measure=io_errors,
    ),
)
