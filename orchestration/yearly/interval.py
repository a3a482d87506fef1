"""How sure one municipality's kronor are: the draws of its index carried through its own policy.

Belongs here: how a draw becomes öre, the reason where that cannot be told. Does not: drawing (the need model), the
statistics (``models_py.allocation.signal``), assets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
import pandas as pd

from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.scored_units import ScoredUnits, scored_units
from models_py.allocation.signal import FEWEST_REPLICATES, SignalShare, krona_intervals, signal_share
from models_py.errors import AllocationError
from orchestration.allocation_inputs import AllocationInputs
from orchestration.publishable import is_plainly_linear

NO_DRAWS, NOTHING_MOVED, CANNOT_BE_SHARED = (
    "no_draws_of_the_index",
    "nothing_is_moved_by_need",
    "draws_cannot_be_shared",
)
LEVELS = (80, 95)
MANY_DEGREES = 10**6
"""Degrees of freedom where the draws have no end of them: the normal distribution."""

Share = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class KronorSure:
    """Rows of ``allocation_interval`` without municipality and year, the signal, and the code where something is missing."""

    units: pd.DataFrame | None = None
    signal: SignalShare | None = None
    reason_code: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Money:
    """What one municipality's year was shared from, and the lines that came of it."""

    inputs: AllocationInputs
    need: pd.DataFrame
    policy: AllocationPolicy
    lines: pd.DataFrame


def how_sure(money: Money, *, draws: pd.DataFrame | None, degrees_of_freedom: float | None) -> KronorSure:
    """Intervals of every unit's total and the share of the redistribution that is signal.

    Where one linear part follows need and nothing is promised, every draw is shared in floats; any other policy is carried
    out in full for the first hundred draws. Signal is asked of the policy without its guarantees: what need says.

    Parameters
    ----------
    draws : school_unit_code, draw, need_index of ``need_index_replicate``, or None
    """
    if draws is None or not len(draws):
        return KronorSure(reason_code=NO_DRAWS)
    units = scored_units(money.need[["school_unit_code", "pupil_count", "need_index"]])
    table = draws.pivot(index="draw", columns="school_unit_code", values="need_index").sort_index()
    try:
        replicates = table[list(units.school_unit_code)].to_numpy(dtype=float)
        total, by_need = _shares(money, units)
        if not _is_simple(money.policy):
            replicates = replicates[:FEWEST_REPLICATES]
        found = signal_share(units, index_replicates=replicates, allocate=by_need)
        rows = _intervals(money, units, replicates, total, by_need, degrees_of_freedom)
    except KeyError:
        return KronorSure(reason_code=NO_DRAWS, detail="the draws are of other school units than the index")
    except AllocationError as error:
        return KronorSure(reason_code=CANNOT_BE_SHARED, detail=str(error))
    return KronorSure(rows, found, NOTHING_MOVED if found.signal_share is None else None)


def _is_simple(policy: AllocationPolicy) -> bool:
    formula = policy.formula()
    follows = _need_codes(policy)
    return not formula.stages and [
        is_plainly_linear(each) and not each.sharing.is_priced for each in formula.components if each.code in follows
    ] == [True]


def _need_codes(policy: AllocationPolicy) -> set[str]:
    """Components whose amounts follow the need index."""
    return {
        each.code
        for each in policy.formula().components
        if each.place == "inside"
        and (each.kind.startswith("structural") or each.kind == "posts")
        and getattr(each.parameters, "measure", None) in (None, "need_index")
    }


def _shares(money: Money, units: ScoredUnits) -> tuple[Share, Share]:
    """Index (B, J) to öre (B, J): all that is paid, and what follows need."""
    codes = _need_codes(money.policy)
    if _is_simple(money.policy):
        ore = money.lines.assign(follows=money.lines["component_code"].isin(codes))
        sums = ore.groupby(["school_unit_code", "follows"])["amount_ore"].sum()
        rest = np.array([float(sums.get((unit, False), 0)) for unit in units.school_unit_code])
        pot = float(ore.loc[ore["follows"], "amount_ore"].sum())

        def linear(index: np.ndarray) -> np.ndarray:
            claims = index * units.pupil_count
            return claims * (pot / claims.sum(axis=1, keepdims=True))

        return (lambda index: linear(index) + rest), linear
    bare = replace(money.policy, guarantees=())

    def carried(index: np.ndarray, policy: AllocationPolicy, only: set[str] | None) -> np.ndarray:
        return np.array([_carried_out(money, policy, units, draw, only) for draw in index])

    return (lambda index: carried(index, money.policy, None)), (lambda index: carried(index, bare, codes))


def _carried_out(
    money: Money, policy: AllocationPolicy, units: ScoredUnits, index: np.ndarray, only: set[str] | None
) -> list[float]:
    need = pd.DataFrame({"school_unit_code": list(units.school_unit_code), "need_index": index})
    lines = money.inputs.lines(need, policy)
    if only is not None:
        lines = lines[lines["component_code"].isin(only)]
    sums = lines.groupby("school_unit_code")["amount_ore"].sum()
    return [float(sums.get(unit, 0)) for unit in units.school_unit_code]


def _intervals(
    money: Money, units: ScoredUnits, replicates: np.ndarray, total: Share, by_need: Share, degrees: float | None
) -> pd.DataFrame:
    """The amount that is paid, ± what the draws say of it, from 0 up; whole kronor outwards."""
    freedom: Any = MANY_DEGREES if degrees is None else degrees
    drawn = {
        level: krona_intervals(
            units, index_replicates=replicates, allocate=total, degrees_of_freedom=freedom, level=level / 100
        )
        for level in LEVELS
    }
    flat = krona_intervals(units, index_replicates=replicates, allocate=by_need, degrees_of_freedom=freedom)
    sums = money.lines.groupby("school_unit_code")["amount_ore"].sum()
    paid = [int(sums.get(unit, 0)) for unit in units.school_unit_code]
    columns: dict[str, Any] = {
        "school_unit_code": list(units.school_unit_code),
        "total_sek": [(Decimal(ore) / 100).quantize(Decimal("0.01")) for ore in paid],
        "total_standard_error_sek": [
            Decimal(str(round(ore))).quantize(Decimal("0.01")) for ore in drawn[95]["standard_error_ore"] / 100
        ],
    }
    for level, rows in drawn.items():
        reach = [float(ore) for ore in rows["upper_ore"] - rows["amount_ore"]]
        ends = [(max(0.0, ore - by), ore + by) for ore, by in zip(paid, reach, strict=True)]
        columns[f"total_{level}_lower_sek"] = [_whole(low, ROUND_FLOOR) for low, _ in ends]
        columns[f"total_{level}_upper_sek"] = [_whole(high, ROUND_CEILING) for _, high in ends]
    return pd.DataFrame(columns).assign(more_than_flat_share=flat["more_than_flat_share"].round(6).to_numpy())


def _whole(ore: float, way: str) -> Decimal:
    assert math.isfinite(ore)  # draws and amounts were checked
    return Decimal(round(ore)).scaleb(-2).quantize(Decimal(1), rounding=way).quantize(Decimal("0.01"))
