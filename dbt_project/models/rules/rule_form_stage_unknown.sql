-- Places in a stage that the form has not on the day. A year's forms are those counted in the calendar year before it.
select
    placements.municipality_code,
    cast(extract(year from placements.count_date) || '-10-15' as date) as count_date,
    placements.school_form,
    placements.stage
from {{ ref("stg_municipality__form_enrollment") }} as placements
inner join {{ ref("int_form_enrollment__fates") }} as fates
    on
        placements.delivery_id = fates.delivery_id
        and placements.delivery_row_number = fates.delivery_row_number
where
    fates.row_fate = 'excluded'
    and fates.excluded_rule = 'stage_not_of_form'
