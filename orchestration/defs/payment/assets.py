"""Assets of a month: what every school unit is due, and the prepared run.

A run is only prepared here; releasing it takes two persons and the command. A backfill of months makes candidates only.
"""

import getpass
from datetime import UTC, datetime

import dagster as dg
import pandas as pd

from models_py.errors import LikvardError
from models_py.payment import CLOSING_MONTH
from orchestration.decisions import Actor
from orchestration.names import FINANCE_TEAM, PAYMENT
from orchestration.partitions import months
from orchestration.paying import (
    COUNTS_MART,
    FORM_MARTS,
    form_registers,
    paying_municipalities,
    prepare_month,
    year_inputs,
)
from orchestration.payments.inputs import all_months_due
from orchestration.payments.places import month_of
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings

COUNTS = dg.AssetKey(["marts", COUNTS_MART])
BACKFILL = "dagster/backfill"
REFUSALS = (LookupError, PolicyError, LikvardError, ValueError)
"""What is wrong with one municipality must not stop its neighbours."""
DUE_COLUMNS = (
    "municipality_code", "funding_year", "payment_month", "school_form", "school_unit_code", "component_code", "amount_ore", "annual_ore",
    "month_pupil_count",
)  # fmt: skip


@dg.asset(
    key=dg.AssetKey(["payment", "month_entitlement"]),
    deps=[COUNTS, *(dg.AssetKey(["marts", name]) for name in FORM_MARTS)],
    partitions_def=months,
    group_name=PAYMENT,
    owners=[FINANCE_TEAM],
    kinds={"python"},
    description="What every school unit is due for the month, per component: pupils of the month × decided prices, a twelfth, "
    "in whole öre. A candidate: nothing is paid by it.",
)
def month_entitlement(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Candidates of every municipality that pays and has a decided publication."""
    year, month = month_of(context.partition_key)
    counts, registers = warehouse.mart(COUNTS_MART), form_registers(warehouse)
    rows, refused = [], {}
    number = min(month, CLOSING_MONTH - 1)
    for code in _codes(scope):
        try:
            inputs = year_inputs(settings(), counts, municipality_code=code, funding_year=year, registers=registers)
            forms = all_months_due(inputs, month=month)
        except REFUSALS as error:
            refused[code] = str(error)
            continue
        for form, whole in forms.items():
            due = whole.due[number].due if number in whole.due else {}
            rows += [
                (code, year, number, form, unit, component, one.amount_ore, one.annual_ore, one.pupil_count)
                for (unit, component), one in sorted(due.items())
            ]
    table = pd.DataFrame(rows, columns=list(DUE_COLUMNS))
    tables.write_record(f"month_entitlement_{number:02d}", year, {"refused": refused})
    tables.write(f"month_entitlement_{number:02d}", table, year)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(table),
            "amount_ore": int(table["amount_ore"].sum()),
            "refused": len(refused),
            "first_refusal": next(iter(refused.values()), "none"),
        }
    )


@dg.asset(
    key=dg.AssetKey(["payment", "payment_run"]),
    deps=[dg.AssetKey(["payment", "month_entitlement"])],
    partitions_def=months,
    group_name=PAYMENT,
    owners=[FINANCE_TEAM],
    kinds={"python", "parquet"},
    description="The month's sealed payment run per municipality: original lines, corrections of earlier months, files for the "
    "finance system. Prepared only: `likvard month approve` and `likvard month release` pay it.",
)
def payment_run(
    context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope
) -> dg.MaterializeResult:
    """Prepare the runs; within a backfill nothing is prepared."""
    year, month = month_of(context.partition_key)
    if BACKFILL in context.run.tags:
        return dg.MaterializeResult(metadata={"prepared": 0, "why": "a backfill makes candidates only"})
    counts, registers, outcomes = warehouse.mart(COUNTS_MART), form_registers(warehouse), []
    for code in _codes(scope):
        try:
            done = prepare_month(
                settings(), counts, municipality_code=code, year=year, month=month, actor=Actor(getpass.getuser()),
                now=datetime.now(UTC), registers=registers,
            )  # fmt: skip
        except REFUSALS as error:
            outcomes.append({"municipality_code": code, "status": "refused", "why": str(error), "reasons": []})
            continue
        reasons = [
            {"rule_id": one.rule_id, "failing_count": one.failing_count, "detail": one.detail} for one in done.reasons
        ]
        outcomes.append({"municipality_code": code, "status": done.status, "run_id": done.run_id, "reasons": reasons})
    tables.write_record(f"payment_outcome_{month:02d}", year, {"municipalities": outcomes})
    told = {
        name: sum(one["status"] == name for one in outcomes) for name in ("prepared", "verified", "released", "refused")
    }
    why = next((one.get("why") or str(one["reasons"]) for one in outcomes if one["status"] == "refused"), "none")
    return dg.MaterializeResult(metadata=told | {"first_refusal": why})


def _codes(scope: Scope) -> list[str]:
    return [code for code in paying_municipalities(settings()) if not scope.only or code in scope.only]
