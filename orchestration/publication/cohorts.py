"""What a publication tells of cohorts and of what schools add: few columns, rounded, and nothing that a sum gives away.

Belongs here: the step between the home's follow-up and the published tables. Does not: how one share is printed
(``models_py.followup.told_share``), the check of what stands on disk (``cohorts_check``), any estimate.

A school unit is told of three cohorts together, always the same three; the municipality of one. So nobody's cohort follows
from two figures of a school. What was told stays told or falls silent; a figure that a correction moves a little is withheld.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.disclosure import DisclosureRule, within_sum
from models_py.followup import SHOWN, WHOLE
from models_py.followup.told_share import (
    COHORTS_TOGETHER,
    TOLD,
    WITHHELD,
    about,
    first_cohort,
    not_reached_within,
    pupils_within,
    share_interval,
    told_shares,
)
from orchestration.publication.parquet import read_table

COUNTED, VALUED, COMPARED = "cohort_count", "school_value_added", "naive_noise"
"""Tables of the home that the three published ones are made of."""

SHARES, VALUES, NOISE = "cohort_share", "value_added", "comparison_noise"
KEY = ["school_unit_code", "subject", "indicator", "grade", "cohort_first_year"]
BLOCK = ["subject", "indicator", "grade", "first_together"]
"""Rows that one sum ties together: school units, and the municipality's three cohorts."""

PRINTED = ["state", "percent", "at_least", "at_most", "about_count"]
LAST_GRADE = 9
FEWEST_PAIRS = 10
"""Pairs of years from which the noise of comparisons is told: of fewer it would tell of single schools."""
_NOTHING_SAID = {"state": WITHHELD, "percent": -1, "at_least": -1, "at_most": -1, "about_count": -1}
_SLACK = 1e-6


def told_progress(
    kept: Mapping[str, pd.DataFrame],
    *,
    municipality_code: str,
    funding_year: int,
    rule: DisclosureRule,
    earlier: Sequence[pd.DataFrame] = (),
) -> dict[str, pd.DataFrame]:
    """The three published tables of one municipality; without rows where nothing was delivered or too little is known.

    Parameters
    ----------
    kept : ``COUNTED``, ``VALUED`` and ``COMPARED`` of the municipality; a missing one has no rows
    earlier : ``cohort_share`` of every earlier publication of the municipality (``earlier_shares``)
    """
    made = {name: pd.DataFrame(columns=list(CONTRACTS[name].names)) for name in (SHARES, VALUES, NOISE)}
    if (counts := kept.get(COUNTED)) is not None and len(counts):
        made[SHARES] = _shares(counts, newest=funding_year - 1, rule=rule, earlier=earlier)
    if (values := kept.get(VALUED)) is not None and len(values):
        made[VALUES] = _values(values, rule=rule)
    if (noise := kept.get(COMPARED)) is not None and len(noise):
        made[NOISE] = _noise(noise)
    everywhere = {"municipality_code": municipality_code, "funding_year": funding_year}
    return {name: CONTRACTS[name].arranged(table.assign(**everywhere)) for name, table in made.items()}


def earlier_shares(municipality: Path) -> list[pd.DataFrame]:
    """``cohort_share`` of everything published for the municipality, oldest name first; older contracts have none."""
    found = (version / "tables" / f"{SHARES}.parquet" for version in sorted(municipality.glob("*/versions/*")))
    return [table for path in found if path.is_file() and len(table := read_table(path))]


def printed_rows(table: pd.DataFrame) -> pd.DataFrame:
    """``cohort_share`` as what is printed in whole per cent: ``KEY``, ``PRINTED`` and the block."""
    percents = {
        name: _whole_percent(table[column])
        for name, column in (
            ("percent", "goal_share"), ("at_least", "goal_share_at_least"), ("at_most", "goal_share_at_most"),
        )
    }  # fmt: skip
    return table[KEY].assign(
        state=table["share_state"],
        **percents,
        about_count=table["about_pupil_count"].astype("Float64").fillna(-1).astype("int64"),
        first_together=first_cohort(table["cohort_first_year"].astype("int64")),
    )


