"""Intervals beside a band of what is expected, and counts beside what chance alone would give.

Belongs here: one row per item, its words above its mark. Does not: words, figures, any order by value: that would rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.site.charts.bars import ROW, WORDS
from orchestration.site.charts.svg import INSET, Scale, drawing, element, line, percent, placed, text, ticks
from orchestration.site.speaking import Speaker

LANE = 28
"""Pixels from a row's top to the middle of its mark."""
FOOT = 22
SEEN_RIGHT = 66.0
"""Per cent of the width that bars may take, so that what is told stands beside them."""
MARKS = {"above": "M0-7L7 5H-7Z", "below": "M0 7L7-5H-7Z"}


@dataclass(frozen=True, slots=True)
class Interval:
    """One estimate with its ends beside a band; ``position``: below, inside, above or undecided."""

    words: str
    told: str
    value: float
    low: float
    high: float
    position: str
    band: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """Of ``whole``, how many were seen and how many chance alone would give."""

    words: str
    told: str
    seen: float
    chance: float
    whole: float


def beside_band(speaker: Speaker, rows: Sequence[Interval], *, label: object) -> Markup:
    """Rows in the order given. Above is a triangle up, below one down, inside a full circle, undecided a ring."""
    ends = [end for row in rows for end in (row.low, row.high, *row.band)]
    most = max(abs(end) for end in ends) * 1.08 or 1.0
    scale = Scale(-most, most)
    floor = len(rows) * ROW + 4
    marks = []
    for place, row in enumerate(rows):
        left, right = (scale.at(edge) for edge in row.band)
        marks.append(
            element("rect", x=percent(left), y=place * ROW, width=percent(right - left), height=ROW, cls="band")
        )
    marks.append(line(scale.at(0), 0, scale.at(0), floor, cls="mean"))
    for value in ticks(-most, most, most=6):
        marks.append(line(scale.at(value), floor, scale.at(value), floor + 4, cls="axis"))
        marks.append(
            text(
                scale.at(value),
                floor + FOOT - 4,
                speaker.number(value, 0 if value == int(value) else 1),
                cls="tick",
                anchor="middle",
            )
        )
    marks.append(line(INSET, floor, 100 - INSET, floor, cls="axis"))
    for place, row in enumerate(rows):
        top = place * ROW
        marks += [
            text(INSET, top + WORDS, row.words, cls="row-name halo", anchor="start"),
            text(100 - INSET, top + WORDS, row.told, cls="row-value halo", anchor="end"),
            line(scale.at(row.low), top + LANE, scale.at(row.high), top + LANE, cls=f"reach {row.position}"),
            placed(scale.at(row.value), top + LANE, _mark(row.position), cls=f"estimate {row.position}"),
        ]
    return drawing(marks, height=floor + FOOT, label=label)


def beside_chance(rows: Sequence[Seen], *, label: object) -> Markup:
    """A bar for what was seen and a standing line for what chance alone gives, each as a share of its own whole."""
    most = max((max(row.seen, row.chance) / row.whole for row in rows), default=1.0) or 1.0
    scale = Scale(0.0, most, right=SEEN_RIGHT)
    marks = []
    for place, row in enumerate(rows):
        top = place * ROW
        seen, chance = scale.at(row.seen / row.whole), scale.at(row.chance / row.whole)
        marks += [
            text(INSET, top + WORDS, row.words, cls="row-name", anchor="start"),
            text(100 - INSET, top + LANE + 5, row.told, cls="row-value", anchor="end"),
            element(
                "rect",
                x=percent(scale.left),
                y=top + LANE - 6,
                width=percent(max(seen - scale.left, 0.4)),
                height=13,
                cls="bar total",
                rx=2,
            ),
            line(chance, top + LANE - 10, chance, top + LANE + 11, cls="chance"),
        ]
    return drawing(marks, height=len(rows) * ROW, label=label)


def _mark(position: str) -> Markup:
    if position in MARKS:
        return element("path", d=MARKS[position])
    return element("circle", r=5.5)
