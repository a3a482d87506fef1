"""What a paid municipality gives away about single heads: the units and lines that an attacker would start from.

Belongs here: reading an allocation for ``need_parts``. Does not: the decision, the attack.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

import pandas as pd

from models_py.allocation.formula import Formula
from models_py.allocation.moved_index import Shared, need_driven, sek_per_point
from models_py.allocation.need_parts import NeedPartsPolicy
from models_py.allocation.need_parts_attack import HeadLine, NeedUnit
from models_py.allocation.policy import AllocationPolicy


def head_components(formula: Formula, *, other_measures: Collection[str] = ()) -> frozenset[str]:
    """Codes of components that pay per head of a background: all of kind per_head, but those whose measure is of
    ``other_measures`` (kronor of premises, square metres)."""
    return frozenset(
        each.code
        for each in formula.components
        if each.kind == "per_head" and each.parameters.measure not in other_measures
    )


def merged_components(formula: Formula, *, other_measures: Collection[str] = ()) -> frozenset[str]:
    """Codes that one line ``need_parts`` takes the place of: what follows need, and what is paid per head."""
    return need_driven(formula) | head_components(formula, other_measures=other_measures)


def need_units(
    lines: pd.DataFrame,
    *,
    need: pd.DataFrame,
    policy: AllocationPolicy,
    share: Shared,
    asked: NeedPartsPolicy,
    other_measures: Collection[str] = (),
) -> dict[str, NeedUnit]:
    """Every paid unit as ``decide_need_parts`` takes it; empty when no component pays per head.

    ``lines``: ``Allocation.lines``; ``need``: school_unit_code, pupil_count, need_index, perhaps index_group_code.
    """
    heads = head_components(policy.formula(), other_measures=other_measures)
    shown = lines[lines["component_code"].isin(heads) & (lines["amount_ore"] != 0)]
    if shown.empty:
        return {}
    own: dict[str, list[HeadLine]] = {}
    for row in shown.to_dict("records"):
        price = Fraction(row["rate_ore"]) / 100
        if price > 0:
            line = HeadLine(row["component_code"], row["line_code"], Fraction(row["count"]), price)
            own.setdefault(row["school_unit_code"], []).append(line)
    codes = [str(code) for code in need["school_unit_code"]]
    groups = need["index_group_code"].tolist() if "index_group_code" in need else [None] * len(need)
    few = any(0 < line.count < asked.smallest_count for each in own.values() for line in each)
    slopes = (
        sek_per_point(
            lines, need=need, policy=policy, units=codes, ordinary_change=float(asked.ordinary_change), share=share
        )
        if few
        else dict.fromkeys(codes, 0.0)
    )
    return {
        unit: NeedUnit(
            pupils=int(pupils),
            sek_per_point=slopes[unit],
            index_group=unit if pd.isna(group) else f"group {group}",
            heads=tuple(sorted(own.get(unit, ()), key=lambda head: (head.component_code, head.line_code))),
        )
        for unit, pupils, group in zip(codes, need["pupil_count"], groups, strict=True)
    }
