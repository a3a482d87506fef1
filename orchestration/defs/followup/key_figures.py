"""The key figures: what schools cost and whom they employ beside the money, state grants, equity over the years, the similar.

Tables of the municipality's own people: they stay in the home, and no refusal of them stops a publication.
"""

import dagster as dg
import numpy as np
import pandas as pd

from models_py.errors import FollowupError
from orchestration.defs.followup.steps import REGISTER, UNITS, Picture, mart, specs, write_followup
from orchestration.followup.key_figures import TABLES, KeyFigureInputs, key_figures_of_year
from orchestration.followup.similar import kolada_values, similar_municipalities
from orchestration.key_figure_charts import equity_chart, pass_through_chart
from orchestration.names import FOLLOWUP
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings

MARTS = {
    "costs": "fct_unit_costs", "staff": "fct_unit_staff", "grants": "fct_state_grants", "factors": "fct_school_factors",
    "enrollment": "fct_enrollment", "units": UNITS,
}  # fmt: skip
YEARS_BACK = 10
"""Funding years of this home that equity looks back on."""

TOLD = {
    "unit_cost": "Cost per pupil of each school unit by cost type and year, beside what the unit was allocated.",
    "unit_staffing": "Teachers per 100 pupils and the share of certified teachers; withheld where it would be of persons.",
    "state_grant": "State grants per organiser and school unit: what for, used, what they bought, beside the municipality's own money.",
    "cost_pass_through": "Does a krona allocated become a krona of teaching: by cost type, within school units and years, with "
    "intervals and a verdict.",
    "equity_by_year": "How the money lay over pupils and over need, year by year: Gini, concentration, Kakwani, Theil and more.",
    "similar_unit": "Costs and staffing of each school unit beside the most similar units of the same grades.",
    "similar_municipality": "Kolada's figures of the municipality beside the seven most similar; only where Kolada's files are at hand.",
}


@dg.multi_asset(
    name="key_figures",
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    specs=specs(
        TOLD,
        deps=[
            *(mart(name) for name in (*MARTS.values(), REGISTER)),
            dg.AssetKey(["need", "fct_need_index"]),
            dg.AssetKey(["allocation", "school_allocation"]),
        ],
    ),
)
def key_figures(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Count, compare and estimate for every municipality of the run."""
    year = int(context.partition_key)
    marts = {name: warehouse.mart(table) for name, table in MARTS.items()}
    codes = scope.chosen(sorted(marts["factors"]["municipality_code"].unique()))
    inputs = KeyFigureInputs(
        marts=marts, register=warehouse.each(REGISTER), kept=_kept(tables, year), fits=tables.read_record("need_fit", year),
        kolada=_kolada(context, marts["factors"], year),
    )  # fmt: skip
    found = key_figures_of_year(inputs, codes=codes, scope=scope, funding_year=year)
    charts = {"cost_pass_through": Picture(pass_through_chart), "equity_by_year": Picture(equity_chart)}
    yield from write_followup(
        found.items(), part="key_figures", names=TABLES, tables=tables, funding_year=year, pictures=charts
    )


def _kept(tables: Tables, year: int) -> dict[int, pd.DataFrame]:
    """Funding year → what this home computed of it, with the index of that year."""
    found = {}
    for earlier in range(year - YEARS_BACK + 1, year + 1):
        if tables.municipalities("school_allocation", earlier):
            keys = ["municipality_code", "school_unit_code"]
            wide = tables.read("school_allocation", earlier)[[*keys, "pupil_count", "payment_status", "total_sek"]]
            index = tables.read_or_empty("fct_need_index", earlier)[[*keys, "need_index"]]
            found[earlier] = wide.merge(index, on=keys)
    return found


def _kolada(
    context: dg.AssetExecutionContext, factors: pd.DataFrame, year: int
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Kolada's values and who is similar, by pupils of the newest count date; None where nothing can be compared."""
    folder = settings().open_data
    known = factors[np.array([day.year < year for day in factors["count_date"]], dtype=bool)]
    if folder is None or known.empty:
        return None
    newest = known[known["count_date"] == known["count_date"].max()]
    pupils = newest.groupby("municipality_code", as_index=False)["pupil_count"].sum()
    try:
        values = kolada_values(folder)
        if values is None:
            return None
        return values, similar_municipalities(values, pupils.set_axis(["code", "pupil_count"], axis=1))
    except FollowupError as error:  # nothing to compare with must not hide what a municipality has of its own
        context.log.warning(f"no similar municipalities: {error}")
        return None
