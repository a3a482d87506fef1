"""Pupils per school unit, year and grade as one array: what every forecast reads.

Belongs here: the shape, building it from a table, following a unit into its successor. Does not: judging the counts
(``breaks``), forecasting. Years are count years: the calendar year of the October count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models_py.errors import ForecastError

GRADES = ("F", "1", "2", "3", "4", "5", "6", "7", "8", "9")
COLUMNS = ("municipality_code", "school_unit_code", "count_year", "grade", "pupil_count")


@dataclass(frozen=True, slots=True, eq=False)
class EnrollmentPanel:
    """Counts of J school units in M municipalities over Y consecutive years; units ascending by municipality and code.

    Attributes
    ----------
    municipality_code, school_unit_code : (J,) text
    municipality : (J,) place of the unit's municipality in ``municipality_codes``
    municipality_codes : (M,) text, ascending
    years : Y count years, ascending, without a hole
    count : (J, Y, 10) int64, 0 where the unit has no pupils in the grade
    basis : (M, Y) text, what the counts were made from; empty where the municipality has none that year
    """

    municipality_code: np.ndarray
    school_unit_code: np.ndarray
    municipality: np.ndarray
    municipality_codes: np.ndarray
    years: tuple[int, ...]
    count: np.ndarray
    basis: np.ndarray

    @property
    def unit_total(self) -> np.ndarray:
        """(J, Y) pupils F-9 per unit and year."""
        return self.count.sum(axis=2)

    @property
    def has_counts(self) -> np.ndarray:
        """(M, Y) whether the municipality has any pupil counted that year."""
        return self.by_municipality(self.unit_total) > 0

    def by_municipality(self, values: np.ndarray) -> np.ndarray:
        """Sums over the units of each municipality: (J, ...) to (M, ...)."""
        if not len(self.municipality):
            return np.zeros((0, *values.shape[1:]), dtype=values.dtype)
        first = np.searchsorted(self.municipality, np.arange(len(self.municipality_codes)))
        return np.add.reduceat(values, first, axis=0)

    def until(self, year: int) -> EnrollmentPanel:
        """What was known when ``year`` had been counted; the same units in the same places."""
        last = self.years.index(year) + 1
        return replace(self, years=self.years[:last], count=self.count[:, :last], basis=self.basis[:, :last])


def enrollment_panel(counts: pd.DataFrame) -> EnrollmentPanel:
    """Build the panel.

    Parameters
    ----------
    counts : ``COLUMNS``, one row per municipality, unit, year and grade with pupils, in any order; optionally ``basis``.
        A year that nobody has in between becomes a year without counts.

    Raises ForecastError (``columns``, ``grade``, ``count``, ``twice``) naming the column, how many rows and the first
    school units.
    """
    _check(counts)
    units = counts[["municipality_code", "school_unit_code"]].astype(str).drop_duplicates()
    units = units.sort_values(["municipality_code", "school_unit_code"], ignore_index=True)
    codes, municipality = np.unique(units["municipality_code"].to_numpy(dtype=str), return_inverse=True)
    seen = counts["count_year"].astype(int)
    years = tuple(range(int(seen.min()), int(seen.max()) + 1)) if len(counts) else ()
    place = {pair: j for j, pair in enumerate(units.itertuples(index=False, name=None))}
    pairs = zip(counts["municipality_code"].astype(str), counts["school_unit_code"].astype(str), strict=True)
    j = np.array([place[pair] for pair in pairs], dtype=np.int64)
    y = seen.to_numpy() - (years[0] if years else 0)
    g = counts["grade"].map({grade: k for k, grade in enumerate(GRADES)}).to_numpy()
    count = np.zeros((len(units), len(years), len(GRADES)), dtype=np.int64)
    count[j, y, g.astype(np.int64)] = counts["pupil_count"].to_numpy().astype(np.int64)
    basis = np.full((len(codes), len(years)), "", dtype="U20")
    if "basis" in counts:
        basis[municipality[j], y] = counts["basis"].to_numpy(dtype=str)
    return EnrollmentPanel(
        municipality_code=units["municipality_code"].to_numpy(dtype=str),
        school_unit_code=units["school_unit_code"].to_numpy(dtype=str),
        municipality=municipality,
        municipality_codes=codes,
        years=years,
        count=count,
        basis=basis,
    )


def follow_succession(panel: EnrollmentPanel, links: Sequence[tuple[str, str]]) -> EnrollmentPanel:
    """Give a successor the years of the units that went up in it, so that a new code is not a new school.

    ``links`` are (predecessor_code, successor_code). A predecessor that was split over several successors, or that still
    has pupils when its successor first has, is left as it is: nobody knows whose its years are.
    """
    successors: dict[str, set[str]] = {}
    for predecessor, successor in links:
        successors.setdefault(predecessor, set()).add(successor)
    place = {code: j for j, code in enumerate(panel.school_unit_code.tolist())}
    count, total = panel.count.copy(), panel.unit_total
    for predecessor, named in sorted(successors.items()):
        old, new = place.get(predecessor), place.get(min(named))
        if len(named) > 1 or old is None or new is None or panel.municipality[old] != panel.municipality[new]:
            continue
        taught = np.flatnonzero(total[new])
        if not len(taught) or total[old, taught[0] :].any():
            continue
        count[new, : taught[0]] += panel.count[old, : taught[0]]
        count[old] = 0
    return replace(panel, count=count)


def _check(counts: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in counts]
    if missing:
        raise ForecastError(f"counts lack the columns {', '.join(missing)}; has {list(counts)}", reason="columns")
    unknown = ~counts["grade"].isin(GRADES)
    if unknown.any():
        found = sorted(set(counts.loc[unknown, "grade"].astype(str)))[:5]
        raise ForecastError(
            f"counts.grade is none of {', '.join(GRADES)} in {int(unknown.sum())} rows ({', '.join(found)})",
            reason="grade",
        )
    values = counts["pupil_count"]
    wrong = values.isna() | (values < 0) | (values % 1 != 0)
    if wrong.any():
        raise ForecastError(
            f"counts.pupil_count must be whole and not negative; it is not in {int(wrong.sum())} rows, school units "
            f"{', '.join(sorted(set(counts.loc[wrong, 'school_unit_code'].astype(str)))[:5])}",
            reason="count",
        )
    twice = counts.duplicated(list(COLUMNS[:4]), keep=False)
    if twice.any():
        raise ForecastError(
            f"counts have {int(twice.sum())} rows that share municipality, school unit, year and grade; first school units "
            f"{', '.join(sorted(set(counts.loc[twice, 'school_unit_code'].astype(str)))[:5])}; count each once",
            reason="twice",
        )
