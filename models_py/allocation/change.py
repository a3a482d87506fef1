"""Why a school unit gets more or less than last year, split exactly into named causes.

Belongs here: Shapley's value (Shapley 1953; for decompositions Shorrocks 2013) of blocks that switch from last year's
state to this year's, in whole öre. Does not: computing an allocation (passed in as a function), words for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import factorial
from typing import Literal

import pandas as pd

from models_py.allocation.controlled_rounding import round_both_ways
from models_py.allocation.rounding import listed
from models_py.errors import AllocationError

State = Literal["old", "new"]
Compute = Callable[[Mapping[str, State]], Mapping[str, int]]
"""State of every block to öre per school unit."""

OPENED, CLOSED = "opened", "closed"
MOST_BLOCKS = 6
"""Each block doubles the number of allocations: 6 blocks, 64."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Change between two years.

    Attributes
    ----------
    parts : DataFrame school_unit_code, block_code, change_ore (int64); for a unit of both years one row per block, for
        another unit one row 'opened' or 'closed'; ordered by unit, then blocks in the order given
    units : DataFrame school_unit_code, old_ore, new_ore, change_ore (int64; 0 in the year a unit does not exist), ordered
    """

    parts: pd.DataFrame
    units: pd.DataFrame


def shapley_change(compute: Compute, *, blocks: Sequence[str]) -> Change:
    """Split every unit's change of amount into ``blocks``, exactly.

    A block's part is the mean, over all orders in which the blocks can switch from old to new, of the change that its
    switch brings. The parts of a unit add up to its change. In whole öre each part is the number below or above its
    exact value, and a block whose parts add up to whole öre over the units (zero, when it only moves money) still does.
    A unit that exists in one of the years only gets its whole amount as 'opened' or 'closed'.

    Parameters
    ----------
    compute : called once for each of the 2^K states; gives öre (int) per unit. A unit of both years must have an amount
        in every state; units of one year only may come and go
    blocks : 1 to 6 names, for instance pupils, composition, weights, prices, policy, guarantees

    Raises AllocationError for names that repeat, are reserved or too many; amounts that are not whole; and a unit of both
    years that is missing in a mixed state.
    """
    if not 1 <= len(blocks) <= MOST_BLOCKS or len(set(blocks)) != len(blocks) or {OPENED, CLOSED} & set(blocks):
        raise AllocationError(
            f"blocks: give 1 to {MOST_BLOCKS} different names, none of them {OPENED} or {CLOSED}; given: {', '.join(blocks)}"
        )
    worth: dict[frozenset[str], dict[str, int]] = {}
    for switches in product((False, True), repeat=len(blocks)):
        switched = frozenset(block for block, is_new in zip(blocks, switches, strict=True) if is_new)
        worth[switched] = _amounts(compute, blocks, switched)
    old, new = worth[frozenset()], worth[frozenset(blocks)]
    lasting = sorted(old.keys() & new.keys())
    for switched, amounts in worth.items():
        missing = [unit for unit in lasting if unit not in amounts]
        if missing:
            raise AllocationError(
                f"with {', '.join(sorted(switched))} new and the rest old, school units {listed(missing)} of both years "
                "have no amount; compute must give every unit of both years one"
            )
    exact = {unit: {block: _part(block, unit, worth, len(blocks)) for block in blocks} for unit in lasting}
    rounded = round_both_ways(exact, columns=blocks) if exact else {}
    units = sorted(old.keys() | new.keys())
    rows: list[tuple[str, str, int]] = []
    for unit in units:
        if unit in rounded:
            rows += [(unit, block, rounded[unit][block]) for block in blocks]
        else:
            rows.append((unit, OPENED, new[unit]) if unit in new else (unit, CLOSED, -old[unit]))
    totals = [(unit, old.get(unit, 0), new.get(unit, 0), new.get(unit, 0) - old.get(unit, 0)) for unit in units]
    return Change(
        parts=_table(rows, ["school_unit_code", "block_code", "change_ore"], texts=2),
        units=_table(totals, ["school_unit_code", "old_ore", "new_ore", "change_ore"], texts=1),
    )


def _part(block: str, unit: str, worth: Mapping[frozenset[str], Mapping[str, int]], count: int) -> Fraction:
    """Shapley's value: Σ over sets S without the block of |S|! (K − |S| − 1)! / K! × (worth with it − without it)."""
    total = sum(
        factorial(len(without)) * factorial(count - len(without) - 1) * (worth[without | {block}][unit] - amounts[unit])
        for without, amounts in worth.items()
        if block not in without
    )
    return Fraction(total, factorial(count))


def _amounts(compute: Compute, blocks: Sequence[str], switched: frozenset[str]) -> dict[str, int]:
    state: dict[str, State] = {block: "new" if block in switched else "old" for block in blocks}
    found = dict(compute(state))
    broken = sorted(unit for unit, amount in found.items() if int(amount) != amount)
    if broken:
        raise AllocationError(f"amounts must be whole öre; they are not for school units {listed(broken)}")
    return {unit: int(amount) for unit, amount in found.items()}


def _table(rows: list[tuple], columns: list[str], *, texts: int) -> pd.DataFrame:
    kinds = dict.fromkeys(columns[:texts], "str") | dict.fromkeys(columns[texts:], "int64")
    return pd.DataFrame(rows, columns=columns).astype(kinds)
