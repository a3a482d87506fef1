-- One row per municipality, count date and pupil of the register: where the pupil counts, and the eight factors.
select
    enrollment.municipality_code,
    enrollment.count_date,
    enrollment.pupil_key,
    enrollment.school_unit_code,
    enrollment.grade,
    {{ factors_or_missing("background") }}
from {{ ref("stg_municipality__enrollment") }} as enrollment
inner join {{ ref("int_enrollment__fates") }} as fates
    on
        enrollment.delivery_id = fates.delivery_id
        and enrollment.delivery_row_number = fates.delivery_row_number
left join {{ ref("int_background__banded") }} as background
    on
        enrollment.municipality_code = background.municipality_code
        and enrollment.count_date = background.count_date
        and enrollment.pupil_key = background.pupil_key
where fates.row_fate = 'used'
