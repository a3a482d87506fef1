"""One program run on its own: wall, CPU of all its threads and children, and peak memory.

Belongs here: starting, waiting, what the kernel counted. Does not: what is run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.manifest import PROJECT, QUIET, ensure_manifest
from orchestration.settings import REPOSITORY

MEMORY = "4GB"
"""What dbt's warehouse may hold in memory in these runs."""
LIMITS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took. ``peak_mb``: of the largest process."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> tuple[Cost, str]:
    """Run a program to its end; its cost and what it printed. Raises RuntimeError with its last words when it fails."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=_surroundings() | LIMITS | {"PYTHONPATH": str(REPOSITORY)} | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cost = Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {told[-2000:]}")
    return cost, told


def _surroundings() -> dict[str, str]:
    """This process' environment without the product's settings: open data that happen to be set would be read too."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")}


def python(code: str, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[Cost, str]:
    """Run Python code of the project, which finds ``arguments`` in ``sys.argv[1:]``."""
    return run([sys.executable, "-c", code, *arguments], environment=environment)


def dbt_build(home: Path, *, tests: bool = True) -> Cost:
    """The dbt step of a run over the accepted rows of a home, by the program that Dagster starts."""
    folder = home / "pseudonymised" / "dbt"
    target = folder / "target"
    target.mkdir(parents=True, exist_ok=True)
    ensure_manifest()  # parsing changed models is not of this home
    arguments = ["build", "--exclude-resource-type", "unit_test", "--quiet", "--target-path", str(target)]
    arguments += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    arguments += [] if tests else ["--exclude-resource-type", "test"]
    environment = QUIET | {
        "LIKVARD_WAREHOUSE_MEMORY": MEMORY,
        "LIKVARD_HOME": str(home),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    cost, _ = python("from orchestration.dbt_program import main; main()", *arguments, environment=environment)
    return cost
