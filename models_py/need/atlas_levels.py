"""Rows of the atlas per factor and level: spread over units, results, stability.

Here: one factor at a time, at the latest count date. Not here: reading tables, collinearity, privacy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.cells import CellCounts
from models_py.need.design import MISSING, Factor
from models_py.need.disclosure import SHOWN_FROM
from models_py.need.settle import settle_shares
from models_py.need.spread import spread_over_units, weighted_correlation

COMPARED_FROM_PUPILS = 20
"""Smaller units are left out of lowest and highest: one pupil more or less moves them too far."""

RESULTS_FROM_LEAVERS = 15
"""Units with fewer leavers, years pooled, have no result to go with; Skolverket's SALSA uses the same limit."""

PROTECTED_BELOW = SHOWN_FROM
"""Background and outcomes are published from so many pupils."""


@dataclass(frozen=True, slots=True, eq=False)
class OutcomesByLevel:
    """Of one municipality, years pooled. ``levels``: per factor (leavers, not eligible) per level, int64;
    ``unit_leavers``, ``unit_not_eligible``: by unit code."""

    levels: tuple[tuple[np.ndarray, np.ndarray], ...]
    unit_leavers: pd.Series
    unit_not_eligible: pd.Series


def outcomes_by_level(
    counts: CellCounts | None, *, municipality_code: str, factors: Sequence[Factor]
) -> OutcomesByLevel:
    """Sum the municipality's outcome counts; zeros without any. Raises ``NeedError`` (``unknown_factor``)."""
    own = None
    if counts is not None:
        known = [factor.name for factor in counts.factors]
        if unknown := [factor.name for factor in factors if factor not in counts.factors]:
            raise NeedError(
                f"factors {unknown} are not counted with these levels; counted are {known}", reason="unknown_factor"
            )
        own = np.array([municipality == municipality_code for municipality, _ in counts.schools])
    if counts is None or own is None or not own.any():
        nobody = tuple((np.zeros(len(factor.levels), dtype=np.int64),) * 2 for factor in factors)
        return OutcomesByLevel(nobody, pd.Series(dtype=float), pd.Series(dtype=float))
    inside = counts.of_schools(own)
    by_level = []
    for factor in factors:
        level = inside.levels[:, inside.factors.index(factor)][inside.cell]
        leavers, events = (
            np.bincount(level, weights=count, minlength=len(factor.levels)).astype(np.int64)
            for count in (inside.trials, inside.sums)
        )
        by_level.append((leavers, events))
    units = [unit for _, unit in inside.schools]
    unit_leavers, unit_events = (np.add.reduceat(count, inside.starts) for count in (inside.trials, inside.sums))
    return OutcomesByLevel(tuple(by_level), pd.Series(unit_leavers, units), pd.Series(unit_events, units))


def level_rows(
    factor: Factor,
    *,
    position: int,
    now: tuple[pd.Index, np.ndarray],
    before: tuple[pd.Index, np.ndarray] | None,
    outcomes: OutcomesByLevel,
) -> pd.DataFrame:
    """One row per level that is not ``missing``.

    ``now``, ``before``: unit codes, and pupils per unit × level at the latest count date and the one before it.

    Columns: factor, level, pupil_count, known_count, level_share; unit_count (units with known pupils),
    protected_unit_count (units where 1 to 9 have the level or lack it, or none does); share_sd, chance_sd,
    systematic_sd, dissimilarity, chance_dissimilarity (``spread``); lowest_share and highest_share over units of at
    least 20 known pupils, each with its _pupil_count and _known_count; outcome_correlation over outcome_unit_count
    units with at least 15 leavers, between level share and share not eligible, pupil-weighted; leaver_count,
    not_eligible_count, not_eligible_share at the level; stability_correlation and mean_absolute_change of unit shares
    over stable_unit_count units present at both dates, pupil-weighted. Null where there is nothing to say.
    """
    units, have = now
    known = have.sum(axis=1)
    kept = known_levels(factor)
    total = int(known.sum())
    spread = spread_over_units(have, known=known)
    inside = known > 0
    few = (have < PROTECTED_BELOW) | (known[:, None] - have < PROTECTED_BELOW)
    leavers, events = (count[kept] for count in outcomes.levels[position])
    columns: dict[str, object] = {
        "factor": factor.name,
        "level": [factor.levels[place] for place in kept],
        "pupil_count": have.sum(axis=0),
        "known_count": total,
        "level_share": have.sum(axis=0) / total if total else np.nan,
        "unit_count": int(inside.sum()),
        "protected_unit_count": few[inside].sum(axis=0),
        "share_sd": spread.sd,
        "chance_sd": spread.chance_sd,
        "systematic_sd": spread.systematic_sd,
        "dissimilarity": spread.dissimilarity,
        "chance_dissimilarity": spread.chance_dissimilarity,
        **_ends(have, known),
        **_with_results(units, have, known, outcomes),
        "leaver_count": leavers,
        "not_eligible_count": events,
        "not_eligible_share": events / np.where(leavers > 0, leavers, np.nan),
        **_stability(units, have, known, before),
    }
    return settled(pd.DataFrame(columns))


