select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(extract(year from cast(period as date)) as integer) as accounts_year,
    school_unit_code,
    teacher_posts,
    certified_posts
from {{ source("accepted", "unit_staff") }}
