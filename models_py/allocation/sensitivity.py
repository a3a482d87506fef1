"""What suppressed shares leave open, in kronor.

Belongs here: a unit's structural part at the ends of its index, all else equal, by any formula. Does not: intervals of the
weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from models_py.allocation.moved_index import Shared, is_closed, moved
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.rounding import as_decimal, half_even
from models_py.errors import AllocationError

ENDS = ("lower", "upper")
STRUCTURAL = "structural_part"
NO_PART, NOT_PAYABLE = "no_structural_part", "not_payable_at_the_end"
"""Why an end is empty: the policy has no component of that code, or its promises cannot be kept there."""


def structural_ends(need: pd.DataFrame, *, pot_ore: int) -> pd.DataFrame:
    """The structural part at both ends of each unit's index, for a linear claim on a re-based index.

    With a pupil-weighted mean of 100 a unit gets pot / all pupils × pupils × index / 100; the ends of the index are
    already re-based, so the others' shares of the pot have moved with them.

    Parameters
    ----------
    need : school_unit_code, pupil_count, need_index_lower, need_index_upper (empty where nothing bounds them)
    pot_ore : öre, the whole structural part

    Returns
    -------
    school_unit_code, structural_part_lower_sek, structural_part_upper_sek (Decimal with two places, or None),
    ends_withheld_because (text or None)
    """
    pupils = int(need["pupil_count"].sum())
    amounts = {
        end: [
            None if pd.isna(index) else Fraction(pot_ore, pupils) * int(count) * Fraction(float(index)) / 100
            for count, index in zip(need["pupil_count"], need[f"need_index_{end}"], strict=True)
        ]
        for end in ENDS
    }
    return _table(need, amounts, reasons=[None] * len(need))


def ends_by_formula(
    need: pd.DataFrame, *, lines: pd.DataFrame, policy: AllocationPolicy, share: Shared
) -> pd.DataFrame:
    """``structural_ends`` for any formula: plainly linear parts in one step, any other paid anew at each end.

    ``lines``: as paid at the index itself. A unit whose end is its index keeps its amount. Where the policy's promises
    cannot be kept at an end, both ends are empty with a reason.
    """
    codes = {each.code for each in policy.formula().components if each.place == "inside"}
    paid = lines[lines["component_code"] == STRUCTURAL]
    amounts_ore = {str(u): int(ore) for u, ore in paid.groupby("school_unit_code")["amount_ore"].sum().items()}
    if STRUCTURAL not in codes:
        bounded = (~need["need_index_lower"].isna()).tolist()
        return _table(
            need, {end: [None] * len(need) for end in ENDS}, reasons=[NO_PART if each else None for each in bounded]
        )
    if is_closed(policy, frozenset({STRUCTURAL})):
        return structural_ends(need, pot_ore=sum(amounts_ore.values()))
    amounts: dict[str, list[Fraction | None]] = {end: [] for end in ENDS}
    reasons: list[str | None] = []
    for row in need.to_dict("records"):
        reason: str | None = None
        ends: dict[str, Fraction | None] = dict.fromkeys(ENDS)
        try:
            ends = {end: _at(need, row, end, amounts_ore, policy=policy, share=share) for end in ENDS}
        except AllocationError:
            reason = NOT_PAYABLE
        reasons.append(reason)
        for end in ENDS:
            amounts[end].append(ends[end])
    return _table(need, amounts, reasons=reasons)


def _at(
    need: pd.DataFrame, row: Mapping, end: str, paid: Mapping[str, int], *, policy: AllocationPolicy, share: Shared
) -> Fraction | None:
    unit, index = str(row["school_unit_code"]), row[f"need_index_{end}"]
    if pd.isna(index):
        return None
    if abs(float(index) - float(row["need_index"])) < 1e-9:
        return Fraction(paid.get(unit, 0))
    lines = share(moved(need, unit=unit, index=float(index), is_rebased=policy.rebase == "pupils"), policy)
    own = lines[(lines["school_unit_code"] == unit) & (lines["component_code"] == STRUCTURAL)]
    return Fraction(sum(int(ore) for ore in own["amount_ore"]))


def _table(
    need: pd.DataFrame, amounts: Mapping[str, list[Fraction | None]], *, reasons: list[str | None]
) -> pd.DataFrame:
    columns: dict[str, object] = {"school_unit_code": need["school_unit_code"].tolist()}
    for end in ENDS:
        columns[f"structural_part_{end}_sek"] = [None if each is None else _sek(each) for each in amounts[end]]
    names = [*(f"structural_part_{end}_sek" for end in ENDS), "ends_withheld_because"]
    return pd.DataFrame(columns | {"ends_withheld_because": reasons}).astype(dict.fromkeys(names, object))


def _sek(amount_ore: Fraction) -> Decimal:
    return as_decimal(half_even(amount_ore, decimals=0), decimals=2)
