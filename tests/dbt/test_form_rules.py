"""The rules of other school forms judge the delivery that stands: one that a later file replaced stops nobody any more."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import pytest

RULES = Path(__file__).parents[2] / "dbt_project" / "models" / "rules"
PLACEMENTS = """
create table stg_municipality__form_enrollment as
select unnest(['old', 'new']) as delivery_id, 1 as delivery_row_number, '9999' as municipality_code,
    date '2026-10-15' as count_date, 'adapted_compulsory' as school_form, unnest(['1', '2']) as school_unit_code, '10' as stage
"""


@pytest.mark.parametrize(
    ("rule", "excluded"),
    [
        ("rule_form_stage_unknown", "stage_not_of_form"),
        ("rule_form_counted_twice", "counted_in_school"),
        ("rule_form_counted_twice", "counted_in_other_form"),
    ],
)
@pytest.mark.parametrize(("fate", "told"), [("superseded", 0), ("excluded", 1)])
def test_a_row_that_a_later_file_replaced_is_told_of_no_more(rule: str, excluded: str, fate: str, told: int) -> None:
    sql = jinja2.Template((RULES / f"{rule}.sql").read_text("utf-8")).render(ref=lambda name: name)
    with duckdb.connect() as connection:
        connection.execute(PLACEMENTS)
        connection.execute(
            "create table int_form_enrollment__fates as select 'old' as delivery_id, 1 as delivery_row_number, "
            f"'{fate}' as row_fate, '{excluded}' as excluded_rule"
        )
        assert len(connection.execute(sql).fetchall()) == told
