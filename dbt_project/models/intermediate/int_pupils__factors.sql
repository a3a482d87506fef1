{{ config(materialized="view") }}
-- One row per municipality, count date and pupil, as in `int_pupils__profiles`, with the eight factors in words.
select
    pupils.municipality_code,
    pupils.count_date,
    pupils.pupil_key,
    pupils.school_unit_code,
    pupils.grade,
    pupils.schooling_year,
    {{ words_of("profiles") }}
from {{ ref("int_pupils__profiles") }} as pupils
inner join {{ ref("int_need_profiles") }} as profiles on pupils.need_profile = profiles.need_profile
