"""Pictures of rows: the bridge from one amount to another, pairs of dots, bars around zero.

Belongs here: one row per item, its words above its mark, so that long words fit a narrow screen. Does not: words, figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.site.charts.svg import INSET, Scale, drawing, element, line, percent, text

ROW, WORDS, MARK = 42, 15, 24
"""Pixels: a row's height, where its words stand, where its mark begins."""


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a bridge: from ``start`` to ``end``; a total starts at the left edge."""

    words: str
    told: str
    start: float
    end: float
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two values of one row, and how they are told."""

    words: str
    told: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar from zero."""

    words: str
    told: str
    value: float


def bridge(steps: Sequence[Step], *, label: object) -> Markup:
    """From the first total to the last. The scale is cut near the totals, so that steps can be seen; words say the amounts."""
    ends = [end for step in steps for end in ((step.end,) if step.is_total else (step.start, step.end))]
    low, high = min(ends), max(ends)
    room = max(high - low, abs(high) * 0.002, 1.0) * 0.25
    scale = Scale(low - room, high + room)
    marks = []
    for place, step in enumerate(steps):
        top = place * ROW
        start = scale.left if step.is_total else scale.at(step.start)
        end = scale.at(step.end)
        kind = "total" if step.is_total else "up" if step.end >= step.start else "down"
        marks += [*_words(top, step.words, step.told), _bar(top, start, end, kind)]
        if place + 1 < len(steps):
            marks.append(line(end, top + MARK, end, top + ROW + MARK, cls="thread"))
    return drawing(marks, height=len(steps) * ROW, label=label)


def pairs(rows: Sequence[Pair], *, label: object) -> Markup:
    """A ring for before and a dot for after on every row, on one scale."""
    values = [value for row in rows for value in (row.before, row.after)]
    scale = Scale(min(values), max(values))
    marks = []
    for place, row in enumerate(rows):
        top = place * ROW
        before, after = scale.at(row.before), scale.at(row.after)
        middle = top + MARK + 6
        marks += [
            *_words(top, row.words, row.told),
            line(INSET, middle, 100 - INSET, middle, cls="rail"),
            line(before, middle, after, middle, cls="up-line" if row.after >= row.before else "down-line"),
            element("circle", cx=percent(before), cy=middle, r=5.0, cls="before"),
            element("circle", cx=percent(after), cy=middle, r=6.0, cls="after"),
        ]
    return drawing(marks, height=len(rows) * ROW, label=label)


def around_zero(rows: Sequence[Bar], *, label: object) -> Markup:
    """Bars to the right of zero for what raises, to the left for what lowers."""
    most = max((abs(row.value) for row in rows), default=1.0) or 1.0
    low = min((row.value for row in rows), default=0.0)
    scale = Scale(-most if low < 0 else 0.0, most)
    marks = [line(scale.at(0), MARK - 6, scale.at(0), len(rows) * ROW, cls="axis")]
    for place, row in enumerate(rows):
        top = place * ROW
        kind = "up" if row.value >= 0 else "down"
        marks += [*_words(top, row.words, row.told), _bar(top, scale.at(0), scale.at(row.value), kind)]
    return drawing(marks, height=len(rows) * ROW, label=label)


def _words(top: int, words: str, told: str) -> tuple[Markup, Markup]:
    return (
        text(INSET, top + WORDS, words, cls="row-name", anchor="start"),
        text(100 - INSET, top + WORDS, told, cls="row-value", anchor="end"),
    )


def _bar(top: int, start: float, end: float, kind: str) -> Markup:
    left, width = min(start, end), max(abs(end - start), 0.4)
    return element("rect", x=percent(left), y=top + MARK, width=percent(width), height=13, cls=f"bar {kind}", rx=2)
