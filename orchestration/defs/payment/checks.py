"""What stood against a month's runs, shown beside them: rules with home ``payment``."""

import dagster as dg

from expectations.rules import result_rows, rules_of
from orchestration.checks.from_rule import check_result
from orchestration.partitions import months
from orchestration.payments.places import month_of
from orchestration.resources.tables import Tables

RUN = dg.AssetKey(["payment", "payment_run"])
RULES = rules_of("payment")


@dg.multi_asset_check(
    name="payment_rules",
    specs=[
        dg.AssetCheckSpec(name=rule.name, asset=RUN, description=f"{rule.id}: {rule.text['en']}", partitions_def=months)
        for rule in RULES
    ],
)
def payment_rules(context: dg.AssetCheckExecutionContext, tables: Tables):
    """The reasons that preparing gave, per rule; approvals are judged at release, by the command."""
    year, month = month_of(context.partition_key)
    try:
        outcomes = tables.read_record(f"payment_outcome_{month:02d}", year)["municipalities"]
    except FileNotFoundError:  # a backfill prepares nothing
        outcomes = []
    codes = [row["municipality_code"] for row in outcomes]
    for rule in RULES:
        failing = {
            row["municipality_code"]: reason["failing_count"]
            for row in outcomes
            for reason in row["reasons"]
            if reason["rule_id"] == rule.id
        }
        rows = result_rows(failing, rule=rule, funding_year=year, municipalities=codes)
        yield check_result(rule, rows, asset_key=RUN)
