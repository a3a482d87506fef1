"""What is known of the school units that a formula pays: pupils, and measures by name.

Belongs here: one checked object that every component reads, and refusals that name component, measure and school unit.
Does not: where measures come from, money. Who organises a school unit is no measure; it is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pandas as pd

from models_py.allocation.inputs import CheckedUnits, columns_are_there, one_row_per
from models_py.allocation.rounding import listed
from models_py.errors import AllocationError

FORBIDDEN = ("organis", "organiz", "huvudman", "owner", "operator")
"""Parts of a measure's name that would carry who runs a school unit into its money."""


@dataclass(frozen=True, slots=True)
class Previous:
    """Last year's decided money of one unit, kronor: pupils then, the whole, and the components that it names."""

    pupils: int
    total_sek: Fraction
    components_sek: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Supplement:
    """One individually decided amount (tilläggsbelopp): unit, reference in the ledger, whole kronor."""

    school_unit_code: str
    reference: str
    amount_sek: int


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Facts of the units that are paid, ascending by code.

    Attributes
    ----------
    pupils : unit to grade to pupils, grades with pupils only
    measures : name to unit to exact value; need_index is among them, need_share where delivered
    offered : unit to the grades that it offers; those with pupils where nothing else is said
    previous : last year's unit to its money, empty when there is no baseline at all
    predecessors : this year's unit to last year's; itself where nothing is said
    risk_cells : school_unit_code, need_share, pupil_count (pupils by predicted share), or None
    supplements : individual amounts, outside the total
    """

    pupils: Mapping[str, Mapping[str, int]]
    measures: Mapping[str, Mapping[str, Fraction]]
    offered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    previous: Mapping[str, Previous] = field(default_factory=dict)
    predecessors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    risk_cells: pd.DataFrame | None = None
    supplements: tuple[Supplement, ...] = ()

    @property
    def pupil_count(self) -> dict[str, int]:
        """Pupils per unit over all grades."""
        return {unit: sum(grades.values()) for unit, grades in self.pupils.items()}

    def measure(self, name: str, *, asked_by: str) -> dict[str, Fraction]:
        """``name`` of every unit. Raises AllocationError for a measure not delivered, or delivered with gaps."""
        if name == "pupils":
            return {unit: Fraction(count) for unit, count in self.pupil_count.items()}
        if name not in self.measures:
            known = ", ".join(sorted(self.measures)) or "none"
            raise AllocationError(f"{asked_by} reads the measure {name}, which is not delivered; delivered: {known}")
        values = self.measures[name]
        without = [unit for unit in self.pupils if unit not in values]
        if without:
            raise AllocationError(
                f"{asked_by} reads the measure {name}, which has no value for school units {listed(without)}; "
                "deliver 0 where nothing is meant"
            )
        return {unit: values[unit] for unit in self.pupils}

    def grades_offered(self, unit: str) -> frozenset[str]:
        """Grades that ``unit`` offers."""
        return self.offered.get(unit) or frozenset(self.pupils[unit])

    def groups_of(self, unit: str) -> tuple[str, ...]:
        """Last year's units that ``unit`` continues; none for a new one."""
        if unit in self.predecessors:
            return self.predecessors[unit]
        return (unit,) if unit in self.previous else ()


