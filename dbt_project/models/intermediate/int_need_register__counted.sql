-- One row per municipality, count date, unit, year of schooling and profile of the eight factors: its pupils.
select
    municipality_code,
    count_date,
    school_unit_code,
    schooling_year,
    need_profile,
    cast(count(*) as bigint) as pupil_count
from {{ ref("int_pupils__profiles") }}
group by municipality_code, count_date, school_unit_code, schooling_year, need_profile
