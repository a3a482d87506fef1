"""Checks of the allocation: money obeys identities."""

import pandas as pd

from expectations.contracts.change import CHANGE
from expectations.rules import rules_of
from expectations.rules.tables import judge
from orchestration.checks.from_rule import checks_for
from orchestration.names import ALLOCATION
from orchestration.resources.tables import Tables

RULES = rules_of("rule", table="fct_allocation")
CHANGE_RULES = {
    name: rules_of("rule", table=name) for name in ("allocation_change", "allocation_interval", "redistribution_signal")
}
"""Rules of the tables beside the money, by table."""


def _judge(tables: Tables, year: int) -> pd.DataFrame:
    read = {
        name: tables.read_or_empty(name, year) for name in ("fct_allocation", "fct_need_index", "school_area_factor")
    }
    codes = sorted(read["fct_allocation"]["municipality_code"].unique())
    return pd.concat([judge(rule, read, funding_year=year, municipalities=codes) for rule in RULES])


money_rules = checks_for("money_rules", group=ALLOCATION, rules=RULES, judge=_judge)

ORGANISER_RULES = rules_of("rule", table="organiser_allocation")


def _judge_organisers(tables: Tables, year: int) -> pd.DataFrame:
    read = {name: tables.read_or_empty(name, year) for name in ("organiser_allocation", "organiser_calculation")}
    codes = sorted(read["organiser_allocation"]["municipality_code"].unique())
    return pd.concat([judge(rule, read, funding_year=year, municipalities=codes) for rule in ORGANISER_RULES])


organiser_rules = checks_for(
    "organiser_rules",
    group=ALLOCATION,
    rules=ORGANISER_RULES,
    judge=_judge_organisers,
)


def _judge_change(tables: Tables, year: int) -> pd.DataFrame:
    read = {name: tables.read_or_empty(name, year) for name in ("fct_allocation", *(c.table for c in CHANGE))}
    codes = sorted(read["fct_allocation"]["municipality_code"].unique())
    rules = [rule for name in CHANGE_RULES for rule in CHANGE_RULES[name]]
    return pd.concat([judge(rule, read, funding_year=year, municipalities=codes) for rule in rules])


change_rules, interval_rules, signal_rules = (
    checks_for(f"{name}_rules", group=ALLOCATION, rules=rules, judge=_judge_change)
    for name, rules in CHANGE_RULES.items()
)
