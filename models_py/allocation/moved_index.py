"""Need with one unit's index elsewhere, all else equal: what an uncertain or withheld index could be in kronor.

Belongs here: moving one index so that the municipality's mean stays, and the money that follows by any formula. Does not:
which ends an index has (``models_py.need``), what is published of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from models_py.allocation.formula import Component, Formula
from models_py.allocation.policy import AllocationPolicy

WHOLE_AMOUNT_KINDS = frozenset({"damping", "hold_harmless", "minimum_per_pupil"})
"""Promises on a unit's whole amount: they hold it whatever its index is, and say nothing of the parts."""
Shared = Callable[[pd.DataFrame, AllocationPolicy], pd.DataFrame]
"""From need and policy to lines (``Allocation.lines``), everything else as it is."""


def moved(need: pd.DataFrame, *, unit: str, index: float, is_rebased: bool) -> pd.DataFrame:
    """``need`` with ``unit`` at ``index``; the others are scaled so that the pupil-weighted mean stays.

    Without re-basing the others stay as they are. A need share moves with the index: the unit's own, since the others'
    shares do not depend on it. Columns school_unit_code, pupil_count, need_index, perhaps need_share.
    """
    own = need["school_unit_code"] == unit
    pupils, values = need["pupil_count"].astype(float), need["need_index"].astype(float)
    scale = 1.0
    if is_rebased:
        others = float((pupils * values)[~own].sum())
        total = float((pupils * values).sum())
        left = total - float(pupils[own].sum()) * index
        scale = left / others if others > 0 else 1.0
    changed = need.assign(need_index=values.mul(scale).mask(own, index))
    if "need_share" in need and not need["need_share"].isna().all() and scale > 0:
        before = values[own].iloc[0]
        ratio = index / (before * scale) if before else 1.0
        share = need["need_share"].astype(float)
        changed = changed.assign(need_share=share.mask(own, (share * ratio).clip(upper=1.0)))
    return changed


def need_driven(formula: Formula) -> frozenset[str]:
    """Codes of components whose money follows the need index or share."""
    return frozenset(each.code for each in formula.components if each.place == "inside" and reads_need(each))


def reads_need(component: Component) -> bool:
    """Whether a component's claims come from the need index, the need share, or predicted shares of pupils."""
    if not (component.kind.startswith("structural") or component.kind == "posts"):
        return False
    return getattr(component.parameters, "measure", None) in (None, "need_index", "need_share")


def is_plainly_linear(component: Component) -> bool:
    """Whether a part is pot × pupils × index / Σ, without bounds, rounding, other rules or factors."""
    asked = component.parameters
    plain = component.kind == "structural_linear" and component.sharing.rule in (None, "proportional")
    settings = (asked.measure, asked.lowest, asked.highest, asked.decimals) if plain else (0,)
    return plain and {*settings, component.sharing.area_factor} == {None} and not component.sharing.is_priced


def is_closed(policy: AllocationPolicy, codes: frozenset[str]) -> bool:
    """Whether the parts ``codes`` are plainly linear, on a re-based index and without a promise on their pots."""
    formula = policy.formula()
    parts = [each for each in formula.components if each.code in codes]
    bound = any(stage.bounds in codes for stage in formula.stages)
    return policy.rebase == "pupils" and not bound and all(is_plainly_linear(each) for each in parts)


def sek_per_point(
    lines: pd.DataFrame,
    *,
    need: pd.DataFrame,
    policy: AllocationPolicy,
    units: Sequence[str],
    ordinary_change: float,
    share: Shared,
) -> dict[str, float]:
    """Kronor of need-driven parts per index point at each unit, all else equal.

    Plainly linear parts: amount over index. Any other formula is paid anew with the unit's index ``ordinary_change`` lower
    and higher. Promises on whole amounts are left out: they hide the parts rather than tell them.
    """
    codes = need_driven(policy.formula())
    index = dict(zip(need["school_unit_code"], need["need_index"].astype(float), strict=True))
    if is_closed(policy, codes):
        paid = _sek(lines, codes)
        return {unit: paid.get(unit, 0.0) / index[unit] if index[unit] else 0.0 for unit in units}
    free = replace(policy, guarantees=tuple(s for s in policy.guarantees if s.kind not in WHOLE_AMOUNT_KINDS))
    free = replace(free, guarantees=tuple(s for s in free.guarantees if s.bounds is not None))
    slopes = {}
    for unit in units:
        low, high = max(index[unit] - ordinary_change, 0.0), index[unit] + ordinary_change
        ends = [
            _sek(share(moved(need, unit=unit, index=at, is_rebased=policy.rebase == "pupils"), free), codes)
            for at in (low, high)
        ]
        slopes[unit] = (ends[1].get(unit, 0.0) - ends[0].get(unit, 0.0)) / (high - low) if high > low else 0.0
    return {unit: max(slope, 0.0) for unit, slope in slopes.items()}


def _sek(lines: pd.DataFrame, codes: frozenset[str]) -> Mapping[str, float]:
    own = lines[lines["component_code"].isin(codes)]
    return {str(unit): int(ore) / 100 for unit, ore in own.groupby("school_unit_code")["amount_ore"].sum().items()}
