"""The lines of a unit's money as tables: what a reader follows, and the exact arithmetic below.

Belongs here: order, grouping by component, both tables. Does not: any sum that is not a published amount.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby

from markupsafe import Markup

from models_py.allocation.need_parts import NEED_PARTS
from models_py.allocation.policy import GRADES
from orchestration.site.names import component_name, line_name, unit_name
from orchestration.site.pages import Material, Table
from orchestration.site.reading import Row

FIRST = ("base_part", "structural_part", NEED_PARTS)
_PLACE = {f"grade_{grade}".lower(): place for place, grade in enumerate(GRADES)}


def in_reading_order(material: Material, code: str) -> list[Row]:
    """The unit's lines: base part by grade, what follows need, then everything else by name."""
    rows = material.book.of("fct_allocation", "school_unit_code", code)
    return sorted(rows, key=lambda row: (_component_place(row["component_code"]), _line_place(row["line_code"])))


def lines_table(material: Material, code: str, total: Markup) -> Table:
    """count × rate = amount, a row per line; a component with several lines has a heading, a row of one cell."""
    say, speaker = material.speaker.say, material.speaker
    rows: list[list[object]] = []
    for component, group in groupby(in_reading_order(material, code), key=lambda row: row["component_code"]):
        own = list(group)
        name = component_name(speaker, material.book, component)
        if len(own) > 1:
            rows.append([name])
        for line in own:
            words = line_name(speaker, component, line["line_code"])
            first = name if len(own) == 1 else Markup('<span class="sub">{}</span>').format(words)
            rows.append([first, count(material, line), rate(material, line), amount(material, line)])
    heads = [say("head_line"), say("head_count"), say("head_rate_sek"), say("head_amount_sek")]
    foot = [say("total"), "", "", total]
    return Table(say("lines_caption"), heads, rows, numbers=(1, 2, 3), foot=foot)


def exact_table(material: Material, code: str) -> Table:
    """The same lines with every decimal: count × rate + rounding = amount, in öre."""
    say, speaker = material.speaker.say, material.speaker
    rows = [
        [
            f"{component_name(speaker, material.book, line['component_code'])}: "
            f"{line_name(speaker, line['component_code'], line['line_code'])}",
            speaker.figure(line, "count", decimals=_decimals(line["count"], 6)),
            speaker.marked(line["rate_ore"], _ref(line, "rate_ore"), "number", 6, is_ore=False),
            speaker.marked(line["rounding_ore"], _ref(line, "rounding_ore"), "number", 6, is_ore=False),
            speaker.marked(line["amount_ore"], _ref(line, "amount_ore"), "number", 0, is_ore=False),
        ]
        for line in in_reading_order(material, code)
    ]
    heads = [say(key) for key in ("head_line", "head_count", "head_rate_ore", "head_rounding_ore", "head_amount_ore")]
    return Table(say("exact_caption"), heads, rows, numbers=(1, 2, 3, 4), is_quiet=True)


def count(material: Material, line: Row) -> Markup:
    """A count with what it counts."""
    speaker = material.speaker
    told = speaker.figure(line, "count", decimals=_decimals(line["count"], 2))
    return Markup('{} <span class="of">{}</span>').format(told, unit_name(speaker, line["count_unit"]))


def rate(material: Material, line: Row) -> Markup:
    """Kronor per counted thing; the column's heading says kronor."""
    return material.speaker.figure(line, "rate_ore", "sek", 2)


def amount(material: Material, line: Row) -> Markup:
    """The line's kronor."""
    return material.speaker.figure(line, "amount_ore", "sek", 2)


def _ref(line: Row, column: str) -> str:
    return f"{line.table}.{column}@{line.key}"


def _decimals(value: Decimal, most: int) -> int:
    return 0 if value == value.to_integral_value() else most


def _component_place(code: str) -> tuple[int, str]:
    return (FIRST.index(code), "") if code in FIRST else (len(FIRST), code)


def _line_place(code: str) -> tuple[int, str]:
    return _PLACE.get(code.lower(), len(_PLACE)), code
