"""Checked, ordered tables: the last step before numpy.

Here: presence of columns and keys, whole-number counts, and the canonical order that makes every sum reproducible to
the last bit whatever the order of the rows. Not here: any statistics.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models_py.errors import NeedError


def require_columns(table: pd.DataFrame, columns: Sequence[str], *, what: str) -> None:
    """Raise ``NeedError`` (``missing_columns``, ``empty_input``, ``null_key``) unless all columns are filled."""
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise NeedError(f"{what}: columns {absent} are missing; deliver them", reason="missing_columns")
    if table.empty:
        raise NeedError(f"{what}: no rows; nothing can be estimated or scored", reason="empty_input")
    for column in columns:
        nulls = int(table[column].isna().sum())
        if nulls:
            raise NeedError(f"{what}: {nulls} rows have no {column}; fill or leave out those rows", reason="null_key")


def require_unique(table: pd.DataFrame, keys: Sequence[str], *, what: str) -> None:
    """Raise ``NeedError`` (``duplicate_key``) if two rows share the same key."""
    twice = table.duplicated(list(keys))
    if twice.any():
        first = table.loc[twice, list(keys)].astype(str).agg("/".join, axis=1).iloc[:3].tolist()
        raise NeedError(
            f"{what}: {int(twice.sum())} rows repeat a key of {list(keys)}, first {first}; deliver each once",
            reason="duplicate_key",
        )


def whole_counts(column: pd.Series, *, what: str) -> np.ndarray:
    """The column as int64. Raises ``NeedError`` (``not_whole``, ``negative_count``); nulls are not counts."""
    values = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    odd = ~np.isfinite(values) | (values != np.floor(values))
    if odd.any():
        raise NeedError(f"{what}: {int(odd.sum())} rows of {column.name} are not whole numbers", reason="not_whole")
    if (values < 0).any():
        raise NeedError(
            f"{what}: {int((values < 0).sum())} rows of {column.name} are negative", reason="negative_count"
        )
    return values.astype(np.int64)


def canonical_counts(table: pd.DataFrame, *, keys: Sequence[str], counts: Sequence[str], what: str) -> pd.DataFrame:
    """Sum the integer ``counts`` over equal ``keys`` and sort by key; groups without any count are left out.

    Integer sums do not depend on the order of the rows, so the result is the same for every order and for one row per
    pupil or one row per cell. Raises ``NeedError`` as the other functions here, and ``empty_input`` if nothing is left.
    """
    require_columns(table, [*keys, *counts], what=what)
    checked = table[list(keys)].astype(object).assign(**{name: whole_counts(table[name], what=what) for name in counts})
    summed = checked.groupby(list(keys), sort=True, observed=True)[list(counts)].sum().reset_index()
    summed = summed[(summed[list(counts)] > 0).any(axis=1)].reset_index(drop=True)
    if summed.empty:
        raise NeedError(f"{what}: all counts are zero; nothing can be estimated or scored", reason="empty_input")
    return summed


def starts_of(*columns: pd.Series) -> np.ndarray:
    """First row of every run of equal keys in an already sorted table."""
    changed = np.zeros(len(columns[0]), dtype=bool)
    changed[0] = True
    for column in columns:
        values = column.to_numpy()
        changed[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(changed)
