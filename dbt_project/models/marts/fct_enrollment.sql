{% set grades = ["f", "1", "2", "3", "4", "5", "6", "7", "8", "9"] %}
with
open_statistics as (
    select *
    from {{ ref("int_skolverket_units__bounded") }}
    where not is_left_out
)

select
    municipality_code,
    count_date,
    school_unit_code,
    grade,
    cast(count(*) as integer) as pupil_count,
    'pupil_level' as basis
from {{ ref("int_pupils__profiles") }}
group by municipality_code, count_date, school_unit_code, grade
{%- for grade in grades %}
union all
select
    municipality_code,
    count_date,
    school_unit_code,
    '{{ grade | upper }}' as grade,
    pupil_count_grade_{{ grade }} as pupil_count,
    'open_statistics' as basis
from open_statistics
where pupil_count_grade_{{ grade }} > 0
{%- endfor %}
