"""What is withheld of cohorts cannot be worked out: not by sums, not by groups of cohorts, not from what was told before."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from candidates import candidate, release, with_table
from progress_rows import cohort_counts, kept

from bench.cohort_attack import attack
from expectations.contracts import CONTRACTS
from models_py.disclosure import DisclosureRule
from models_py.followup import WHOLE
from models_py.followup.told_share import (
    COHORTS_TOGETHER,
    TOLD,
    WITHHELD,
    first_cohort,
    told_shares,
)
from orchestration.publication.cohorts import COUNTED, as_published, earlier_shares, printed_rows, told_progress
from orchestration.publication.cohorts_check import progress_faults

RULE = DisclosureRule()
UNITS = [f"9999{number:04d}" for number in range(1, 5)]
GIVEN = {"municipality_code": "9999", "funding_year": 2027, "rule": RULE}


def told(counts: pd.DataFrame, *earlier: pd.DataFrame) -> pd.DataFrame:
    return told_progress({COUNTED: counts}, **GIVEN, earlier=earlier)["cohort_share"]


@functools.cache
def plain() -> pd.DataFrame:
    """Four units, nothing told before."""
    return told(cohort_counts(UNITS))


def tables(shares: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return dict(candidate().tables) | {"cohort_share": shares}


def faults(shares: pd.DataFrame, *earlier: pd.DataFrame) -> dict[str, int]:
    found = progress_faults(tables(shares), rule=RULE, earlier=earlier)
    return {words: count for words, count in found if count}


def with_town(units: pd.DataFrame) -> pd.DataFrame:
    names = ["subject", "indicator", "indicator_version", "grade", "cohort_year"]
    town = units.groupby(names, as_index=False)[["assessed_count", "reached_count"]].sum()
    return pd.concat([units, town.assign(school_unit_code=WHOLE)], ignore_index=True)


def small_town() -> pd.DataFrame:
    """Two schools with few who miss the goals beside one with many: what the municipality tells would give the few away."""
    counts = cohort_counts(UNITS[:3])
    units = counts[counts["school_unit_code"] != WHOLE]
    first, second = (units["school_unit_code"] == code for code in UNITS[:2])
    missed = np.select([first, second], [1, units["cohort_year"] % 2], 9)
    units = units.assign(assessed_count=40, reached_count=40 - missed)
    return with_town(units)


def mathematics(counts: pd.DataFrame) -> pd.DataFrame:
    """One subject, since subjects share no sum."""
    return counts[counts["subject"] == "mathematics"]


@pytest.mark.parametrize(
    "counts", [mathematics(cohort_counts(UNITS)), mathematics(small_town())], ids=["four units", "small town"]
)
def test_an_attacker_who_knows_all_pupils_works_out_none_of_the_numbers_that_are_withheld(counts: pd.DataFrame):
    found = attack(told(counts), counts)
    assert len(found) > 10
    assert (found["low"] - 1e-6 <= found["missed"]).all()
    assert (found["missed"] <= found["high"] + 1e-6).all()
    width = found["high"] - found["low"]
    assert (width >= np.minimum(RULE.threshold, found["assessed"]) - 1e-6).all()


def test_without_what_is_withheld_for_the_sum_the_attacker_finds_numbers_and_the_gate_says_so():
    counts = mathematics(small_town())
    safe = told(counts)
    assert (safe["share_state"] == WITHHELD).any()
    leaking = _tell_withheld(safe, counts)
    found = attack(leaking, counts)
    assert (found["high"] - found["low"] < RULE.threshold - 1e-6).any()
    assert faults(safe) == {}
    assert "numbers behind withheld shares follow from what is told" in faults(leaking)


def _tell_withheld(shares: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Every withheld row as it would be told by itself."""
    silent = shares[shares["share_state"] == WITHHELD]
    truth = attack(shares, counts).set_axis(shares.index[shares["share_state"] != TOLD])
    n, missed = (truth.loc[silent.index, name].to_numpy(int) for name in ("assessed", "missed"))
    rows = printed_rows(shares).assign(cohort_last_year=shares["cohort_last_year"])
    alone = told_shares(n, n - missed, threshold=RULE.threshold).set_axis(silent.index)
    rows.loc[silent.index, list(alone.columns)] = alone
    return CONTRACTS["cohort_share"].arranged(as_published(rows).assign(municipality_code="9999", funding_year=2027))


