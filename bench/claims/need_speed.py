"""Claims of the need model's cost: a nation counted, fitted and drawn anew within a minute, and what counts save.

Each size is measured in a process of its own, in CPU seconds of all its threads; writing the pupils is outside.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from bench.claim import Claim, Measured
from bench.need_load import write_pupils

MILLIONS = (1, 10, 20)
STEPS = ("counting", "pooled fit", "within fit", "replicates")
SECONDS_GOAL, MEMORY_GOAL_MB, RATIO_GOAL = 60.0, 4096.0, 300.0


def _child(what: str, folder: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "bench.need_load", what, str(folder)],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@cache
def _measured() -> tuple[dict[int, dict], dict]:
    """Million pupils → what the counts cost; and what the rows of the first million cost."""
    with tempfile.TemporaryDirectory(prefix="likvard-need-") as name:
        whole = Path(name) / "20"
        whole.mkdir()
        write_pupils(whole, MILLIONS[-1] * 1_000_000)
        for millions in MILLIONS[:-1]:
            part = Path(name) / str(millions)
            part.mkdir()
            for path in sorted(whole.iterdir())[:millions]:
                (part / path.name).hardlink_to(path)
        on_counts = {millions: _child("counts", Path(name) / str(millions)) for millions in MILLIONS}
        return on_counts, _child("rows", Path(name) / "1")


def _total(found: dict) -> float:
    return sum(found["seconds"][step] for step in STEPS)


def nation() -> Measured:
    found = _measured()[0][20]
    steps = ", ".join(f"{step} {found['seconds'][step]:.1f}" for step in STEPS)
    low, high = found["replicate_ratio"]
    return Measured(
        f"{_total(found):.1f} CPU-s ({steps}), {found['peak_mb'] / 1024:.1f} GB; {found['rows']:,} rows, {found['cells']:,}"
        f" cells; spread of replicates {low:.2f}–{high:.2f} of the jackknife errors",
        bool(_total(found) <= SECONDS_GOAL and found["peak_mb"] <= MEMORY_GOAL_MB and 0.8 < low <= high < 1.2),
    )


def counts_against_rows() -> Measured:
    found, rows = _measured()[0][1], _measured()[1]
    ratio = rows["seconds"]["row level"] / found["seconds"]["pooled slopes"]
    apart = np.abs(np.array(found["slopes"]) - np.array(rows["slopes"])).max()
    errors = np.abs(np.array(found["errors"]) / np.array(rows["errors"]) - 1).max()
    return Measured(
        f"{ratio:.0f} × ({rows['seconds']['row level']:.1f} s and {rows['peak_mb'] / 1024:.1f} GB against"
        f" {1000 * found['seconds']['pooled slopes']:.0f} ms; counting {found['seconds']['counting']:.2f} s; with errors"
        f" between schools {1000 * found['seconds']['pooled fit']:.0f} ms); slopes {apart:.0e}, errors {errors:.0e} apart",
        bool(ratio >= RATIO_GOAL and apart < 1e-8 and errors < 1e-6),
    )


def growth() -> Measured:
    found = _measured()[0]
    exponent = np.polyfit(np.log(MILLIONS), np.log([_total(found[m]) for m in MILLIONS]), 1)[0]
    table = "; ".join(
        f"{m} M: {_total(found[m]):.2f} s, {found[m]['rows']:,} rows, {found[m]['peak_mb'] / 1024:.1f} GB"
        for m in MILLIONS
    )
    return Measured(f"{table}; exponent {exponent:.2f}", bool(exponent <= 1.05))


CLAIMS = (
    Claim("need-speed-nation", "Twenty million pupil-years in 1 700 schools: counting, pooled fit, within-school fit and 1 000 replicates.", "60 CPU-s, 4 GB", nation),
    Claim("need-speed-rows", "The pooled fit on counts against statsmodels' GLM on one million rows: same slopes and model errors.", "300 × faster, slopes within 1e-8", counts_against_rows),
    Claim("need-speed-growth", "Cost against pupils.", "exponent at most 1.05", growth),
)  # fmt: skip
