"""How many factors: the path an officer can read, and the factors it recommends.

Two questions are kept apart: does a factor tell something about pupils the model has not seen, and does it move money?
Here: both answers per step, side by side for folds over schools and over cohorts, and the rule that chooses. Not here:
the fits (``fold_logit``), the path (``forward``), the index (``path_index``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models_py.need.cells import CellCounts
from models_py.need.fold_logit import varying_factors
from models_py.need.folds import cohort_folds, school_folds
from models_py.need.forward import CORE, ForwardPath, along, forward_path
from models_py.need.path_index import IndexOf, index_rmse, pot_moved_share

COLUMNS = (
    "step",
    "factor_added",
    "factor_count",
    "is_core",
    "deviance_school_folds",
    "paired_difference",
    "paired_standard_error",
    "is_minimum",
    "is_within_one_se",
    "deviance_cohort_folds",
    "cohort_paired_difference",
    "cohort_paired_standard_error",
    "is_cohort_minimum",
    "is_cohort_within_one_se",
    "pot_moved_by_factor_share",
    "pot_from_full_share",
    "index_rmse_from_full",
    "is_recommended",
)


@dataclass(frozen=True, slots=True, eq=False)
class SelectionPath:
    """The path of a forward selection with school folds, and what it recommends.

    Attributes
    ----------
    table : ``COLUMNS``, one row per step, step 0 without factors. Deviances are sums over held-out leavers, differences
        and standard errors per leaver; shares are of the pot, 0..1; RMSE in index points. Cohort columns judge the same
        steps by leaving out one result year at a time; null with one year.
    factors : recommended, in the order they entered
    chosen_by : 'paired_one_standard_error', or 'core' where that rule would have stopped inside the core
    moving_too_little : factors the rule kept that move less than the minimum of the pot; left out of ``factors``
    cohort_factors : what the same rule chooses on a path of its own with cohort folds, before any look at the pot;
        None with one year
    full_factors : all that vary; the index of ``pot_from_full_share`` and ``index_rmse_from_full``
    constant_factors : one level among the leavers; could not enter
    """

    table: pd.DataFrame
    factors: tuple[str, ...]
    chosen_by: Literal["paired_one_standard_error", "core"]
    moving_too_little: tuple[str, ...]
    cohort_factors: tuple[str, ...] | None
    full_factors: tuple[str, ...]
    constant_factors: tuple[str, ...]


def select_factors(
    counts: CellCounts,
    *,
    index_of: IndexOf,
    core: Sequence[str] = CORE,
    max_factors: int = 8,
    minimum_pot_moved: float = 0.005,
    ridge: float = 0.05,
    folds: int = 10,
) -> SelectionPath:
    """Choose factors by the paired one-standard-error rule with school folds, never fewer than the core.

    Parameters
    ----------
    index_of : the index under a set of factors; called once per step and once for all factors
    minimum_pot_moved : share of the pot that a factor beyond the core must move to be recommended

    Raises ``NeedError`` as ``school_folds``, ``forward_path`` and ``index_of``.
    """
    path = forward_path(
        counts, folds=school_folds(counts, folds=folds), core=core, max_factors=max_factors, ridge=ridge
    )
    beside = chosen_beside = None
    if len(counts.years) > 1:
        held = cohort_folds(counts)
        beside = along(counts, folds=held, path=path, ridge=ridge)
        chosen_beside = forward_path(counts, folds=held, core=core, max_factors=max_factors, ridge=ridge)
    varying = varying_factors(counts)
    full = tuple(counts.factors[position].name for position in varying)
    moved, from_full, rmse = _index_columns(path, full, index_of)
    last = max(path.one_se, path.core_steps)
    steps = np.arange(len(path.deviances))
    moves_enough = (steps <= path.core_steps) | (np.nan_to_num(moved) >= minimum_pot_moved)
    recommended = (steps > 0) & (steps <= last) & moves_enough
    table = pd.DataFrame(
        {
            "step": steps,
            "factor_added": [None, *path.factors],
            "factor_count": steps,
            "is_core": (steps > 0) & (steps <= path.core_steps),
            "deviance_school_folds": path.deviances.sum(axis=1),
            "paired_difference": path.paired_difference,
            "paired_standard_error": path.paired_standard_error,
            "is_minimum": steps == path.minimum,
            "is_within_one_se": path.within_one_se,
            **_cohort_columns(beside, len(steps)),
            "pot_moved_by_factor_share": moved,
            "pot_from_full_share": from_full,
            "index_rmse_from_full": rmse,
            "is_recommended": recommended,
        },
        columns=list(COLUMNS),
    )
    return SelectionPath(
        table=table,
        factors=_named(path, recommended[1:]),
        chosen_by="paired_one_standard_error" if path.one_se >= path.core_steps else "core",
        moving_too_little=_named(path, ((steps <= last) & ~moves_enough)[1:]),
        cohort_factors=None
        if chosen_beside is None
        else chosen_beside.factors[: max(chosen_beside.one_se, chosen_beside.core_steps)],
        full_factors=full,
        constant_factors=tuple(
            factor.name for position, factor in enumerate(counts.factors) if position not in varying
        ),
    )


def _named(path: ForwardPath, kept: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, keep in zip(path.factors, kept, strict=True) if keep)


def _index_columns(
    path: ForwardPath, full: tuple[str, ...], index_of: IndexOf
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per step: pot moved by the step's factor, pot and index points between the step and all factors."""
    whole = index_of(full)
    before = whole.assign(need_index=100.0)  # without factors everyone is the average pupil
    moved, from_full, rmse = [np.nan], [pot_moved_share(before, whole)], [index_rmse(before, whole)]
    for count in range(1, len(path.factors) + 1):
        names = path.factors[:count]
        now = whole if set(names) == set(full) else index_of(names)
        moved.append(pot_moved_share(before, now))
        from_full.append(pot_moved_share(now, whole))
        rmse.append(index_rmse(now, whole))
        before = now
    return np.array(moved), np.array(from_full), np.array(rmse)


def _cohort_columns(beside: ForwardPath | None, steps: int) -> dict[str, object]:
    if beside is None:
        names = COLUMNS[COLUMNS.index("deviance_cohort_folds") : COLUMNS.index("pot_moved_by_factor_share")]
        return {
            name: pd.array([pd.NA] * steps, dtype="boolean") if name.startswith("is_") else np.full(steps, np.nan)
            for name in names
        }
    return {
        "deviance_cohort_folds": beside.deviances.sum(axis=1),
        "cohort_paired_difference": beside.paired_difference,
        "cohort_paired_standard_error": beside.paired_standard_error,
        "is_cohort_minimum": pd.array(np.arange(steps) == beside.minimum, dtype="boolean"),
        "is_cohort_within_one_se": pd.array(beside.within_one_se, dtype="boolean"),
    }
