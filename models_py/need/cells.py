"""Outcome counts per school and cell: all that any estimator here needs to know about pupils.

A cell is a result year and one level of every factor. Counts are integers, so they are the same however the rows came,
and a million pupils become some thousand cells. Here: the counts, ordered, and how they collapse. Not here: estimation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.design import FACTORS, Factor, level_codes
from models_py.need.tables import canonical_counts, starts_of

SCHOOL_KEYS = ("municipality_code", "school_unit_code")
OUTCOME_COUNTS = ("leaver_count", "not_eligible_count")

School = tuple[str, str]
"""municipality_code and school_unit_code: a school is a unit within a municipality."""


@dataclass(frozen=True, slots=True, eq=False)
class CellCounts:
    """School × cell sufficient statistics of one outcome y.

    Attributes
    ----------
    factors : the factors whose levels make a cell
    years : result years, ascending; a cell belongs to one
    schools : ascending
    levels : int64, cells × factors, positions in ``Factor.levels``; cells ascend by (levels, year)
    year : int64, per cell, position in ``years``
    school, cell : int64, per row; rows ascend by (school, cell) and no pair repeats
    trials : int64, per row: pupils with the outcome
    sums : int64, per row: Σ y; the number of events when y is 0 or 1
    squares : int64, per row: Σ y²; equals ``sums`` when y is 0 or 1
    step : what one unit of y is: 1 for an event, 0.1 for merit value kept in tenths of a point
    """

    factors: tuple[Factor, ...]
    years: tuple[int, ...]
    schools: tuple[School, ...]
    levels: np.ndarray
    year: np.ndarray
    school: np.ndarray
    cell: np.ndarray
    trials: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    step: float = 1.0

    @property
    def starts(self) -> np.ndarray:
        """First row of every school; a school without rows does not occur."""
        return np.flatnonzero(np.diff(self.school, prepend=-1))

    @property
    def pupils(self) -> int:
        return int(self.trials.sum())

    @property
    def total(self) -> int:
        """Σ y: the events, or the sum in steps."""
        return int(self.sums.sum())

    def of_schools(self, keep: np.ndarray) -> CellCounts:
        """Only the schools where ``keep`` (bool, per school) is true; cells without rows stay."""
        rows = keep[self.school]
        place = np.cumsum(keep) - 1
        return replace(
            self,
            schools=tuple(school for school, kept in zip(self.schools, keep, strict=True) if kept),
            school=place[self.school[rows]],
            cell=self.cell[rows],
            trials=self.trials[rows],
            sums=self.sums[rows],
            squares=self.squares[rows],
        )

    def of_years(self, years: Sequence[int]) -> CellCounts:
        """Only these result years; schools without leavers in them are left out. Raises ``NeedError`` (``empty_input``)."""
        wanted = [position for position, year in enumerate(self.years) if year in set(years)]
        rows = np.isin(self.year, wanted)[self.cell]
        return cell_counts(
            self.factors,
            years=self.years,
            schools=self.schools,
            levels=self.levels[self.cell[rows]],
            year=self.year[self.cell[rows]],
            school=self.school[rows],
            counts=(self.trials[rows], self.sums[rows], self.squares[rows]),
            step=self.step,
        )

    def of_factors(self, names: Sequence[str]) -> CellCounts:
        """Collapsed to these factors, in the order they stand here. Raises ``NeedError`` (``unknown_factor``)."""
        known = [factor.name for factor in self.factors]
        if unknown := [name for name in names if name not in known]:
            raise NeedError(f"factors {unknown} are not counted; counted are {known}", reason="unknown_factor")
        columns = [position for position, name in enumerate(known) if name in set(names)]
        return cell_counts(
            tuple(self.factors[position] for position in columns),
            years=self.years,
            schools=self.schools,
            levels=self.levels[:, columns][self.cell],
            year=self.year[self.cell],
            school=self.school,
            counts=(self.trials, self.sums, self.squares),
            step=self.step,
        )


def cell_counts(
    factors: Sequence[Factor],
    *,
    years: Sequence[int],
    schools: Sequence[School],
    levels: np.ndarray,
    year: np.ndarray,
    school: np.ndarray,
    counts: tuple[np.ndarray, np.ndarray, np.ndarray],
    step: float = 1.0,
) -> CellCounts:
    """Order and add up rows of any order: what a database counted, or what a test made.

    Parameters
    ----------
    levels : int, rows × factors; positions in ``Factor.levels``
    year, school : int, per row; positions in ``years`` (any order) and ``schools`` (ascending)
    counts : trials, Σ y, Σ y² per row, integers

    Rows without trials are left out, then years and schools without rows. Raises ``NeedError`` (``empty_input``).
    """
    trials, sums, squares = (np.asarray(count, dtype=np.int64) for count in counts)
    kept = trials > 0
    if not kept.any():
        raise NeedError("outcome counts: all counts are zero; nothing can be estimated", reason="empty_input")
    levels, year, school = levels[kept].astype(np.int64), np.asarray(year)[kept], np.asarray(school)[kept]
    used_years = sorted({int(years[position]) for position in np.unique(year)})
    # No row is left of a year that is not used, whatever its place.
    place_of_year = np.searchsorted(used_years, [int(y) for y in years])
    used_schools, school = np.unique(school, return_inverse=True)
    # One number per cell: mixed radix over the factors, the year last.
    sizes = [len(factor.levels) for factor in factors]
    code = np.zeros(len(levels), dtype=np.int64)
    for position, size in enumerate(sizes):
        code = code * size + levels[:, position]
    code = code * len(used_years) + place_of_year[year]
    cells, cell = np.unique(code, return_inverse=True)
    pair = school.astype(np.int64) * len(cells) + cell
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    row_school, row_cell = np.divmod(pair[starts], len(cells))
    decoded = np.empty((len(cells), len(sizes)), dtype=np.int64)
    rest, cell_year = np.divmod(cells, len(used_years))
    for position in range(len(sizes) - 1, -1, -1):
        rest, decoded[:, position] = np.divmod(rest, sizes[position])
    added = [np.add.reduceat(count[kept][order], starts) for count in (trials, sums, squares)]
    for array in (decoded, cell_year, row_school, row_cell, *added):
        array.setflags(write=False)
    return CellCounts(
        factors=tuple(factors),
        years=tuple(used_years),
        schools=tuple(schools[place] for place in used_schools),
        levels=decoded,
        year=cell_year,
        school=row_school,
        cell=row_cell,
        trials=added[0],
        sums=added[1],
        squares=added[2],
        step=step,
    )


def counts_of_table(
    table: pd.DataFrame,
    *,
    factors: Sequence[Factor],
    trials: str = "leaver_count",
    sums: str = "not_eligible_count",
    squares: str | None = None,
    step: float = 1.0,
) -> CellCounts:
    """From a checked table in canonical order (``outcome_cells``): municipality_code, school_unit_code, result_year, a
    column of level names per factor, and the counts. Without ``squares`` y is 0 or 1.

    Raises ``NeedError`` (``unknown_level``, ``empty_input``).
    """
    starts = starts_of(table["municipality_code"], table["school_unit_code"])
    first = table.iloc[starts]
    years = sorted({int(year) for year in table["result_year"]})
    counts = tuple(table[name].to_numpy(dtype=np.int64) for name in (trials, sums, squares or sums))
    return cell_counts(
        factors,
        years=years,
        schools=list(zip(map(str, first["municipality_code"]), map(str, first["school_unit_code"]), strict=True)),
        levels=level_codes(table, factors),
        year=np.searchsorted(years, table["result_year"].to_numpy(dtype=np.int64)),
        school=np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(table)))),
        counts=(counts[0], counts[1], counts[2]),
        step=step,
    )


def outcome_cells(outcome_counts: pd.DataFrame, *, factors: Sequence[Factor] = FACTORS) -> pd.DataFrame:
    """School × year × cell counts in canonical order: what the fit sees, and what its identity is taken from.

    ``outcome_counts``: municipality_code, school_unit_code, result_year, one column per factor (level names),
    leaver_count, not_eligible_count. Raises ``NeedError``: ``events_exceed_leavers`` and those of the input
    (``empty_input``, ``negative_count``, …).
    """
    keys = [*SCHOOL_KEYS, "result_year", *(factor.name for factor in factors)]
    cells = canonical_counts(outcome_counts, keys=keys, counts=OUTCOME_COUNTS, what="outcome counts")
    beyond = cells["not_eligible_count"] > cells["leaver_count"]
    if beyond.any():
        units = sorted(set(cells.loc[beyond, "school_unit_code"]))[:3]
        raise NeedError(
            f"outcome counts: {int(beyond.sum())} cells have more not eligible than leavers, first units {units};"
            " correct the counts",
            reason="events_exceed_leavers",
        )
    return cells


def count_outcomes(outcome_counts: pd.DataFrame, *, factors: Sequence[Factor] = FACTORS) -> CellCounts:
    """``outcome_cells`` as arrays: one row per cell or per pupil, in any order, gives the same bits."""
    return counts_of_table(outcome_cells(outcome_counts, factors=factors), factors=factors)
