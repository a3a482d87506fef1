"""Pupils per school unit, factor and level, counted once for the publication; small counts are withheld there, not here."""

import dagster as dg
import pandas as pd

from models_py.need.design import FACTORS
from orchestration.names import NEED, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.partitions import count_dates, funding_years
from orchestration.proposals import BACKGROUND_COUNTS
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

REGISTER = "fct_need_register_counts"


@dg.asset(
    key=dg.AssetKey(["need", BACKGROUND_COUNTS]),
    partitions_def=funding_years,
    group_name=NEED,
    owners=[STATISTICS_TEAM],
    kinds={"python"},
    deps=[dg.AssetKey(["marts", REGISTER]), dg.AssetKey(["need", "fct_need_index"])],
    description="Pupils per count date, school unit, factor and level, every count as it is: never published so. The "
    "publication withholds small counts and what would give them away.",
)
def need_background_count(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Count the municipality's own pupils at the dates behind the index."""
    year = int(context.partition_key)
    index = tables.read_or_empty("fct_need_index", year)
    own = sorted(index.loc[index["basis"] == PUPIL_LEVEL, "municipality_code"].unique())
    parts = []
    for code in own:
        dates = count_dates(year, lag_years=scope.decided(code, year).count_lag_years)
        parts.append(counted(warehouse.mart(REGISTER, dates=dates, municipality=code)))
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"municipality_code": []}, dtype="str")
    tables.write(BACKGROUND_COUNTS, rows, year)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows), "municipalities": len(own)})


def counted(register: pd.DataFrame) -> pd.DataFrame:
    """municipality_code, count_date, school_unit_code, factor, level, pupil_count: every level of a factor, noughts too."""
    keys = ["municipality_code", "count_date", "school_unit_code"]
    parts = []
    for factor in FACTORS:
        counts = register.pivot_table(
            index=keys, columns=factor.name, values="pupil_count", aggfunc="sum", fill_value=0
        ).reindex(columns=list(factor.levels), fill_value=0)
        long = counts.melt(ignore_index=False, var_name="level", value_name="pupil_count").reset_index()
        parts.append(long.assign(factor=factor.name))
    rows = pd.concat(parts, ignore_index=True).astype({"pupil_count": "int64"})
    return rows[[*keys, "factor", "level", "pupil_count"]].sort_values([*keys, "factor", "level"], ignore_index=True)
