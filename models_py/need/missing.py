"""How much hangs on pupils whose background is not known: the index with their level drawn instead of kept as missing.

The index keeps ``missing`` as a level of its own, estimated on the outcome. Here it is compared with draws from what
pupils alike in other background have. Leaving such pupils out is never offered: they are those who arrived most recently
in the main, and a unit's index would fall with its missing forms. Belongs here: draws and the comparison. Does not: any
estimator, the used index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import NeedError
from models_py.need.cells import CellCounts, counts_of_table, outcome_cells
from models_py.need.design import FACTORS, MISSING, Factor
from models_py.need.fit import NeedFit
from models_py.need.index import need_index
from models_py.need.scoring import UNIT_KEYS, predict_from_counts
from models_py.need.tables import canonical_counts

GIVEN = ("immigration", "household_income", "econ_assistance")
FLAGGED_ABOVE = 0.25
"""Share of a unit's pupils without a known level above which its index is marked as uncertain."""


@dataclass(frozen=True, slots=True, eq=False)
class MissingSensitivity:
    """The index with missing as a level against the index with the level drawn.

    Attributes
    ----------
    table : school_unit_code, pupil_count, missing_share (0..1 of the pupils at the latest count date), is_flagged,
        need_index (missing as a level), drawn_index_mean, largest_difference (over the draws, index points)
    difference_rms : over units (pupil-weighted) and draws, index points
    largest_difference : over units and draws, index points
    """

    factor: str
    draws: int
    seed: int
    table: pd.DataFrame
    difference_rms: float
    largest_difference: float


def missing_sensitivity(
    outcome_counts: pd.DataFrame,
    register_counts: pd.DataFrame,
    *,
    estimate: Callable[[CellCounts], NeedFit],
    seed: int,
    draws: int = 5,
    factor: str = "guardian_education",
    given: Sequence[str] = GIVEN,
    factors: Sequence[Factor] = FACTORS,
    index_minimum_pupils: int = 20,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> MissingSensitivity:
    """Draw, refit and index ``draws`` times. Tables as ``count_outcomes`` and ``predict_from_counts``, one municipality.

    Raises ``NeedError``: ``bad_setting``, those of ``draw_missing``, of the estimator and of the index.
    """
    if draws < 1:
        raise NeedError(f"{draws} draws; one or more are needed", reason="bad_setting")

    def indexed(outcomes: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
        fit = estimate(counts_of_table(outcome_cells(outcomes, factors=factors), factors=factors))
        need = predict_from_counts(fit, register).table
        return need_index(need, index_minimum_pupils=index_minimum_pupils, groups=groups).table

    used = indexed(outcome_counts, register_counts)
    drawn = np.column_stack(
        [
            indexed(
                *draw_missing(
                    outcome_counts, register_counts, seed=(seed, draw), factor=factor, given=given, factors=factors
                )
            )["need_index"]
            for draw in range(draws)
        ]
    )
    difference = drawn - used["need_index"].to_numpy()[:, None]
    pupils = used["pupil_count"].to_numpy(dtype=float)
    table = used[["school_unit_code", "pupil_count"]].copy()
    latest = register_counts[register_counts["count_date"] == register_counts["count_date"].max()]
    lacking = latest["pupil_count"].where(latest[factor] == MISSING, 0).groupby(latest["school_unit_code"].astype(str))
    table["missing_share"] = lacking.sum().reindex(table["school_unit_code"]).to_numpy(dtype=float) / pupils
    table["is_flagged"] = table["missing_share"] > FLAGGED_ABOVE
    table["need_index"] = used["need_index"]
    table["drawn_index_mean"] = drawn.mean(axis=1)
    table["largest_difference"] = np.abs(difference).max(axis=1)
    return MissingSensitivity(
        factor=factor,
        draws=int(draws),
        seed=int(seed),
        table=table,
        difference_rms=float(np.sqrt(np.average((difference**2).mean(axis=1), weights=pupils))),
        largest_difference=float(np.abs(difference).max()),
    )


def draw_missing(
    outcome_counts: pd.DataFrame,
    register_counts: pd.DataFrame,
    *,
    seed: int | tuple[int, int],
    factor: str = "guardian_education",
    given: Sequence[str] = GIVEN,
    factors: Sequence[Factor] = FACTORS,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outcome counts and register counts with every missing level of ``factor`` drawn; no pupil is lost.

    Levels are drawn with the frequencies of register pupils with a known level and the same ``given`` levels, the same
    for both tables; where there are none, of those with the first of them alike, else of all. The outcome plays no part.
    Raises ``NeedError``: ``unknown_factor``, ``all_missing`` and those of the counts.
    """
    names = [known.name for known in factors]
    if unknown := [name for name in (factor, *given) if name not in names]:
        raise NeedError(f"factors {unknown} are not counted; counted are {names}", reason="unknown_factor")
    levels = [level for level in factors[names.index(factor)].levels if level != MISSING]
    outcomes = outcome_cells(outcome_counts, factors=factors)
    register = canonical_counts(
        register_counts, keys=[*UNIT_KEYS, *names], counts=["pupil_count"], what="register counts"
    )
    known = register[register[factor].isin(levels)]
    if known.empty:
        raise NeedError(f"no pupil has a known {factor}; there is nothing to draw from", reason="all_missing")
    generator = np.random.Generator(np.random.PCG64(np.atleast_1d(np.array(seed, dtype=np.int64))))
    drawn = []
    for table, total, part in (
        (outcomes, "leaver_count", "not_eligible_count"),
        (register, "pupil_count", None),
    ):
        lacking = table[table[factor] == MISSING].reset_index(drop=True)
        kept = table[table[factor] != MISSING]
        chances = _chances(known, lacking, factor=factor, given=given, levels=levels)
        events = np.zeros((len(lacking), len(levels)), dtype=np.int64)
        if part is not None:
            events = generator.multinomial(lacking[part].to_numpy(), chances)
        others = lacking[total] - (lacking[part] if part is not None else 0)
        counts = events + generator.multinomial(others.to_numpy(), chances)
        rows = lacking.loc[lacking.index.repeat(len(levels))].reset_index(drop=True)
        rows[factor] = np.tile(np.array(levels, dtype=object), len(lacking))
        rows[total] = counts.reshape(-1)
        if part is not None:
            rows[part] = events.reshape(-1)
        drawn.append(pd.concat([kept, rows[rows[total] > 0]], ignore_index=True))
    return drawn[0], drawn[1]


def _chances(
    known: pd.DataFrame, lacking: pd.DataFrame, *, factor: str, given: Sequence[str], levels: list[str]
) -> np.ndarray:
    """Rows of ``lacking`` × levels: relative frequencies among pupils alike, rows sum to 1."""
    everyone = known.groupby(factor)["pupil_count"].sum().reindex(levels, fill_value=0).to_numpy(dtype=float)
    frequency = np.tile(everyone, (len(lacking), 1))
    for alike in (list(given[:1]), list(given)):
        if not alike:
            continue
        table = known.pivot_table(index=alike, columns=factor, values="pupil_count", aggfunc="sum", fill_value=0)
        table = table.reindex(columns=levels, fill_value=0)
        found = lacking[alike].merge(table.reset_index(), on=alike, how="left")[levels]
        has = found.notna().all(axis=1).to_numpy()
        frequency[has] = found.to_numpy(dtype=float)[has]
    return frequency / frequency.sum(axis=1, keepdims=True)
