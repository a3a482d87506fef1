"""Errors of the pure core. One small family, so that callers can tell a refused input from a programming error.

Here: only exception classes. Messages name what is wrong, where, how many and what to do; never a pupil's value.
"""

from __future__ import annotations


class LikvardError(ValueError):
    """Input that likvard refuses. ``reason`` is a stable code for reports, ``str(error)`` the sentence for people."""

    def __init__(self, message: str, *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class ModelsError(LikvardError):
    """Refused by the statistics (``models_py``)."""


class NeedError(ModelsError):
    """Refused by the need model: counts, shares, design, fit or index."""


class AllocationError(ModelsError):
    """Refused by the allocation: pupils, index, prices, budget or rounding."""


class DisclosureError(ModelsError):
    """Refused by disclosure control: cells, sums or thresholds that make no sense together."""


class ForecastError(ModelsError):
    """Refused by the enrollment forecast: counts, cohorts, places or prices."""


class EffectError(ModelsError):
    """Refused by the follow-up of effect: panel, dose, design file or costs."""


class AccuracyError(ModelsError):
    """Refused by the follow-up of accuracy: cohorts, cells or weights that make no sense together."""


class FollowupError(ModelsError):
    """Refused by the follow-up: results, cohorts, expected values or key figures."""


class PaymentError(ModelsError):
    """Refused by the payments: calendar, counts, rates, events, changes or lines."""


class FormsError(ModelsError):
    """Refused by the school forms: a stage, form, source of need or price that does not fit."""
