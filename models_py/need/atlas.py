"""The factor atlas: which systematic differences there are between school units, before any model is fitted.

Here: shares per unit, their spread beyond chance, how they go with results, what is missing, how stable they are, and
which factors measure the same thing; each figure with the counts it rests on. Nothing here is fit for the public:
``atlas_public`` decides that. Not here: weights, index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.atlas_factors import MISSING_FLAG, association_rows, factor_rows
from models_py.need.atlas_levels import OutcomesByLevel, known_levels, level_rows, outcomes_by_level
from models_py.need.cells import CellCounts
from models_py.need.collinearity import crossed
from models_py.need.design import FACTORS, Factor, level_codes
from models_py.need.settle import settle_shares
from models_py.need.tables import canonical_counts, starts_of

KEYS = ("municipality_code", "count_date", "school_unit_code")


@dataclass(frozen=True, slots=True, eq=False)
class FactorAtlas:
    """One municipality. Shares 0..1 of pupils whose level is known, unless they are shares of missing.

    Attributes
    ----------
    unit_levels : per count date, unit, factor and level: pupil_count (with the level), known_count, unit_pupil_count,
        level_share, missing_share; rows ascend by count date, unit, factor, level; levels nobody has are there
    levels : per factor and level at the latest count date; columns of ``atlas_levels``
    factors : per factor at the latest count date: pupil_count, missing_count, missing_share, is_missing_flagged,
        flagged_unit_count, complete_pupil_count (known on every factor that varies), degrees_of_freedom, gvif,
        gvif_root, is_collinear (gvif_root² > 5)
    associations : per pair of factors at the latest count date: pupil_count, smallest_cell_count, degrees_of_freedom,
        cramers_v
    """

    municipality_code: str
    count_dates: tuple[object, ...]
    unit_levels: pd.DataFrame
    levels: pd.DataFrame
    factors: pd.DataFrame
    associations: pd.DataFrame


def factor_atlas(
    register_counts: pd.DataFrame, *, counts: CellCounts | None = None, factors: Sequence[Factor] = FACTORS
) -> FactorAtlas:
    """Describe one municipality's units by background.

    Parameters
    ----------
    register_counts : municipality_code, count_date, school_unit_code, a column of level names per factor, pupil_count;
        one municipality, any number of count dates; the two latest tell stability
    counts : outcomes of any municipalities, not eligible or not, years pooled; without them columns of results are null

    Raises ``NeedError``: ``several_municipalities``, ``unknown_factor`` and those of the checks on counts.
    """
    names = [factor.name for factor in factors]
    table = canonical_counts(register_counts, keys=[*KEYS, *names], counts=["pupil_count"], what="register counts")
    if table["municipality_code"].nunique() > 1:
        raise NeedError(
            "register counts hold several municipalities; describe one at a time", reason="several_municipalities"
        )
    municipality = str(table["municipality_code"].iloc[0])
    codes, pupils = level_codes(table, factors), table["pupil_count"].to_numpy(dtype=np.int64)
    starts = starts_of(*(table[key] for key in KEYS))
    unit_of_row = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(table))))
    units = table.iloc[starts][list(KEYS)].reset_index(drop=True)
    by_unit = [
        crossed(unit_of_row, second=codes[:, position], weights=pupils, sizes=(len(units), len(factor.levels)))
        for position, factor in enumerate(factors)
    ]
    dates = tuple(sorted(set(units["count_date"])))
    now = (units["count_date"] == dates[-1]).to_numpy()
    current = codes[now[unit_of_row]], pupils[now[unit_of_row]]
    outcomes = outcomes_by_level(counts, municipality_code=municipality, factors=factors)
    return FactorAtlas(
        municipality,
        dates,
        _unit_levels(units, by_unit, factors),
        _levels(units, by_unit, factors, dates, outcomes),
        factor_rows([matrix[now] for matrix in by_unit], factors=factors, codes=current[0], pupils=current[1]),
        association_rows(current[0], factors=factors, pupils=current[1]),
    )


def missing_flags(atlas: FactorAtlas, *, above: float = MISSING_FLAG) -> pd.DataFrame:
    """Units with more than ``above`` of a factor missing: municipality_code, count_date, school_unit_code, factor,
    unit_pupil_count, missing_share; not for the public."""
    columns = [*KEYS, "factor", "unit_pupil_count", "missing_share"]
    once = atlas.unit_levels.drop_duplicates([*KEYS, "factor"])
    return once.loc[once["missing_share"] > above, columns].reset_index(drop=True)


def _unit_levels(units: pd.DataFrame, by_unit: list[np.ndarray], factors: Sequence[Factor]) -> pd.DataFrame:
    parts = []
    for place, (factor, matrix) in enumerate(zip(factors, by_unit, strict=True)):
        kept = known_levels(factor)
        have, enrolled = matrix[:, kept], matrix.sum(axis=1)
        known = have.sum(axis=1)
        part = units.loc[units.index.repeat(len(kept))].assign(
            factor=factor.name,
            level=np.tile([factor.levels[position] for position in kept], len(units)),
            pupil_count=have.ravel(),
            known_count=np.repeat(known, len(kept)),
            unit_pupil_count=np.repeat(enrolled, len(kept)),
            level_share=settle_shares((have / np.where(known > 0, known, np.nan)[:, None]).ravel()),
            missing_share=np.repeat(settle_shares((enrolled - known) / enrolled), len(kept)),
        )
        parts.append(part.assign(unit=np.repeat(units.index, len(kept)), place=place))
    rows = pd.concat(parts).sort_values(["unit", "place"], kind="stable")
    return rows.drop(columns=["unit", "place"]).reset_index(drop=True)


def _levels(
    units: pd.DataFrame,
    by_unit: list[np.ndarray],
    factors: Sequence[Factor],
    dates: Sequence[object],
    outcomes: OutcomesByLevel,
) -> pd.DataFrame:
    at = [(units["count_date"] == date).to_numpy() for date in dates[-2:]]
    codes = [pd.Index(units.loc[rows, "school_unit_code"].astype(str)) for rows in at]
    parts = []
    for position, factor in enumerate(factors):
        have = [by_unit[position][rows][:, known_levels(factor)] for rows in at]
        before = (codes[0], have[0]) if len(at) == 2 else None
        parts.append(level_rows(factor, position=position, now=(codes[-1], have[-1]), before=before, outcomes=outcomes))
    return pd.concat(parts, ignore_index=True)
