"""The forms step: index, money and tables of the other school forms, and all forms side by side."""

import dagster as dg
import pandas as pd

from expectations.contracts.forms import FORMS as CONTRACTS_OF_FORMS
from models_py.errors import LikvardError
from models_py.forms.overview import FormResult
from orchestration.form_results import (
    BACKGROUND,
    COUNTS,
    UNITS,
    WHOLE,
    FormMarts,
    ages_of,
    compulsory_overview,
    form_result,
    not_counted,
    overview_of,
    rows_of,
    together,
    weights_of,
)
from orchestration.names import FINANCE_TEAM, FORMS
from orchestration.partitions import count_dates, funding_years
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

ENROLLMENT = "fct_enrollment"
TABLES = tuple(contract.table for contract in CONTRACTS_OF_FORMS)
TOLD = {
    "form_need_index": "The need index of every other school form, each from its own source (pupil-weighted mean 100 per form).",
    "form_allocation": "The money of the other school forms, line by line: count × rate + rounding = amount in öre, exactly.",
    "form_unit": "Units of the other school forms with their amount; of independent organisers also administration, VAT, fees and grant.",
    "form_overview": "All school forms side by side: money, what follows need, what it moves, how far the index reaches.",
    "form_age": "What one child meets from one to twenty: kronor per person and year at each usual age.",
}
DEPS = [
    *(dg.AssetKey(["marts", name]) for name in (COUNTS, BACKGROUND, UNITS, ENROLLMENT)),
    dg.AssetKey(["need", "fct_need_index"]),
    dg.AssetKey(["allocation", "fct_allocation"]),
]


@dg.multi_asset(
    name="school_forms",
    partitions_def=funding_years,
    group_name=FORMS,
    specs=[
        dg.AssetSpec(
            dg.AssetKey([FORMS, name]), deps=DEPS, owners=[FINANCE_TEAM], kinds={"python"}, description=TOLD[name]
        )
        for name in TABLES
    ],
)
def school_forms_of_the_year(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Compute every form that a municipality decides for the year; one form that fails refuses the municipality."""
    year = int(context.partition_key)
    marts = {
        name: dict(tuple(warehouse.mart(name).groupby("municipality_code")))
        for name in (COUNTS, BACKGROUND, UNITS, ENROLLMENT)
    }
    made: dict[str, list[pd.DataFrame]] = {name: [] for name in (*TABLES, *WHOLE)}
    records: dict[str, dict] = {}
    lines, need = (tables.by_municipality(name, year) for name in ("fct_allocation", "fct_need_index"))
    allocations, fits = tables.read_record("allocation", year), tables.read_record("need_fit", year)
    for code in sorted(lines):
        try:
            decided = {name: found for name, file in scope.forms(code).items() if (found := file.at(year)) is not None}
            if not decided:
                continue
            own = FormMarts(*(marts[name].get(code, _NO_ROWS) for name in (COUNTS, BACKGROUND, UNITS)))
            fit, threshold = weights_of(fits[code]), scope.need_parts(code, year).smallest_count
            tried = {
                name: form_result(policy, own, funding_year=year, fit=fit, threshold=threshold)
                for name, policy in decided.items()
            }
            results = [result for result in tried.values() if result is not None]
            day = count_dates(year, lag_years=scope.decided(code, year).count_lag_years)[0]
        except (LikvardError, PolicyError) as error:
            records[code] = {"refusal": str(error)}
            continue
        enrollment = marts[ENROLLMENT][code]  # a municipality with lines has counts
        counted = enrollment[enrollment["count_date"] == day]
        ages = ages_of(results, lines=lines[code], enrollment=counted, day=day)
        whole = compulsory_overview(
            lines[code], need[code], allocations[code], withheld=allocations[code]["need_parts"]["units"]
        )
        rows = [not_counted(decided[name]) if found is None else overview_of(found) for name, found in tried.items()]
        parts = [_rows(result, own, year) for result in results]
        parts.append({"form_overview": pd.DataFrame([*rows, whole], dtype=object), "form_age": ages})
        for part in parts:
            for name, table in part.items():
                made[name].append(table.assign(municipality_code=code, funding_year=year))
        records[code] = _record(list(decided), results)
    tables.write_record("school_forms", year, records)
    for name in (*TABLES, *WHOLE):
        rows = together(name, made[name])
        tables.write(name, rows, year)
        if name in TABLES:
            refused = sum("refusal" in record for record in records.values())
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([FORMS, name]), metadata={"dagster/row_count": len(rows), "refused": refused}
            )


_NO_ROWS = pd.DataFrame(columns=["school_form", "count_date"])


def _rows(result: FormResult, marts: FormMarts, year: int) -> dict[str, pd.DataFrame]:
    form = result.policy.form
    units = marts.on("units", form.school_form, form.count_dates(year)[:1]).set_index("school_unit_code")
    return rows_of(result, names=units["unit_name"].to_dict(), types=units["organiser_type"].to_dict())


def _record(decided: list[str], results: list[FormResult]) -> dict:
    return {
        "decided": decided,
        "withheld_units": {
            result.policy.form.school_form: list(result.protection.units)
            for result in results
            if result.protection.units
        },
        "withheld_sums": [result.policy.form.school_form for result in results if result.protection.is_sum_withheld],
    }
