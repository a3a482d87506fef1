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
from {{ ref("stg_municipality__form_enrollment") }} as placements
inner join {{ ref("int_form_enrollment__fates") }} as fates
    on
        placements.delivery_id = fates.delivery_id
        and placements.delivery_row_number = fates.delivery_row_number
where fates.row_fate = 'used'
group by
    placements.municipality_code,
    placements.count_date,
    placements.school_form,
    placements.school_unit_code,
    placements.stage,
    coalesce(placements.hours, ''),
    coalesce(placements.programme, ''),
    coalesce(placements.track, '')
