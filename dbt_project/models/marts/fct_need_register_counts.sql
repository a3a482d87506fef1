{{ config(materialized="view") }}
-- A view: the words of a nation's cells take more room than their counts.
select
    counted.municipality_code,
    counted.count_date,
    counted.school_unit_code,
    counted.schooling_year,
    {{ words_of("profiles") }},
    counted.pupil_count
from {{ ref("int_need_register__counted") }} as counted
inner join {{ ref("int_need_profiles") }} as profiles on counted.need_profile = profiles.need_profile
