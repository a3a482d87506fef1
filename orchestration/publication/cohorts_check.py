"""The attacker at the gate, for cohorts: what could be worked out of ``cohort_share`` as it stands on disk, with all told before.

Belongs here: the faults that G-DISCLOSURE-001 counts in what is told of pupils over time. Does not: choosing what is
withheld (``cohorts``), background (``disclosure_check``). Nothing is read that a reader does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from models_py.disclosure import DisclosureRule
from models_py.followup import SHOWN, WHOLE
from models_py.followup.told_share import (
    BASE,
    COHORTS_TOGETHER,
    FEW_NOT_REACHED,
    FEW_PUPILS,
    FEW_REACHED,
    STATES,
    TOLD,
    WITHHELD,
    fewest_percent,
    first_cohort,
    share_interval,
)
from orchestration.publication.cohorts import (
    BLOCK,
    FEWEST_PAIRS,
    NOISE,
    SHARES,
    VALUES,
    changed_a_little,
    narrow,
    printed_rows,
)

Fault = tuple[str, int]


def progress_faults(
    tables: Mapping[str, pd.DataFrame], *, rule: DisclosureRule, earlier: Sequence[pd.DataFrame] = ()
) -> list[Fault]:
    """What speaks against the three tables, as words and rows; ``earlier`` is ``cohort_share`` of earlier publications."""
    shares = tables[SHARES]
    rows = printed_rows(shares)
    silent = [changed_a_little(rows, printed_rows(before), threshold=rule.threshold) for before in earlier]
    differs = [found & (rows["state"] != WITHHELD) for found in silent]
    return [
        ("shares of few pupils are told", _told_of_few(rows, threshold=rule.threshold)),
        ("numbers behind withheld shares follow from what is told", too_narrow(rows, threshold=rule.threshold)),
        ("shares differ by few pupils from an earlier publication", sum(int(found.sum()) for found in differs)),
        ("school units are told of other than three cohorts together", _other_cohorts(shares)),
        ("figures of pupils over time are told finer than they are rounded", _too_fine(tables, rows)),
        ("figures of few pupils or few comparisons are told", _few_behind(tables, threshold=rule.threshold)),
    ]


def withheld_shares(tables: Mapping[str, pd.DataFrame]) -> int:
    """Shares that are not told for the number of pupils on one side."""
    return int((tables[SHARES]["share_state"] != TOLD).sum())


def too_narrow(rows: pd.DataFrame, *, threshold: int, assessed: np.ndarray | None = None) -> int:
    """Rows of ``printed_rows`` whose count of one side follows more narrowly than the threshold, from the sums over units."""
    failing = 0
    for _, block in rows.groupby(BLOCK, sort=True):
        town = block["school_unit_code"] == WHOLE
        if town.sum() == COHORTS_TOGETHER and not town.all():
            known = None if assessed is None else assessed[rows.index.get_indexer(block.index)]
            failing += int(narrow(block, threshold=threshold, assessed=known).sum())
    return failing


def _told_of_few(rows: pd.DataFrame, *, threshold: int) -> int:
    """Told shares that fewer than the threshold may stand behind, ends nearer than the rule's, and values beside a silent state."""
    fewest = fewest_percent(rows["about_count"].to_numpy(), threshold=threshold)
    percent, at_least, at_most = (rows[name].to_numpy() for name in ("percent", "at_least", "at_most"))
    state = rows["state"].to_numpy()
    few = np.select(
        [state == TOLD, state == FEW_NOT_REACHED, state == FEW_REACHED],
        [np.minimum(percent, 100 - percent) < fewest, at_least > 100 - fewest, at_most < fewest],
        ~np.isin(state, STATES),
    ).astype(bool)
    beside = (
        ((state != TOLD) & (percent >= 0))
        | ((state != FEW_NOT_REACHED) & (at_least >= 0))
        | ((state != FEW_REACHED) & (at_most >= 0))
        | ((state == WITHHELD) & (rows["about_count"].to_numpy() >= 0))
        | ((state == FEW_PUPILS) & (fewest <= 50))
    )
    return int((few | beside).sum())


def _other_cohorts(shares: pd.DataFrame) -> int:
    first, last = (shares[f"cohort_{end}_year"].astype("int64") for end in ("first", "last"))
    unit = shares["school_unit_code"] != WHOLE
    off = unit & ((first != first_cohort(first)) | (last - first + 1 != COHORTS_TOGETHER))
    return int((off | (~unit & (last != first))).sum())


def _too_fine(tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> int:
    """Cells with more digits than are meant, and intervals that are made of something else than what is printed."""
    shares, values, noise = tables[SHARES], tables[VALUES], tables[NOISE]
    points = [name for name in values.columns if name.endswith("_points")]
    off = sum(
        _finer(table[columns], decimals)
        for table, columns, decimals in (
            (shares, [name for name in shares.columns if name.startswith("goal_share")], 2),
            (values, points, 1),
            (noise, ["noise_share"], 2),
            (noise, ["expected_by_chance"], 1),
        )
    )
    off += sum(
        int((table["about_pupil_count"].dropna().astype("int64") % BASE != 0).sum()) for table in (shares, values)
    )
    told = rows[rows["state"] == TOLD]
    ends = share_interval(told["percent"].to_numpy(), told["about_count"].to_numpy())
    for name, end in zip(("goal_share_lower", "goal_share_upper"), ends, strict=True):
        off += int((shares.loc[told.index, name].astype(float).to_numpy() != end / 100).sum())
        off += int(shares[name].notna().sum()) - len(told)
    return off


def _finer(cells: pd.DataFrame, decimals: int) -> int:
    numbers = cells.astype(float)
    return int((numbers.notna() & ((numbers - numbers.round(decimals)).abs() > 1e-9)).to_numpy().sum())


def _few_behind(tables: Mapping[str, pd.DataFrame], *, threshold: int) -> int:
    values = tables[VALUES]
    silent = values["value_state"] != SHOWN
    told = [
        name for name in values.columns if name.endswith("_points") or name in ("about_pupil_count", "band_position")
    ]
    few = (values["about_pupil_count"].astype("Float64").fillna(0.0) < threshold).to_numpy(bool) & ~silent.to_numpy(
        bool
    )
    beside = silent & values[told].notna().any(axis=1)
    return int(few.sum() + beside.sum() + (tables[NOISE]["pair_count"].astype("int64") < FEWEST_PAIRS).sum())
