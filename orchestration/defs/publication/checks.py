"""What the gate said, shown beside the proposals: who was refused, and by which of the publication's own rules."""

import dagster as dg
import pandas as pd

from expectations.rules import result_rows, rules_of
from orchestration.checks.from_rule import check_result
from orchestration.partitions import funding_years
from orchestration.resources.tables import Tables

SEALED = dg.AssetKey(["publication", "proposal"])
RULES = rules_of("gate")
EVERYBODY = "every_municipality_was_published"


@dg.multi_asset_check(
    name="gate_rules",
    specs=[
        dg.AssetCheckSpec(
            name=EVERYBODY, asset=SEALED, description="No municipality was refused.", partitions_def=funding_years
        ),
        *(
            dg.AssetCheckSpec(
                name=rule.name, asset=SEALED, description=f"{rule.id}: {rule.text['en']}", partitions_def=funding_years
            )
            for rule in RULES
        ),
    ],
)
def gate_rules(context: dg.AssetCheckExecutionContext, tables: Tables):
    """The reasons that the publication gave, per rule with home ``gate``."""
    year = int(context.partition_key)
    outcomes = tables.read_record("publication_outcome", year)["municipalities"]
    refused = [row["municipality_code"] for row in outcomes if row["status"] == "refused"]
    yield dg.AssetCheckResult(
        check_name=EVERYBODY,
        asset_key=SEALED,
        passed=not refused,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"refused": len(refused), "first": ", ".join(refused[:10]) or "none"},
    )
    codes = [row["municipality_code"] for row in outcomes]
    for rule in RULES:
        failing = {
            row["municipality_code"]: reason["failing_count"]
            for row in outcomes
            for reason in row["reasons"]
            if reason["rule_id"] == rule.id
        }
        rows: pd.DataFrame = result_rows(failing, rule=rule, funding_year=year, municipalities=codes)
        yield check_result(rule, rows, asset_key=SEALED)
