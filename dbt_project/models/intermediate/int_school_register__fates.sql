-- One row per accepted row of a school register: what became of it.
with
register as (
    select
        delivery_id,
        delivery_row_number,
        school_unit_code
    from {{ ref("stg_municipality__school_register") }}
),

fates as (
    {{ row_fates("register", keys=["school_unit_code"]) }}
)

select
    delivery_id,
    delivery_row_number,
    row_fate,
    excluded_rule
from fates
