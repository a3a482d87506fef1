-- How many rows and pupils stand in a conflict between two units; who they are stays in the intermediate table.
select
    municipality_code,
    count_date,
    conflict_kind,
    school_unit_code,
    other_school_unit_code,
    cast(count(distinct delivery_row_number) as integer) as row_count,
    cast(count(distinct pupil_key) as integer) as pupil_count,
    cast(count(distinct case when is_counted then pupil_key end) as integer) as counted_here
from {{ ref("int_enrollment__conflicts") }}
group by municipality_code, count_date, conflict_kind, school_unit_code, other_school_unit_code
