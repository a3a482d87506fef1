"""The follow-up of effect: what the money led to, by a design that was written down before.

Only municipalities with ``policies/<code>/followup/effect.yml`` have it; no refusal of it stops a publication.
"""

import dagster as dg

from orchestration.defs.followup.steps import (
    OUTCOMES,
    REGISTER,
    UNITS,
    Picture,
    mart,
    specs,
    with_own_pupils,
    write_followup,
)
from orchestration.effect_charts import event_chart
from orchestration.followup.effect import TABLES, effect_of_year
from orchestration.names import FOLLOWUP
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings

TOLD = {
    "effect_result": "Effect of what the formula gives, within school units and years: interval, smallest detectable effect, "
    "what studies elsewhere say, and one verdict. Cannot be determined is the rule in one municipality.",
    "effect_event": "The same year by year, against the last year before the change.",
}


@dg.multi_asset(
    name="effect_followup",
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    specs=specs(TOLD, deps=[mart(OUTCOMES), mart(REGISTER), mart(UNITS), dg.AssetKey(["need", "fct_need_index"])]),
)
def effect_followup(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Estimate and judge by each municipality's design file."""
    year = int(context.partition_key)
    found = effect_of_year(
        warehouse.each(OUTCOMES),
        register=warehouse.each(REGISTER),
        units=warehouse.mart(UNITS),
        codes=with_own_pupils(tables.read_or_empty("fct_need_index", year)),
        scope=scope,
        published=settings().published,
        funding_year=year,
    )
    charts = {"effect_event": Picture(event_chart)}
    yield from write_followup(
        found.items(), part="effect", names=TABLES, tables=tables, funding_year=year, pictures=charts
    )
