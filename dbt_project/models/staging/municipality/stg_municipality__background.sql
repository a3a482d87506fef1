select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(period as date) as count_date,
    pupil_key,
    guardian_education,
    immigration_year,
    household_income_quintile,
    has_econ_assistance,
    is_boy,
    lives_with_both,
    sibling_count,
    area_type
from {{ source("accepted", "background") }}
