select
    placements.municipality_code,
    placements.count_date,
    placements.school_form,
    placements.school_unit_code,
    placements.stage,
    coalesce(placements.hours, '') as hours,
    coalesce(placements.programme, '') as programme,
    coalesce(placements.track, '') as track,
    cast(count(*) as integer) as pupil_count,
    cast(coalesce(sum(placements.course_points), 0) as bigint) as course_points
from {{ used_rows(ref("stg_municipality__form_enrollment"), ref("int_form_enrollment__fates")) }} as placements
group by
    placements.municipality_code,
    placements.count_date,
    placements.school_form,
    placements.school_unit_code,
    placements.stage,
    coalesce(placements.hours, ''),
    coalesce(placements.programme, ''),
    coalesce(placements.track, '')
