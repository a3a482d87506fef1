"""Tables that the follow-up takes in: columns that must be there, keys that must be single, codes that follow reorganisation.

Belongs here: refusing what cannot be counted on, by name. Does not: counting, estimation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from models_py.errors import FollowupError

RESULTS = ("pupil_key", "result_year", "school_unit_code", "grade", "measure", "subject", "value")
"""One row per pupil, school year, measure and subject. ``result_year`` is the year of the June in which the school year
ends; ``value`` float, nan = not assessed."""

ENROLLMENT = ("pupil_key", "count_year", "school_unit_code", "grade")
"""One row per pupil and count date of 15 October; grade 0 = preschool class."""

RESULT_KEY = ("pupil_key", "result_year", "grade", "measure", "subject")


def require(table: pd.DataFrame, columns: Sequence[str], *, what: str) -> None:
    """Raise FollowupError where a column is missing."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FollowupError(f"{what}: columns {', '.join(missing)} are missing; needed: {', '.join(columns)}")


def require_single(table: pd.DataFrame, keys: Sequence[str], *, what: str) -> None:
    """Raise FollowupError where a key stands twice; tells how many, never a pupil's key."""
    repeated = int(_row_keys(table, keys).duplicated().sum())
    if repeated:
        raise FollowupError(f"{what}: {repeated} rows repeat {', '.join(keys)}; deliver each once")


def _row_keys(table: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """One whole number per row, the same for rows that are equal in ``keys``."""
    row = np.zeros(len(table), dtype=np.int64)
    for name in keys:
        number, found = pd.factorize(table[name], use_na_sentinel=False)
        row = row * (len(found) + 1) + number
        if len(found) > 1_000 and len(table):  # stay far from the end of 64 bits
            row = pd.factorize(row)[0].astype(np.int64)
    return pd.Series(row)


def number_pupils(*tables: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """The tables with the same whole number for the same pupil_key, instead of text that is slow to compare.

    Raises FollowupError for empty keys.
    """
    numbers, _ = pd.factorize(pd.concat([table["pupil_key"] for table in tables], ignore_index=True))
    if (numbers < 0).any():
        raise FollowupError(f"{int((numbers < 0).sum())} rows have no pupil_key; deliver one in every row")
    ends = np.cumsum([len(table) for table in tables])[:-1]
    parts = np.split(numbers.astype(np.int64), ends)
    return tuple(table.assign(pupil_key=part) for table, part in zip(tables, parts, strict=True))


def current_codes(codes: pd.Series, *, successors: Mapping[str, str]) -> pd.Series:
    """Unit codes under which the units go on today, so that a pupil who stays through a reorganisation is a stayer.

    ``successors`` is old code to the one code that took over; chains are followed. Raises FollowupError for a circle.
    """
    ends = {old: _end(old, successors) for old in successors}
    text = codes.astype(str)
    return text.map(lambda code: ends.get(code, code)) if ends else text


def _end(code: str, successors: Mapping[str, str]) -> str:
    seen = [code]
    while code in successors:
        code = str(successors[code])
        if code in seen:
            raise FollowupError(
                f"successors: school unit codes {', '.join(sorted(seen)[:3])} follow each other in a circle"
            )
        seen.append(code)
    return code


def codes_of(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers in ascending order of the values, and the values by number."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        found = np.asarray(values.cat.categories)
        order = np.argsort(found.astype(str), kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank[values.cat.codes.to_numpy()], found[order]
    found, position = np.unique(values.to_numpy(), return_inverse=True)
    return position.astype(np.int64), found
