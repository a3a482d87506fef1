-- One row per accepted row of results per subject: what became of it.
with
subject_results as (
    select
        delivery_id,
        delivery_row_number,
        pupil_key
    from {{ ref("stg_municipality__subject_results") }}
),

fates as (
    {{ row_fates("subject_results", keys=["pupil_key"]) }}
)

select
    delivery_id,
    delivery_row_number,
    row_fate,
    excluded_rule
from fates
