"""Share a municipality's money: from pupils and index to öre per school unit, component and line.

Belongs here: the one entrance, from tables to tables. Does not: the order of work (``engine``), the components.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter

import pandas as pd

from models_py.allocation.engine import Outcome, run
from models_py.allocation.facts import Facts, facts_of
from models_py.allocation.inputs import checked_units
from models_py.allocation.lines import ORE_PER_SEK, Line
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.pots import StageReport
from models_py.errors import AllocationError

ALWAYS = ("base_part", "structural_part")
"""Components that every table of totals has a column for."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """One municipality's money for one funding year.

    Attributes
    ----------
    lines : DataFrame, columns of ``Line``, one row per school unit, component and line, in that order
    totals : DataFrame school_unit_code, pupil_count, base_part_ore, structural_part_ore, a column ``<code>_ore`` for each
        further component and step, amount_ore (whole kronor)
    unpaid : DataFrame school_unit_code, reason_code ('no_pupils': none on the count date)
    budget_ore : int, öre, sum of all lines
    pot_ore : int, öre, sum of the structural part
    outside : DataFrame, columns of ``Line``: individual supplements and state grants, in no sum
    deducted_ore : component_code to öre taken before distribution
    prices_ore : component_code to öre per unit of value; solved where a pot is shared
    reports : what each promise and step did, in the policy's order
    """

    lines: pd.DataFrame
    totals: pd.DataFrame
    unpaid: pd.DataFrame
    budget_ore: int
    pot_ore: int
    outside: pd.DataFrame = field(default_factory=lambda: line_table([]))
    deducted_ore: Mapping[str, int] = field(default_factory=dict)
    prices_ore: Mapping[str, object] = field(default_factory=dict)
    reports: tuple[StageReport, ...] = ()


def allocate(
    *,
    enrollment: pd.DataFrame,
    need: pd.DataFrame | None,
    policy: AllocationPolicy,
    measures: pd.DataFrame | None = None,
    baseline: pd.DataFrame | None = None,
    predecessors: Mapping[str, tuple[str, ...]] | None = None,
    offered: Mapping[str, frozenset[str]] | None = None,
    risk_cells: pd.DataFrame | None = None,
    supplements: pd.DataFrame | None = None,
) -> Allocation:
    """The policy's components and promises, exact to the öre (School Act 2 kap. 8 b §, 10 kap. 38 §).

    Parameters
    ----------
    enrollment : school_unit_code, grade ('F', '1'..'9'), pupil_count; one row per unit and grade on the count date
    need : school_unit_code, need_index (mean 100), perhaps need_share (0..1); with pupil_count and index_rule these are
        checked too. None for a policy that reads no index
    policy : what has been decided for the funding year
    measures : school_unit_code and a column per further measure that components read (distance, heads, kronor)
    baseline : last year's decided money: school_unit_code, pupil_count, total_sek and ``<component_code>_sek`` columns
    predecessors : unit to last year's units that it continues; none for a new one. Itself where nothing is said
    offered : unit to the grades it offers; those with pupils where nothing is said
    risk_cells : school_unit_code, need_share, pupil_count, for claims from single pupils' risks
    supplements : school_unit_code, reference, amount_sek: individual amounts, beside the total

    ``share_of_budget``: components and promises add up to the budget less central deductions; a pot is share × that,
    rounded half-even to whole kronor, or given in kronor, and one component takes the rest. ``price_list``: components
    cost what their prices say, in total rounded half-even; a pot is given, or is share / (1 - share) of the others.

    Components per unit are whole kronor by largest remainder, ties to the lower code. Further columns are ignored: who
    organises a school unit is not an input.

    Raises AllocationError, before any money is shared, for: a missing column, repeated or empty keys; counts that are
    not whole or are negative; an index that is negative, infinite or missing for a unit with pupils; an index without
    enrollment; a grade with pupils without weight or price; a small unit with an index of its own; an index that is not
    re-based although the policy says so; other pupils behind the index than in enrollment; money without pupils; a
    measure or baseline that is not delivered; promises that cannot all be kept (InfeasibleError).
    """
    if need is None and policy.reads_need:
        raise AllocationError("the policy has a structural part by index, and no need is given; deliver the index")
    units = checked_units(enrollment=enrollment, need=need, policy=policy)
    facts = facts_of(
        units,
        need=need,
        measures=measures,
        baseline=baseline,
        predecessors=predecessors,
        offered=offered,
        risk_cells=risk_cells,
        supplements=supplements,
    )
    outcome = run(policy.formula(), facts)
    return Allocation(
        lines=line_table(outcome.lines),
        totals=_total_table(outcome, facts),
        unpaid=pd.DataFrame(list(units.unpaid), columns=["school_unit_code", "reason_code"], dtype="str"),
        budget_ore=outcome.budget_sek * ORE_PER_SEK,
        pot_ore=outcome.totals_sek.get("structural_part", 0) * ORE_PER_SEK,
        outside=line_table(outcome.outside),
        deducted_ore={code: sek * ORE_PER_SEK for code, sek in outcome.deducted_sek.items()},
        prices_ore=outcome.prices_ore,
        reports=outcome.reports,
    )


def line_table(lines: list[Line]) -> pd.DataFrame:
    """Lines as a table, by school unit, component and line."""
    columns = [each.name for each in fields(Line)]
    rows = sorted(map(attrgetter(*columns), lines), key=lambda row: row[:3])
    table = pd.DataFrame(rows, columns=columns)
    texts = ["school_unit_code", "component_code", "line_code", "count_unit"]
    return table.astype(dict.fromkeys(texts, "str") | {"amount_ore": "int64"})


def _total_table(outcome: Outcome, facts: Facts) -> pd.DataFrame:
    codes = [*dict.fromkeys([*ALWAYS, *outcome.totals_sek, *(line.component_code for line in outcome.lines)])]
    parts = {unit: dict.fromkeys(codes, 0) for unit in facts.pupils}
    for line in outcome.lines:
        parts[line.school_unit_code][line.component_code] += line.amount_ore
    rows = [
        (unit, count, *part.values(), sum(part.values()))
        for (unit, part), count in zip(parts.items(), facts.pupil_count.values(), strict=True)
    ]
    columns = ["school_unit_code", "pupil_count", *(f"{code}_ore" for code in codes), "amount_ore"]
    return pd.DataFrame(rows, columns=columns).astype({"school_unit_code": "str"} | dict.fromkeys(columns[1:], "int64"))
