"""Curves: shares of money against shares of pupils, and what was expected against what came.

Belongs here: curves made of straight pieces in per cent of the width. Does not: computing shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from orchestration.site.charts.svg import Scale, drawing, element, line, percent, text, ticks
from orchestration.site.speaking import Speaker

HEIGHT, TOP, BOTTOM = 270, 30, 36
LEFT = 13.0

Curve = Sequence[tuple[float, float]]
"""Places on both axes, 0..1."""


def shares(
    speaker: Speaker, *, label: object, across: object, up: object, curves: Sequence[tuple[str, Curve]]
) -> Markup:
    """Curves of cumulated shares beside the diagonal; each curve's class is its name."""
    frame = _Frame(1.0, 1.0)
    marks = frame.axes(speaker, across=across, up=up)
    marks.append(line(frame.x(0), frame.y(0), frame.x(1), frame.y(1), cls="mean"))
    for name, curve in curves:
        marks += [
            line(frame.x(a), frame.y(b), frame.x(c), frame.y(d), cls=f"curve {name}")
            for (a, b), (c, d) in pairwise(curve)
        ]
    return drawing(marks, height=HEIGHT, label=label)


def against(
    speaker: Speaker,
    *,
    label: object,
    across: object,
    up: object,
    points: Sequence[tuple[float, float, int]],
) -> Markup:
    """Points of (expected, observed, size) beside the diagonal on which both are equal."""
    most = max(max(a, b) for a, b, _ in points)
    top = ticks(0, most * 1.15)[-1] if most else 1.0
    frame = _Frame(max(top, most * 1.05), max(top, most * 1.05))
    marks = frame.axes(speaker, across=across, up=up)
    marks.append(line(frame.x(0), frame.y(0), frame.x(frame.most_x), frame.y(frame.most_y), cls="mean"))
    largest = max(size for _, _, size in points) or 1
    marks += [
        element(
            "circle", cx=percent(frame.x(a)), cy=frame.y(b), r=4 + 8 * (size / largest) ** 0.5, cls="unit municipal"
        )
        for a, b, size in points
    ]
    return drawing(marks, height=HEIGHT, label=label)


class _Frame:
    """Both scales of one picture and its axes in per cent."""

    def __init__(self, most_x: float, most_y: float) -> None:
        self.most_x, self.most_y = most_x, most_y
        self._x = Scale(0.0, most_x, left=LEFT, right=96.0)

    def x(self, value: float) -> float:
        return self._x.at(value)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value / self.most_y * (HEIGHT - BOTTOM - TOP), 2)

    def axes(self, speaker: Speaker, *, across: object, up: object) -> list[Markup]:
        marks = [
            line(self.x(0), self.y(0), self.x(self.most_x), self.y(0), cls="axis"),
            line(self.x(0), self.y(0), self.x(0), self.y(self.most_y), cls="axis"),
            text(100 - 4, HEIGHT - 4, across, cls="note", anchor="end"),
            text(0, 10, up, cls="note", anchor="start"),
        ]
        for value in ticks(0, self.most_x, most=4):
            marks.append(text(self.x(value), self.y(0) + 15, speaker.percent(value, 0), cls="tick", anchor="middle"))
            if value:
                marks.append(text(LEFT - 1.5, self.y(value) + 4, speaker.percent(value, 0), cls="tick", anchor="end"))
                marks.append(line(self.x(0), self.y(value), self.x(self.most_x), self.y(value), cls="grid"))
        return marks
