"""Cohorts through the grades: a line per cohort, broken where the measure changes, with what is known only as an end.

Belongs here: the lines, their whiskers and names. Does not: words, which cohorts, figures. A cohort is told by its name at the
line's end and by the shape of its marks, so that colour is not needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from orchestration.site.charts.svg import Scale, drawing, element, line, percent, placed, text, ticks
from orchestration.site.speaking import Speaker

GRADES = range(1, 10)
TOP, FLOOR, HEIGHT = 18, 254, 306
LEFT, RIGHT = 12.0, 91.0
APART = 15
"""Pixels between two names at the same grade."""
STEP = 1.3
"""Per cent that marks of cohorts at one grade stand beside each other, where they have whiskers."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A cohort in one grade: its share with the ends of its interval, or only what it is at least or at most."""

    grade: int
    measure: str
    share: float | None = None
    low: float | None = None
    high: float | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """One line; ``words`` stand at its end. ``kind``: past, now or one of own-0 to own-3."""

    dots: Sequence[Dot]
    words: str | None
    kind: str


def cohorts(
    speaker: Speaker, paths: Sequence[Path], *, label: object, measures: Sequence[tuple[int, int, str]]
) -> Markup:
    """Lines over grades 1–9. ``measures``: first grade, last grade and name of what is measured in them."""
    known = [
        value
        for path in paths
        for dot in path.dots
        for value in (dot.share, dot.low, dot.at_least)
        if value is not None
    ]
    lowest = max(0.0, math.floor(10 * (min(known, default=0.9) - 0.02)) / 10)
    frame = _Frame(lowest)
    marks = [*frame.grounds(measures), *frame.axes(speaker)]
    own = [path for path in paths if path.kind.startswith("own")]
    for path in paths:
        beside = (own.index(path) - (len(own) - 1) / 2) * STEP if path in own else 0.0
        marks += frame.path(path, beside)
    marks += frame.names(paths)
    return drawing(marks, height=HEIGHT, label=label)


