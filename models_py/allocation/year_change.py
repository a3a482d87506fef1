"""Why a school unit gets more or less than last year: last year's and this year's inputs, switched cause by cause.

Belongs here: the amounts of a mixed state, and the split of the change (``change``) with units that opened or closed and
with what was corrected in last year since it was published. Does not: reading last year, mixing policy values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from models_py.allocation.change import CLOSED, OPENED, Change, State, shapley_change
from models_py.allocation.lines import ORE_PER_SEK
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.shares import allocate
from models_py.errors import AllocationError

PUPILS, COMPOSITION, WEIGHTS, NEED_MODEL, NEED_INDEX = "pupils", "composition", "weights", "need_model", "need_index"
PRICES, POLICY, GUARANTEES, CORRECTION = "prices", "policy", "guarantees", "correction"
CAUSES = (PUPILS, COMPOSITION, WEIGHTS, NEED_MODEL, NEED_INDEX, PRICES, POLICY, GUARANTEES, CORRECTION, OPENED, CLOSED)
"""Causes in the order in which they are told."""

CONTINUED, TOOK_OVER, TAKEN_OVER = "continued", "took_over", "taken_over"
UNIT_CHANGES = (CONTINUED, OPENED, TOOK_OVER, CLOSED, TAKEN_OVER)
"""What became of a unit: both years; new; new and continuing others; gone; gone into others."""


@dataclass(frozen=True, slots=True, eq=False)
class YearInputs:
    """What one year's amounts are computed from beside need and policy; tables as ``allocate`` takes them."""

    enrollment: pd.DataFrame
    measures: pd.DataFrame | None = None
    baseline: pd.DataFrame | None = None
    predecessors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    risk_cells: pd.DataFrame | None = None
    supplements: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NeedStates:
    """The index in every mixture of the two years.

    Attributes
    ----------
    causes : ('composition', 'weights' or 'need_model'), or ('need_index',) where these cannot be told apart
    index : a state per cause to school_unit_code, need_index and, where known, need_share
    """

    causes: tuple[str, ...]
    index: Mapping[tuple[State, ...], pd.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class PolicyStates:
    """The policy in every mixture of the two years.

    Attributes
    ----------
    causes : those of prices, policy and guarantees in which the years differ
    policy : states of prices, policy and guarantees to the policy; AllocationError or a subclass where it makes no sense
    """

    causes: tuple[str, ...]
    policy: Callable[[State, State, State], AllocationPolicy]


@dataclass(frozen=True, slots=True, eq=False)
class YearChange:
    """Change of every unit of either year, öre.

    Attributes
    ----------
    parts : school_unit_code, cause_code (``CAUSES``), change_ore (int64), by unit and cause
    units : school_unit_code, unit_change_code (``UNIT_CHANGES``), previous_ore, new_ore, change_ore (int64), by unit
    causes : causes that were told apart, in order
    """

    parts: pd.DataFrame
    units: pd.DataFrame
    causes: tuple[str, ...]


def change_since_last_year(
    old: YearInputs,
    *,
    new: YearInputs,
    need: NeedStates,
    policies: PolicyStates,
    published_ore: Mapping[str, int],
    new_ore: Mapping[str, int],
    predecessors: Mapping[str, Sequence[str]] | None = None,
) -> YearChange:
    """Split each unit's change of amount exactly.

    Last year is computed anew from what is known of it now; what that differs by from what was published then is told
    apart as 'correction', so that the parts add up to the change since the published amount. Between the two computed
    years Shapley's value is used, in whole kronor. Where prices, or guarantees, cannot be mixed with the other year's rules, they are told
    together with 'policy'.

    Parameters
    ----------
    published_ore, new_ore : unit to öre, last year as published and this year
    predecessors : this year's unit to the units that it follows, for the words 'took_over' and 'taken_over'

    Raises AllocationError when this year's inputs do not give ``new_ore``, or no mixture can be computed.
    """
    found = _split(old, new, need=need, policies=policies)
    change, causes = found
    computed = dict(zip(change.units["school_unit_code"], change.units["new_ore"], strict=True))
    off = sorted(unit for unit in {*computed, *new_ore} if computed.get(unit, 0) != new_ore.get(unit, 0))
    if off:
        raise AllocationError(
            f"change since last year: this year's amounts of {len(off)} school units are not those of its inputs "
            f"({', '.join(off[:5])}); run the allocation again first"
        )
    recomputed = dict(zip(change.units["school_unit_code"], change.units["old_ore"], strict=True))
    rows = [
        (str(unit), str(cause), int(ore)) for unit, cause, ore in change.parts.itertuples(index=False, name=None) if ore
    ]
    rows += [
        (unit, CORRECTION, recomputed.get(unit, 0) - published_ore.get(unit, 0))
        for unit in sorted({*recomputed, *published_ore})
        if recomputed.get(unit, 0) != published_ore.get(unit, 0)
    ]
    place = {cause: number for number, cause in enumerate(CAUSES)}
    rows.sort(key=lambda row: (row[0], place[row[1]]))
    follows = {unit: set(olds) & published_ore.keys() for unit, olds in (predecessors or {}).items()}
    units = [
        (
            unit, _became(unit, published_ore, new_ore, follows), published_ore.get(unit, 0), new_ore.get(unit, 0),
            new_ore.get(unit, 0) - published_ore.get(unit, 0),
        )
        for unit in sorted({*published_ore, *new_ore})
    ]  # fmt: skip
    return YearChange(
        parts=_table(rows, ("school_unit_code", "cause_code", "change_ore"), texts=2),
        units=_table(units, ("school_unit_code", "unit_change_code", "previous_ore", "new_ore", "change_ore"), texts=2),
        causes=causes,
    )


def _split(
    old: YearInputs, new: YearInputs, *, need: NeedStates, policies: PolicyStates
) -> tuple[Change, tuple[str, ...]]:
    """Shapley's value with as many causes of the policy told apart as can be mixed."""
    reason: AllocationError | None = None
    for told in _ways_to_tell(policies.causes):
        causes = (PUPILS, *need.causes, *told)

        def compute(state: Mapping[str, State]) -> Mapping[str, int]:
            return _amounts(state, old=old, new=new, need=need, policies=policies)

        try:
            return _in_ore(shapley_change(compute, blocks=causes)), causes
        except AllocationError as error:
            reason = reason or error
    assert reason is not None  # there is always one way to try
    raise reason


def _ways_to_tell(causes: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All causes apart; prices within policy; prices and guarantees within policy."""
    ways = [causes]
    for joined in ((PRICES,), (PRICES, GUARANTEES)):
        way = tuple(cause for cause in (PRICES, POLICY, GUARANTEES) if cause in {*causes, POLICY} - set(joined))
        if causes and way not in ways:
            ways.append(way)
    return ways


def _amounts(
    state: Mapping[str, State], *, old: YearInputs, new: YearInputs, need: NeedStates, policies: PolicyStates
) -> dict[str, int]:
    years = {"old": old, "new": new}
    rules = state.get(POLICY, "new")
    prices, promises = state.get(PRICES, rules), state.get(GUARANTEES, rules)
    policy = policies.policy(prices, rules, promises)
    counted, promised = years[state[PUPILS]], years[promises]
    shared = allocate(
        enrollment=counted.enrollment,
        need=_need(state, counted.enrollment, need=need, rebase=policy.rebase == "pupils"),
        policy=policy,
        measures=counted.measures,
        offered=counted.offered,
        risk_cells=counted.risk_cells,
        supplements=counted.supplements,
        baseline=promised.baseline,
        predecessors=promised.predecessors,
    )
    return {
        str(unit): int(ore) // ORE_PER_SEK
        for unit, ore in zip(shared.totals["school_unit_code"], shared.totals["amount_ore"], strict=True)
    }


def _in_ore(change: Change) -> Change:
    """Amounts are whole kronor, and so are the parts: they add up as a reader sees them."""
    parts, units = change.parts, change.units
    return Change(
        parts=parts.assign(change_ore=parts["change_ore"] * ORE_PER_SEK),
        units=units.assign(**{name: units[name] * ORE_PER_SEK for name in ("old_ore", "new_ore", "change_ore")}),
    )


def _need(
    state: Mapping[str, State], enrollment: pd.DataFrame, *, need: NeedStates, rebase: bool
) -> pd.DataFrame | None:
    """The index of the state, re-based on the state's pupils; a unit of one year only keeps that year's index."""
    chosen = tuple(state[cause] for cause in need.causes)
    first, second = (tuple(way for _ in need.causes) for way in (("new", "old") if "new" in chosen else ("old", "new")))
    known = pd.concat([need.index[key] for key in dict.fromkeys((chosen, first, second))], ignore_index=True)
    if not len(known):
        return None
    known = known.drop_duplicates("school_unit_code")
    counts = enrollment.groupby("school_unit_code")["pupil_count"].sum()
    known = known[known["school_unit_code"].isin(counts[counts > 0].index)].sort_values("school_unit_code")
    if {state[PUPILS], *chosen} in ({"old"}, {"new"}) or not rebase:
        return known.reset_index(drop=True)
    pupils = counts.loc[known["school_unit_code"]].to_numpy().astype(float)
    values = known["need_index"].to_numpy(dtype=float)
    mean = math.fsum((pupils * values).tolist()) / math.fsum(pupils.tolist())
    return known.assign(need_index=values * (100 / mean)).reset_index(drop=True)


def _became(unit: str, before: Mapping[str, int], after: Mapping[str, int], follows: Mapping[str, set[str]]) -> str:
    if unit in before and unit in after:
        return CONTINUED
    if unit in after:
        return TOOK_OVER if follows.get(unit) else OPENED
    return TAKEN_OVER if any(unit in olds for olds in follows.values()) else CLOSED


def _table(rows: list[tuple], columns: tuple[str, ...], *, texts: int) -> pd.DataFrame:
    kinds = dict.fromkeys(columns[:texts], "str") | dict.fromkeys(columns[texts:], "int64")
    return pd.DataFrame(rows, columns=list(columns)).astype(kinds)
