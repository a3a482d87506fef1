-- One row per accepted row of a delivered index that does not count: what became of it. A value of a unit without
-- pupils is used here; who has pupils is asked where the index meets them.
with
index_rows as (
    select
        delivery_id,
        delivery_row_number,
        school_unit_code
    from {{ ref("stg_municipality__delivered_index") }}
)

{{ fate_per_row("index_rows", keys=["school_unit_code"]) }}
