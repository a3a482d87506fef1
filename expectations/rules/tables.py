"""The rules with home ``rule``: identities of need and money that hold within and across tables.

Belongs here: a function per rule that returns the failing rows of its tables; ``municipality_code`` is in each.
Does not: distributions (``expectations.suites``), checks of the sealed files (the publication's own).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from expectations.rules import Rule, result_rows, rules_of

Tables = Mapping[str, pd.DataFrame]
"""Tables by name; each has ``municipality_code``."""

SEK_ORE = 100


def _every_paid_unit_has_one_index(tables: Tables) -> pd.DataFrame:
    keys = ["municipality_code", "school_unit_code"]
    paid = tables["fct_allocation"][keys].drop_duplicates()
    indexed = tables["fct_need_index"][keys]
    twice = indexed[indexed.duplicated(keep=False)]
    joined = paid.merge(indexed.drop_duplicates(), on=keys, how="outer", indicator=True)
    return pd.concat([twice, joined.loc[joined["_merge"] != "both", keys]], ignore_index=True)


def _small_units_share_their_groups_index(tables: Tables) -> pd.DataFrame:
    need = tables["fct_need_index"]
    small_and_alone = need[need["is_under_index_minimum"] & (need["index_rule"] != "merged_group")]
    # A municipality of one single unit has nobody to merge with: its index is 100 whatever its pupils are.
    units = need.groupby("municipality_code")["school_unit_code"].transform("nunique")
    small_and_alone = small_and_alone[units.loc[small_and_alone.index] > 1]
    grouped = need[need["index_rule"] == "merged_group"]
    spread = grouped.groupby(["municipality_code", "index_group_code"], dropna=False)["need_index"].transform("nunique")
    return pd.concat([small_and_alone, grouped[spread > 1]])


def _need_share_stands_wherever_need_was_estimated(tables: Tables) -> pd.DataFrame:
    need = tables["fct_need_index"]
    return need[need["need_share"].isna() != (need["basis"] == "delivered_index")]


def _no_school_units_total_is_negative(tables: Tables) -> pd.DataFrame:
    keys = ["municipality_code", "school_unit_code"]
    totals = tables["fct_allocation"].groupby(keys, as_index=False)["amount_ore"].sum()
    return totals[totals["amount_ore"] < 0]


def _components_are_whole_kronor(tables: Tables) -> pd.DataFrame:
    keys = ["municipality_code", "school_unit_code", "component_code"]
    totals = tables["fct_allocation"].groupby(keys, as_index=False)["amount_ore"].sum()
    return totals[totals["amount_ore"] % SEK_ORE != 0]


def _one_rate_for_all_units(tables: Tables) -> pd.DataFrame:
    lines = tables["fct_allocation"]
    lines = lines[lines["count_unit"] != "units"]  # there the unit itself is counted, and its amount is the rate
    keys = ["municipality_code", "school_unit_code", "component_code"]
    stated = tables.get("school_area_factor")
    if stated is None or stated.empty:
        facts = lines.assign(area_factor="none")
    else:  # the rate may follow a stated fact of location: the same fact, the same rate
        told = stated[keys].assign(area_factor=stated["area_factor"].astype(str))
        facts = lines.merge(told, on=keys, how="left").fillna({"area_factor": "none"})
    places = ["municipality_code", "component_code", "line_code", "area_factor"]
    return facts[facts.groupby(places)["rate_ore"].transform("nunique") > 1]


def _basis_may_steer_a_decision(tables: Tables) -> pd.DataFrame:
    need = tables["fct_need_index"]
    return need[need["basis"] == "open_statistics"]


FAILING_ROWS: dict[str, Callable[[Tables], pd.DataFrame]] = {
    "R-SHARE-001": _need_share_stands_wherever_need_was_estimated,
    "R-INDEX-001": _every_paid_unit_has_one_index,
    "R-INDEX-002": _small_units_share_their_groups_index,
    "R-AMOUNT-001": _no_school_units_total_is_negative,
    "R-AMOUNT-002": _components_are_whole_kronor,
    "R-EQUAL-001": _one_rate_for_all_units,
    "R-BASIS-001": _basis_may_steer_a_decision,
}
"""Rule id → failing rows. A test holds this against the register."""


def judge(rule: Rule, tables: Tables, *, funding_year: int, municipalities: Sequence[str]) -> pd.DataFrame:
    """Rows of ``rule_result`` for one rule: one per municipality, with a count of 0 where the rule holds."""
    failing = FAILING_ROWS[rule.id](tables)["municipality_code"].value_counts().to_dict()
    return result_rows(failing, rule=rule, funding_year=funding_year, municipalities=municipalities)


def judge_all(tables: Tables, *, funding_year: int, municipalities: Sequence[str]) -> pd.DataFrame:
    """Rows of ``rule_result`` for every rule with home ``rule``."""
    judged = [judge(r, tables, funding_year=funding_year, municipalities=municipalities) for r in rules_of("rule")]
    return pd.concat(judged, ignore_index=True)
