"""Checks of the need index: rules, and the plausibility suite of Great Expectations."""

import dagster as dg
import pandas as pd

from expectations import suites
from expectations.rules import rules_of
from expectations.rules.tables import judge
from orchestration.checks.from_rule import check_result, checks_for
from orchestration.checks.results import dates_of, suite_verdicts
from orchestration.names import NEED
from orchestration.need_steering import TABLE as WEIGHTS_DRIFT
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

INDEX = dg.AssetKey(["need", "fct_need_index"])
RULES = (*rules_of("rule", table="fct_need_index"), *rules_of("rule", table=WEIGHTS_DRIFT))
SUITES = (*rules_of("gx", table="municipality_year"), *rules_of("gx", table="fct_need_index"))


def _judge(tables: Tables, year: int) -> pd.DataFrame:
    need = tables.read_or_empty("fct_need_index", year)
    read = {"fct_need_index": need, WEIGHTS_DRIFT: tables.read_or_empty(WEIGHTS_DRIFT, year)}
    codes = sorted(need["municipality_code"].unique())
    return pd.concat([judge(r, read, funding_year=year, municipalities=codes) for r in RULES])


need_rules = checks_for("need_rules", group=NEED, rules=RULES, judge=_judge)


@dg.multi_asset_check(
    name="need_suite",
    specs=[
        dg.AssetCheckSpec(
            name=rule.name, asset=INDEX, description=f"{rule.id}: {rule.text['en']}", partitions_def=funding_years
        )
        for rule in SUITES
    ],
)
def need_suite(context: dg.AssetCheckExecutionContext, tables: Tables, warehouse: Warehouse, scope: Scope):
    """Great Expectations on the year's municipalities and units: aggregates only, and no value in the result."""
    year = int(context.partition_key)
    need = tables.read_or_empty("fct_need_index", year)
    codes = sorted(need["municipality_code"].unique())
    verdicts = suite_verdicts(warehouse, need, dates=dates_of(codes, scope=scope, funding_year=year))
    rows = suites.results(verdicts, funding_year=year, municipalities=codes)
    for rule in SUITES:
        yield check_result(rule, rows, asset_key=INDEX)
