"""The follow-up of accuracy: frozen weights on cohorts they had not seen.

Tables for those who decide about weights: they stay in the home, and no refusal of them stops a publication.
"""

import dagster as dg

from orchestration.accuracy_charts import level_chart, misplaced_chart
from orchestration.followup.accuracy import TABLES, accuracy_of_year
from orchestration.followup.rows import followup_rows
from orchestration.names import FOLLOWUP, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

OUTCOMES, REGISTER = "fct_need_outcome_counts", "fct_need_register_counts"
TOLD = {
    "accuracy_cohort": "Weights frozen before each cohort and judged on it: calibration, rank, and what is misplaced beside chance and "
    "beside a flat amount.",
    "accuracy_level": "Expected and observed failures of the last cohorts for every level of every factor.",
    "accuracy_drift": "Have the weights moved: three cohorts against the three before, factor by factor.",
    "accuracy_alarm": "What calls for a look, by rule; never a single school.",
    "accuracy_weights": "Keep the weights or estimate anew: advice, and what new weights would move.",
}


@dg.multi_asset(
    name="accuracy_followup",
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["followup", name]),
            deps=[
                *(dg.AssetKey(["marts", mart]) for mart in (OUTCOMES, REGISTER)),
                dg.AssetKey(["need", "need_coefficient"]),
                dg.AssetKey(["need", "fct_need_index"]),
            ],
            owners=[STATISTICS_TEAM],
            kinds={"python", "numpy"},
            description=TOLD[name],
        )
        for name in TABLES
    ],
)
def accuracy_followup(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Judge the weights of every municipality whose index rests on own pupils."""
    year = int(context.partition_key)
    index = tables.read_or_empty("fct_need_index", year)
    found = accuracy_of_year(
        warehouse.mart(OUTCOMES),
        register=warehouse.mart(REGISTER),
        coefficients=tables.read_or_empty("need_coefficient", year),
        codes=sorted(set(index.loc[index["basis"] == PUPIL_LEVEL, "municipality_code"])),
        scope=scope,
        funding_year=year,
    )
    tables.write_record(
        "accuracy",
        year,
        {code: {"refusal": each.refusal, "not_shown": each.not_shown} for code, each in found.items()},
    )
    charts = {"accuracy_cohort": misplaced_chart, "accuracy_level": level_chart}
    for name in TABLES:
        own = {code: each.tables[name] for code, each in found.items() if name in each.tables}
        rows = followup_rows(name, own, funding_year=year)
        pictures = {"picture": charts[name](rows)} if name in charts else {}
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["followup", name]),
            metadata={
                "dagster/row_count": tables.write(name, rows, year),
                "refused": sum(each.refusal is not None for each in found.values()),
                **pictures,
            },
        )
