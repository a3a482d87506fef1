"""A conftest for mutated copies: generated tests try fewer examples and stop at the first failure without shrinking it,
and the tests of a file stay together, so that its fixtures are built once. Tests that strike the code at each of its calls,
for minutes, are left out.

It is laid beside the tests of the copy. A mutant that only these or many examples would kill counts as a survivor, so the
figure is a lower bound.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

MOST_EXAMPLES = 60
HANGS_SECONDS = 180
"""No test takes as long, on a busy machine either: one that does hangs, and the system ends the process (SIGALRM)."""
collect_ignore_glob = ["*_faults.py"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Let no test hang; the whole of it counts, with the fixtures that it is the first to ask for."""
    signal.alarm(HANGS_SECONDS)
    try:
        return (yield)
    finally:
        signal.alarm(0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Cut down every hypothesis test; mutants are judged by what the same examples show each time."""
    files = list(dict.fromkeys(item.path for item in items))
    items.sort(key=lambda item: files.index(item.path))
    for item in items:
        test = getattr(item, "obj", None)
        test = getattr(test, "__func__", test)
        given = getattr(test, "_hypothesis_internal_use_settings", None)
        if given is not None:
            test._hypothesis_internal_use_settings = settings(
                given,
                max_examples=min(given.max_examples, MOST_EXAMPLES),
                derandomize=True,
                database=None,
                deadline=None,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),  # a mutated copy is slower, and the machine may be busy
            )
