"""What a part of the follow-up could not make, in words.

Belongs here: which codes have words. Does not: deciding what is not shown.
"""

from __future__ import annotations

from collections.abc import Callable

CHECKS = (
    "instrumented", "pre_trend", "trend_robust", "drift", "re_estimation", "event_study", "costs_without_pupils",
    "cost_pass_through",
)  # fmt: skip
REASONS = (
    "too_few_events", "too_few_cohorts", "weights_saw_the_year", "no_received_dose", "no_pre_period", "no_variation",
)  # fmt: skip
"""Codes that have words; others are shown as they are."""


def told(part: str, reason: str, *, say: Callable[..., str]) -> str:
    """One sentence; ``say``: a catalogue's sentences by key."""
    return say(
        "followup_not_shown",
        part=say(f"part_check_{part}") if part in CHECKS else part,
        reason=say(f"part_why_{reason}") if reason in REASONS else reason,
    )
