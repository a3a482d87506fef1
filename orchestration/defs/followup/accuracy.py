"""The follow-up of accuracy: frozen weights on cohorts they had not seen.

Tables for those who decide about weights: they stay in the home, and no refusal of them stops a publication.
"""

import dagster as dg

from orchestration.accuracy_charts import level_chart, misplaced_chart
from orchestration.defs.followup.steps import OUTCOMES, REGISTER, Picture, mart, specs, with_own_pupils, write_followup
from orchestration.followup.accuracy import TABLES, accuracy_of_year
from orchestration.names import FOLLOWUP
from orchestration.need_steering import TABLE as WEIGHTS_DRIFT
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

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
    specs=specs(
        TOLD,
        deps=[
            mart(OUTCOMES),
            mart(REGISTER),
            *(dg.AssetKey(["need", n]) for n in ("need_coefficient", "fct_need_index", WEIGHTS_DRIFT)),
        ],
    ),
)
def accuracy_followup(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Judge the weights of every municipality whose index rests on own pupils."""
    year = int(context.partition_key)
    drift = tables.read_or_empty(WEIGHTS_DRIFT, year)
    found = accuracy_of_year(
        warehouse.each(OUTCOMES),
        register=warehouse.each(REGISTER),
        coefficients=tables.read_or_empty("need_coefficient", year),
        codes=with_own_pupils(tables.read_or_empty("fct_need_index", year)),
        scope=scope,
        funding_year=year,
        estimated_anew=set(drift.loc[drift["drift_done"] == "re_estimated", "municipality_code"]),
    )
    charts = {"accuracy_cohort": Picture(misplaced_chart), "accuracy_level": Picture(level_chart)}
    yield from write_followup(
        found.items(), part="accuracy", names=TABLES, tables=tables, funding_year=year, pictures=charts
    )
