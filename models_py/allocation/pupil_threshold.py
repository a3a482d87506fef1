"""Claims from single pupils' risks: only the pupils at highest risk count, less a deduction per pupil of the unit.

Belongs here: the threshold at pupil level, as in the Dutch onderwijsachterstanden indicator (Statistics Netherlands,
recalibration 2021), on counts of pupils by predicted share. Does not: predicting, and claims on a unit's index.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from models_py.allocation.claim_functions import Number
from models_py.allocation.rounding import exact_sum, listed
from models_py.errors import AllocationError


@dataclass(frozen=True, slots=True, eq=False)
class PupilThresholdClaims:
    """Claims and the dials that gave them.

    Attributes
    ----------
    claims : unit to claim, by code, ascending; relative. Units without claim have 0
    cut_share : pupils with this predicted share or a higher one are the target group
    mean_share : mean predicted share of the reference population, from which a pupil's weight is counted
    target_share : part of the reference population that is in the target group; a little above the part asked for,
        since pupils with the same predicted share are all in or all out
    """

    claims: dict[str, Fraction]
    cut_share: float
    mean_share: float
    target_share: float


def pupil_threshold_claims(
    cells: pd.DataFrame,
    *,
    target_share: Number,
    deduction_per_pupil: Number,
    reference: pd.DataFrame | None = None,
) -> PupilThresholdClaims:
    """max(0, Σ over the unit's target pupils of (p − mean) − deduction × all its pupils), exact.

    Parameters
    ----------
    cells : school_unit_code, need_share (predicted share 0..1 of the pupils in the cell), pupil_count; any rows per unit
    target_share : part of the reference population in the target group, above 0 and at most 1; 0.15 in the Netherlands
    deduction_per_pupil : taken off per pupil of the unit, target or not, in the unit of the shares
    reference : need_share, pupil_count of the population that sets cut and mean (a nation's); without it ``cells``

    Raises AllocationError for missing columns, shares outside 0..1, counts that are not whole, and no pupils. A table of
    unit means (one row per unit) is refused: a mean hides whom the threshold is about.
    """
    target, deduction = Fraction(target_share), Fraction(deduction_per_pupil)
    if not 0 < target <= 1:
        raise AllocationError(f"target_share: {target_share} is not above 0 and at most 1")
    if deduction < 0:
        raise AllocationError(f"deduction_per_pupil: is negative ({deduction_per_pupil})")
    own = _counted(cells, ["school_unit_code", "need_share", "pupil_count"], "cells")
    rows_per_unit = own["school_unit_code"].value_counts()
    if len(own) > 1 and rows_per_unit.max() == 1:
        raise AllocationError(
            f"cells: each of {len(own)} school units has one row, which is a mean over its pupils; a threshold on pupils "
            "needs counts by predicted share"
        )
    population = own if reference is None else _counted(reference, ["need_share", "pupil_count"], "reference")
    ranked = _by_share(population)
    total = sum(ranked.values())
    cut = _cut(ranked, target * total)
    mean = exact_sum(Fraction(share) * count for share, count in ranked.items()) / total
    gross: dict[str, Fraction] = {}
    for unit, share, count in zip(own["school_unit_code"], own["need_share"], own["pupil_count"], strict=True):
        weight = Fraction(share) - mean if share >= cut else Fraction(0)
        gross[unit] = gross.get(unit, Fraction(0)) + int(count) * (weight - deduction)
    return PupilThresholdClaims(
        claims={unit: max(Fraction(0), gross[unit]) for unit in sorted(gross)},
        cut_share=cut,
        mean_share=float(mean),
        target_share=sum(count for share, count in ranked.items() if share >= cut) / total,
    )


def _by_share(population: pd.DataFrame) -> dict[float, int]:
    """Pupils by predicted share, highest share first."""
    counted = population.groupby("need_share")["pupil_count"].sum().sort_index(ascending=False)
    return dict(zip(counted.index.tolist(), counted.tolist(), strict=True))


def _cut(ranked: dict[float, int], wanted: Fraction) -> float:
    """The highest share at and above which at least ``wanted`` pupils lie."""
    at_or_above = 0
    for share, count in ranked.items():
        at_or_above += count
        if at_or_above >= wanted:
            return share
    raise AssertionError("unreachable: all pupils lie at or above the lowest share")


def _counted(table: pd.DataFrame, columns: list[str], what: str) -> pd.DataFrame:
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise AllocationError(f"{what}: columns {absent} are missing; a pupil-level threshold cannot be computed")
    rows = table[columns].copy()
    units = rows.get("school_unit_code", pd.Series(what, index=rows.index)).astype(str)
    for name, right in (
        ("need_share", rows["need_share"].between(0, 1)),
        ("pupil_count", (rows["pupil_count"] >= 0) & (rows["pupil_count"] % 1 == 0)),
    ):
        if not right.all():
            raise AllocationError(
                f"{what}: {name} is missing or out of range in {int((~right).sum())} rows of "
                f"{listed(sorted(set(units[~right])))}"
            )
    rows = rows[rows["pupil_count"] > 0].astype({"need_share": float, "pupil_count": "int64"})
    if rows.empty:
        raise AllocationError(f"{what}: no pupils")
    if "school_unit_code" in rows:
        rows["school_unit_code"] = rows["school_unit_code"].astype(str)
    return rows
