"""The allocation step: a municipality's budget shared by its policy, line by line, and one wide row per school unit."""

import dagster as dg
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.allocation.measures import measure
from models_py.allocation.shares import Allocation, allocate
from models_py.errors import AllocationError
from orchestration.charts import allocation_chart
from orchestration.names import ALLOCATION, FINANCE_TEAM
from orchestration.partitions import count_dates, funding_years
from orchestration.publication.star import school_allocation, units_on
from orchestration.publishable import reason_not_to_publish
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings
from orchestration.yearly.baseline import OpeningBalance
from orchestration.yearly.change import NO_REGISTER, Marts, balance_of
from orchestration.yearly.previous import PreviousYearError

INDEX = dg.AssetKey(["need", "fct_need_index"])
ENROLLMENT = dg.AssetKey(["marts", "fct_enrollment"])
UNITS = dg.AssetKey(["marts", "dim_school_unit"])
LINES, WIDE = dg.AssetKey(["allocation", "fct_allocation"]), dg.AssetKey(["allocation", "school_allocation"])


@dg.asset(
    key=LINES,
    partitions_def=funding_years,
    group_name=ALLOCATION,
    owners=[FINANCE_TEAM],
    kinds={"python"},
    deps=[ENROLLMENT, INDEX, UNITS],
    description="The money of each school unit, line by line: count × rate + rounding = amount in öre, exactly. One row per "
    "municipality, funding year, school unit, component and line.",
)
def fct_allocation(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Share each municipality's budget by its policy: base part by grade, structural part by need."""
    year = int(context.partition_key)
    need = tables.read_or_empty("fct_need_index", year)
    marts = Marts.of(warehouse.mart("fct_enrollment"), NO_REGISTER, warehouse.mart("dim_school_unit"))
    records, parts = {}, []
    for code, own_need in need.groupby("municipality_code"):
        policy = scope.decided(code, year)
        later, _ = count_dates(year, lag_years=policy.count_lag_years)
        try:
            facts = scope.facts(code, year)
            balance = balance_of(scope, code=code, year=year, marts=marts, root=settings().published)
            shared = allocate(
                enrollment=marts.counted(code, later),
                need=own_need,
                policy=policy,
                measures=_of_these(facts.measures, own_need),
                baseline=balance.table,
                predecessors=balance.predecessors,
                offered=facts.offered,
            )
        except (AllocationError, PreviousYearError) as error:
            records[code] = {"refusal": str(error)}
            continue
        if refusal := reason_not_to_publish(policy, shared.lines):
            records[code] = {"refusal": refusal}
            continue
        records[code] = _record(shared) | {"baseline": _told(balance)}
        parts.append(shared.lines.assign(municipality_code=code, funding_year=year))
    names = list(CONTRACTS["fct_allocation"].names)
    lines = pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
    tables.write("fct_allocation", lines, year)
    tables.write_record("allocation", year, records)
    budgets = [record["budget_ore"] for record in records.values() if "budget_ore" in record]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(lines),
            "municipalities": len(budgets),
            "refused": len(records) - len(budgets),
            "total_sek": sum(budgets) // 100,
            "largest": _largest(records),
        }
    )


@dg.asset(
    key=WIDE,
    partitions_def=funding_years,
    group_name=ALLOCATION,
    owners=[FINANCE_TEAM],
    kinds={"python"},
    deps=[LINES, INDEX, UNITS],
    description="One wide row per municipality, funding year and school unit: pupils, index, base part, structural part, total; "
    "units that are not paid stand with their reason.",
)
def wide_school_allocation(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Join names, need and money into the table that Excel people read."""
    year = int(context.partition_key)
    lines, need = tables.read_or_empty("fct_allocation", year), tables.read_or_empty("fct_need_index", year)
    units, records = warehouse.mart("dim_school_unit"), tables.read_record("allocation", year)
    parts = []
    for code, own_lines in lines.groupby("municipality_code"):
        later, _ = count_dates(year, lag_years=scope.decided(code, year).count_lag_years)
        own_need = need[need["municipality_code"] == code]
        basis = own_need["basis"].iloc[0]
        parts.append(
            school_allocation(
                units_on(units, municipality_code=code, basis=basis, day=later),
                need=own_need,
                lines=own_lines,
                unpaid=pd.DataFrame(records[code]["unpaid"], columns=["school_unit_code", "reason_code"]),
                pot_ore=records[code]["pot_ore"],
                basis=basis,
            )
        )
    wide = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=list(CONTRACTS["school_allocation"].names))
    )
    tables.write("school_allocation", wide, year)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(wide),
            "paid": int((wide["payment_status"] == "paid").sum()),
            "not_paid": int((wide["payment_status"] == "not_paid").sum()),
            "kronor_follow_need": allocation_chart(wide),
        }
    )


def _of_these(measures: pd.DataFrame | None, need: pd.DataFrame) -> pd.DataFrame | None:
    """Measures of the units that are paid; a file of facts may know others."""
    return None if measures is None else measures[measures["school_unit_code"].isin(need["school_unit_code"])]


def _record(shared: Allocation) -> dict[str, object]:
    figures = measure(shared)
    return {
        "budget_ore": shared.budget_ore,
        "pot_ore": shared.pot_ore,
        "structural_share": figures.structural_share,
        "redistributed_share": figures.redistributed_share,
        "redistributed_ore": figures.redistributed_ore,
        "highest_to_lowest": figures.highest_to_lowest,
        "deducted_ore": dict(shared.deducted_ore),
        "unpaid": shared.unpaid.to_numpy().tolist(),
    }


def _told(balance: OpeningBalance) -> dict[str, object] | None:
    """The publication that guarantees compare with; None for a delivered baseline and for none."""
    if balance.publication is None:
        return None
    return {
        **balance.publication.as_input(),
        "is_decided": balance.publication.is_decided,
        "unclear_units": list(balance.unclear),
    }


def _largest(records: dict[str, dict]) -> dg.MarkdownMetadataValue:
    shared = sorted(((r["budget_ore"], code) for code, r in records.items() if "budget_ore" in r), reverse=True)[:10]
    rows = [
        f"| {code} | {ore // 100:,} | {records[code]['structural_share']:.1%} | {records[code]['redistributed_share']:.2%} |"
        for ore, code in shared
    ]
    head = ["| municipality | budget, kr | structural share | moved by need |", "|---|--:|--:|--:|"]
    return dg.MetadataValue.md("\n".join(head + rows).replace(",", " "))
