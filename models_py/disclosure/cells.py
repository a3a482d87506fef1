"""Cells and the sums that tie them, over all tables together, in one fixed order.

Belongs here: the two frames a caller writes, checked, and cut into blocks that have no unknown in common.
Does not: which cells are withheld (``rule``, ``protect``), what follows from the rest (``attack``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from models_py.errors import DisclosureError

CELL_COLUMNS = ("key", "value", "whole", "cost", "is_background", "is_fixed", "must_hide", "largest", "lower", "upper")
SUM_COLUMNS = ("total", "part")


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Cells in key order and their sums.

    Attributes
    ----------
    keys : n names, sorted
    values : n counts, int64; -1 where the caller does not know one (a cell withheld in a published file)
    whole : n int64, everybody the cell is a part of; -1 where there is no such number
    cost : n > 0, what withholding the cell costs the reader
    may_hide : n bool, counts of background or outcome that are not known from elsewhere
    must_hide : n bool, withheld whatever their value
    lower, upper : n float, what is known of the cell beside its sums; 0 and ``whole`` (else infinity) by default
    largest : n float, share 0..1 of the sum that the largest contributors make; NaN for counts of persons
    sums : sparse m × n, rows of +1 (total) and -1 (part): sums @ values = 0
    """

    keys: np.ndarray
    values: np.ndarray
    whole: np.ndarray
    cost: np.ndarray
    may_hide: np.ndarray
    must_hide: np.ndarray
    largest: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    sums: sparse.csr_matrix


def tables_of(cells: pd.DataFrame, *, sums: pd.DataFrame) -> Tables:
    """The cells and sums as arrays; the result does not hang on the order of rows.

    Parameters
    ----------
    cells : ``CELL_COLUMNS``, one row per cell; ``value`` and ``whole`` may be empty; the others have
        defaults: cost 1, is_background True, is_fixed and must_hide False, largest none, lower 0, upper ``whole``
    sums : ``SUM_COLUMNS``, one row per part of a total, both keys of ``cells``; a total that is divided twice (by unit
        and by level) has a third column ``by`` that tells its divisions apart

    Raises ``DisclosureError``: ``key_twice``, ``unknown_key``, ``not_a_sum`` (full cells that do not add up),
    ``bad_value`` (negative or fractional).
    """
    ordered = cells.sort_values("key", kind="stable").reset_index(drop=True)
    twice = ordered.loc[ordered["key"].duplicated(), "key"]
    if len(twice):
        raise DisclosureError(
            f"{len(twice)} cells share a key; first {twice.head(3).tolist()}; name each once", reason="key_twice"
        )
    place = pd.Series(range(len(ordered)), index=ordered["key"].to_numpy())
    if unknown := sorted((set(sums["total"]) | set(sums["part"])) - set(place.index)):
        raise DisclosureError(
            f"{len(unknown)} keys of sums are no cells; first {unknown[:3]}; add the cells", reason="unknown_key"
        )
    values = _counts(ordered["value"])
    by = sums["by"] if "by" in sums else pd.Series("", index=sums.index)
    rows, names = pd.factorize(pd.MultiIndex.from_arrays([sums["total"], by]), sort=True)
    totals = place[[total for total, _ in names]].to_numpy() if len(names) else np.zeros(0, dtype=np.int64)
    entries = np.concatenate([np.ones(len(names)), -np.ones(len(sums))])
    at_row = np.concatenate([np.arange(len(names)), rows])
    at_column = np.concatenate([totals, place[sums["part"]].to_numpy()]).astype(np.int64)
    matrix = sparse.csr_matrix((entries, (at_row, at_column)), shape=(len(names), len(ordered)))
    full = np.asarray((abs(matrix) @ (values < 0)) == 0).reshape(-1)
    off = full & (np.asarray(matrix @ values).reshape(-1) != 0)
    if off.any():
        first = [names[row][0] for row in np.flatnonzero(off)[:3]]
        raise DisclosureError(
            f"{int(off.sum())} sums do not add up; first totals {first}; mend the counts", reason="not_a_sum"
        )
    whole = _counts(ordered.get("whole", pd.Series(np.nan, index=ordered.index)))
    ends = np.where(whole >= 0, whole, np.inf)
    return Tables(
        keys=ordered["key"].to_numpy(dtype=object),
        values=values,
        whole=whole,
        cost=ordered.get("cost", pd.Series(1.0, index=ordered.index)).to_numpy(dtype=float),
        may_hide=_flags(ordered, "is_background", True) & ~_flags(ordered, "is_fixed", False),
        must_hide=_flags(ordered, "must_hide", False),
        largest=ordered.get("largest", pd.Series(np.nan, index=ordered.index)).to_numpy(dtype=float),
        lower=ordered.get("lower", pd.Series(0.0, index=ordered.index)).to_numpy(dtype=float),
        upper=np.fmin(ends, ordered.get("upper", pd.Series(np.inf, index=ordered.index)).to_numpy(dtype=float)),
        sums=matrix,
    )


def blocks(sums: sparse.csr_matrix, *, open_cells: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows, cells) of every group of ``open_cells`` (n bool) that sums tie together, in the order of their first cell.

    What is known ties nothing: groups can be protected and attacked each by itself.
    """
    cells = np.flatnonzero(open_cells)
    if not len(cells):
        return []
    part = abs(sums[:, cells])
    rows = np.flatnonzero(part.getnnz(axis=1))
    part = part[rows]
    _, label = connected_components(sparse.bmat([[None, part], [part.T, None]]), directed=False)
    of_row, of_cell = label[: len(rows)], label[len(rows) :]
    _, first = np.unique(of_cell, return_index=True)
    order = of_cell[np.sort(first)]
    by_row = {name: rows[of_row == name] for name in order}
    return [(by_row[name], cells[of_cell == name]) for name in order]


def _counts(given: pd.Series) -> np.ndarray:
    numbers = given.astype(float).to_numpy()
    known = ~np.isnan(numbers)
    bad = known & ((numbers < 0) | (numbers != np.floor(numbers)))
    if bad.any():
        raise DisclosureError(
            f"{int(bad.sum())} cells of {len(numbers)} are negative or no whole numbers; counts are needed",
            reason="bad_value",
        )
    return np.where(known, numbers, -1).astype(np.int64)


def _flags(cells: pd.DataFrame, name: str, otherwise: bool) -> np.ndarray:
    return cells[name].to_numpy(dtype=bool) if name in cells else np.full(len(cells), otherwise)
