"""What each organiser is paid, and the statutory calculation behind it (School Act 10 kap. 38 §, Skolförordningen 14 kap.).

Belongs here: sums of decided lines by organiser and cost type, with overheads added and common services taken back.
Does not: the lines (``engine``), the readings of the overheads (``organiser_terms``), the split by cost type
(``cost_types``), the way from the budget to what is paid (``reconciliation``).
Everything is a function of published lines, pupils and policy: it tells nothing of pupils that the lines do not tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from models_py.allocation.cost_types import COST_TYPES, OVERHEAD_TYPES, by_cost_type
from models_py.allocation.lines import ORE_PER_SEK, Line
from models_py.allocation.organiser_terms import OrganiserType, de_delegation_lines, overhead_lines
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.rounding import half_even, listed, round_to_total
from models_py.errors import AllocationError

ALL_TYPES = (*COST_TYPES, *OVERHEAD_TYPES)
"""The seven statutory cost types, in the order of the calculation."""
_UNIT_COLUMNS = ("school_unit_code", "organiser_key", "organiser_type", "pupil_count")


@dataclass(frozen=True, slots=True, eq=False)
class OrganiserTerms:
    """What the organisers of one municipality are paid for one funding year.

    Attributes
    ----------
    organisers : DataFrame organiser_key, organiser_type, school_unit_count, pupil_count, allocated_ore (before overheads),
        administration_ore, vat_ore, de_delegated_ore (0 or less), payable_ore; one row per organiser with a paid unit
    unit_types : DataFrame school_unit_code, cost_type, amount_ore; seven rows per paid unit, none without cost types
    calculation : DataFrame organiser_key, cost_type, pupil_count, amount_ore, per_pupil_ore, municipal_per_pupil_ore (mean
        of the municipality's own units; None without any); seven rows per organiser, none without cost types
    de_delegated_ore : service to öre that is taken back, 0 or less
    """

    organisers: pd.DataFrame
    unit_types: pd.DataFrame
    calculation: pd.DataFrame
    de_delegated_ore: Mapping[str, int]


def organiser_terms(
    lines: pd.DataFrame, *, units: pd.DataFrame, policy: AllocationPolicy, merged: Collection[str] = ()
) -> OrganiserTerms:
    """Sums by organiser of lines that are already decided.

    Parameters
    ----------
    lines : columns of ``Line``, one municipality and year; a unit's amount is whole kronor
    units : school_unit_code, organiser_key, organiser_type ('municipal' or 'independent'), pupil_count; one row per unit,
        at least those with lines
    policy : its cost types, overheads and de-delegation are read here, and nowhere before
    merged : units whose need money is published as one sum; their cost types follow the mean of these units, since their
        own would tell the parts

    Overheads are whole kronor per unit, half-even, and an organiser's are the sum over its units: an organiser gets the
    same whether its units are paid one by one or together.

    Raises AllocationError for a unit with lines that ``units`` does not have, has twice or has without pupils, for an
    unknown organiser type, öre in a unit's amount, and as ``by_cost_type``.
    """
    paid = _paid_units(lines, units)
    amounts = lines.groupby("school_unit_code")["amount_ore"].sum()
    odd = sorted(str(unit) for unit, ore in amounts.items() if int(ore) % ORE_PER_SEK)
    if odd:
        raise AllocationError(f"the amounts of school units {listed(odd)} are not whole kronor; each component must be")
    allocated = {str(unit): int(ore) for unit, ore in amounts.items()}
    types: dict[str, OrganiserType] = dict(zip(paid["school_unit_code"], paid["organiser_type"], strict=True))
    pupils = {u: int(n) for u, n in zip(paid["school_unit_code"], paid["pupil_count"], strict=True)}
    totals_sek = {unit: ore // ORE_PER_SEK for unit, ore in allocated.items()}
    overheads = overhead_lines(totals_sek, organiser_types=types, policy=policy.overheads) if policy.overheads else []
    services = [
        line
        for stage in policy.guarantees
        if stage.kind == "de_delegation"
        for line in de_delegation_lines(pupils, organiser_types=types, stage=stage)
    ]
    unit_types = _at_the_mean(_unit_types(lines, overheads, policy=policy, pupils=pupils), units=merged)
    return OrganiserTerms(
        organisers=_organisers(paid, allocated, overheads, services),
        unit_types=unit_types,
        calculation=_calculation(unit_types, paid),
        de_delegated_ore=_by_line_code(services),
    )


def _paid_units(lines: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _UNIT_COLUMNS if name not in units.columns]
    if missing:
        raise AllocationError(f"units: columns {missing} are missing; {list(_UNIT_COLUMNS)} are needed")
    wanted = sorted({str(unit) for unit in lines["school_unit_code"]})
    own = units[units["school_unit_code"].isin(wanted)].sort_values("school_unit_code")
    twice = sorted({str(u) for u in own.loc[own.duplicated("school_unit_code"), "school_unit_code"]})
    if twice:
        raise AllocationError(f"units: school units {listed(twice)} stand twice; one row per unit")
    absent = sorted(set(wanted) - {str(unit) for unit in own["school_unit_code"]})
    if absent:
        raise AllocationError(f"no organiser is known for school units {listed(absent)}; deliver the school register")
    empty = own[own["organiser_key"].isna() | own["organiser_type"].isna() | ~(own["pupil_count"] > 0)]
    if len(empty):
        raise AllocationError(
            f"school units {listed([str(u) for u in empty['school_unit_code']])} are paid and have no organiser, no "
            "organiser type or no pupils"
        )
    return own[list(_UNIT_COLUMNS)].reset_index(drop=True)


def _organisers(
    paid: pd.DataFrame, allocated: Mapping[str, int], overheads: list[Line], services: list[Line]
) -> pd.DataFrame:
    kinds = paid.groupby("organiser_key")["organiser_type"].nunique()
    if (kinds > 1).any():
        both = sorted(str(key) for key in kinds.index[kinds > 1])
        raise AllocationError(f"organisers {listed(both)} are municipal at one unit and independent at another")
    rows = []
    for key, own in paid.groupby("organiser_key", sort=True):
        members = set(own["school_unit_code"])
        before = sum(allocated[unit] for unit in members)
        added = {code: _sum(overheads, members, code) for code in OVERHEAD_TYPES}
        back = _sum(services, members, None)
        rows.append(
            (
                key, own["organiser_type"].iloc[0], len(own), int(own["pupil_count"].sum()), before,
                *added.values(), back, before + sum(added.values()) + back,
            )
        )  # fmt: skip
    columns = [
        "organiser_key", "organiser_type", "school_unit_count", "pupil_count", "allocated_ore", "administration_ore",
        "vat_ore", "de_delegated_ore", "payable_ore",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], "int64"))


def _unit_types(
    lines: pd.DataFrame, overheads: list[Line], *, policy: AllocationPolicy, pupils: Mapping[str, int]
) -> pd.DataFrame:
    columns = ["school_unit_code", "cost_type", "amount_ore"]
    if not policy.cost_types and not policy.cost_types_sek:
        return pd.DataFrame(columns=columns).astype({"amount_ore": "int64"})
    split = by_cost_type(lines, cost_types=policy.cost_types, cost_types_sek=policy.cost_types_sek, pupils=pupils)
    amounts = {(unit, name): 0 for unit in sorted(pupils) for name in ALL_TYPES}
    for unit, name, ore in zip(split["school_unit_code"], split["cost_type"], split["amount_ore"], strict=True):
        amounts[unit, name] += int(ore)
    for line in overheads:
        amounts[line.school_unit_code, line.line_code] += line.amount_ore
    rows = [(unit, name, ore) for (unit, name), ore in amounts.items()]
    return pd.DataFrame(rows, columns=columns).astype({"amount_ore": "int64"})


def _at_the_mean(unit_types: pd.DataFrame, *, units: Collection[str]) -> pd.DataFrame:
    """The same sums per unit, and over ``units`` together, with each of ``units`` at their common shares of cost types."""
    own = unit_types[unit_types["school_unit_code"].isin(units) & unit_types["cost_type"].isin(COST_TYPES)]
    if own.empty:
        return unit_types
    common = {str(name): int(ore) for name, ore in own.groupby("cost_type")["amount_ore"].sum().items()}
    amounts: dict[tuple[Any, str], int] = {}
    for unit, total in own.groupby("school_unit_code")["amount_ore"].sum().items():
        amounts |= {(unit, name): ore for name, ore in round_to_total(common, int(total)).items()}
    keys = zip(unit_types["school_unit_code"], unit_types["cost_type"], unit_types["amount_ore"], strict=True)
    return unit_types.assign(amount_ore=[amounts.get((unit, name), int(ore)) for unit, name, ore in keys])


def _calculation(unit_types: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    columns = [
        "organiser_key", "cost_type", "pupil_count", "amount_ore", "per_pupil_ore", "municipal_per_pupil_ore",
    ]  # fmt: skip
    if unit_types.empty:
        return pd.DataFrame(columns=columns)
    known = unit_types.merge(paid, on="school_unit_code", validate="many_to_one")
    municipal = known[known["organiser_type"] == "municipal"]
    rows = []
    for key, own in known.groupby("organiser_key", sort=True):
        for name in ALL_TYPES:
            pupils, ore = _of_type(own, name)
            equal_pupils, equal_ore = _of_type(municipal, name)
            rows.append((key, name, pupils, ore, _per_pupil(ore, pupils), _per_pupil(equal_ore, equal_pupils)))
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _of_type(rows: pd.DataFrame, cost_type: str) -> tuple[int, int]:
    own = rows[rows["cost_type"] == cost_type]
    return int(own["pupil_count"].sum()), int(own["amount_ore"].sum())


def _per_pupil(ore: int, pupils: int) -> int | None:
    """Öre per pupil, half-even; None without pupils."""
    return half_even(Fraction(ore, pupils), decimals=0) if pupils else None


def _sum(lines: list[Line], units: set[str], line_code: str | None) -> int:
    return sum(
        line.amount_ore
        for line in lines
        if line.school_unit_code in units and (line_code is None or line.line_code == line_code)
    )


def _by_line_code(lines: list[Line]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in sorted(lines, key=lambda each: each.line_code):
        sums[line.line_code] = sums.get(line.line_code, 0) + line.amount_ore
    return sums
