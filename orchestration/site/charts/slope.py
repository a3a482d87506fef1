"""The slope picture: one line per item from its value before to its value after, the largest changes named.

Belongs here: the lines, their names to the right, placed so that none covers another. Does not: words, figures, which items.
What rises is a whole line, what falls a broken one, so that colour is not needed to tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.site.charts.svg import drawing, element, line, text, ticks
from orchestration.site.speaking import Speaker

TOP, BOTTOM, HEIGHT = 34, 12, 400
LEFT, RIGHT, NAMES = 3.0, 46.0, 51.0
LABEL = 34
"""Pixels of a name and what stands below it."""
LONGEST = 24
"""Letters of a name that fit beside the lines on a narrow screen."""


@dataclass(frozen=True, slots=True)
class Slope:
    """One item: its values, and its name and change in words where it is to be named. ``kind``: unit or mean."""

    before: float
    after: float
    words: str | None = None
    told: str = ""
    kind: str = "unit"


def slopes(speaker: Speaker, rows: Sequence[Slope], *, label: object, before: object, after: object) -> Markup:
    """Lines from ``before`` to ``after``; named ones above the others, the mean above all."""
    values = [value for row in rows for value in (row.before, row.after)]
    low, high = min(values), max(values)
    room = max((high - low) * 0.04, 1.0)
    low, high = low - room, high + room

    def at(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - TOP), 2)

    marks = [
        text(LEFT, 14, before, cls="row-name", anchor="start"),
        text(RIGHT, 14, after, cls="row-name", anchor="end"),
    ]
    for value in ticks(low, high, most=6):
        marks.append(line(LEFT, at(value), RIGHT, at(value), cls="grid"))
        marks.append(text(LEFT + 1, at(value) - 3, speaker.number(value), cls="tick halo", anchor="start"))
    marks += [line(place, TOP - 10, place, HEIGHT - BOTTOM, cls="axis") for place in (LEFT, RIGHT)]
    named = sorted((row for row in rows if row.words is not None), key=lambda row: at(row.after))
    drawn = sorted(rows, key=lambda row: (row.kind == "mean", row.words is not None, row.before, row.after))
    marks += [line(LEFT, at(row.before), RIGHT, at(row.after), cls=f"slope {_kind(row)}") for row in drawn]
    for row, place in zip(named, _apart([at(row.after) for row in named]), strict=True):
        marks += [
            line(RIGHT, at(row.after), NAMES - 0.6, place - 4, cls="thread"),
            text(NAMES, place, _short(str(row.words)), cls="row-name own-name", anchor="start"),
            element("text", row.told, x=f"{NAMES}%", y=place + 15, cls="row-name"),
        ]
    return drawing(marks, height=HEIGHT, label=label)


def _kind(row: Slope) -> str:
    if row.kind == "mean":
        return "all"
    side = "rises" if row.after >= row.before else "falls"
    return f"{side} named" if row.words is not None else side


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1].rstrip()}…"


def _apart(wanted: Sequence[float]) -> list[float]:
    """Places nearest to ``wanted`` (ascending) that are ``LABEL`` pixels apart and inside the picture.

    Names that would cover each other share the way they move (pool adjacent violators).
    """
    pools: list[tuple[float, int]] = []
    for number, place in enumerate(wanted):
        pools.append((place - number * LABEL, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, n), (b, m) = pools[-2:]
            pools[-2:] = [((a * n + b * m) / (n + m), n + m)]
    last = HEIGHT - 20 - (len(wanted) - 1) * LABEL
    starts = [min(max(value, TOP), last) for value, count in pools for _ in range(count)]
    return [round(start + number * LABEL, 2) for number, start in enumerate(starts)]
