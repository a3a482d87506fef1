"""Why an amount differs between two allocations: by counts, need index, rates, rounding, or because a unit came or went.

Belongs here: splitting the difference of two tables of lines exactly. Does not: reading publications, kinds of lines.
Each line is count × rate + rounding = amount, so a difference splits without remainder into
(count₁ − count₀) × rate₀ + count₁ × (rate₁ − rate₀) + (rounding₁ − rounding₀).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, localcontext
from typing import Any

import pandas as pd

CAUSES = ("unit_ore", "component_ore", "count_ore", "index_ore", "rate_ore", "rounding_ore")
"""A unit that came or went, a component that came or went, pupils and other counts, the need index, rates, rounding."""
KEY = ("school_unit_code", "component_code")
NEED_WEIGHTED = "need_weighted_pupils"
_EXACT = Context(prec=100)
_ZERO = Decimal(0)
_Line = tuple[Decimal, str, Decimal, Decimal, int]


def split_change(
    before: pd.DataFrame, after: pd.DataFrame, *, need_before: pd.DataFrame, need_after: pd.DataFrame
) -> pd.DataFrame:
    """Split the change of each school unit's components by cause.

    Parameters
    ----------
    before, after : lines with school_unit_code, component_code, line_code, count, count_unit, rate_ore, rounding_ore
        (Decimal) and amount_ore (int)
    need_before, need_after : school_unit_code, pupil_count, need_index of the units that have one

    Returns
    -------
    A row per school unit and component that changed, ascending: before_ore, after_ore, change_ore (int) and one column
    per cause (Decimal, öre) whose sum is the change, exactly. Where a count is pupils weighted by the index, the part
    of more or fewer pupils at the old index stands under ``count_ore`` and the rest under ``index_ore``.
    """
    old, new = _lines(before), _lines(after)
    units = [{unit for unit, _, _ in side} for side in (old, new)]
    components = [{component for _, component, _ in side} for side in (old, new)]
    index = [_need(need) for need in (need_before, need_after)]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    with localcontext(_EXACT):
        for key in sorted({*old, *new}):
            unit, component, _ = key
            was, now = old.get(key), new.get(key)
            row = found.setdefault((unit, component), {"before_ore": 0, "after_ore": 0, **dict.fromkeys(CAUSES, _ZERO)})
            amounts = [line[4] if line else 0 for line in (was, now)]
            row["before_ore"] += amounts[0]
            row["after_ore"] += amounts[1]
            if unit not in units[0] or unit not in units[1]:
                row["unit_ore"] += amounts[1] - amounts[0]
            elif component not in components[0] or component not in components[1]:
                row["component_ore"] += amounts[1] - amounts[0]
            else:
                for cause, ore in _causes(was, now, unit=unit, index=index).items():
                    row[cause] += ore
    rows = [
        {
            "school_unit_code": unit,
            "component_code": component,
            **row,
            "change_ore": row["after_ore"] - row["before_ore"],
        }
        for (unit, component), row in found.items()
    ]
    columns = [*KEY, "before_ore", "after_ore", "change_ore", *CAUSES]
    table = pd.DataFrame(rows, columns=columns)
    return table[[_is_changed(row) for row in rows]].reset_index(drop=True)


def _causes(
    was: _Line | None, now: _Line | None, *, unit: str, index: list[dict[str, tuple[Decimal, Decimal]]]
) -> dict[str, Decimal]:
    """One line's change; a line on one side only has the count 0 on the other, at the same rate."""
    known = now if was is None else was
    assert known is not None
    old = was or (_ZERO, known[1], known[2], _ZERO, 0)
    new = now or (_ZERO, known[1], known[2], _ZERO, 0)
    counted = (new[0] - old[0]) * old[2]
    pupils = counted
    if old[1] == new[1] == NEED_WEIGHTED and unit in index[0] and unit in index[1]:
        (pupils_before, index_before), (pupils_after, _) = index[0][unit], index[1][unit]
        pupils = (pupils_after - pupils_before) * index_before / 100 * old[2]
    return {
        "count_ore": pupils,
        "index_ore": counted - pupils,
        "rate_ore": new[0] * (new[2] - old[2]),
        "rounding_ore": new[3] - old[3],
    }


def _lines(table: pd.DataFrame) -> dict[tuple[str, str, str], _Line]:
    keys = zip(table["school_unit_code"], table["component_code"], table["line_code"], strict=True)
    cells = zip(
        table["count"], table["count_unit"], table["rate_ore"], table["rounding_ore"], table["amount_ore"], strict=True
    )
    return {
        key: (Decimal(count), str(unit), Decimal(rate), Decimal(rounding), int(amount))
        for key, (count, unit, rate, rounding, amount) in zip(keys, cells, strict=True)
    }


def _need(table: pd.DataFrame) -> dict[str, tuple[Decimal, Decimal]]:
    known = table[table["need_index"].notna()]
    return {
        str(unit): (Decimal(int(pupils)), Decimal(repr(float(value))))
        for unit, pupils, value in zip(
            known["school_unit_code"], known["pupil_count"], known["need_index"], strict=True
        )
    }


def _is_changed(row: Mapping[str, Any]) -> bool:
    return bool(row["change_ore"]) or any(row[cause] for cause in CAUSES)
