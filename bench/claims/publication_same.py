"""The claim of sameness: two fresh clones in different folders, with other homes, users and thread counts, publish the same."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.claim import Claim, Measured
from bench.homes import Home, remove

ROOT = Path(__file__).resolve().parents[2]
YEAR = 2027
CLONES = (("one", "1"), ("another/place/further down", "2"))
"""Folder of the clone, and how many threads its sums may use."""


def two_clones() -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="likvard-clones-"))
    try:
        hashes = [_published(folder / name, threads=threads) for name, threads in CLONES]
    finally:
        remove(folder)
    (one, other) = hashes
    figure = f"{', '.join(f'{code} {content[:16]}…' for code, content in one.items())} in {len(hashes)} clones"
    return Measured(figure, bool(one) and one == other, "" if one == other else f"the other clone: {other}")


def _published(clone: Path, *, threads: str) -> dict[str, str]:
    """Content hashes of the demonstration, run from a clone of what is committed."""
    clone.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    home = Home(clone.with_name(f"{clone.name} home"))
    user = clone.with_name(f"{clone.name} user")
    user.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIKVARD_", "DAGSTER_"))}
    kept |= {"PYTHONPATH": str(clone), "LIKVARD_HOME": str(home.path), "HOME": str(user), "PYTHONHASHSEED": threads}
    kept |= {
        "OPENBLAS_NUM_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "TZ": "UTC" if threads == "1" else "Asia/Tokyo",
    }
    command = [sys.executable, "-c", "from orchestration.cli import main; main()", "demo"]
    done = subprocess.run(command, cwd=clone, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the demonstration ended with {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return home.content_hashes(YEAR)


CLAIMS = (
    Claim(
        id="publication-clones",
        sentence="Two fresh clones in different folders, with other thread counts, time zones and hash seeds, publish the same "
        "content.",
        goal="equal content hashes",
        measure=two_clones,
    ),
)
