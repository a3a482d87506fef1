"""The rules with home ``rule``: identities of need and money that hold within and across tables.

Belongs here: a function per rule that returns the failing rows of its tables; ``municipality_code`` is in each.
Does not: distributions (``expectations.suites``), checks of the sealed files (the publication's own).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

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


def _drifted_weights_do_not_stay_undecided(tables: Tables) -> pd.DataFrame:
    return tables["weights_drift"][tables["weights_drift"]["drift_done"] == "advised"]


def _weights_are_those_named(tables: Tables) -> pd.DataFrame:
    return tables["weights_drift"][tables["weights_drift"]["drift_done"].isin(["re_estimated", "kept"])]


def _basis_may_steer_a_decision(tables: Tables) -> pd.DataFrame:
    need = tables["fct_need_index"]
    return need[need["basis"] == "open_statistics"]


def _independent_organisers_have_their_calculation(tables: Tables) -> pd.DataFrame:
    keys = ["municipality_code", "organiser_key"]
    paid = tables["organiser_allocation"]
    independent = paid[paid["organiser_type"] == "independent"]
    told = pd.MultiIndex.from_frame(tables["organiser_calculation"][keys])
    is_told = pd.MultiIndex.from_frame(independent[keys]).isin(told)
    return independent[~is_told | independent["overhead_method"].isna().to_numpy()]


_UNIT = ["municipality_code", "school_unit_code"]


def _totals_sek(tables: Tables) -> pd.Series:
    """Kronor per municipality and unit with lines."""
    sums = tables["fct_allocation"].groupby(_UNIT)["amount_ore"].sum()
    return pd.Series([Decimal(int(ore)) / SEK_ORE for ore in sums], index=sums.index, dtype=object)


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    """Rows by column name; what a cell holds is the contract's to say."""
    return table.itertuples()


def _parts_add_up_to_the_change(tables: Tables) -> pd.DataFrame:
    units, parts = tables["allocation_change"], tables["allocation_change_part"]
    if units.empty:
        return parts
    sums = parts.groupby(_UNIT)["change_sek"].sum()
    totals = _totals_sek(tables)
    compared = set(units["municipality_code"])
    off = [
        sums.get(key, 0) != row.change_sek
        or row.new_total_sek - row.previous_total_sek != row.change_sek
        or totals.get(key, 0) != row.new_total_sek
        for key, row in zip(pd.MultiIndex.from_frame(units[_UNIT]), _rows(units), strict=True)
    ]
    strangers = {key for key in (*sums.index, *totals.index) if key[0] in compared} - set(
        units[_UNIT].itertuples(index=False, name=None)
    )
    return pd.concat([units.loc[off, _UNIT], pd.DataFrame(sorted(strangers), columns=_UNIT)], ignore_index=True)


def _intervals_hold_the_amount(tables: Tables) -> pd.DataFrame:
    rows = tables["allocation_interval"]
    totals = _totals_sek(tables)
    off = [
        not row.total_95_lower_sek
        <= row.total_80_lower_sek
        <= row.total_sek
        <= row.total_80_upper_sek
        <= row.total_95_upper_sek
        or totals.get(key, 0) != row.total_sek
        for key, row in zip(rows[_UNIT].itertuples(index=False, name=None), _rows(rows), strict=True)
    ]
    return rows[pd.Series(off, index=rows.index, dtype=bool)]


def _a_figure_or_its_reason(tables: Tables) -> pd.DataFrame:
    """Exactly one of the two in each row; and rows per unit just where the municipality's row has no reason."""
    found = []
    for table, figure, units in (
        ("redistribution_signal", "signal_share", None),
        ("allocation_change_basis", "cause_codes", "allocation_change"),
    ):
        rows = tables[table]
        off = rows[figure].isna() == rows["withheld_because"].isna()
        if units is not None:
            off |= rows["municipality_code"].isin(tables[units]["municipality_code"]) != rows["withheld_because"].isna()
        found.append(rows.loc[off.astype(bool), ["municipality_code"]])
    return pd.concat(found, ignore_index=True)


def _every_form_adds_up(tables: Tables) -> pd.DataFrame:
    lines, whole = tables["form_allocation"], tables["form_overview"]
    form = ["municipality_code", "school_form"]
    if lines.empty:
        return lines[form]
    exact = [
        Decimal(row.count_) * row.rate_ore + row.rounding_ore != row.amount_ore
        for row in _rows(lines.rename(columns={"count": "count_"}))
    ]
    rates = lines.groupby([*form, "component_code", "line_code"])["rate_ore"].transform("nunique")
    parts = lines.groupby([*form, "school_unit_code", "component_code"], as_index=False)["amount_ore"].sum()
    off: list[pd.DataFrame] = [
        lines[exact][form],
        lines[rates > 1][form],
        parts[parts["amount_ore"] % SEK_ORE != 0][form],
    ]
    told = lines.groupby(form).agg(ore=("amount_ore", "sum"), units=("school_unit_code", "nunique"))
    for row in _rows(whole[whole["total_sek"].notna() & (whole["school_form"] != "compulsory_school")]):
        key = (row.municipality_code, row.school_form)
        ore, units = told.loc[key] if key in told.index else (0, 0)
        difference = row.total_sek * SEK_ORE - int(ore)
        if difference < 0 or (difference and units == row.school_unit_count):
            off.append(pd.DataFrame([key], columns=form))
    return pd.concat(off, ignore_index=True)


def _every_decided_form_is_counted(tables: Tables) -> pd.DataFrame:
    whole = tables["form_overview"]
    return whole[whole["withheld_because"] == "not_counted"]


FAILING_ROWS: dict[str, Callable[[Tables], pd.DataFrame]] = {
    "R-SHARE-001": _need_share_stands_wherever_need_was_estimated,
    "R-INDEX-001": _every_paid_unit_has_one_index,
    "R-INDEX-002": _small_units_share_their_groups_index,
    "R-AMOUNT-001": _no_school_units_total_is_negative,
    "R-AMOUNT-002": _components_are_whole_kronor,
    "R-EQUAL-001": _one_rate_for_all_units,
    "R-ORGANISER-001": _independent_organisers_have_their_calculation,
    "R-CHANGE-001": _parts_add_up_to_the_change,
    "R-INTERVAL-001": _intervals_hold_the_amount,
    "R-SIGNAL-001": _a_figure_or_its_reason,
    "R-DRIFT-001": _drifted_weights_do_not_stay_undecided,
    "R-DRIFT-002": _weights_are_those_named,
    "R-FORM-001": _every_form_adds_up,
    "R-FORM-002": _every_decided_form_is_counted,
    "R-BASIS-001": _basis_may_steer_a_decision,
}
"""Rule id → failing rows. A test holds this against the register."""


def judge(rule: Rule, tables: Tables, *, funding_year: int, municipalities: Sequence[str]) -> pd.DataFrame:
    """Rows of ``rule_result`` for one rule: one per municipality, with a count of 0 where the rule holds."""
    counts = FAILING_ROWS[rule.id](tables)["municipality_code"].value_counts()
    failing = {str(code): int(count) for code, count in counts.items()}
    return result_rows(failing, rule=rule, funding_year=funding_year, municipalities=municipalities)


def judge_all(tables: Tables, *, funding_year: int, municipalities: Sequence[str]) -> pd.DataFrame:
    """Rows of ``rule_result`` for every rule with home ``rule``."""
    judged = [judge(r, tables, funding_year=funding_year, municipalities=municipalities) for r in rules_of("rule")]
    return pd.concat(judged, ignore_index=True)
