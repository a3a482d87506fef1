"""School-level shares as model columns: complements, suppressed intervals and the missing level.

Here: what value, lower and upper end a unit's share has in the open-statistics model. Not here: estimation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.tables import require_columns, require_unique, whole_counts

FACTOR_KEYS = ("municipality_code", "count_date", "school_unit_code")


@dataclass(frozen=True, slots=True)
class ShareTerm:
    """One column of the model: ``column`` of the factor table (0..1), or 1 minus it where ``complement``.

    ``<column>_lower`` and ``<column>_upper`` are read where they exist; a null end means that the value is exact.
    """

    name: str
    column: str
    complement: bool = False


FOREIGN_BACKGROUND = ShareTerm("foreign_background_share", "foreign_background_share")
WITHOUT_POST_SECONDARY = ShareTerm("without_post_secondary_share", "post_secondary_share", complement=True)
GIRLS = ShareTerm("girl_share", "girl_share")


@dataclass(frozen=True, slots=True, eq=False)
class ShareMatrix:
    """Units × terms: value used, both ends (null without a bound), and whether the value is a missing level."""

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    missing: np.ndarray
    pooled_means: Mapping[str, float]

    @property
    def has_composition(self) -> np.ndarray:
        return np.asarray(~self.missing.all(axis=1))


def share_matrix(
    factors: pd.DataFrame, terms: Sequence[ShareTerm], *, pooled_means: Mapping[str, float] | None = None
) -> ShareMatrix:
    """Values and ends of every term for every row of ``factors`` (the shape of ``fct_school_factors``).

    A share without value and bound takes the pupil-weighted mean of the units with a value in the same municipality
    and count date, and is marked missing; without any such unit it takes the pooled mean (``pooled_means`` of the fit,
    else of this table). Raises ``NeedError``: ``missing_columns``, ``duplicate_key``, ``share_out_of_range``.
    """
    require_columns(factors, [*FACTOR_KEYS, "pupil_count"], what="school factors")
    require_unique(factors, FACTOR_KEYS, what="school factors")
    pupils = whole_counts(factors["pupil_count"], what="school factors").astype(float)
    groups = factors.groupby(["municipality_code", "count_date"]).ngroup().to_numpy()
    parts = [_one_share(factors, term, pupils, groups, (pooled_means or {}).get(term.name)) for term in terms]
    value, lower, upper, missing = (np.column_stack([part[position] for part in parts]) for position in range(4))
    means = {term.name: part[4] for term, part in zip(terms, parts, strict=True)}
    return ShareMatrix(value, lower, upper, missing, means)


def _one_share(
    factors: pd.DataFrame, term: ShareTerm, pupils: np.ndarray, groups: np.ndarray, pooled: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    value = _share(factors, term.column)
    ends = [_share(factors, f"{term.column}_{end}") for end in ("lower", "upper")]
    lower, upper = (np.where(np.isnan(end), value, end) for end in ends)
    if ((lower > value) | (value > upper)).any():
        raise NeedError(
            f"school factors: {int(((lower > value) | (value > upper)).sum())} rows of {term.column} lie outside their"
            " own lower and upper end",
            reason="share_out_of_range",
        )
    if term.complement:
        value, lower, upper = 1.0 - value, 1.0 - upper, 1.0 - lower
    missing = np.isnan(value)
    weight = np.where(missing, 0.0, pupils)
    weighted = np.where(missing, 0.0, value) * weight
    if pooled is None:
        if weight.sum() == 0:
            raise NeedError(
                f"school factors: no unit has a value of {term.column}; leave the term out", reason="no_share"
            )
        pooled = float(weighted.sum() / weight.sum())
    known = np.bincount(groups, weights=weight)
    sums = np.bincount(groups, weights=weighted)
    group_mean = np.where(known > 0, sums / np.where(known > 0, known, 1.0), pooled)
    return np.where(missing, group_mean[groups], value), lower, upper, missing, pooled


def _share(factors: pd.DataFrame, column: str) -> np.ndarray:
    if column not in factors.columns:
        if column.endswith(("_lower", "_upper")):
            return np.full(len(factors), np.nan)
        raise NeedError(f"school factors: column {column} is missing; deliver it", reason="missing_columns")
    values = pd.to_numeric(factors[column]).to_numpy(dtype=float, na_value=np.nan)
    beyond = (values < 0) | (values > 1)
    if beyond.any():
        raise NeedError(
            f"school factors: {int(beyond.sum())} rows of {column} are not a share 0..1; divide percent by 100",
            reason="share_out_of_range",
        )
    return values
