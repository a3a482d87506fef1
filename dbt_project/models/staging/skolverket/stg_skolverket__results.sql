select
    delivery_id,
    row_number as delivery_row_number,
    school_unit_code,
    metric,
    school_year,
    cast(value as double) as value,
    value_code
from {{ source("accepted", "skolverket_results") }}
