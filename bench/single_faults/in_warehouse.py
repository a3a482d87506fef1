"""Faults in what dbt built: a table is changed and the rule's own model is built anew from it; suites read it as it is.

Belongs here: one function per rule with home ``dbt``, and those with home ``gx`` that read marts. Does not: judging.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
from jinja2 import Template

from bench.single_faults.home import SPOILED, Bench
from expectations.rules import rule

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "rules"
LATER, EARLIER = "2026-10-15", "2025-10-15"
ONE_UNIT = f"""school_unit_code = (
    select max(school_unit_code) from marts.fct_school_factors
    where municipality_code = '{SPOILED}' and count_date = '{LATER}'
) and municipality_code = '{SPOILED}' and count_date = '{LATER}'"""


def _changed(sql: str, *, rule_id: str | None = None) -> Callable[[Bench], None]:
    def fault(bench: Bench) -> None:
        beside = {"file_search_path": str(Path(bench.warehouse.path).parent)}
        with duckdb.connect(bench.warehouse.path, config=beside) as connection:
            before = connection.execute(sql).fetchone()
            if before is not None and before[0] == 0:
                raise RuntimeError(f"the fault changed no row: {sql[:80]}")
            if rule_id is not None:
                _build(connection, str(rule(rule_id).model))

    return fault


def _build(connection: duckdb.DuckDBPyConnection, model: str) -> None:
    """Build one model of rules from its own SQL."""

    def ref(name: str) -> str:
        found = connection.execute(
            "select table_schema from information_schema.tables where table_name = ?", [name]
        ).fetchone()
        if found is None:
            raise LookupError(f"the warehouse has no {name}")
        return f'{found[0]}."{name}"'

    sql = Template((MODELS / f"{model}.sql").read_text("utf-8")).render(ref=ref)
    connection.execute(f'create or replace table rules."{model}" as {sql}')


_GRADES = ", ".join(f"{int(grade == 1)} as pupil_count_grade_{grade}" for grade in range(1, 10))
FAULTS: dict[str, Callable[[Bench], None]] = {
    "T-ACCOUNT-001": _changed(
        f"""update marts.fct_row_accounting set used_rows = used_rows - 1
        where delivery_id = (select max(delivery_id) from marts.fct_row_accounting where municipality_code = '{SPOILED}')""",
        rule_id="T-ACCOUNT-001",
    ),
    "T-UNIT-001": _changed(
        f"update marts.fct_unit_presence set has_pupils = false, is_active_in_register = true where {ONE_UNIT}",
        rule_id="T-UNIT-001",
    ),
    "T-UNIT-002": _changed(
        f"""update marts.fct_unit_presence
        set has_pupils = false, had_pupils_before = true, is_active_in_register = false where {ONE_UNIT}""",
        rule_id="T-UNIT-002",
    ),
    "T-GRADES-001": _changed(
        f"""insert into intermediate.int_skolverket_units__bounded by name select '{SPOILED}' as municipality_code,
        date '{LATER}' as count_date, '10000001' as school_unit_code, 2 as pupil_count_grades_1_9, {_GRADES}""",
        rule_id="T-GRADES-001",
    ),
    "T-INDEX-001": _changed(
        f"""insert into marts.fct_delivered_index by name select '{SPOILED}' as municipality_code,
        date '{LATER}' as count_date, unnest(['10000001', '10000002']) as school_unit_code, 100 as index_value""",
        rule_id="T-INDEX-001",
    ),
    "T-LEDGER-001": _changed(
        f"""insert into intermediate.int_accounts__fates by name select max(delivery_id) as delivery_id,
        1 as delivery_row_number, 'excluded' as row_fate, 'unknown_unit' as excluded_rule
        from intermediate.int_deliveries__accepted where municipality_code = '{SPOILED}'""",
        rule_id="T-LEDGER-001",
    ),
    "T-LEDGER-002": _changed(
        f"""insert into marts.fct_unit_costs by name select municipality_code, 2027 as accounts_year, school_unit_code,
        'teaching' as cost_item, 100 as amount_ore from marts.fct_school_factors where {ONE_UNIT}""",
        rule_id="T-LEDGER-002",
    ),
    **{
        rule_id: _changed(
            f"""insert into intermediate.int_form_enrollment__fates by name select delivery_id, delivery_row_number,
            'excluded' as row_fate, '{excluded}' as excluded_rule from staging.stg_municipality__form_enrollment
            where municipality_code = '{SPOILED}' and count_date = '{LATER}' order by all limit 1""",
            rule_id=rule_id,
        )
        for rule_id, excluded in (("T-FORM-001", "stage_not_of_form"), ("T-FORM-002", "counted_in_school"))
    },
    "Q-COUNT-001": _changed(
        f"""update marts.fct_school_factors set pupil_count = pupil_count * 2
        where municipality_code = '{SPOILED}' and count_date = '{EARLIER}'"""
    ),
    "Q-MISSING-001": _changed(
        f"""update marts.fct_school_factors set missing_background_share = 0.3
        where municipality_code = '{SPOILED}' and count_date = '{LATER}'"""
    ),
}
