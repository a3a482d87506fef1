"""Checks of the allocation: money obeys identities."""

import dagster as dg
import pandas as pd

from expectations.rules import rules_of
from expectations.rules.tables import judge
from orchestration.checks.from_rule import checks_for
from orchestration.resources.tables import Tables

RULES = rules_of("rule", table="fct_allocation")


def _judge(tables: Tables, year: int) -> pd.DataFrame:
    read = {
        name: tables.read_or_empty(name, year) for name in ("fct_allocation", "fct_need_index", "school_area_factor")
    }
    codes = sorted(read["fct_allocation"]["municipality_code"].unique())
    return pd.concat([judge(rule, read, funding_year=year, municipalities=codes) for rule in RULES])


money_rules = checks_for(
    "money_rules", asset_key=dg.AssetKey(["allocation", "fct_allocation"]), rules=RULES, judge=_judge
)
