"""Failing warnings against waivers: which are accepted, which are not, and which waivers do nothing.

Belongs here: judging waivers on a day. Does not: reading them (``resources.governance``), critical rules (``gate``):
those are never waived.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from orchestration.publication.candidate import Reason
from orchestration.resources.governance import Waiver

WAIVER_RULE = "G-WAIVER-001"
"""In a decided publication every failing warning has a waiver in force."""
State = Literal["in_force", "missing", "expired", "exceeded", "not_entitled", "unneeded"]


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """One failing warning and its waiver, or a waiver without a failing warning.

    ``exceeded``: more rows fail than it accepts. ``not_entitled``: its name may not waive. ``unneeded``: the rule holds.
    """

    rule_id: str
    failing_count: int
    state: State
    failing_count_at_most: int | None = None
    name: str | None = None
    reason: str | None = None
    expires: str | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def review(
    waivers: Sequence[Waiver], *, rule_results: pd.DataFrame, day: date, entitled: Collection[str]
) -> tuple[WaiverLine, ...]:
    """A line per failing warning of ``rule_results`` and per waiver, by rule id.

    Parameters
    ----------
    rule_results : rows of ``rule_result`` of one municipality and year
    day : the waivers hold on this day
    entitled : names that may waive
    """
    warning = rule_results[(rule_results["severity"] == "warning") & (rule_results["failing_count"] > 0)]
    failing = {str(rule): int(count) for rule, count in zip(warning["rule_id"], warning["failing_count"], strict=True)}
    given = {waiver.rule_id: waiver for waiver in waivers}
    lines = []
    for rule_id in sorted({*failing, *given}):
        count, waiver = failing.get(rule_id, 0), given.get(rule_id)
        if waiver is None:
            lines.append(WaiverLine(rule_id, count, "missing"))
            continue
        lines.append(
            WaiverLine(
                rule_id,
                count,
                _state(waiver, count=count, day=day, entitled=entitled),
                failing_count_at_most=waiver.scope.failing_count_at_most,
                name=waiver.name,
                reason=waiver.reason,
                expires=waiver.expires.isoformat(),
            )
        )
    return tuple(lines)


def unwaived(lines: Sequence[WaiverLine]) -> tuple[Reason, ...]:
    """Why these warnings stand against a decided publication; none where each failing one is accepted."""
    open_lines = [line for line in lines if line.failing_count and line.state != "in_force"]
    if not open_lines:
        return ()
    told = ", ".join(f"{line.rule_id} ({line.failing_count}: {line.state})" for line in open_lines[:3])
    more = f" and {len(open_lines) - 3} more" if len(open_lines) > 3 else ""
    return (Reason(WAIVER_RULE, len(open_lines), f"{told}{more}; mend the data, or waive by name in waivers/"),)


def _state(waiver: Waiver, *, count: int, day: date, entitled: Collection[str]) -> State:
    if waiver.expires < day:
        return "expired"
    if not count:
        return "unneeded"
    if waiver.name not in entitled:
        return "not_entitled"
    return "in_force" if count <= waiver.scope.failing_count_at_most else "exceeded"
