"""The chain from goal to money to result: what the yearly quality report is written from.

Only municipalities with ``policies/<code>/followup/goals.yml`` have it; no refusal of it stops a publication.
"""

from pathlib import Path

import dagster as dg

from orchestration.followup.goals import TABLES, goals_of_year
from orchestration.followup.rows import followup_rows
from orchestration.names import FOLLOWUP, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

OUTCOMES = "fct_need_outcome_counts"
TOLD = {
    "goal_result": "Each goal's key figure year by year, beside its target and beside what chance alone would change.",
    "goal_plan": "What school units do for a goal, the structural part they got for it, and what came of it.",
}


@dg.multi_asset(
    name="goals_followup",
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["followup", name]),
            deps=[
                dg.AssetKey(["marts", OUTCOMES]),
                dg.AssetKey(["need", "fct_need_index"]),
                dg.AssetKey(["allocation", "school_allocation"]),
            ],
            owners=[STATISTICS_TEAM],
            kinds={"python"},
            description=TOLD[name],
        )
        for name in TABLES
    ],
)
def goals_followup(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Join each municipality's goals with figures, plans and money."""
    year = int(context.partition_key)
    index = tables.read_or_empty("fct_need_index", year)
    found = goals_of_year(
        warehouse.mart(OUTCOMES),
        index=index,
        money_of=lambda planned: tables.read_or_empty("school_allocation", planned),
        codes=sorted(set(index.loc[index["basis"] == PUPIL_LEVEL, "municipality_code"])),
        policies=Path(scope.policies),
        funding_year=year,
    )
    tables.write_record(
        "goals", year, {code: {"refusal": each.refusal, "not_shown": each.not_shown} for code, each in found.items()}
    )
    for name in TABLES:
        own = {code: each.tables[name] for code, each in found.items() if name in each.tables}
        rows = followup_rows(name, own, funding_year=year)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["followup", name]),
            metadata={
                "dagster/row_count": tables.write(name, rows, year),
                "refused": sum(each.refusal is not None for each in found.values()),
            },
        )
