"""What organisers are paid: the statutory calculation per cost type, overheads, and the way from the budget to all of it.

The only step of the money that reads who runs a school unit; need and base are decided before it.
"""

import dagster as dg
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.errors import AllocationError
from orchestration.names import ALLOCATION, FINANCE_TEAM
from orchestration.on_pages import ON_PAGES
from orchestration.partitions import count_dates, funding_years
from orchestration.publication.organiser_tables import NAMES, organiser_tables
from orchestration.publication.star import units_on
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

LINES = dg.AssetKey(["allocation", "fct_allocation"])
BESIDE = [dg.AssetKey(["need", "fct_need_index"]), dg.AssetKey(["marts", "dim_school_unit"])]
RECORD = "organisers"
"""Municipality → refusal, where the sums could not be made; nothing where they could."""

DESCRIPTIONS = {
    "organiser_allocation": "What each organiser is paid: decided lines, administration and VAT of independent organisers, common "
    "services taken back. One row per municipality, funding year and organiser.",
    "organiser_calculation": "The statutory calculation: each organiser's amount per cost type, beside the municipality's own "
    "units (Skolförordningen 14 kap. 10 §). One row per organiser, school form and cost type.",
    "school_cost_type": "The same per school unit. One row per school unit, school form and cost type.",
    "budget_reconciliation": "From the budget over deductions, components and overheads to organisers, and to the lines of the "
    "annual accounts. One row per step and item.",
}


@dg.multi_asset(
    name="organiser_terms",
    partitions_def=funding_years,
    group_name=ALLOCATION,
    specs=[
        dg.AssetSpec(
            dg.AssetKey([ALLOCATION, name]),
            deps=[LINES, *BESIDE],
            owners=[FINANCE_TEAM],
            kinds={"python"},
            description=DESCRIPTIONS[name],
            metadata=ON_PAGES,
        )
        for name in NAMES
    ],
)
def organiser_amounts(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Add up each municipality's decided lines by organiser and cost type."""
    year = int(context.partition_key)
    lines, need = (tables.by_municipality(name, year) for name in ("fct_allocation", "fct_need_index"))
    units, records = warehouse.mart("dim_school_unit"), tables.read_record("allocation", year)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in NAMES}
    refusals = {}
    for code, own_lines in lines.items():
        policy = scope.decided(code, year)
        later, _ = count_dates(year, lag_years=policy.count_lag_years)
        basis = need[code]["basis"].iloc[0]
        try:
            made = organiser_tables(
                own_lines,
                units=units_on(units, municipality_code=code, basis=basis, day=later),
                need=need[code],
                policy=policy,
                deducted_ore=records[code]["deducted_ore"],
                merged=records[code]["need_parts"]["units"],
            )
        except AllocationError as error:
            refusals[code] = {"refusal": str(error)}
            continue
        for name, table in made.items():
            parts[name].append(table)
    tables.write_record(RECORD, year, refusals)
    for name in NAMES:
        filled = [part for part in parts[name] if len(part)]
        names = list(CONTRACTS[name].names)
        table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=names)
        tables.write(name, table, year)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey([ALLOCATION, name]),
            metadata={"dagster/row_count": len(table), "refused": len(refusals)},
        )
