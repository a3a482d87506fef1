"""The lines of the table: what was run, how large, and what it took; kept as they are measured.

Belongs here: one line, the file they are kept in, the exponent of growth. Does not: running anything, the page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import t as student

from orchestration.settings import REPOSITORY

KEPT = REPOSITORY / "docs" / "proofs" / "scale_lines.json"
SIZES = {"one": 1, "five": 5, "ten": 10, "thirty": 30, "hundred": 100, "nation": 290}
"""Name of a size → municipalities."""
DEMO = "demo"
"""The size of the demonstration: one municipality that is published under its own policy."""


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement. ``cpu_seconds`` is None where ``reason`` says why it was not measured; ``pupils`` are of one year."""

    step: str
    size: str
    command: str
    pupils: int = 0
    units: int = 0
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    reason: str = ""


def read_lines() -> list[Line]:
    """What was measured last; none when nothing was."""
    return [Line(**line) for line in json.loads(KEPT.read_text("utf-8"))] if KEPT.is_file() else []


def keep(line: Line) -> None:
    """Put a line into the file, in the place of an earlier one of the same step and size."""
    lines = {(each.step, each.size): each for each in read_lines()} | {(line.step, line.size): line}
    text = json.dumps([asdict(each) for each in lines.values()], ensure_ascii=False, indent=1)
    KEPT.write_text(text + "\n", encoding="utf-8")


def growth(sizes: Sequence[float], costs: Sequence[float]) -> tuple[float, float, float]:
    """Exponent of cost in size by least squares of the logarithms, with its 95 % interval (Student's t).

    Raises ValueError for fewer than three sizes, or a cost that is not positive.
    """
    if len(sizes) < 3 or min(costs) <= 0:
        raise ValueError(f"{len(sizes)} sizes, least cost {min(costs, default=0)}: three and above 0 are needed")
    x, y = np.log(sizes), np.log(costs)
    exponent, level = np.polyfit(x, y, 1)
    left = y - level - exponent * x
    error = np.sqrt(left @ left / (len(x) - 2) / ((x - x.mean()) @ (x - x.mean())))
    half = float(student.ppf(0.975, len(x) - 2) * error)
    return float(exponent), float(exponent) - half, float(exponent) + half
