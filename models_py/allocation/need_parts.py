"""Which school units' need money is published as one line, so that no small count of background follows from it.

Belongs here: the decision, and the merged lines. Does not: the attack it is measured by (``need_parts_attack``), which
tables hide what (``orchestration.need_parts``). Amounts are never changed.

A line ``heads × price`` shows its count. Merged with the structural part it still follows by subtraction for anybody who
knows the index, since the structural part is pupils × index × a published rate. So where lines are merged the unit's index
is withheld too; and as the mean index is 100 and pots are known, one hidden index follows from all others: hence several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from models_py.allocation.lines import MICRO
from models_py.allocation.need_parts_attack import HeadLine, NeedUnit, head_intervals
from models_py.allocation.rounding import as_decimal, listed
from models_py.errors import AllocationError

NEED_PARTS = "need_parts"
"""component_code and line_code of the merged line; no policy gives it away."""
SMALLEST_COUNT = 10
"""Counts of background are published from here; Skolverket's open statistics write fewer than ten as ``..``."""
INDEX_HIDDEN = "small_count"
"""Why an index is withheld: a small count would follow from it."""


@dataclass(frozen=True, slots=True)
class NeedPartsPolicy:
    """What must stay unknown.

    Attributes
    ----------
    smallest_count : counts of heads below it are small; they stand on no published line and follow from none
    narrowest_width : heads; an attacker's interval for a small count is at least so wide. Five is what rounding to the
        base of five leaves open (ACRO, UK statistical disclosure control of research output)
    ordinary_change : index points by which an index changes from one year to the next at most, in the ordinary run of
        things: so well is a withheld index known from last year's
    """

    smallest_count: int = SMALLEST_COUNT
    narrowest_width: Decimal = Decimal(5)
    ordinary_change: Decimal = Decimal(10)

    def __post_init__(self) -> None:
        if self.smallest_count < SMALLEST_COUNT:
            raise AllocationError(f"disclosure.threshold: {self.smallest_count} is below {SMALLEST_COUNT}")
        if self.narrowest_width <= 0 or self.ordinary_change < 0:
            raise AllocationError("disclosure: narrowest_width must be above zero, ordinary_change 0 or more")


@dataclass(frozen=True, slots=True)
class NeedParts:
    """The decision.

    Attributes
    ----------
    units : school units whose need money is one line and whose index is withheld, ascending
    small : (school_unit_code, component_code, line_code) of the counts that are protected, ascending
    narrowest : heads, the attacker's narrowest interval for any of them; None when there is none
    exposed : those of ``small`` that no merging protects well enough; nothing may be published then
    """

    units: tuple[str, ...]
    small: tuple[tuple[str, str, str], ...]
    narrowest: float | None
    exposed: tuple[tuple[str, str, str], ...]

    def refusal(self, policy: NeedPartsPolicy) -> str | None:
        """Why nothing may be published, with components and school units (never a count); None when all is well."""
        if not self.exposed:
            return None
        codes = sorted({code for _, code, _ in self.exposed})
        units = sorted({unit for unit, _, _ in self.exposed})
        return (
            f"components.{', components.'.join(codes)}: the number of heads at school units {listed(units)} would follow "
            f"from published amounts to within fewer than {policy.narrowest_width} heads, also with every unit's need "
            "money as one line; a lower price per head, more kinds of heads or the index instead of a price would hide it"
        )


def decide_need_parts(units: Mapping[str, NeedUnit], *, policy: NeedPartsPolicy) -> NeedParts:
    """The units whose lines are merged: those with a small count, and then as many others as it takes.

    Others join in order of the kronor that their index leaves open, largest first, ties to the lower code, together with
    every unit that shares their index. The shortest such row is taken under which each small count keeps an interval of
    ``narrowest_width`` against an attacker with all published tables (``need_parts_attack``). More hidden units never
    tell the attacker more, so the row is found by halving.

    ``units``: school_unit_code to what is known of it, every unit that is paid. Deterministic in the mapping's content.
    """
    small = _small(units, policy)
    if not small:
        return NeedParts((), (), None, ())
    first = _with_group({unit for unit, _, _ in small}, units)
    slack = {unit: units[unit].sek_per_point * float(policy.ordinary_change) for unit in units}
    row = sorted(units.keys() - first, key=lambda unit: (-slack[unit], unit))

    def widths(joined: int) -> dict[tuple[str, str, str], float]:
        chosen = _with_group(first | set(row[:joined]), units)
        found = head_intervals(units, hidden=chosen, asked=small, ordinary_change=float(policy.ordinary_change))
        return {place: high - low for place, (low, high) in found.items()}

    wanted = float(policy.narrowest_width)
    least, most, best = 0, len(row), widths(len(row))
    reachable = {place for place, width in best.items() if _wide(width, wanted)}
    while least < most:
        middle = (least + most) // 2
        now = widths(middle)
        if all(_wide(now[place], wanted) for place in reachable):
            most, best = middle, now
        else:
            least = middle + 1
    return NeedParts(
        units=tuple(sorted(_with_group(first | set(row[:most]), units))),
        small=small,
        narrowest=min(best.values()),
        exposed=tuple(place for place in small if place not in reachable),
    )


def merged_lines(lines: pd.DataFrame, *, units: tuple[str, ...], components: frozenset[str]) -> pd.DataFrame:
    """``lines`` with those of ``components`` at ``units`` as one line ``need_parts``: 1 × the sum, exact.

    ``lines``: columns of ``Line`` and any others that are the same within a unit. Sums per unit never change; a unit without
    such a line gets none. Ordered by school unit, component and line.
    """
    taken = lines["school_unit_code"].isin(units) & lines["component_code"].isin(components)
    merged = []
    for _, own in lines[taken].groupby("school_unit_code", sort=True):
        ore = sum(int(amount) for amount in own["amount_ore"])
        told = {"component_code": NEED_PARTS, "line_code": NEED_PARTS, "count_unit": "units", "amount_ore": ore}
        exact = {
            "count": as_decimal(MICRO, decimals=6),
            "rate_ore": as_decimal(ore * MICRO, decimals=6),
            "rounding_ore": as_decimal(0, decimals=12),
        }
        merged.append(dict(own.iloc[0]) | told | exact)
    kept = lines[~taken]
    if not merged:
        return kept.reset_index(drop=True)
    whole = pd.concat([kept, pd.DataFrame(merged, columns=list(lines.columns)).astype(lines.dtypes)])
    return whole.sort_values(["school_unit_code", "component_code", "line_code"]).reset_index(drop=True)


def _small(units: Mapping[str, NeedUnit], policy: NeedPartsPolicy) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        sorted(
            (unit, head.component_code, head.line_code)
            for unit, one in units.items()
            for head in one.heads
            if Fraction(0) < head.count < policy.smallest_count
        )
    )


def _with_group(chosen: set[str], units: Mapping[str, NeedUnit]) -> set[str]:
    groups = {units[unit].index_group for unit in chosen}
    return {unit for unit, one in units.items() if one.index_group in groups}


def _wide(width: float, wanted: float) -> bool:
    return width >= wanted - 1e-6


__all__ = [
    "INDEX_HIDDEN",
    "NEED_PARTS",
    "HeadLine",
    "NeedParts",
    "NeedPartsPolicy",
    "NeedUnit",
    "decide_need_parts",
    "merged_lines",
]
