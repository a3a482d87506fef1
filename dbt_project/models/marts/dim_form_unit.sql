select
    form_units.municipality_code,
    form_units.count_date,
    form_units.school_form,
    form_units.school_unit_code,
    form_units.unit_name,
    form_units.organiser_type
from {{ used_rows(ref("stg_municipality__form_units"), ref("int_form_units__fates")) }} as form_units
