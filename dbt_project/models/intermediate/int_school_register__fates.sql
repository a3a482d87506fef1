-- One row per accepted row of a school register that does not count: what became of it.
with
register as (
    select
        delivery_id,
        delivery_row_number,
        school_unit_code
    from {{ ref("stg_municipality__school_register") }}
)

{{ fate_per_row("register", keys=["school_unit_code"]) }}
