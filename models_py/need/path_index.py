"""What a choice of factors does to the index and to the pot.

Here: the index under a set of factors, and two distances between indices. Not here: how factors are chosen, kronor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.index import need_index
from models_py.need.scoring import predict_from_counts
from models_py.need.within import fit_within_school

IndexOf = Callable[[tuple[str, ...]], pd.DataFrame]
"""From names of factors to one municipality's index: school_unit_code, pupil_count, need_index (table of ``NeedIndex``)."""


def within_school_index(
    counts: CellCounts,
    *,
    register_counts: pd.DataFrame,
    ridge: float = 0.05,
    minimum_events: int = 350,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> IndexOf:
    """The index by weights estimated within schools on the named factors only.

    ``register_counts``: one municipality, one or two count dates. Arguments and errors as ``fit_within_school``,
    ``predict_from_counts`` and ``need_index``; raised when the returned function is called.
    """

    def index_of(names: tuple[str, ...]) -> pd.DataFrame:
        fit = fit_within_school(counts.of_factors(names), ridge=ridge, minimum_events=minimum_events)
        scored = predict_from_counts(fit, register_counts)
        return need_index(scored.table, index_minimum_pupils=index_minimum_pupils, groups=groups).table

    return index_of


def pot_moved_share(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """½ Σ |a - b|, a and b each unit's share of a pot that follows pupils × index: 0..1 of the pot changes unit.

    Both tables: school_unit_code, pupil_count, need_index, the same units in the same order. Raises ``NeedError``
    (``different_units``).
    """
    _require_same_units(first, second)
    a, b = (table["pupil_count"].to_numpy() * table["need_index"].to_numpy() for table in (first, second))
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)


def index_rmse(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Root mean square difference over pupils, index points. Tables and errors as ``pot_moved_share``."""
    _require_same_units(first, second)
    apart = first["need_index"].to_numpy() - second["need_index"].to_numpy()
    return float(np.sqrt(np.average(apart**2, weights=second["pupil_count"].to_numpy())))


def _require_same_units(first: pd.DataFrame, second: pd.DataFrame) -> None:
    if first["school_unit_code"].tolist() != second["school_unit_code"].tolist():
        raise NeedError(
            f"indices of {len(first)} and {len(second)} units are not of the same units; compare one municipality"
            " and count date",
            reason="different_units",
        )
