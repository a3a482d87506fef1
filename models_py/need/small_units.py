"""Units too small for an index of their own: public money would reveal what a handful of pupils have at home.

Here: which units share an index. Not here: the index. Organiser type plays no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models_py.errors import NeedError


def merge_small_units(
    pupils: Mapping[str, int], *, minimum: int, groups: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """The group code of every unit that shares its index; units with an index of their own are not in the result.

    ``pupils``: pupils per unit (> 0) of one municipality. ``groups``: groups named in the policy, code -> units; one is
    used when it holds a unit under ``minimum``, and units of it without pupils this year are passed over. All other
    units under ``minimum`` form one group, joined by the next smallest unit (ties by code) until it has ``minimum``
    pupils; in a municipality with fewer pupils than that it holds every unit.
    Raises ``NeedError``: ``unit_in_two_groups``, ``group_under_minimum``.
    """
    small = {unit for unit, count in pupils.items() if count < minimum}
    merged: dict[str, str] = {}
    named: set[str] = set()
    for code in sorted(groups or {}):
        members = [unit for unit in sorted(set((groups or {})[code])) if unit in pupils]
        if again := named.intersection(members):
            raise NeedError(
                f"small-unit groups: {sorted(again)[:3]} stand in two groups; name each once",
                reason="unit_in_two_groups",
            )
        named.update(members)
        if not small.intersection(members):
            continue
        _require_minimum(code, sum(pupils[unit] for unit in members), minimum)
        merged.update(dict.fromkeys(members, code))
    rest = sorted((count, unit) for unit, count in pupils.items() if unit not in named)
    group: list[str] = []
    total = 0
    for count, unit in rest:
        if unit not in small and (not group or total >= minimum):
            break
        group.append(unit)
        total += count
    if not group:
        return merged
    code = f"small_units_{min(group)}"
    if named:
        _require_minimum(code, total, minimum)
    return merged | dict.fromkeys(group, code)


def _require_minimum(code: str, pupils: int, minimum: int) -> None:
    if pupils < minimum:
        raise NeedError(
            f"small-unit group {code} has {pupils} pupils and needs {minimum}; add units to it in the policy",
            reason="group_under_minimum",
        )
