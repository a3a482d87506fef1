-- Deliveries whose accepted rows are not all used, superseded, duplicate or excluded by rule. A reconciliation that
-- fails concerns every year, so there is no count date.
select
    municipality_code,
    cast(null as date) as count_date,
    delivery_id
from {{ ref("fct_row_accounting") }}
where accepted_rows <> used_rows + superseded_rows + duplicate_rows + excluded_rows
