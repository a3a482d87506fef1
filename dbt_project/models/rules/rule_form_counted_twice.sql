-- People with places that exclude each other on the day: the later place counts, or the school.
select
    placements.municipality_code,
    cast(extract(year from placements.count_date) || '-10-15' as date) as count_date,
    placements.school_form,
    placements.school_unit_code
from {{ ref("stg_municipality__form_enrollment") }} as placements
inner join {{ ref("int_form_enrollment__fates") }} as fates
    on
        placements.delivery_id = fates.delivery_id
        and placements.delivery_row_number = fates.delivery_row_number
where
    fates.row_fate = 'excluded'
    and fates.excluded_rule in ('counted_in_school', 'counted_in_other_form')
