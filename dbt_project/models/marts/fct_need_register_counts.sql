select
    municipality_code,
    count_date,
    school_unit_code,
    schooling_year,
    {{ need_factors() | join(",\n    ") }},
    cast(count(*) as bigint) as pupil_count
from {{ ref("int_pupils__factors") }}
group by
    municipality_code,
    count_date,
    school_unit_code,
    schooling_year,
    {{ need_factors() | join(",\n    ") }}