class _Frame:
    def __init__(self, lowest: float) -> None:
        self.lowest = lowest
        self._x = Scale(GRADES[0], GRADES[-1], left=LEFT + 3, right=RIGHT)

    def x(self, grade: float) -> float:
        return self._x.at(grade)

    def y(self, share: float) -> float:
        return round(FLOOR - (share - self.lowest) / (1.0 - self.lowest) * (FLOOR - TOP), 2)

    def grounds(self, measures: Iterable[tuple[int, int, str]]) -> list[Markup]:
        """A ground per measure and its name below the grades."""
        half = (self.x(2) - self.x(1)) / 2
        marks = []
        for place, (first, last, words) in enumerate(measures):
            left, right = max(self.x(first) - half, LEFT), min(self.x(last) + half, 99.0)
            marks.append(
                element(
                    "rect", x=percent(left), y=TOP - 8, width=percent(right - left), height=FLOOR - TOP + 8,
                    cls="measure" if place % 2 else "measure other-measure",
                )
            )  # fmt: skip
            marks.append(
                text((left + right) / 2, HEIGHT - 5 if place % 2 else HEIGHT - 20, words, cls="tick", anchor="middle")
            )
        return marks

    def axes(self, speaker: Speaker) -> list[Markup]:
        marks = [line(LEFT, FLOOR, 100, FLOOR, cls="axis")]
        for value in ticks(self.lowest, 1.0, most=5):
            marks.append(line(LEFT, self.y(value), 100, self.y(value), cls="grid"))
            marks.append(text(LEFT - 1.5, self.y(value) + 4, speaker.percent(value, 0), cls="tick", anchor="end"))
        marks += [text(self.x(grade), FLOOR + 15, str(grade), cls="row-name", anchor="middle") for grade in GRADES]
        return marks

    def path(self, path: Path, beside: float) -> list[Markup]:
        """Whole between grades of one measure, dotted across measures; open where a share is not told."""
        marks = []
        for dot in path.dots:
            ends = (dot.at_least, 1.0) if dot.at_least is not None else (self.lowest, dot.at_most)
            if dot.share is None and ends[1] is not None:
                marks.append(self._bar(dot.grade, beside, ends[0], ends[1], cls=f"span {path.kind}"))
            elif dot.low is not None and dot.high is not None:
                marks.append(
                    self._bar(dot.grade, beside, max(dot.low, self.lowest), dot.high, cls=f"whisker {path.kind}")
                )
        for before, after in pairwise(path.dots):
            if before.share is not None and after.share is not None:
                same = "" if before.measure == after.measure else " across"
                marks.append(
                    line(
                        self.x(before.grade) + beside, self.y(before.share), self.x(after.grade) + beside,
                        self.y(after.share), cls=f"cohort {path.kind}{same}",
                    )
                )  # fmt: skip
        told = [dot for dot in path.dots if dot.share is not None]
        shown = told if path.kind.startswith("own") else told[-1:] if path.kind == "now" else []
        marks += [
            placed(self.x(dot.grade) + beside, self.y(dot.share or 0.0), _mark(path.kind), cls=f"dot {path.kind}")
            for dot in shown
        ]
        return marks

    def names(self, paths: Sequence[Path]) -> list[Markup]:
        """At each line's end, above it or else below or farther up, so that none covers another on a narrow screen."""
        ends = []
        for path in paths:
            last = next((dot for dot in reversed(path.dots) if _top(dot) is not None), None)
            if path.words is not None and last is not None:
                ends.append((last.grade, self.y(_top(last) or 0.0), self.y(_foot(last) or 0.0), path))
        taken: list[tuple[int, float]] = []
        own = [dot for path in paths if path.kind.startswith("own") for dot in path.dots]
        dots = [(dot.grade, self.y(dot.share)) for dot in own if dot.share is not None]
        marks = []
        for grade, top, foot, path in sorted(ends, key=lambda end: (end[0], end[1])):
            wanted = [top - 8, top - 8 - APART, foot + 18, top - 8 - 2 * APART]
            free = (y for y in wanted if self._is_free(grade, y, taken, dots))
            at = max(next(free, wanted[0]), float(TOP - 2))
            taken.append((grade, at))
            marks.append(text(self.x(grade), at, path.words, cls=f"cohort-name halo {path.kind}", anchor="middle"))
        return marks

    @staticmethod
    def _is_free(grade: int, y: float, taken: Sequence[tuple[int, float]], dots: Sequence[tuple[int, float]]) -> bool:
        """Whether words at ``y`` would cover neither other words at this grade or the next, nor a mark."""
        return all(abs(grade - g) > 1 or abs(y - other) >= APART for g, other in taken) and all(
            grade != g or abs(y - 4 - other) >= 10 for g, other in dots
        )

    def _bar(self, grade: int, beside: float, low: float, high: float, *, cls: str) -> Markup:
        at = self.x(grade) + beside
        return line(at, self.y(low), at, self.y(high), cls=cls)


def _top(dot: Dot) -> float | None:
    """Where a dot's marks end upwards; None where nothing is drawn."""
    return next((value for value in (dot.high, dot.share, dot.at_least, dot.at_most) if value is not None), None)


def _foot(dot: Dot) -> float | None:
    return next((value for value in (dot.low, dot.share, dot.at_least, dot.at_most) if value is not None), None)


def _mark(kind: str) -> Markup:
    """A circle, a square, a triangle or a diamond around nought."""
    if kind == "own-3":
        return element("path", d="M0-6.5L6.5 0 0 6.5-6.5 0Z")
    if kind == "own-1":
        return element("rect", x=-4.5, y=-4.5, width=9, height=9)
    if kind == "own-2":
        return element("path", d="M0-6L6 5H-6Z")
    return element("circle", r=4.5 if kind == "now" else 5.0)
