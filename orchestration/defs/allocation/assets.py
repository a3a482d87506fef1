"""The allocation step: a municipality's budget shared by its policy, line by line, and one wide row per school unit."""

import dagster as dg
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.allocation.sensitivity import ends_by_formula
from models_py.errors import AllocationError
from orchestration.allocation_inputs import PupilCounts
from orchestration.allocation_tables import area_factors, beside, record_of
from orchestration.charts import allocation_chart
from orchestration.names import ALLOCATION, FINANCE_TEAM
from orchestration.on_pages import ON_PAGES
from orchestration.partitions import count_dates, funding_years
from orchestration.publication.star import school_allocation, units_on
from orchestration.publishable import shown
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings
from orchestration.yearly.baseline import OpeningBalance
from orchestration.yearly.change import NO_REGISTER, Marts, inputs_of
from orchestration.yearly.previous import PreviousYearError

INDEX = dg.AssetKey(["need", "fct_need_index"])
ENROLLMENT = dg.AssetKey(["marts", "fct_enrollment"])
UNITS = dg.AssetKey(["marts", "dim_school_unit"])
LINES, WIDE = dg.AssetKey(["allocation", "fct_allocation"]), dg.AssetKey(["allocation", "school_allocation"])
FACTORS, OUTSIDE = dg.AssetKey(["allocation", "school_area_factor"]), dg.AssetKey(["allocation", "allocation_beside"])
WRITTEN = ("fct_allocation", "school_area_factor", "allocation_beside")
ENDS = "structural_end"
"""Hand-over table of the ends of the structural part; published within ``school_allocation``."""
_NO_ROWS = pd.DataFrame({"municipality_code": pd.Series(dtype="str"), "school_unit_code": pd.Series(dtype="str")})


def _spec(key: dg.AssetKey, description: str, *, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key, deps=deps, owners=[FINANCE_TEAM], kinds={"python"}, description=description, metadata=ON_PAGES
    )


@dg.multi_asset(
    name="fct_allocation",
    partitions_def=funding_years,
    group_name=ALLOCATION,
    specs=[
        _spec(
            LINES,
            "The money of each school unit, line by line: count × rate + rounding = amount in öre, exactly. One row per "
            "municipality, funding year, school unit, component and line, as the organiser's own decision shows it.",
            deps=[ENROLLMENT, INDEX, UNITS],
        ),
        _spec(FACTORS, "The stated fact of a unit's location that a component's rate follows.", deps=[UNITS]),
        _spec(
            OUTSIDE,
            "What is in no pot and no sum: individual supplements and state grants, municipality by municipality.",
            deps=[UNITS],
        ),
    ],
)
def fct_allocation(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Share each municipality's budget by its policy, and decide what of it may be shown as it is."""
    year = int(context.partition_key)
    marts = Marts.of(warehouse.mart("fct_enrollment"), NO_REGISTER, warehouse.mart("dim_school_unit"))
    pupils = PupilCounts.of(tables, year)
    records: dict[str, dict] = {}
    made: dict[str, list[pd.DataFrame]] = {name: [] for name in (*WRITTEN, ENDS)}
    for code, own_need in tables.by_municipality("fct_need_index", year).items():
        try:
            found = scope.usable(code, year)
            inputs = inputs_of(scope, code=code, year=year, marts=marts, root=settings().published, pupils=pupils)
            shared = inputs.allocated(own_need, found)
            told = shown(
                found, shared.lines, need=own_need, share=inputs.lines, asked=scope.need_parts(code, year),
                other_measures=inputs.facts.without_pupils,
            )  # fmt: skip
            ends = ends_by_formula(own_need, lines=shared.lines, policy=found, share=inputs.lines)
        except (AllocationError, PolicyError, PreviousYearError) as error:
            records[code] = {"refusal": scope.told(error, code, year)}
            continue
        if told.refusal:
            records[code] = {"refusal": scope.told(told.refusal, code, year)}
            continue
        records[code] = record_of(shared, told) | {"baseline": _told(inputs.balance)}
        keys = {"municipality_code": code, "funding_year": year}
        paid = shared.totals["school_unit_code"].tolist()
        for name, rows in (
            ("fct_allocation", shared.lines),
            ("school_area_factor", area_factors(found, inputs.measures, paid=paid)),
            ("allocation_beside", beside(shared)),
            (ENDS, ends),
        ):
            made[name].append(rows.assign(**keys))
    written = {name: _together(name, made[name]) for name in WRITTEN}
    for name, rows in written.items():
        tables.write(name, rows, year)
    tables.write(ENDS, pd.concat(made[ENDS], ignore_index=True) if made[ENDS] else _NO_ROWS, year)
    tables.write_record("allocation", year, records)
    budgets = [record["budget_ore"] for record in records.values() if "budget_ore" in record]
    told_of_all = {
        "municipalities": len(budgets),
        "refused": len(records) - len(budgets),
        "total_sek": sum(budgets) // 100,
        "units_with_merged_lines": sum(len(r["need_parts"]["units"]) for r in records.values() if "need_parts" in r),
        "largest": _largest(records),
    }
    for key in (LINES, FACTORS, OUTSIDE):
        rows = written[key.path[-1]]
        more = told_of_all if key == LINES else {}
        yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": len(rows), **more})


@dg.asset(
    key=WIDE,
    partitions_def=funding_years,
    group_name=ALLOCATION,
    owners=[FINANCE_TEAM],
    kinds={"python"},
    deps=[LINES, INDEX, UNITS],
    metadata=ON_PAGES,
    description="One wide row per municipality, funding year and school unit: pupils, index, base part, structural part, total; "
    "units that are not paid stand with their reason.",
)
def wide_school_allocation(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Join names, need and money into the table that Excel people read."""
    year = int(context.partition_key)
    lines, need = (tables.by_municipality(name, year) for name in ("fct_allocation", "fct_need_index"))
    units, records = warehouse.mart("dim_school_unit"), tables.read_record("allocation", year)
    ends = tables.by_municipality(ENDS, year)
    parts = []
    for code, own_lines in lines.items():
        later, _ = count_dates(year, lag_years=scope.decided(code, year).count_lag_years)
        basis = need[code]["basis"].iloc[0]
        parts.append(
            school_allocation(
                units_on(units, municipality_code=code, basis=basis, day=later),
                need=need[code],
                lines=own_lines,
                unpaid=pd.DataFrame(records[code]["unpaid"], columns=["school_unit_code", "reason_code"]),
                ends=ends[code].drop(columns=["municipality_code", "funding_year"]),
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


def _together(table: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    names = list(CONTRACTS[table].names)
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


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