def narrow(
    rows: pd.DataFrame, *, threshold: int, assessed: np.ndarray | None = None, inner: np.ndarray | None = None
) -> pd.Series:
    """Rows of one block whose number of pupils who did not reach follows more narrowly than the threshold, by their index.

    Parameters
    ----------
    rows : ``PRINTED`` and school_unit_code, of school units and of all the cohorts they are made of
    assessed : pupils, for a reader who knows them
    inner : rows withheld though they could be told: a reader who sees why knows that neither side is small
    """
    lower, upper = not_reached_within(rows, assessed=assessed)
    if inner is not None and assessed is not None:
        lower = np.where(inner, float(threshold), lower)
        upper = np.where(inner, assessed - float(threshold), upper)
    town = (rows["school_unit_code"] == WHOLE).to_numpy()
    signed = np.where(town, -upper, lower), np.where(town, -lower, upper)
    low, high = within_sum(*signed, total_lower=0.0, total_upper=0.0)
    required = np.minimum(float(threshold), upper - lower)
    return pd.Series((rows["state"] != TOLD).to_numpy() & (high - low < required - _SLACK), index=rows.index)


def changed_a_little(rows: pd.DataFrame, before: pd.DataFrame, *, threshold: int) -> pd.Series:
    """Rows that an earlier publication printed otherwise, and that do not surely differ by the threshold on both sides.

    Both are ``printed_rows``; what was withheld before differs by nobody knows how little, and a school unit that appears
    where another one has gone may hold its pupils. By the index of ``rows``.
    """
    both = rows[KEY].reset_index().merge(before, on=KEY, how="inner").set_index("index")
    now = rows.loc[both.index]
    apart = np.full(len(both), True)
    ends = [(not_reached_within(each), pupils_within(each["about_count"].to_numpy())) for each in (now, both)]
    missed = [of for of, _ in ends]
    reached = [(least - upper, most - lower) for (lower, upper), (least, most) in ends]
    for (low, high), (low_before, high_before) in (missed, reached):
        apart &= (low - high_before >= threshold) | (low_before - high >= threshold)
    same = (now[PRINTED].to_numpy() == both[PRINTED].to_numpy()).all(axis=1) & (both["state"] != WITHHELD).to_numpy()
    return pd.Series(~same & ~apart, index=both.index).reindex(rows.index, fill_value=False) | _takes_over(rows, before)


def _takes_over(rows: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Rows that an earlier publication has not, in blocks where it has one that is gone: the difference could be told."""
    gone = before[~pd.MultiIndex.from_frame(before[KEY]).isin(pd.MultiIndex.from_frame(rows[KEY]))]
    new = ~pd.MultiIndex.from_frame(rows[KEY]).isin(pd.MultiIndex.from_frame(before[KEY]))
    changed = pd.MultiIndex.from_frame(rows[BLOCK]).isin(pd.MultiIndex.from_frame(gone[BLOCK]))
    return pd.Series(new & changed, index=rows.index)


def _shares(
    counts: pd.DataFrame, *, newest: int, rule: DisclosureRule, earlier: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    first = first_cohort(newest - LAST_GRADE) - COHORTS_TOGETHER  # those at school, and three who have left
    rows = _together(counts[counts["cohort_year"] >= first])
    told = told_shares(rows["assessed_count"].to_numpy(), rows["reached_count"].to_numpy(), threshold=rule.threshold)
    rows = pd.concat([rows, told], axis=1)
    known = pd.Series(False, index=rows.index)
    for before in map(printed_rows, earlier):
        silent = changed_a_little(rows, before, threshold=rule.threshold)
        known |= _told_alike(rows, before)
        rows = _withhold(rows, silent)
    known &= rows["state"] == TOLD
    whole = rows[rows["school_unit_code"] != WHOLE][BLOCK].drop_duplicates()
    tied = rows.merge(whole.assign(is_tied=True), on=BLOCK, how="left")["is_tied"].notna()
    for _, block in rows[tied].groupby(BLOCK, sort=True):
        if (block["state"] != TOLD).any():
            rows.loc[block.index, PRINTED] = _Guard(block, known[block.index], rule.threshold).guarded()[PRINTED]
    return as_published(rows)


def _together(counts: pd.DataFrame) -> pd.DataFrame:
    """The municipality's cohorts one by one, and school units' three at a time where all three have come so far."""
    keys = ["subject", "indicator", "indicator_version", "grade", "first_together"]
    counts = counts.assign(
        first_together=first_cohort(counts["cohort_year"].astype("int64")), grade=counts["grade"].astype(str)
    )
    town = counts[counts["school_unit_code"] == WHOLE]
    come = town.groupby(keys)["cohort_year"].nunique()
    units = counts[counts["school_unit_code"] != WHOLE].groupby(["school_unit_code", *keys], as_index=False)
    units = units[["assessed_count", "reached_count"]].sum()
    units = units[pd.MultiIndex.from_frame(units[keys]).isin(come.index[come == COHORTS_TOGETHER])]
    units = units.assign(
        cohort_first_year=units["first_together"], cohort_last_year=units["first_together"] + COHORTS_TOGETHER - 1
    )
    town = town.assign(cohort_first_year=town["cohort_year"], cohort_last_year=town["cohort_year"])
    columns = [*KEY, "cohort_last_year", "first_together", "assessed_count", "reached_count"]
    whole = pd.concat([town[columns], units[columns]]).sort_values(KEY, ignore_index=True)
    return whole.astype(dict.fromkeys(columns[4:], "int64"))


@dataclass(frozen=True, slots=True, eq=False)
class _Guard:
    """One block and what must not follow from its sum. ``known``: rows that were told alike before, so silence hides nothing."""

    rows: pd.DataFrame
    known: pd.Series
    threshold: int

    def guarded(self) -> pd.DataFrame:
        """The block with the fewest pupils' rows withheld, one school after the other; else all of them, else the cohorts."""
        rows, inner = self.rows, pd.Series(False, index=self.rows.index)
        unit = rows["school_unit_code"] != WHOLE
        while self._is_narrow(rows, inner):
            free = unit & (rows["state"] == TOLD) & ~self.known
            if free.any():
                chosen = rows[free].sort_values(["assessed_count", "school_unit_code"]).index[0]
                inner[chosen] = True
                rows = _withhold(rows, rows.index == chosen)
            elif (unit & (rows["state"] != WITHHELD)).any():
                inner[:] = False
                rows = _withhold(rows, unit)
            elif (~unit & (rows["state"] != WITHHELD)).any():
                rows = _withhold(rows, ~unit)
            else:
                break
        return rows

    def _is_narrow(self, rows: pd.DataFrame, inner: pd.Series) -> bool:
        assessed = rows["assessed_count"].to_numpy()
        return bool(narrow(rows, threshold=self.threshold, assessed=assessed, inner=inner.to_numpy()).any())


def _withhold(rows: pd.DataFrame, where: pd.Series | np.ndarray) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].where(~where, nothing) for name, nothing in _NOTHING_SAID.items()})


