"""A claim: a sentence of the docs with a goal, and a function that measures it through the door a user would use.

Belongs here: the Claim value, the register, running one, the line it prints.
Does not: any measurement (``bench.claims.<group>``).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measurement found: a figure to print, and whether it holds (None with a reason: cannot be measured here)."""

    figure: str
    holds: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure we state. ``measure`` never returns a constant."""

    id: str
    sentence: str
    goal: str
    measure: Callable[[], Measured]

    def run(self) -> dict[str, object]:
        """Measure, and say what came of it; a measurement that raises does not hold."""
        try:
            found = self.measure()
        except Exception as error:  # a claim that cannot be measured for an unknown reason has fallen short
            found = Measured(
                figure="error", holds=False, reason="".join(traceback.format_exception_only(error)).strip()
            )
        line: dict[str, object] = {"claim": self.id, "figure": found.figure, "goal": self.goal, "holds": found.holds}
        return line | ({"reason": found.reason} if found.reason else {})
