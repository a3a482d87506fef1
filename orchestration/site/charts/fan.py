"""A forecast: counts so far, what is expected, and the band around it.

Belongs here: the lines and the band. Does not: words, figures. The axis seldom begins at nought: the words beside say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from orchestration.site.charts.svg import Scale, area, drawing, element, line, placed, text, ticks
from orchestration.site.speaking import Speaker

TOP, FLOOR, HEIGHT = 10, 204, 226
LEFT, RIGHT = 11.0, 93.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is expected of one year, and the ends of its interval where there is one."""

    year: int
    expected: float
    low: float | None
    high: float | None


def fan(speaker: Speaker, counted: Sequence[tuple[int, int]], ahead: Sequence[Ahead], *, label: object) -> Markup:
    """``counted``: (year, pupils), in order; ``ahead`` follows them."""
    values = [float(count) for _, count in counted]
    values += [value for each in ahead for value in (each.expected, each.low, each.high) if value is not None]
    room = max((max(values) - min(values)) * 0.12, 2.0)
    low, high = max(0.0, min(values) - room), max(values) + room
    years = [year for year, _ in counted] + [each.year for each in ahead]
    scale = Scale(min(years), max(years), left=LEFT + 3, right=RIGHT)

    def y(value: float) -> float:
        return round(FLOOR - (value - low) / (high - low) * (FLOOR - TOP), 2)

    marks = [line(LEFT, FLOOR, 100, FLOOR, cls="axis")]
    for value in ticks(low, high, most=5):
        marks.append(line(LEFT, y(value), 100, y(value), cls="grid"))
        marks.append(text(LEFT - 1.5, y(value) + 4, speaker.number(value), cls="tick", anchor="end"))
    # Every other year, the last among them: all of them would cover each other on a narrow screen.
    marks += [text(scale.at(year), FLOOR + 16, str(year), cls="tick", anchor="middle") for year in years[::-2]]
    start = [(scale.at(year), y(count)) for year, count in counted]
    path = start[-1:] + [(scale.at(each.year), y(each.expected)) for each in ahead]
    if all(each.low is not None and each.high is not None for each in ahead):
        over = [(scale.at(each.year), y(each.high or 0.0)) for each in ahead]
        under = [(scale.at(each.year), y(each.low or 0.0)) for each in ahead]
        marks.append(area([*start[-1:], *over, *reversed(under)], height=HEIGHT, cls="fan"))
        marks += [
            line(a, b, c, d, cls="fan-edge")
            for edge in (over, under)
            for (a, b), (c, d) in pairwise([*start[-1:], *edge])
        ]
    marks += [line(a, b, c, d, cls="counted") for (a, b), (c, d) in pairwise(start)]
    marks += [line(a, b, c, d, cls="expected") for (a, b), (c, d) in pairwise(path)]
    marks += [placed(a, b, element("circle", r=4.5), cls="counted-dot") for a, b in start]
    marks += [placed(a, b, element("circle", r=4.5), cls="expected-dot") for a, b in path[1:]]
    if start:
        marks.append(
            text(start[-1][0], start[-1][1] - 12, speaker.number(counted[-1][1]), cls="own-name halo", anchor="middle")
        )
    if ahead:
        marks.append(
            text(
                path[-1][0], path[-1][1] - 12, speaker.number(ahead[-1].expected), cls="own-name halo", anchor="middle"
            )
        )
    return drawing(marks, height=HEIGHT, label=label)
