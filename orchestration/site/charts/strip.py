"""The strip: every school unit's need index on one line, and one of them set apart with its interval.

Belongs here: circles, or columns of counts where there are too many units for circles. Does not: choosing what may be shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.site.charts.svg import INSET, Scale, drawing, element, line, percent, text, ticks
from orchestration.site.speaking import Speaker

MOST_CIRCLES = 120
"""Beyond this the strip shows counts in columns, so that a page costs the same however many schools there are."""
COLUMNS, LANES, HEIGHT, MIDDLE, TALLEST = 46, 5, 128, 62, 44
GROUND = Markup("<!--ground-of-the-strip-->")
"""Stands where the marks of all units go; they are equal on every page and put in when the page is put together."""


@dataclass(frozen=True, slots=True)
class Point:
    """One unit: index, pupils, and whether the municipality runs it."""

    index: float
    pupils: int
    is_municipal: bool


def strip_scale(points: Sequence[Point]) -> Scale:
    """The scale that all pages share: whole tens around the lowest and the highest index, 100 always within."""
    values = [point.index for point in points] or [100.0]
    low, high = min(*values, 100.0), max(*values, 100.0)
    return Scale(10 * (low // 10), 10 * (-(-high // 10)))


def strip_ground(points: Sequence[Point], *, scale: Scale) -> Markup:
    """All units: a mark each, sized by pupils, or columns of counts."""
    marks = []
    if len(points) <= MOST_CIRCLES:
        most = max((point.pupils for point in points), default=1) or 1
        for place, point in enumerate(sorted(points, key=lambda each: (each.index, each.pupils))):
            lane = (place * 3) % LANES - LANES // 2
            radius = 3.0 + 7.0 * (point.pupils / most) ** 0.5
            marks.append(_unit(point, scale.at(point.index), MIDDLE + lane * 7, radius))
    else:
        width = (scale.right - scale.left) / COLUMNS
        held = Counter(min(COLUMNS - 1, int((scale.at(point.index) - scale.left) / width)) for point in points)
        most = max(held.values())
        for column, count in sorted(held.items()):
            height = TALLEST * count / most
            marks.append(
                element(
                    "rect", x=percent(scale.left + column * width), y=MIDDLE + 22 - height,
                    width=percent(width * 0.9), height=height, cls="unit municipal",
                )
            )  # fmt: skip
    return Markup("").join(marks)


def _unit(point: Point, x: float, y: float, radius: float) -> Markup:
    """A circle for a municipal unit, a square for another: told apart without colour."""
    if point.is_municipal:
        return element("circle", cx=percent(x), cy=y, r=radius, cls="unit municipal")
    side = radius * 1.7
    return element(
        "rect", x=percent(x), y=y - side / 2, width=side, height=side, transform=f"translate({-side / 2:.2f} 0)",
        cls="unit independent",
    )  # fmt: skip


def strip(
    speaker: Speaker,
    *,
    scale: Scale,
    label: object,
    own: Point | None = None,
    name: str = "",
    interval: tuple[float, float] | None = None,
) -> Markup:
    """The picture with ``GROUND`` where all units go; ``own`` on top, with its 95 % interval."""
    floor = HEIGHT - 22
    marks = [line(INSET, floor, 100 - INSET, floor, cls="axis")]
    for value in ticks(scale.low, scale.high, most=6):
        marks.append(text(scale.at(value), HEIGHT - 6, speaker.number(value), cls="tick", anchor="middle"))
        marks.append(line(scale.at(value), floor, scale.at(value), floor + 4, cls="axis"))
    marks.append(line(scale.at(100), 24, scale.at(100), floor, cls="mean"))
    if own is None:
        marks.append(text(scale.at(100), 16, speaker.say("strip_mean"), cls="note"))
    marks.append(GROUND)
    if own is not None:
        place = scale.at(own.index)
        if interval is not None:
            low, high = (max(scale.left, min(scale.right, scale.at(end))) for end in interval)
            marks.append(line(low, MIDDLE, high, MIDDLE, cls="interval"))
        marks.append(element("circle", cx=percent(place), cy=MIDDLE, r=9.0, cls="own"))
        marks.append(text(place, 16, name, cls="own-name"))
    return drawing(marks, height=HEIGHT, label=label)
