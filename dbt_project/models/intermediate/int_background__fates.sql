-- One row per accepted background row: what became of it.
with
background as (
    select
        delivery_id,
        delivery_row_number,
        pupil_key
    from {{ ref("stg_municipality__background") }}
)

{{ fate_per_row("background", keys=["pupil_key"]) }}