def known_levels(factor: Factor) -> list[int]:
    """Positions of the levels that are not ``missing``."""
    return [position for position, level in enumerate(factor.levels) if level != MISSING]


def settled(table: pd.DataFrame) -> pd.DataFrame:
    """The same table, its floats kept to the decimals of shares."""
    floats = table.select_dtypes("float").columns
    return table.assign(**{name: settle_shares(table[name].to_numpy()) for name in floats})


def _ends(have: np.ndarray, known: np.ndarray) -> dict[str, object]:
    """Lowest and highest share over units that are large enough; the first unit of equals."""
    large = known >= COMPARED_FROM_PUPILS
    have, known = have[large], known[large]
    columns: dict[str, object] = {"compared_unit_count": int(large.sum())}
    for name, pick in (("lowest", np.argmin), ("highest", np.argmax)):
        if not large.any():
            columns |= {f"{name}_share": np.nan, f"{name}_pupil_count": 0, f"{name}_known_count": 0}
            continue
        at = pick(have / known[:, None], axis=0)
        count = have[at, np.arange(have.shape[1])]
        columns |= {
            f"{name}_share": count / known[at],
            f"{name}_pupil_count": count,
            f"{name}_known_count": known[at],
        }
    return columns


def _with_results(units: pd.Index, have: np.ndarray, known: np.ndarray, outcomes: OutcomesByLevel) -> dict[str, object]:
    # Null where a unit has no leavers, which is not as many as asked for.
    leavers = outcomes.unit_leavers.reindex(units).to_numpy()
    events = outcomes.unit_not_eligible.reindex(units).to_numpy()
    used = (known > 0) & (leavers >= RESULTS_FROM_LEAVERS)
    shares = have[used] / known[used, None]
    return {
        "outcome_unit_count": int(used.sum()),
        "outcome_correlation": weighted_correlation(shares, second=events[used] / leavers[used], weights=known[used]),
    }


def _stability(
    units: pd.Index, have: np.ndarray, known: np.ndarray, before: tuple[pd.Index, np.ndarray] | None
) -> dict[str, object]:
    nothing: dict[str, object] = {
        "stable_unit_count": 0,
        "stability_correlation": np.nan,
        "mean_absolute_change": np.nan,
    }
    if before is None:
        return nothing
    place = before[0].get_indexer(units)
    was = before[1][place]
    was_known = was.sum(axis=1)
    used = (place >= 0) & (known > 0) & (was_known > 0)
    if not used.any():
        return nothing
    shares, earlier = have[used] / known[used, None], was[used] / was_known[used, None]
    return {
        "stable_unit_count": int(used.sum()),
        "stability_correlation": weighted_correlation(shares, second=earlier, weights=known[used]),
        "mean_absolute_change": np.average(np.abs(shares - earlier), axis=0, weights=known[used]),
    }
