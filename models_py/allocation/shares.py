"""Share a municipality's money: from pupils and index to öre per school unit, component and line.

Belongs here: budget, pot and the order of components. Does not: the lines themselves (``components``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from operator import attrgetter

import pandas as pd

from models_py.allocation.components import ORE_PER_SEK, Line, base_part, structural_part
from models_py.allocation.inputs import CheckedUnits, checked_units
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.rounding import half_even
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True)
class Allocation:
    """One municipality's money for one funding year.

    Attributes
    ----------
    lines : DataFrame, columns of ``Line``, one row per school unit, component and line, in that order
    totals : DataFrame school_unit_code, pupil_count, base_part_ore, structural_part_ore, amount_ore (whole kronor)
    unpaid : DataFrame school_unit_code, reason_code ('no_pupils': none on the count date)
    budget_ore : int, öre, sum of all lines
    pot_ore : int, öre, sum of the structural part; the base part is the rest
    """

    lines: pd.DataFrame
    totals: pd.DataFrame
    unpaid: pd.DataFrame
    budget_ore: int
    pot_ore: int


def allocate(*, enrollment: pd.DataFrame, need: pd.DataFrame, policy: AllocationPolicy) -> Allocation:
    """Base part by grade, structural part by need, exact to the öre (School Act 2 kap. 8 b §, 10 kap. 38 §).

    Parameters
    ----------
    enrollment : school_unit_code, grade ('F', '1'..'9'), pupil_count; one row per unit and grade on the count date
    need : school_unit_code, need_index (mean 100); with pupil_count and index_rule these are checked too
    policy : what has been decided for the funding year

    ``share_of_budget``: the budget is split; the pot is share × budget rounded half-even to whole kronor (or the pot
    given in kronor) and the base part is the rest. ``price_list``: the base part is pupils × price, in total rounded
    half-even to whole kronor; the pot is given in kronor or is base × share / (1 - share), and the budget is their sum.

    Components per unit are whole kronor by largest remainder, ties to the lower code. Rates are the same for all units.
    Further columns are ignored: who organises a school unit is not an input.

    Raises AllocationError, before any money is shared, for: a missing column, repeated or empty keys; counts that are
    not whole or are negative; an index that is negative, infinite or missing for a unit with pupils; an index without
    enrollment; a grade with pupils without weight or price; a small unit with an index of its own; an index that is not
    re-based although the policy says so; other pupils behind the index than in enrollment; money without pupils.
    """
    units = checked_units(enrollment=enrollment, need=need, policy=policy)
    base_sek, pot_sek, rate_per_value_ore = _totals_sek(units, policy)
    if base_sek + pot_sek and not units.pupils:
        raise AllocationError(f"{base_sek + pot_sek} kr to share, but no school unit has pupils on the count date")
    _, grade_values = policy.base.per_grade()
    lines = [
        *base_part(units, total_sek=base_sek, grade_values=grade_values, rate_per_value_ore=rate_per_value_ore),
        *structural_part(units, pot_sek=pot_sek),
    ]
    return Allocation(
        lines=_line_table(lines),
        totals=_total_table(lines, units),
        unpaid=pd.DataFrame(list(units.unpaid), columns=["school_unit_code", "reason_code"], dtype="str"),
        budget_ore=(base_sek + pot_sek) * ORE_PER_SEK,
        pot_ore=pot_sek * ORE_PER_SEK,
    )


def _totals_sek(units: CheckedUnits, policy: AllocationPolicy) -> tuple[int, int, Fraction]:
    """Base part and pot in whole kronor, and öre per pupil and unit of grade value."""
    base, structural = policy.base, policy.structural
    _, grade_values = base.per_grade()
    value = {grade: Fraction(v) for grade, v in grade_values.items()}
    value_sum = sum((n * value[g] for grades in units.pupils.values() for g, n in grades.items()), Fraction(0))
    share = None if structural.share is None else Fraction(structural.share)
    if base.mode == "price_list":
        base_sek = half_even(value_sum, decimals=0)
        pot_sek = structural.pot_sek if share is None else half_even(base_sek * share / (1 - share), decimals=0)
        assert pot_sek is not None  # StructuralPolicy holds exactly one of share and pot
        return base_sek, pot_sek, Fraction(ORE_PER_SEK)
    if base.budget_sek is not None:
        budget_sek = base.budget_sek
    else:
        assert base.budget_per_pupil_sek is not None  # BasePolicy holds exactly one of the two
        budget_sek = half_even(Fraction(base.budget_per_pupil_sek) * sum(units.pupil_count.values()), decimals=0)
    pot_sek = structural.pot_sek if share is None else half_even(budget_sek * share, decimals=0)
    assert pot_sek is not None
    if pot_sek > budget_sek:
        raise AllocationError(f"structural.pot_sek ({pot_sek}) is larger than the budget ({budget_sek})")
    base_sek = budget_sek - pot_sek
    return base_sek, pot_sek, Fraction(base_sek * ORE_PER_SEK) / value_sum if value_sum else Fraction(0)


def _line_table(lines: list[Line]) -> pd.DataFrame:
    columns = [field.name for field in fields(Line)]
    rows = sorted(map(attrgetter(*columns), lines), key=lambda row: row[:3])  # by unit, component and line
    table = pd.DataFrame(rows, columns=columns)
    texts = ["school_unit_code", "component_code", "line_code", "count_unit"]
    return table.astype(dict.fromkeys(texts, "str") | {"amount_ore": "int64"})


def _total_table(lines: list[Line], units: CheckedUnits) -> pd.DataFrame:
    parts = {unit: {"base_part": 0, "structural_part": 0} for unit in units.pupils}
    for line in lines:
        parts[line.school_unit_code][line.component_code] += line.amount_ore
    rows = [
        (unit, count, part["base_part"], part["structural_part"], sum(part.values()))
        for (unit, part), count in zip(parts.items(), units.pupil_count.values(), strict=True)
    ]
    columns = ["school_unit_code", "pupil_count", "base_part_ore", "structural_part_ore", "amount_ore"]
    return pd.DataFrame(rows, columns=columns).astype({"school_unit_code": "str"} | dict.fromkeys(columns[1:], "int64"))
