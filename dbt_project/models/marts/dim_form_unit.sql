select
    form_units.municipality_code,
    form_units.count_date,
    form_units.school_form,
    form_units.school_unit_code,
    form_units.unit_name,
    form_units.organiser_type
from {{ ref("stg_municipality__form_units") }} as form_units
inner join {{ ref("int_form_units__fates") }} as fates
    on
        form_units.delivery_id = fates.delivery_id
        and form_units.delivery_row_number = fates.delivery_row_number
where fates.row_fate = 'used'
