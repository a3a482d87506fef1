select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    period as school_year,
    pupil_key,
    school_unit_code,
    grade,
    is_eligible_vocational,
    cast(merit_value as double) as merit_value
from {{ source("accepted", "results") }}