def _told_alike(rows: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    names = [*KEY, *PRINTED]
    there = rows[names].merge(before[names].assign(there=True), on=names, how="left")["there"].notna()
    return pd.Series(there.to_numpy(), index=rows.index)


def as_published(rows: pd.DataFrame) -> pd.DataFrame:
    """``PRINTED`` as columns of ``cohort_share``, with the interval that follows from what is printed."""
    told = rows[rows["state"] == TOLD]
    lower, upper = share_interval(told["percent"].to_numpy(), told["about_count"].to_numpy())
    ends = pd.DataFrame({"lower": lower, "upper": upper}, index=told.index)  # the others have none
    counted = rows["about_count"]
    return rows.assign(
        share_state=rows["state"],
        about_pupil_count=counted.astype(object).where(counted >= 0, None),
        goal_share=_share(rows["percent"]), goal_share_at_least=_share(rows["at_least"]),
        goal_share_at_most=_share(rows["at_most"]), goal_share_lower=_share(ends["lower"]),
        goal_share_upper=_share(ends["upper"]),
    )  # fmt: skip


def _share(percents: pd.Series) -> pd.Series:
    """Whole per cent as 0..1; empty where there is none."""
    return (percents.astype(float) / 100).where(percents >= 0)


def _values(values: pd.DataFrame, *, rule: DisclosureRule) -> pd.DataFrame:
    """One decimal of a point: what one pupil moves a school by is lost in it."""
    few = values["matched_count"].astype("int64") < rule.threshold
    shown = (values["value_state"] == SHOWN) & ~few
    points = [name for name in CONTRACTS[VALUES].names if name.endswith("_points")]
    return values.assign(
        value_state=values["value_state"].mask(few & (values["value_state"] == SHOWN), "few_pupils"),
        about_pupil_count=pd.Series(about(values["matched_count"].to_numpy()), index=values.index, dtype=object).where(
            shown, None
        ),
        band_position=values["band_position"].astype(object).where(shown, None),
        **{name: (values[name].astype(float).round(1) + 0.0).where(shown) for name in points},
    )


def _noise(noise: pd.DataFrame) -> pd.DataFrame:
    kept = noise[noise["pair_count"].astype("int64") >= FEWEST_PAIRS]
    return kept.assign(
        expected_by_chance=kept["expected_by_chance"].astype(float).round(1),
        noise_share=kept["noise_share"].astype(float).round(2),
    )


def _whole_percent(shares: pd.Series) -> pd.Series:
    numbers = shares.astype("Float64") * 100
    return numbers.round().fillna(-1).astype("int64")
