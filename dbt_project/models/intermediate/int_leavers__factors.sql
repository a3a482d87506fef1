-- One row per municipality, result year and grade-9 leaver: the outcome in June, the factors of the October before.
-- The unit is that of the results: the school that set the grades.
-- Who was enrolled that day has the factors that stand with the enrollment; the others' background is looked up.
with
results as (
    select
        *,
        {{ result_year_of("school_year") }} as result_year,
        {{ count_date_of("school_year") }} as count_date
    from {{ used_rows(ref("stg_municipality__results"), ref("int_results__fates")) }} as used
),

leavers as (
    select
        results.municipality_code,
        results.result_year,
        results.count_date,
        results.pupil_key,
        results.school_unit_code,
        results.is_eligible_vocational,
        results.merit_value,
        pupils.schooling_year,
        pupils.need_profile,
        pupils.pupil_key is null as is_background_looked_up
    from results
    left join {{ ref("int_pupils__profiles") }} as pupils
        on
            results.municipality_code = pupils.municipality_code
            and results.count_date = pupils.count_date
            and results.pupil_key = pupils.pupil_key
),

looked_up as (
    select background.*
    from {{ ref("int_background__profiles") }} as background
    inner join leavers
        on
            background.municipality_code = leavers.municipality_code
            and background.count_date = leavers.count_date
            and background.pupil_key = leavers.pupil_key
            and leavers.is_background_looked_up
)

select
    leavers.municipality_code,
    leavers.result_year,
    leavers.count_date,
    leavers.pupil_key,
    leavers.school_unit_code,
    not leavers.is_eligible_vocational as is_not_eligible,
    leavers.merit_value,
    coalesce(leavers.schooling_year, 0) as schooling_year,
    {{ words_of("profiles") }}
from leavers
left join looked_up
    on
        leavers.municipality_code = looked_up.municipality_code
        and leavers.count_date = looked_up.count_date
        and leavers.pupil_key = looked_up.pupil_key
inner join {{ ref("int_need_profiles") }} as profiles
    on coalesce(leavers.need_profile, looked_up.need_profile, {{ unknown_profile() }}) = profiles.need_profile
