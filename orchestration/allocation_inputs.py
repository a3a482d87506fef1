"""What one municipality's money is computed from, gathered: pupils, need, facts, last year, and what only pupils tell.

Belongs here: putting facts, warehouse and need together as ``models_py.allocation.allocate`` takes them, for the year's money
and for everything that asks it again. Does not: reading the files themselves (``orchestration.resources``), sharing money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.shares import Allocation, allocate
from orchestration.resources.policy_facts import YearFacts
from orchestration.resources.tables import Tables
from orchestration.yearly.baseline import OpeningBalance

HEADS = "newly_arrived"
"""Measure of the newly arrived that the register counts, with ``_year_1`` to ``_year_4`` of schooling here."""
NOT_MEASURES = ("municipality_code", "funding_year", "count_date", "need_share", "head_weight")


@dataclass(frozen=True, slots=True, eq=False)
class PupilCounts:
    """What the need step of one funding year counted of own pupils, by municipality: newly arrived, and cells of risk."""

    heads: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    risk_cells: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Tables, year: int) -> PupilCounts:
        """Read from the hand-over tables; nothing where no municipality has them."""
        return cls(*(tables.by_municipality(name, year) for name in ("need_newly_arrived", "need_risk_cell")))


@dataclass(frozen=True, slots=True, eq=False)
class AllocationInputs:
    """Everything but need and policy, which are asked again when an index is moved; tables as ``allocate`` takes them.

    Attributes
    ----------
    enrollment : school_unit_code, grade, pupil_count on the later count date
    measures : school_unit_code and a column per measure, of the units with pupils
    balance : last year's money, and which units continue which
    risk_cells : school_unit_code, need_share, pupil_count; None where only means of units are known
    """

    enrollment: pd.DataFrame
    facts: YearFacts
    measures: pd.DataFrame | None
    balance: OpeningBalance
    risk_cells: pd.DataFrame | None

    def allocated(self, need: pd.DataFrame, policy: AllocationPolicy) -> Allocation:
        """The money. Raises AllocationError as ``allocate``."""
        return allocate(
            enrollment=self.enrollment,
            need=need,
            policy=policy,
            measures=self.measures,
            baseline=self.balance.table,
            predecessors=self.balance.predecessors,
            offered=self.facts.offered,
            risk_cells=self.risk_cells,
            supplements=self.facts.supplements,
        )

    def lines(self, need: pd.DataFrame, policy: AllocationPolicy) -> pd.DataFrame:
        """Lines of ``allocated``."""
        return self.allocated(need, policy).lines


def gather(
    code: str, *, enrollment: pd.DataFrame, facts: YearFacts, balance: OpeningBalance, pupils: PupilCounts, day: date
) -> AllocationInputs:
    """Inputs of one municipality; ``day`` is the later count date, of which ``enrollment`` holds the pupils."""
    paid = enrollment.loc[enrollment["pupil_count"] > 0, "school_unit_code"].unique()
    delivered = facts.measures
    if delivered is not None:
        delivered = delivered[delivered["school_unit_code"].isin(paid)]
    cells = pupils.risk_cells.get(code)
    return AllocationInputs(
        enrollment=enrollment,
        facts=facts,
        measures=_with_heads(delivered, pupils.heads.get(code), paid=sorted(paid), day=day),
        balance=balance,
        risk_cells=None if cells is None else cells[["school_unit_code", "need_share", "pupil_count"]],
    )


def _with_heads(
    delivered: pd.DataFrame | None, heads: pd.DataFrame | None, *, paid: list[str], day: date
) -> pd.DataFrame | None:
    """Newly arrived as the register counts them, where no fact says otherwise; a unit without them has 0."""
    if heads is None:
        return delivered
    on_day = heads[[str(value)[:10] == day.isoformat() for value in heads["count_date"]]]
    counted = on_day.drop(columns=list(NOT_MEASURES), errors="ignore")
    named = counted.rename(columns=lambda name: name.replace("head_count", HEADS).replace("heads_", f"{HEADS}_"))
    table = pd.DataFrame({"school_unit_code": paid}).merge(named, on="school_unit_code", how="left").fillna(0)
    if delivered is None:
        return table
    own = [name for name in table.columns if name == "school_unit_code" or name not in delivered.columns]
    return table[own].merge(delivered, on="school_unit_code", how="left")
