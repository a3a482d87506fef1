"""A rule → an asset check: it shows, for a person who looks; it never blocks, since one municipality's fault must not
stop its neighbours. The publication asks again.

Belongs here: turning rules and their results into Dagster checks. Does not: computing a rule (``expectations``).
"""

from collections.abc import Callable, Sequence

import dagster as dg
import pandas as pd

from expectations.rules import Rule
from orchestration.partitions import funding_years
from orchestration.resources.tables import Tables

SEVERITY = {
    "critical": dg.AssetCheckSeverity.ERROR,
    "warning": dg.AssetCheckSeverity.WARN,
    "info": dg.AssetCheckSeverity.WARN,
}

FIRST = 10
"""Municipalities named in a check's metadata."""


def check_result(rule: Rule, rows: pd.DataFrame, *, asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """One rule's rows of ``rule_result`` as the result of its check; info rules are shown as passed with their count."""
    failing = rows[(rows["rule_id"] == rule.id) & (rows["failing_count"] > 0)].sort_values(
        "failing_count", ascending=False
    )
    return dg.AssetCheckResult(
        check_name=rule.name,
        asset_key=asset_key,
        passed=bool(failing.empty) or rule.severity == "info",
        severity=SEVERITY[rule.severity],
        metadata={
            "rule": rule.id,
            "municipalities": len(failing),
            "failing_rows": int(failing["failing_count"].sum()),
            "first": ", ".join(failing["municipality_code"].head(FIRST)) or "none",
            "reason": rule.reason,
        },
    )


def checks_for(
    name: str, *, group: str, rules: Sequence[Rule], judge: Callable[[Tables, int], pd.DataFrame]
) -> dg.AssetChecksDefinition:
    """The checks of one or more tables of a group, judged together: ``judge`` returns rows of ``rule_result`` for a funding
    year."""

    def asset_of(rule: Rule) -> dg.AssetKey:
        return dg.AssetKey([group, str(rule.table)])

    specs = [
        dg.AssetCheckSpec(
            name=rule.name,
            asset=asset_of(rule),
            description=f"{rule.id}: {rule.text['en']}",
            partitions_def=funding_years,
        )
        for rule in rules
    ]

    @dg.multi_asset_check(name=name, specs=specs)
    def check(context: dg.AssetCheckExecutionContext, tables: Tables):
        rows = judge(tables, int(context.partition_key))
        for rule in rules:
            yield check_result(rule, rows, asset_key=asset_of(rule))

    return check
