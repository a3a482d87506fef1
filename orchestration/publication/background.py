"""Pupils' background as cells and sums: what one publication tells of it, and what earlier ones of the same count date did.

Belongs here: reading the published tables into one shape, and into the frames of ``models_py.disclosure``. Does not: choosing
what is withheld (``disclosure``), judging it (``disclosure_check``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from models_py.disclosure import Tables, tables_of
from orchestration.publication.parquet import read_table

SCHOOLS, MUNICIPALITY = "school_background", "municipality_background"
SUPPRESSED = "suppressed"
ALL_UNITS = "*"
"""Stands for the unit where the whole municipality is counted."""

MISSING = "missing"
PUBLIC_ELSEWHERE = frozenset({"sex"})
"""Factors that Skolverket publishes for every school unit: withholding them here would hide nothing."""

COST_OF_A_TOTAL = 5.0
"""A municipality's count serves more readers than a unit's."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What one publication tells.

    Attributes
    ----------
    publication_id : empty for the candidate
    rows : factor, level, unit (``ALL_UNITS`` for the municipality), pupils (of the unit), count (NaN where withheld)
    """

    publication_id: str
    count_date: date
    rows: pd.DataFrame


def told_by(tables: Mapping[str, pd.DataFrame], *, publication_id: str = "") -> Told | None:
    """What a publication's tables tell of background; None where it has no such table or no rows."""
    if SCHOOLS not in tables or not len(tables[SCHOOLS]):
        return None
    schools = tables[SCHOOLS].rename(columns={"school_unit_code": "unit"})
    both = pd.concat([schools, tables[MUNICIPALITY].assign(unit=ALL_UNITS)], ignore_index=True)
    rows = both[["factor", "level", "unit"]].assign(
        pupils=both["pupil_count"].astype("int64"), count=both["background_count"].astype(float)
    )
    return Told(publication_id, schools["count_date"].iloc[0], _ordered(rows))


def earlier_publications(municipality: Path, *, count_date: date) -> list[Told]:
    """Everything published for the municipality, of any funding year, that tells of the same day, oldest name first."""
    found = []
    for version in sorted(municipality.glob("*/versions/*")):
        paths = {name: version / "tables" / f"{name}.parquet" for name in (SCHOOLS, MUNICIPALITY)}
        if all(path.is_file() for path in paths.values()):
            told = told_by({n: read_table(p) for n, p in paths.items()}, publication_id=version.name)
            if told is not None and told.count_date == count_date:
                found.append(told)
    return found


def seen_unchanged(now: Told, before: Told) -> set[tuple[str, str]]:
    """(factor, unit) of which a reader of both sees no difference: the same pupils, and every count told twice alike."""
    both = now.rows.merge(before.rows, on=["factor", "level", "unit"], how="outer", suffixes=("", "_before"))
    told_twice = both["count"].notna() & both["count_before"].notna()
    differs = (both["pupils"] != both["pupils_before"]) | (told_twice & (both["count"] != both["count_before"]))
    rows = both.assign(differs=differs).groupby(["factor", "unit"], sort=True)["differs"].any()
    return set(rows.index[~rows])


def engine_tables(
    told: Sequence[Told],
    *,
    same: Mapping[str, set[tuple[str, str]]],
    must_hide: pd.Series | None = None,
    fixed: pd.Series | None = None,
    ends: pd.DataFrame | None = None,
) -> Tables:
    """Cells and sums of publications together; rows that a reader sees unchanged are one and the same unknown.

    ``told``: the candidate first. ``same``: publication_id → (factor, unit) that are those of the candidate.
    ``must_hide``, ``fixed``: flags on the candidate's rows, by their index. ``ends``: level bounds of unit shares (factor,
    level, lowest_share, highest_share, NaN without), which every unit of 20 pupils keeps.
    """
    cells, sums = [], []
    for place, one in enumerate(told):
        rows = one.rows
        shared = (
            np.full(len(rows), True)
            if place == 0
            else np.array([key in same[one.publication_id] for key in zip(rows["factor"], rows["unit"], strict=True)])
        )
        mark = np.where(shared, "", one.publication_id + "|")
        name = mark + rows["factor"] + "|" + rows["unit"] + "|"
        key, whole = name + rows["level"], name + ALL_UNITS
        total = key.where(rows["unit"] == ALL_UNITS).groupby([rows["factor"], rows["level"]]).transform("first")
        size = rows.loc[rows["unit"] == ALL_UNITS, "pupils"].max()
        cells.append(
            pd.DataFrame(
                {
                    "key": key, "value": rows["count"], "whole": rows["pupils"],
                    "cost": np.where(rows["unit"] == ALL_UNITS, COST_OF_A_TOTAL, 1.0 + rows["pupils"] / size),
                    "is_fixed": False if fixed is None or place else fixed, "must_hide": False if must_hide is None or place else must_hide,
                    "lower": 0.0, "upper": np.inf,
                }
            )
        )  # fmt: skip
        if ends is not None and place == 0:
            cells[-1][["lower", "upper"]] = _bounds(rows, ends)
        cells.append(
            pd.DataFrame({"key": whole, "value": rows["pupils"].astype(float), "is_fixed": True}).drop_duplicates("key")
        )
        sums.append(pd.DataFrame({"total": whole, "part": key, "by": "level"}))
        unit = rows["unit"] != ALL_UNITS
        division = "unit" if shared.all() else "unit " + one.publication_id  # the same equation is needed once
        sums.append(pd.DataFrame({"total": total[unit], "part": key[unit], "by": division}))
    together = pd.concat(cells, ignore_index=True)
    flags = ["is_fixed", "must_hide"]
    together[flags] = together[flags].fillna(False).astype(bool)
    together = together.fillna({"cost": 1.0, "lower": 0.0, "upper": np.inf})
    # A cell that two publications share is told where either tells it, and cannot be taken back then.
    by_key = together.groupby("key")
    merged = by_key.agg(
        value=("value", "max"), whole=("whole", "max"), cost=("cost", "max"), is_fixed=("is_fixed", "any"),
        must_hide=("must_hide", "any"), lower=("lower", "max"), upper=("upper", "min"),
    ).reset_index()  # fmt: skip
    return tables_of(merged, sums=pd.concat(sums, ignore_index=True).drop_duplicates())


def with_counts(told: Told, hidden: pd.Series) -> Told:
    """``told`` with the counts of flagged rows withheld."""
    return replace(told, rows=told.rows.assign(count=told.rows["count"].where(~hidden)))


def _bounds(rows: pd.DataFrame, ends: pd.DataFrame) -> np.ndarray:
    """Smallest and largest count that published ends of unit shares leave, the shares rounded to three decimals."""
    found = rows[["factor", "level"]].merge(ends, on=["factor", "level"], how="left")
    compared = ((rows["unit"] != ALL_UNITS) & (rows["pupils"] >= 20)).to_numpy()
    pupils = rows["pupils"].to_numpy()
    # A share is of pupils whose level is known, who are no more than the pupils; so only the upper end bounds a count.
    upper = np.floor((found["highest_share"].to_numpy(dtype=float) + 0.0005) * pupils)
    return np.column_stack([np.zeros(len(rows)), np.where(compared & ~np.isnan(upper), upper, np.inf)])


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["factor", "unit", "level"]).reset_index(drop=True)
