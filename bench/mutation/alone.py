"""One mutant judged in a process of its own, where the tool's own judgement is not sure.

The tool judges in a copy of a process that holds threads, and tests that start processes may stand still in it: a hang
there is no sign that a test noticed anything. Belongs here: that second judgement, the environment of both. Does not: which
mutants are judged (``plan``), the tool (``run``).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UNSURE = {"timeout", "segfault", "suspicious"}
"""States of the tool that may be its own doing."""
PATIENCE = 3
SPARE_SECONDS = 30
"""A mutant may take so many times what its tests take on the whole code, and the spare seconds as often; then it hangs, and
counts as noticed. A busy machine must not be taken for a hang."""


def judged_alone(copy: Path, mutant: str) -> str:
    """State of a mutant after its tests in a process of their own: killed, survived, or timeout where they hang there too.

    Raises SystemExit where they cannot be run.
    """
    learned = json.loads((copy / "mutants" / "mutmut-stats.json").read_text("utf-8"))
    tests = learned["tests_by_mangled_function_name"][mutant.rpartition("__mutmut_")[0]]
    seconds = PATIENCE * (SPARE_SECONDS + sum(learned["duration_by_test"][test] for test in tests))
    command = [sys.executable, "-m", "pytest", "--rootdir=.", "-x", "-q", *tests]
    try:
        done = subprocess.run(
            command, cwd=copy / "mutants", env=environment() | {"MUTANT_UNDER_TEST": mutant}, timeout=seconds,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "timeout"
    if done.returncode == -signal.SIGALRM:
        return "timeout"
    if done.returncode not in (0, 1) and _collected(command, copy):
        return "killed"  # it breaks what the tests do while they are collected
    if done.returncode not in (0, 1):
        raise SystemExit(f"{mutant}: its tests ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return "killed" if done.returncode else "survived"


def _collected(command: Sequence[str], copy: Path) -> bool:
    """Whether the tests of ``command`` are found where nothing is mutated."""
    whole = environment() | {"MUTANT_UNDER_TEST": ""}
    done = subprocess.run(
        [*command, "--collect-only"], cwd=copy / "mutants", env=whole, capture_output=True, check=False
    )
    return done.returncode == 0


def environment() -> dict[str, str]:
    """What a judge knows: no settings of ours, one thread, the same order of hashes each time."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")}
    own.pop("PYTHONPATH", None)
    return own | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
