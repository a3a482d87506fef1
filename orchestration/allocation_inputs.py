"""What one municipality's money is computed from, gathered: pupils, need, facts, last year, and what only pupils tell.

Belongs here: putting facts, warehouse and need together as ``models_py.allocation.allocate`` takes them. Does not: reading
the files themselves (``orchestration.resources``), any sharing of money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.shares import Allocation, allocate
from orchestration.resources.policy_facts import YearFacts
from orchestration.resources.tables import Tables

HEADS = "newly_arrived"
"""Measure of the newly arrived that the register counts, with ``_year_1`` to ``_year_4`` of schooling here."""
NO_MEASURES = ("municipality_code", "funding_year", "count_date", "school_unit_code", "need_share", "head_weight")


@dataclass(frozen=True, slots=True, eq=False)
class AllocationInputs:
    """Everything but need and policy, which are asked again when an index is moved.

    Attributes
    ----------
    enrollment : school_unit_code, grade, pupil_count on the later count date
    facts : of the funding year
    measures : school_unit_code and a column per measure, of the units that are paid
    predecessors : unit to last year's units that it continues, where its own code is not among them
    risk_cells : school_unit_code, need_share, pupil_count; None where only means of units are known
    """

    enrollment: pd.DataFrame
    facts: YearFacts
    measures: pd.DataFrame | None
    predecessors: Mapping[str, tuple[str, ...]]
    risk_cells: pd.DataFrame | None

    def allocated(self, need: pd.DataFrame, policy: AllocationPolicy) -> Allocation:
        """The money. Raises AllocationError as ``allocate``."""
        return allocate(
            enrollment=self.enrollment,
            need=need,
            policy=policy,
            measures=self.measures,
            baseline=self.facts.baseline,
            predecessors=self.predecessors,
            offered=self.facts.offered,
            risk_cells=self.risk_cells,
            supplements=self.facts.supplements,
        )

    def lines(self, need: pd.DataFrame, policy: AllocationPolicy) -> pd.DataFrame:
        """Lines of ``allocated``."""
        return self.allocated(need, policy).lines


def gather(
    *,
    enrollment: pd.DataFrame,
    need: pd.DataFrame,
    facts: YearFacts,
    units: pd.DataFrame,
    heads: pd.DataFrame | None,
    risk_cells: pd.DataFrame | None,
    day: date,
) -> AllocationInputs:
    """Inputs of one municipality.

    ``units``: the warehouse's ``dim_school_unit`` of the municipality; ``heads`` and ``risk_cells``: what the need step counted of
    its pupils, or None; ``day``: the later count date.
    """
    paid = need["school_unit_code"]
    delivered = (
        facts.measures if facts.measures is None else facts.measures[facts.measures["school_unit_code"].isin(paid)]
    )
    return AllocationInputs(
        enrollment=enrollment,
        facts=facts,
        measures=_with_heads(delivered, heads, paid=paid, day=day),
        predecessors=_predecessors(units, facts.baseline, paid=paid),
        risk_cells=None if risk_cells is None else risk_cells[["school_unit_code", "need_share", "pupil_count"]],
    )


def own_rows(tables: Tables, name: str, year: int) -> dict[str, pd.DataFrame]:
    """A hand-over table by municipality; nothing where no municipality has it."""
    if not tables.municipalities(name, year):
        return {}
    return {str(code): rows for code, rows in tables.read(name, year).groupby("municipality_code")}


def _with_heads(
    delivered: pd.DataFrame | None, heads: pd.DataFrame | None, *, paid: pd.Series, day: date
) -> pd.DataFrame | None:
    """Newly arrived as the register counts them, where no fact says otherwise; a unit without them has 0."""
    if heads is None:
        return delivered
    on_day = heads[[str(value)[:10] == day.isoformat() for value in heads["count_date"]]]
    counted = on_day.drop(columns=[name for name in NO_MEASURES if name != "school_unit_code"], errors="ignore")
    named = counted.rename(columns=lambda name: name.replace("head_count", HEADS).replace("heads_", f"{HEADS}_"))
    table = pd.DataFrame({"school_unit_code": sorted(paid)}).merge(named, on="school_unit_code", how="left").fillna(0)
    if delivered is None:
        return table
    own = [name for name in table.columns if name == "school_unit_code" or name not in delivered.columns]
    return table[own].merge(delivered, on="school_unit_code", how="left")


def _predecessors(units: pd.DataFrame, baseline: pd.DataFrame | None, *, paid: pd.Series) -> dict[str, tuple[str, ...]]:
    """Units with a new code continue those that the register names, where last year's money knows all of them."""
    if baseline is None:
        return {}
    known = set(baseline["school_unit_code"])
    named = units.dropna(subset=["predecessor_codes"]).drop_duplicates("school_unit_code", keep="last")
    found = {}
    for unit, codes in zip(named["school_unit_code"], named["predecessor_codes"], strict=True):
        before = tuple(sorted(code.strip() for code in str(codes).split(",")))
        if unit not in known and unit in set(paid) and known.issuperset(before):
            found[str(unit)] = before
    return found
