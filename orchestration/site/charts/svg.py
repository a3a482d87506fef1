"""Elements of SVG, escaped; a linear scale in per cent; round ticks.

Belongs here: what every picture needs. Does not: any one picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

INSET = 4.0
"""Per cent left free at each side, so that a mark on the edge is whole."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` onto per cent of the width."""

    low: float
    high: float
    left: float = INSET
    right: float = 100 - INSET

    def at(self, value: float) -> float:
        """Per cent from the left."""
        if self.high == self.low:
            return (self.left + self.right) / 2
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def element(tag: str, text: object = None, **attributes: object) -> Markup:
    """One element. ``cls`` is class; ``_`` in a name is ``-``; numbers are rounded to two decimals."""
    told = Markup("")
    for name, value in attributes.items():
        if value is None:
            continue
        shown = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
        told += Markup(' {}="{}"').format("class" if name == "cls" else name.replace("_", "-"), shown)
    if text is None:
        return Markup("<{}{}/>").format(Markup(tag), told)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), told, escape(text))


def percent(value: float) -> str:
    """A place in per cent."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def text(x: float, y: float, words: object, *, cls: str, anchor: str | None = None) -> Markup:
    """Words at ``x`` per cent, anchored so that they stay inside: at the edges they turn inwards."""
    side = anchor or ("start" if x < 18 else "end" if x > 82 else "middle")
    order = "stroke" if "halo" in cls.split() else None
    return element("text", words, x=percent(x), y=y, cls=cls, text_anchor=side, paint_order=order)


def line(x1: float, y1: float, x2: float, y2: float, *, cls: str) -> Markup:
    """A straight line between places in per cent and pixels."""
    return element("line", x1=percent(x1), y1=y1, x2=percent(x2), y2=y2, cls=cls)


def placed(x: float, y: float, mark: Markup, *, cls: str) -> Markup:
    """A mark drawn around nought in pixels, put at ``x`` per cent."""
    return Markup('<svg x="{}" y="{}" class="{}" overflow="visible">{}</svg>').format(percent(x), y, cls, mark)


def area(corners: Iterable[tuple[float, float]], *, height: int, cls: str) -> Markup:
    """A closed area between places in per cent and pixels: a picture of its own that is stretched to the width."""
    told = " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)
    return Markup(
        '<svg x="0" y="0" width="100%" height="{0}" viewBox="0 0 100 {0}" preserveAspectRatio="none">'
        '<polygon points="{1}" class="{2}"/></svg>'
    ).format(height, told, cls)


def drawing(marks: Iterable[Markup], *, height: int, label: object) -> Markup:
    """The picture as one image with ``label`` for those who do not see it."""
    inner = Markup("").join(marks)
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" width="100%" height="{}" focusable="false">{}</svg>'
    ).format(label, height, inner)


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round values between ``low`` and ``high``, at most ``most`` of them."""
    if high <= low:
        return [low]
    raw = (high - low) / most
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]