def facts_of(
    units: CheckedUnits,
    *,
    need: pd.DataFrame | None,
    measures: pd.DataFrame | None = None,
    baseline: pd.DataFrame | None = None,
    predecessors: Mapping[str, tuple[str, ...]] | None = None,
    offered: Mapping[str, frozenset[str]] | None = None,
    risk_cells: pd.DataFrame | None = None,
    supplements: pd.DataFrame | None = None,
) -> Facts:
    """Facts from tables by school_unit_code; rows of units that are not paid are left out.

    Parameters
    ----------
    need : may hold need_share beside the index
    measures : school_unit_code and a column per measure; numbers exact as delivered, from 0 up
    baseline : school_unit_code, pupil_count, total_sek and, where known, component columns named ``<code>_sek``
    supplements : school_unit_code, reference, amount_sek

    Raises AllocationError for repeated keys, negative or missing numbers, and a measure on who runs a school unit.
    """
    known: dict[str, dict[str, Fraction]] = {} if need is None else {"need_index": dict(units.need_index)}
    # An index that was delivered has no shares at all; a component that asks for them says so itself.
    if need is not None and "need_share" in need and not need["need_share"].isna().all():
        shares = dict(zip(need["school_unit_code"].astype(str), need["need_share"], strict=True))
        known["need_share"] = {
            unit: _number(value, f"need.need_share of {unit}") for unit, value in shares.items() if unit in units.pupils
        }
    known |= _measures(measures, known.keys())
    return Facts(
        pupils=units.pupils,
        measures=MappingProxyType(known),
        offered=dict(offered or {}),
        previous=_previous(baseline),
        predecessors=dict(predecessors or {}),
        risk_cells=risk_cells,
        supplements=_supplements(supplements, units),
    )


def _measures(table: pd.DataFrame | None, taken: Collection[str]) -> dict[str, dict[str, Fraction]]:
    if table is None:
        return {}
    columns_are_there(table, "measures", ("school_unit_code",))
    one_row_per(table, "measures", ["school_unit_code"])
    names = [str(name) for name in table.columns if name != "school_unit_code"]
    told = [name for name in names if any(part in name.lower() for part in FORBIDDEN)]
    if told:
        raise AllocationError(
            f"measures: {', '.join(told)}: who runs a school unit is not a measure (School Act 10 kap. 38 §: same grounds)"
        )
    twice = [name for name in names if name in taken or name == "pupils"]
    if twice:
        raise AllocationError(f"measures: {', '.join(twice)} comes with pupils and need; leave it out here")
    codes = table["school_unit_code"].astype(str)
    return {
        name: {
            unit: _number(value, f"measures.{name} of school unit {unit}")
            for unit, value in zip(codes, table[name], strict=True)
            if not pd.isna(value)
        }
        for name in names
    }


def _previous(table: pd.DataFrame | None) -> dict[str, Previous]:
    if table is None:
        return {}
    columns_are_there(table, "baseline", ("school_unit_code", "pupil_count", "total_sek"))
    one_row_per(table, "baseline", ["school_unit_code"])
    parts = [str(c) for c in table.columns if str(c).endswith("_sek") and c != "total_sek"]
    return {
        str(row["school_unit_code"]): Previous(
            pupils=int(_number(row["pupil_count"], "baseline.pupil_count")),
            total_sek=_number(row["total_sek"], f"baseline.total_sek of school unit {row['school_unit_code']}"),
            components_sek={
                part.removesuffix("_sek"): _number(
                    row[part], f"baseline.{part} of school unit {row['school_unit_code']}"
                )
                for part in parts
            },
        )
        for row in table.to_dict("records")
    }


def _supplements(table: pd.DataFrame | None, units: CheckedUnits) -> tuple[Supplement, ...]:
    if table is None:
        return ()
    columns_are_there(table, "supplements", ("school_unit_code", "reference", "amount_sek"))
    one_row_per(table, "supplements", ["reference"])
    strangers = sorted(set(table["school_unit_code"].astype(str)) - units.pupils.keys())
    if strangers:
        raise AllocationError(f"supplements are given to school units without pupils: {listed(strangers)}")
    rows = []
    for row in table.sort_values("reference").to_dict("records"):
        amount = _number(row["amount_sek"], f"supplements.amount_sek of {row['reference']}")
        if amount.denominator != 1:
            raise AllocationError(f"supplements.amount_sek of {row['reference']}: must be whole kronor")
        rows.append(Supplement(str(row["school_unit_code"]), str(row["reference"]), int(amount)))
    return tuple(rows)


def _number(value: Any, what: str) -> Fraction:
    """A float, which a table may hold, is exactly the number delivered; missing, endless or negative is refused."""
    if pd.isna(value) or not abs(value) < float("inf") or value < 0:
        raise AllocationError(f"{what}: must be a number from 0 up")
    return Fraction(value)
