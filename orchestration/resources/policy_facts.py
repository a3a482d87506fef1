"""Facts of school units that no register delivers: distance, premises, heads, last year's money; by hand, dated.

Belongs here: reading ``facts.yml`` of a policy folder into tables for a funding year. Does not: decisions (value files),
deliveries (``orchestration.intake``), money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field, model_validator

from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import PolicyDateError, read_policy_text
from orchestration.resources.shape_types import Amount, Grade, Name, Strict, Text
from orchestration.resources.supplements import supplements_of_year

FACTS_FILE = "facts.yml"
PUPILS = "pupils"
"""Unit of a measure that counts pupils."""
UnitCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]+$")]


class FactInterval(Strict):
    """Values of one measure from one day to another, both included."""

    valid_from: date
    valid_to: date
    school_units: dict[UnitCode, Amount]

    @model_validator(mode="after")
    def _days_in_order(self) -> FactInterval:
        if self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        return self


class Fact(Strict):
    """A measure: what it is, where it is from, and its values over time."""

    description: Text
    unit: Text
    source: Text
    values: Annotated[list[FactInterval], Field(min_length=1)]


class BaselineUnit(Strict):
    """Last year's decided money of one unit: pupils, the whole, and the components that are told apart."""

    pupil_count: Annotated[int, Field(ge=1)]
    total_sek: Amount
    components_sek: dict[Name, Amount] | None = None


class Baseline(Strict):
    """Opening balance of a funding year: the year before, as it was decided."""

    source: Text
    school_units: dict[UnitCode, BaselineUnit]


class Facts(Strict):
    """``facts.yml``."""

    measures: dict[Name, Fact] | None = None
    grades_offered: dict[UnitCode, list[Grade]] | None = None
    baseline: dict[Annotated[str, Field(pattern=r"^[0-9]{4}$")], Baseline] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class YearFacts:
    """Facts of one funding year as ``models_py.allocation.allocate`` takes them.

    Attributes
    ----------
    measures : school_unit_code and a column per measure (Decimal; None where not given), or None without any
    baseline : school_unit_code, pupil_count, total_sek, ``<component>_sek``, or None
    offered : unit to grades
    without_pupils : measures whose unit is not pupils; a count of them is no count of a background
    supplements : school_unit_code, reference, amount_sek of individual decisions, or None
    """

    measures: pd.DataFrame | None = None
    baseline: pd.DataFrame | None = None
    offered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    without_pupils: tuple[str, ...] = ()
    supplements: pd.DataFrame | None = None


def facts_of_year(folder: Path, *, funding_year: int) -> YearFacts:
    """Facts of a policy folder for a funding year, its ledger of supplements among them; nothing when it has no files.

    A measure holds from 1 January to 31 December. Raises PolicyError with file and line for unknown keys, numbers that
    are none, and days the wrong way round; PolicyDateError for a measure that two intervals give for one day, or that
    changes inside the year. A measure without a value in the year is left out; who reads it says so.
    """
    path = folder / FACTS_FILE
    supplements = supplements_of_year(folder, funding_year=funding_year)
    if not path.is_file():
        return YearFacts(supplements=supplements)
    text = read_policy_text(path)
    facts = checked(Facts, text)
    columns: dict[str, dict[str, Decimal]] = {}
    for name, fact in (facts.measures or {}).items():
        values = _in_force(fact, year=funding_year, where=text.at(("measures", name)), name=name)
        if values is not None:
            columns[name] = values
    return YearFacts(
        measures=_measures(columns),
        baseline=_baseline((facts.baseline or {}).get(str(funding_year))),
        offered={unit: frozenset(grades) for unit, grades in (facts.grades_offered or {}).items()},
        without_pupils=tuple(sorted(name for name, fact in (facts.measures or {}).items() if fact.unit != PUPILS)),
        supplements=supplements,
    )


def _in_force(fact: Fact, *, year: int, where: str, name: str) -> dict[str, Decimal] | None:
    first, last = date(year, 1, 1), date(year, 12, 31)
    touching = [each for each in fact.values if each.valid_from <= last and each.valid_to >= first]
    if not touching:
        return None
    if len(touching) > 1 or touching[0].valid_from > first or touching[0].valid_to < last:
        raise PolicyDateError([f"{where}: measures.{name}: needs one value from 1 January to 31 December {year}"])
    return dict(touching[0].school_units)


def _measures(columns: dict[str, dict[str, Decimal]]) -> pd.DataFrame | None:
    if not columns:
        return None
    units = sorted({unit for values in columns.values() for unit in values})
    rows = {name: [values.get(unit) for unit in units] for name, values in columns.items()}
    return pd.DataFrame({"school_unit_code": units} | rows, dtype=object)


def _baseline(year: Baseline | None) -> pd.DataFrame | None:
    if year is None:
        return None
    parts = sorted({part for unit in year.school_units.values() for part in unit.components_sek or {}})
    rows = [
        {"school_unit_code": code, "pupil_count": unit.pupil_count, "total_sek": unit.total_sek}
        | {f"{part}_sek": (unit.components_sek or {}).get(part, Decimal(0)) for part in parts}
        for code, unit in sorted(year.school_units.items())
    ]
    columns = ["school_unit_code", "pupil_count", "total_sek", *(f"{part}_sek" for part in parts)]
    return pd.DataFrame(rows, columns=columns)
