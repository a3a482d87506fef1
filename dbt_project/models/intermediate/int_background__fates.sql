-- One row per accepted background row: what became of it.
with
background as (
    select
        delivery_id,
        delivery_row_number,
        pupil_key
    from {{ ref("stg_municipality__background") }}
),

fates as (
    {{ row_fates("background", keys=["pupil_key"]) }}
)

select
    delivery_id,
    delivery_row_number,
    row_fate,
    excluded_rule
from fates
