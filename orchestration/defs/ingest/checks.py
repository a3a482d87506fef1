"""Checks of the door, over all deliveries; the publication asks again for those that concern its funding year."""

import dagster as dg

from expectations.rules import result_rows, rules_of
from orchestration.checks.door import failing_by_rule
from orchestration.checks.from_rule import check_result
from orchestration.checks.results import ledgers
from orchestration.settings import settings

DELIVERIES = dg.AssetKey(["raw", "deliveries"])
RULES = rules_of("door")


@dg.multi_asset_check(
    name="door_rules",
    specs=[
        dg.AssetCheckSpec(name=rule.name, asset=DELIVERIES, description=f"{rule.id}: {rule.text['en']}")
        for rule in RULES
    ],
)
def door_rules():
    """Every rule with home ``door``, counted over the newest delivery of each source, municipality and period."""
    failing = failing_by_rule(*ledgers(settings().accepted))
    for rule in RULES:
        # A national file counts once, under its own code 0000.
        counts = failing[rule.id]
        rows = result_rows({}, rule=rule, funding_year=0, municipalities=sorted(counts)).assign(
            failing_count=[counts[code] for code in sorted(counts)]
        )
        yield check_result(rule, rows, asset_key=DELIVERIES)
