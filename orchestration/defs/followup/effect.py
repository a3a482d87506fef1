"""The follow-up of effect: what the money led to, by a design that was written down before.

Only municipalities with ``policies/<code>/followup/effect.yml`` have it; no refusal of it stops a publication.
"""

import dagster as dg

from orchestration.effect_charts import event_chart
from orchestration.followup.effect import TABLES, effect_of_year
from orchestration.followup.rows import followup_rows
from orchestration.names import FOLLOWUP, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings

MARTS = ("fct_need_outcome_counts", "fct_need_register_counts", "dim_school_unit")
TOLD = {
    "effect_result": "Effect of what the formula gives, within school units and years: interval, smallest detectable effect, "
    "what studies elsewhere say, and one verdict. Cannot be determined is the rule in one municipality.",
    "effect_event": "The same year by year, against the last year before the change.",
}


@dg.multi_asset(
    name="effect_followup",
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["followup", name]),
            deps=[*(dg.AssetKey(["marts", mart]) for mart in MARTS), dg.AssetKey(["need", "fct_need_index"])],
            owners=[STATISTICS_TEAM],
            kinds={"python", "numpy"},
            description=TOLD[name],
        )
        for name in TABLES
    ],
)
def effect_followup(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Estimate and judge by each municipality's design file."""
    year = int(context.partition_key)
    index = tables.read_or_empty("fct_need_index", year)
    outcomes, register, units = (warehouse.mart(mart) for mart in MARTS)
    found = effect_of_year(
        outcomes,
        register=register,
        units=units,
        codes=sorted(set(index.loc[index["basis"] == PUPIL_LEVEL, "municipality_code"])),
        scope=scope,
        published=settings().published,
        funding_year=year,
    )
    tables.write_record(
        "effect", year, {code: {"refusal": each.refusal, "not_shown": each.not_shown} for code, each in found.items()}
    )
    for name in TABLES:
        own = {code: each.tables[name] for code, each in found.items() if name in each.tables}
        rows = followup_rows(name, own, funding_year=year)
        pictures = {"picture": event_chart(rows)} if name == "effect_event" else {}
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["followup", name]),
            metadata={
                "dagster/row_count": tables.write(name, rows, year),
                "refused": sum(each.refusal is not None for each in found.values()),
                **pictures,
            },
        )
