"""Pictures of all school forms: money, need and index side by side, and what one child meets year by year.

Belongs here: where marks stand. Does not: words, figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.site.charts.svg import INSET, Scale, drawing, element, line, percent, text, ticks

ROW, WORDS, MARK, TOP = 46, 15, 25, 26
"""Pixels: a row's height, where its words stand, where its marks begin, room for the heads."""
PANELS = ((INSET, 38.0), (46.0, 66.0), (74.0, 100 - INSET))
"""Per cent of the width: money, shares by need, index."""
MEAN = 100
COLUMNS, FLOOR, ROOF = (14.0, 99.0), 250, 24
BESIDE = ("pedagogical_care", "adapted_compulsory", "adapted_upper_secondary", "adult_education")
"""Forms that some meet instead of the others, drawn as rings."""
ON_TOP = "after_school"


@dataclass(frozen=True, slots=True)
class Board:
    """One form: its name and money in words, the amount, what follows need and what that moves, the index of its units."""

    name: str
    told: str
    amount: float
    shared: float
    moved: float
    lowest: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class Meets:
    """Kronor per person and year at one age in one form."""

    age: int
    form: str
    name: str
    sek: float


def board_picture(rows: Sequence[Board], *, heads: Sequence[str], label: object) -> Markup:
    """A row per form: a bar of its money, a bar of what follows need with what that moves inside it, a line of its index."""
    money, need, index = (
        Scale(low, high, left, right) for (low, high), (left, right) in zip(_reach(rows), PANELS, strict=True)
    )
    bottom = TOP + len(rows) * ROW
    marks = [text(left, 12, head, cls="tick", anchor="start") for head, (left, _) in zip(heads, PANELS, strict=True)]
    for place, row in enumerate(rows):
        top = TOP + place * ROW
        marks += [
            text(PANELS[0][0], top + WORDS, f"{row.name}, {row.told}", cls="row-name", anchor="start"),
            _bar(money, top + MARK, row.amount, "total", 12),
            line(*(PANELS[1][0], top + MARK + 6), *(PANELS[1][1], top + MARK + 6), cls="rail"),
            _bar(need, top + MARK, row.shared, "total", 12),
            _bar(need, top + MARK + 3, row.moved, "up", 6),
            line(*(PANELS[2][0], top + MARK + 6), *(PANELS[2][1], top + MARK + 6), cls="rail"),
            line(index.at(MEAN), top + MARK - 5, index.at(MEAN), top + MARK + 17, cls="mean"),
        ]
        if row.lowest is not None and row.highest is not None:
            start, end = index.at(row.lowest), index.at(row.highest)
            marks.append(line(start, top + MARK + 6, end, top + MARK + 6, cls="reach above"))
            marks += [
                element("circle", cx=percent(at), cy=top + MARK + 6, r=4.0, cls="estimate") for at in (start, end)
            ]
    return drawing(marks, height=bottom + 4, label=label)


def ages_picture(rows: Sequence[Meets], *, label: object) -> Markup:
    """A column per age: what most children meet, a leisure-time centre on top of school; rings for what some meet instead."""
    ages = sorted({row.age for row in rows})
    columns = [row for row in rows if row.form not in (*BESIDE, ON_TOP)]
    base = {age: max((row.sek for row in columns if row.age == age), default=0.0) for age in ages}
    highest = max([row.sek + (base[row.age] if row.form == ON_TOP else 0) for row in rows], default=1.0)
    width = (COLUMNS[1] - COLUMNS[0]) / max(len(ages), 1)
    at = {age: COLUMNS[0] + (place + 0.5) * width for place, age in enumerate(ages)}
    scale = Scale(0, highest, FLOOR, ROOF)
    marks = []
    for tick in ticks(0, highest):
        marks.append(line(COLUMNS[0], scale.at(tick), COLUMNS[1], scale.at(tick), cls="grid"))
        marks.append(text(COLUMNS[0] - 1, scale.at(tick) + 4, f"{tick / 1000:.0f}", cls="tick", anchor="end"))
    marks += [_column(at[row.age], width, scale, 0, row.sek, "total") for row in columns]
    marks += [_column(at[row.age], width, scale, base[row.age], row.sek, "up") for row in rows if row.form == ON_TOP]
    marks += [
        element("circle", cx=percent(at[row.age]), cy=scale.at(row.sek), r=4.0, cls="before")
        for row in rows
        if row.form in BESIDE
    ]
    marks += [text(at[age], FLOOR + 15, str(age), cls="tick", anchor="middle") for age in ages]
    marks += _names(rows, at)
    return drawing(marks, height=FLOOR + 40, label=label)


def _reach(rows: Sequence[Board]) -> tuple[tuple[float, float], ...]:
    lows = [row.lowest for row in rows if row.lowest is not None]
    highs = [row.highest for row in rows if row.highest is not None]
    return (
        (0.0, max((row.amount for row in rows), default=1.0)),
        (0.0, max((row.shared for row in rows), default=1.0) or 1.0),
        (min([*lows, MEAN - 1]), max([*highs, MEAN + 1])),
    )


def _names(rows: Sequence[Meets], at: dict[int, float]) -> list[Markup]:
    """The name of each form of the columns, below its ages; of forms with few ages the picture's words tell."""
    named = []
    for form in dict.fromkeys(row.form for row in rows if row.form not in (*BESIDE, ON_TOP)):
        ages = sorted({row.age for row in rows if row.form == form})
        middle = (at[ages[0]] + at[ages[-1]]) / 2
        name = next(row.name for row in rows if row.form == form)
        named.append(text(middle, FLOOR + 33, name, cls="row-name", anchor="middle"))
    return named


def _bar(scale: Scale, top: float, value: float, kind: str, height: int) -> Markup:
    left = scale.at(0)
    return element(
        "rect", x=percent(left), y=float(top), width=percent(max(scale.at(value) - left, 0.0)), height=height,
        cls=f"bar {kind}", rx=2,
    )  # fmt: skip


def _column(middle: float, width: float, scale: Scale, start: float, sek: float, kind: str) -> Markup:
    top, bottom = scale.at(start + sek), scale.at(start)
    return element(
        "rect", x=percent(middle - width * 0.38), y=top, width=percent(width * 0.76), height=bottom - top,
        cls=f"bar {kind}",
    )  # fmt: skip
