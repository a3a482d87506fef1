select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(period as date) as count_date,
    school_unit_code,
    school_form,
    unit_name,
    organiser_type
from {{ source("accepted", "form_unit") }}
