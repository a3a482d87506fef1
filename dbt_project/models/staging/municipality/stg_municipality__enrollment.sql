select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(period as date) as count_date,
    pupil_key,
    school_unit_code,
    school_form,
    grade,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    home_municipality_code,
    is_sva,
    mother_tongue,
    cast(entered_swedish_school_date as date) as entered_swedish_school_date,
    is_asylum_seeker,
    has_leisure_time_centre,
    id_type
from {{ source("accepted", "enrollment") }}
