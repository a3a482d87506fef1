"""Counts of outcome and background in records that are published: from ten, and with ten or more on the other side.

Here: one count at a time. Not here: tables (``atlas_public``, ``calibration_check``), disclosure over several publications.
"""

from __future__ import annotations

SHOWN_FROM = 10
"""Pupils behind a published count of background or outcome."""


def shown(count: float, *, of: float | None) -> int | None:
    """The count, or None where fewer than ten have what it tells of, or fewer than ten of all (``of``) lack it."""
    few = count < SHOWN_FROM or (of is not None and of - count < SHOWN_FROM)
    return None if few else round(count)


def in_words(count: int) -> str:
    """The count in a sentence: a small one is not told."""
    return str(count) if count >= SHOWN_FROM else f"fewer than {SHOWN_FROM}"
