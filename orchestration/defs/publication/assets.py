"""The publication step: every rule's verdict per municipality, and one sealed proposal for each that may go out."""

import getpass
from datetime import UTC, datetime

import dagster as dg

from expectations.contracts import CONTRACTS
from expectations.contracts.change import CHANGE
from expectations.contracts.evidence import EVIDENCE
from expectations.contracts.forms import FORMS
from expectations.contracts.organisers import ORGANISERS
from orchestration.checks.results import basis_of, collect, ledgers
from orchestration.names import DATA_TEAM, PUBLICATION
from orchestration.on_pages import ON_PAGES
from orchestration.partitions import funding_years
from orchestration.payments.forms import keep_decided_forms
from orchestration.proposals import BACKGROUND_COUNTS, FOLLOWED, Material, outcome_rows, outcome_table, propose_all
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings

RULE_RESULT, SEALED = dg.AssetKey(["publication", "rule_result"]), dg.AssetKey(["publication", "proposal"])
TABLES = [
    dg.AssetKey(["need", "need_coefficient"]),
    dg.AssetKey(["need", "fct_need_index"]),
    *(dg.AssetKey(["allocation", contract.table]) for contract in ORGANISERS),
    *(dg.AssetKey(["forms", contract.table]) for contract in FORMS),
    *(dg.AssetKey(["allocation", name]) for name in ("fct_allocation", "school_area_factor", "allocation_beside")),
]
CHANGE_TABLES = [dg.AssetKey(["allocation", contract.table]) for contract in CHANGE]
EVIDENCE_TABLES = [dg.AssetKey(["need", contract.table]) for contract in EVIDENCE]
LEDGERS = [dg.AssetKey(["raw", "deliveries"]), dg.AssetKey(["raw", "findings"])]
MARTS = [dg.AssetKey(["marts", name]) for name in ("fct_school_factors", "dim_school_unit")]


@dg.asset(
    key=RULE_RESULT,
    partitions_def=funding_years,
    group_name=PUBLICATION,
    owners=[DATA_TEAM],
    kinds={"python", "gx"},
    deps=[
        *LEDGERS,
        *MARTS,
        *TABLES,
        *CHANGE_TABLES,
        dg.AssetKey(["rules", "rule_unit_code_ended"]),
        dg.AssetKey(["rules", "rule_delivered_index_in_doubt"]),
    ],
    description="Every rule of the register judged for each municipality: rows that break it, 0 where it holds. The publication "
    "refuses a municipality whose critical rules do not all stand here with 0.",
)
def rule_result(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Judge each municipality of the run by every rule."""
    year = int(context.partition_key)
    accepted = settings().accepted
    bases, dates = basis_of(warehouse.mart("fct_school_factors"), ledgers(accepted)[0], scope=scope, funding_year=year)
    rows = collect(tables=tables, warehouse=warehouse, accepted=accepted, bases=bases, dates=dates, funding_year=year)
    tables.write("rule_result", rows, year)
    tables.write_record("municipality_basis", year, bases)
    failing = rows[rows["failing_count"] > 0]
    critical = failing[failing["severity"] == "critical"]
    told = failing.groupby(["severity", "rule_id"])["municipality_code"].nunique()
    listed = [
        "| severity | rule | municipalities |",
        "|---|---|--:|",
        *(f"| {s} | {r} | {n} |" for (s, r), n in told.items()),
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "municipalities": len(bases),
            "municipalities_with_critical": critical["municipality_code"].nunique(),
            "failing_rules": dg.MetadataValue.md("\n".join(listed)),
        }
    )


@dg.asset(
    key=SEALED,
    metadata=ON_PAGES,
    partitions_def=funding_years,
    group_name=PUBLICATION,
    owners=[DATA_TEAM],
    kinds={"python", "parquet", "duckdb"},
    deps=[
        RULE_RESULT,
        dg.AssetKey(["allocation", "school_allocation"]),
        dg.AssetKey(["need", BACKGROUND_COUNTS]),
        *TABLES,
        *EVIDENCE_TABLES,
        *CHANGE_TABLES,
        *(dg.AssetKey(["followup", name]) for name in FOLLOWED),
        dg.AssetKey(["forecast", "pupil_forecast"]),
    ],
    description="One sealed proposal per municipality: Parquet, a read-only DuckDB file, data dictionary, RELEASE.md, "
    "MODEL.md and manifest; the pointer `proposed` moves in one step. A refused municipality keeps what it had.",
)
def proposal(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Seal each municipality's tables if its own rules hold. A check in an earlier run proves nothing here."""
    year = int(context.partition_key)
    found = settings()
    material = Material.of(tables, warehouse=warehouse, scope=scope, accepted=found.accepted, funding_year=year)
    outcomes = propose_all(
        material, root=found.published, actor=getpass.getuser(), now=datetime.now(UTC), is_demo=found.is_demo
    )
    outcomes = keep_decided_forms(tables, scope=scope, payments=found.payments, outcomes=outcomes, funding_year=year)
    rows = outcome_rows(material, outcomes)
    tables.write_record("publication_outcome", year, {"municipalities": rows})
    states = [row["status"] for row in rows]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "tables": len(CONTRACTS),
            **{state: states.count(state) for state in ("published", "verified", "refused")},
            "outcome": dg.MetadataValue.md(outcome_table(rows)),
        }
    )
