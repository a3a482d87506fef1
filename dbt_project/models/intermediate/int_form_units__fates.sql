-- One row per accepted row of the forms' units that does not count: what became of it.
with
form_units as (
    select
        delivery_id,
        delivery_row_number,
        school_unit_code,
        school_form
    from {{ ref("stg_municipality__form_units") }}
)

{{ fate_per_row("form_units", keys=["school_unit_code", "school_form"]) }}
