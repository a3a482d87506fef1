"""Why a school unit gets more or less than last year: last year's and this year's inputs, switched cause by cause.

Belongs here: the amounts of a mixed state, and the split of the change (``change``) with units that opened or closed and
with what was corrected in last year since it was published. Does not: reading last year, mixing policy values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    policy : states of prices and of the other rules to the policy, guarantees being those of the rules' year;
        AllocationError where it makes no sense
    """

    causes: tuple[str, ...]
    policy: Callable[[State, State], AllocationPolicy]


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
    apart as 'correction', so that the parts add up to the change since the published amount. Guarantees bring what they
    gave or took this year less what they did last year: a promise kept against one year's money need not be possible at the
    other year's. The rest is split by Shapley's value, in whole kronor; prices that cannot be mixed with the other year's
    rules are told together with 'policy'.

    Parameters
    ----------
    published_ore, new_ore : unit to öre, last year as published and this year
    predecessors : this year's unit to the units that it follows, for the words 'took_over' and 'taken_over'

    Raises AllocationError when this year's inputs do not give ``new_ore``, or no mixture can be computed.
    """
    change, causes = _split(old, new, need=need, policies=policies)
    promised: dict[State, dict[str, int]] = {"old": {}, "new": {}}
    if GUARANTEES in policies.causes:
        causes = (*causes, GUARANTEES)
        promised = {when: _promised(when, old=old, new=new, need=need, policies=policies) for when in promised}
    bare = change.units.set_index("school_unit_code")
    recomputed = _with(bare["old_ore"], promised["old"])
    computed = _with(bare["new_ore"], promised["new"])
    off = sorted(unit for unit in {*computed, *new_ore} if computed.get(unit, 0) != new_ore.get(unit, 0))
    if off:
        raise AllocationError(
            f"change since last year: this year's amounts of {len(off)} school units are not those of its inputs "
            f"({', '.join(off[:5])}); run the allocation again first"
        )
    parts: dict[tuple[str, str], int] = {
        (str(unit), str(cause)): int(ore) for unit, cause, ore in change.parts.itertuples(index=False, name=None)
    }
    for unit in bare.index:
        cause = next((end for end in (OPENED, CLOSED) if (unit, end) in parts), GUARANTEES)
        more = promised["new"].get(unit, 0) - promised["old"].get(unit, 0)
        parts[unit, cause] = parts.get((unit, cause), 0) + more
    for unit in sorted({*recomputed, *published_ore}):
        parts[unit, CORRECTION] = recomputed.get(unit, 0) - published_ore.get(unit, 0)
    rows = [(unit, cause, ore) for (unit, cause), ore in parts.items() if ore]
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
    """Shapley's value without guarantees, prices told apart from other rules where they can be mixed."""
    reason: AllocationError | None = None
    apart = tuple(cause for cause in policies.causes if cause != GUARANTEES)
    for told in dict.fromkeys((apart, (POLICY,) if apart else ())):
        causes = (PUPILS, *need.causes, *told)

        def compute(state: Mapping[str, State]) -> Mapping[str, int]:
            return _amounts(state, old=old, new=new, need=need, policies=policies, keeps_promises=False)

        try:
            return _in_ore(shapley_change(compute, blocks=causes)), causes
        except AllocationError as error:
            reason = reason or error
    assert reason is not None  # there is always one way to try
    raise reason


def _promised(
    when: State, *, old: YearInputs, new: YearInputs, need: NeedStates, policies: PolicyStates
) -> dict[str, int]:
    """Öre that one year's guarantees give each unit, or take from it."""
    state: dict[str, State] = dict.fromkeys((PUPILS, *need.causes, POLICY), when)
    kept, bare = (
        _amounts(state, old=old, new=new, need=need, policies=policies, keeps_promises=keeps) for keeps in (True, False)
    )
    return {unit: (kept[unit] - bare[unit]) * ORE_PER_SEK for unit in kept}


def _with(bare: pd.Series, promised: Mapping[str, int]) -> dict[str, int]:
    """Öre per unit, guarantees kept; units with money only."""
    total = {str(unit): int(ore) + promised.get(str(unit), 0) for unit, ore in bare.items()}
    return {unit: ore for unit, ore in total.items() if ore}


def _amounts(
    state: Mapping[str, State],
    *,
    old: YearInputs,
    new: YearInputs,
    need: NeedStates,
    policies: PolicyStates,
    keeps_promises: bool,
) -> dict[str, int]:
    """Whole kronor per unit in one mixture of the years, with or without the guarantees."""
    rules = state.get(POLICY, "new")
    policy = policies.policy(state.get(PRICES, rules), rules)
    if not keeps_promises:
        policy = replace(policy, guarantees=())
    counted = {"old": old, "new": new}[state[PUPILS]]
    shared = allocate(
        enrollment=counted.enrollment,
        need=_need(state, counted.enrollment, need=need, rebase=policy.rebase == "pupils"),
        policy=policy,
        measures=counted.measures,
        offered=counted.offered,
        risk_cells=counted.risk_cells,
        supplements=counted.supplements,
        baseline=counted.baseline,
        predecessors=counted.predecessors,
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
    chosen: tuple[State, ...] = tuple(state[cause] for cause in need.causes)
    old: State = "old"
    new: State = "new"
    all_old, all_new = (old,) * len(chosen), (new,) * len(chosen)
    first, second = (all_new, all_old) if "new" in chosen else (all_old, all_new)
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
