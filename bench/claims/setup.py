"""Claims of the first hour: a fresh clone, two commands, and how long they take.

The times are those of this machine; the goal is that the two commands work.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.claim import Claim, Measured

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT_MINUTES = {"demo": 15, "test": 25}


def _fresh(verb: str) -> Measured:
    """Clone the committed project, run one verb of its Makefile with nothing of ours in the environment."""
    folder = Path(tempfile.mkdtemp(prefix="likvard-clone-"))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIKVARD_", "DAGSTER_", "MAKE", "MFLAGS"))
    }
    try:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "likvard")], check=True)
        started, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            ["make", "--no-print-directory", verb],
            cwd=folder / "likvard",
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        minutes = (time.monotonic() - started) / 60
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime) / 60
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        return Measured(f"exit {done.returncode}", False, (done.stdout + done.stderr)[-400:])
    return Measured(f"{minutes:.1f} min, {cpu:.1f} CPU-min", minutes <= LIMIT_MINUTES[verb])


def fresh_demo() -> Measured:
    return _fresh("demo")


def fresh_test() -> Measured:
    return _fresh("test")


CLAIMS = (
    Claim("setup-demo", "`make demo` works in a fresh clone, its environment included.", "within 15 minutes", fresh_demo),
    Claim("setup-test", "`make test` works in a fresh clone, its environment included.", "within 25 minutes", fresh_test),
)  # fmt: skip
