"""The one sentence a board may read: shown, larger than X excluded, or cannot be determined with N schools.

Never "no effect" because nothing was found. Here: the rule. Not here: words for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models_py.effect.estimate import Estimate

Kind = Literal["shown", "larger_excluded", "cannot_be_determined"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``excluded_above``: effects above this are excluded, standard deviations per kkr; None unless the kind says so.
    ``reason``: ``interval_excludes_zero``, ``interval_below_relevant``, ``interval_too_wide``, ``trends_differed_before``,
    ``trends_untested``."""

    kind: Kind
    schools: int
    excluded_above: float | None
    reason: str


def verdict(effect: Estimate, *, pre_trend: Estimate | None, relevant_effect: float) -> Verdict:
    """Judge an estimate by the rule that its design file names.

    Trends that differed before the change make any later difference open to doubt: then nothing is determined. Without years
    enough to test them (``pre_trend`` None) nothing is shown either, but a large effect can still be excluded.
    ``relevant_effect``: the smallest effect whose exclusion would be news, standard deviations per kkr, above zero.
    """
    schools = effect.schools
    if pre_trend is not None and pre_trend.p_value < 0.05:
        return Verdict("cannot_be_determined", schools, None, "trends_differed_before")
    excludes_zero = effect.interval_lower > 0 or effect.interval_upper < 0
    if excludes_zero and pre_trend is not None:
        return Verdict("shown", schools, None, "interval_excludes_zero")
    if effect.interval_upper < relevant_effect:
        return Verdict("larger_excluded", schools, relevant_effect, "interval_below_relevant")
    reason = "trends_untested" if excludes_zero else "interval_too_wide"
    return Verdict("cannot_be_determined", schools, None, reason)