def _cell(
    column: str, value: object, where: Callable[[pd.DataFrame], pd.Series]
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def spoil(shares: pd.DataFrame) -> pd.DataFrame:
        place = shares.index[where(shares)][0]
        changed = shares.astype({column: object})
        changed.loc[place, column] = value
        return changed

    return spoil


def _state(name: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda shares: shares["share_state"] == name


def _of_unit(shares: pd.DataFrame) -> pd.Series:
    return shares["school_unit_code"] != WHOLE


SPOILS = {
    "a share of few pupils": (_cell("about_pupil_count", 20, _state(TOLD)), "shares of few pupils are told"),
    "a nought": (_cell("goal_share", 0.0, _state(TOLD)), "shares of few pupils are told"),
    "a hundred per cent": (_cell("goal_share", 1.0, _state(TOLD)), "shares of few pupils are told"),
    "an end nearer than the rule's": (_cell("goal_share_at_least", 0.97, _state("few_not_reached")), "shares of few pupils are told"),
    "a share beside its end": (_cell("goal_share", 0.96, _state("few_not_reached")), "shares of few pupils are told"),
    "an unknown state": (_cell("share_state", "shown", _state(TOLD)), "shares of few pupils are told"),
    "two cohorts of a school": (_cell("cohort_last_year", 2015, lambda s: _of_unit(s) & (s["cohort_first_year"] == 2016)), "school units are told of other than three cohorts together"),
    "shifted cohorts of a school": (_cell("cohort_first_year", 2017, lambda s: _of_unit(s) & (s["cohort_first_year"] == 2016)), "school units are told of other than three cohorts together"),
    "a share with three digits": (_cell("goal_share", 0.801, _state(TOLD)), "figures of pupils over time are told finer than they are rounded"),
    "exact pupils": (_cell("about_pupil_count", 151, _state(TOLD)), "figures of pupils over time are told finer than they are rounded"),
    "an interval of exact counts": (_cell("goal_share_lower", 0.5, _state(TOLD)), "figures of pupils over time are told finer than they are rounded"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILS)
def test_each_way_of_telling_more_is_caught(name: str):
    spoil, words = SPOILS[name]
    shares = plain()
    assert faults(shares) == {}
    assert words in faults(spoil(shares))


def test_values_of_few_pupils_and_noise_of_few_comparisons_are_caught():
    whole = dict(candidate().tables)
    few = whole["value_added"].assign(about_pupil_count=5)
    fine = whole["value_added"].assign(value_added_points=0.123)
    rare = whole["comparison_noise"].assign(pair_count=3)
    assert progress_faults(whole, rule=RULE)[-1][1] == 0
    for table, rows in (("value_added", few), ("value_added", fine), ("comparison_noise", rare)):
        assert sum(count for _, count in progress_faults(whole | {table: rows}, rule=RULE)) > 0


def test_a_candidate_that_tells_a_few_is_refused_and_nothing_is_written(root: Path):
    whole = candidate()
    spoiled = with_table(whole, "cohort_share", SPOILS["a hundred per cent"][0](whole.tables["cohort_share"]))
    outcome = release(spoiled, root)
    assert (outcome.status, [reason.rule_id for reason in outcome.reasons]) == ("refused", ["G-DISCLOSURE-001"])
    assert "shares of few pupils are told" in outcome.reasons[0].detail
    assert not list(root.glob("9999/2027/versions/*"))


def large() -> pd.DataFrame:
    """Schools so large that every share may be told."""
    counts = cohort_counts(UNITS)
    counts = counts[counts["school_unit_code"] != WHOLE]
    missed = 3 * (counts["assessed_count"] - counts["reached_count"]) + counts["assessed_count"] // 2
    return with_town(
        counts.assign(assessed_count=3 * counts["assessed_count"], reached_count=3 * counts["assessed_count"] - missed)
    )


def corrected(by: int) -> pd.DataFrame:
    """``by`` pupils of one unit's cohort reached after all."""
    counts = large()
    chosen = (
        counts["school_unit_code"].isin([UNITS[0], WHOLE]) & (counts["subject"] == "swedish") & (counts["grade"] == 3)
        & (counts["cohort_year"] == 2016)
    )  # fmt: skip
    return counts.assign(reached_count=counts["reached_count"] + by * chosen)


def test_a_correction_of_few_pupils_makes_the_share_silent_and_all_else_stays_as_it_was():
    before = told(large())
    after = told(corrected(4), before)
    place = (after["subject"] == "swedish") & (after["grade"] == "3") & (after["cohort_first_year"] == 2016)
    own = place & (after["school_unit_code"] == UNITS[0])
    assert before.loc[own, "share_state"].tolist() == [TOLD]
    assert after.loc[own, "share_state"].tolist() == [WITHHELD]
    pd.testing.assert_frame_equal(after[~place], before[~place])
    assert (after.loc[place, "share_state"] == WITHHELD).sum() >= 2, "the unit does not follow from the sum"
    alone = told(corrected(4))
    assert "shares differ by few pupils from an earlier publication" in faults(alone, before)
    assert faults(after, before) == {}


def test_a_school_that_takes_over_from_another_is_silent_for_the_cohorts_that_both_were_told_of():
    """Two codes become one: what both reached, less what one did, is what the other did."""
    units = large()
    units = units[units["school_unit_code"] != WHOLE]
    merged = units.assign(
        school_unit_code=units["school_unit_code"].replace({UNITS[2]: "99990099", UNITS[3]: "99990099"})
    )
    names = list(merged.columns[:6])
    joined = with_town(merged.groupby(names, as_index=False)[["assessed_count", "reached_count"]].sum())
    before = told(large())
    after = told(joined, before)
    heir = after["school_unit_code"] == "99990099"
    assert heir.any()
    assert (after.loc[heir, "share_state"] == WITHHELD).all()
    assert (after.loc[~heir, "share_state"] == TOLD).any()
    assert faults(after, before) == {}
    alone = told(joined)
    assert (alone.loc[alone["school_unit_code"] == "99990099", "share_state"] == TOLD).any()
    assert "shares differ by few pupils from an earlier publication" in faults(alone, before)


def test_what_was_withheld_stays_withheld():
    before = told(large())
    after = told(corrected(4), before)
    later = told(large(), before, after)
    silent = after["share_state"] == WITHHELD
    assert (later.loc[silent, "share_state"] == WITHHELD).all()
    assert faults(later, before, after) == {}


def test_results_that_come_late_in_great_number_are_told():
    """A school's results were missing when the first proposal was made: both sides of what is added are many."""
    units = large()
    units = units[units["school_unit_code"] != WHOLE]
    before = told(with_town(units[units["school_unit_code"] != UNITS[3]]))
    after = told(with_town(units), before)
    late = after[after["school_unit_code"] == UNITS[3]]
    assert (late["share_state"] == TOLD).any()
    assert (after.loc[after["school_unit_code"] == WHOLE, "share_state"] == TOLD).any()
    assert faults(after, before) == {}


def test_a_publication_reads_what_was_told_before_and_the_next_year_tells_the_same(root: Path):
    assert release(candidate(), root).status == "published"
    (before,) = earlier_shares(root / "9999")
    counts = cohort_counts(UNITS, newest=2027)
    next_year = told_progress({COUNTED: counts}, **GIVEN | {"funding_year": 2028}, earlier=[before])["cohort_share"]
    keys = [*CONTRACTS["cohort_share"].keys[2:], "goal_share", "share_state"]
    both = next_year[keys].merge(before[keys], on=keys[:-2], suffixes=("", "_before"))
    assert len(both) > 100
    assert (both["share_state"] == both["share_state_before"]).all()


def test_a_unit_is_told_of_three_cohorts_only_when_all_three_have_come_so_far():
    shares = plain()
    units = shares[_of_unit(shares)]
    assert (units["cohort_last_year"] - units["cohort_first_year"] == COHORTS_TOGETHER - 1).all()
    assert (units["cohort_first_year"] == first_cohort(units["cohort_first_year"])).all()
    assert (units["cohort_last_year"] + units["grade"].astype(int)).max() <= 2026
    assert set(shares.loc[~_of_unit(shares), "cohort_first_year"]) == set(range(2013, 2026))


def test_the_order_of_rows_changes_nothing():
    counts = cohort_counts(UNITS)
    mixed = counts.sample(frac=1.0, random_state=7).reset_index(drop=True)
    pd.testing.assert_frame_equal(told(mixed), plain())


def test_without_results_the_tables_are_there_and_empty_and_it_is_published(root: Path):
    empty = told_progress({}, **GIVEN)
    assert all(rows.empty and list(rows.columns) == list(CONTRACTS[name].names) for name, rows in empty.items())
    whole = candidate()
    bare = replace(whole, tables={**whole.tables, **empty, "pupil_forecast": whole.tables["pupil_forecast"].iloc[:0]})
    assert release(bare, root).status == "published"


def test_points_have_one_decimal_and_a_higher_threshold_silences_small_units():
    rows = kept(UNITS)
    values = told_progress(rows, **GIVEN)["value_added"]
    assert values.loc[0, ["value_added_points", "value_added_lower_points", "band_upper_points"]].tolist() == [
        0.3,
        -0.3,
        0.4,
    ]
    assert values.loc[0, "about_pupil_count"] == 45
    assert values["value_state"].tolist().count("few_pupils") == 1
    stricter = told_progress(rows, **GIVEN | {"rule": DisclosureRule(threshold=60)})["value_added"]
    assert stricter.loc[stricter["value_state"] == "few_pupils", "value_added_points"].isna().all()
    assert stricter["value_state"].tolist().count("few_pupils") > 2
