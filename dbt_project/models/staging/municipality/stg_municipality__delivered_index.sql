select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(period as date) as count_date,
    school_unit_code,
    index_value,
    pupil_count as delivered_pupil_count
from {{ source("accepted", "delivered_index") }}
