-- One row per municipality, result year and grade-9 leaver: the outcome in June, the factors of the October before.
-- The unit is that of the results: the school that set the grades.
select
    results.municipality_code,
    {{ result_year_of("results.school_year") }} as result_year,
    {{ count_date_of("results.school_year") }} as count_date,
    results.pupil_key,
    results.school_unit_code,
    not results.is_eligible_vocational as is_not_eligible,
    results.merit_value,
    coalesce(pupils.schooling_year, 0) as schooling_year,
    {{ factors_or_missing("background") }}
from {{ used_rows(ref("stg_municipality__results"), ref("int_results__fates")) }} as results
left join {{ ref("int_background__banded") }} as background
    on
        results.municipality_code = background.municipality_code
        and {{ count_date_of("results.school_year") }} = background.count_date
        and results.pupil_key = background.pupil_key
left join {{ ref("int_pupils__factors") }} as pupils
    on
        results.municipality_code = pupils.municipality_code
        and {{ count_date_of("results.school_year") }} = pupils.count_date
        and results.pupil_key = pupils.pupil_key
