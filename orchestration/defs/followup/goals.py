"""The chain from goal to money to result: what the yearly quality report is written from.

Only municipalities with ``policies/<code>/followup/goals.yml`` have it; no refusal of it stops a publication.
"""

from pathlib import Path

import dagster as dg

from orchestration.defs.followup.steps import OUTCOMES, mart, specs, with_own_pupils, write_followup
from orchestration.followup.goals import TABLES, goals_of_year
from orchestration.names import FOLLOWUP
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

TOLD = {
    "goal_result": "Each goal's key figure year by year, beside its target and beside what chance alone would change.",
    "goal_plan": "What school units do for a goal, the structural part they got for it, and what came of it.",
}


@dg.multi_asset(
    name="goals_followup",
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    specs=specs(
        TOLD,
        deps=[
            mart(OUTCOMES),
            dg.AssetKey(["need", "fct_need_index"]),
            dg.AssetKey(["allocation", "school_allocation"]),
        ],
    ),
)
def goals_followup(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Join each municipality's goals with figures, plans and money."""
    year = int(context.partition_key)
    index = tables.read_or_empty("fct_need_index", year)
    found = goals_of_year(
        warehouse.each(OUTCOMES),
        index=index,
        money_of=lambda planned: tables.read_or_empty("school_allocation", planned),
        codes=with_own_pupils(index),
        policies=Path(scope.policies),
        funding_year=year,
    )
    yield from write_followup(found.items(), part="goals", names=TABLES, tables=tables, funding_year=year)
