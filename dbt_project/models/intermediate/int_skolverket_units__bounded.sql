-- One row per count date and unit of Skolverket's export: pupils, and shares with the bounds suppression leaves.
-- '.' as a number of pupils is none. `is_left_out`: the municipality has its own pupil data for the date, which
-- take precedence in the marts; grade-9 pupils still serve the unit's published results.
{% set grades = range(1, 10) %}
with
own_dates as (
    select distinct
        municipality_code,
        count_date
    from {{ ref("int_pupils__profiles") }}
),

export as (
    select
        published.*,
        {{ count_date_of("published.school_year") }} as count_date,
        coalesce(published.pupil_count_grades_1_9, 0) as pupils_1_9
    from {{ used_rows(ref("stg_skolverket__enrollment"), ref("int_skolverket_enrollment__fates")) }} as published
)

select
    export.municipality_code,
    export.count_date,
    export.school_unit_code,
    export.school_unit_name,
    export.location_municipality_name,
    export.organiser_type,
    export.organiser_name,
    export.organiser_code,
    coalesce(export.pupil_count_grade_f, 0) as pupil_count_grade_f,
    {%- for grade in grades %}
    coalesce(export.pupil_count_grade_{{ grade }}, 0) as pupil_count_grade_{{ grade }},
    {%- endfor %}
    export.pupils_1_9 as pupil_count_grades_1_9,
    case when export.pupils_1_9 > 0 then export.girl_share_grades_1_9 end as girl_share,
    {%- for share, none_is_zero in [("foreign_background_share", true), ("post_secondary_share", false)] %}
    {%- for bound, suffix in [("value", ""), ("lower", "_lower"), ("upper", "_upper")] %}
    {{ share_bound(bound, "export." ~ share, "export." ~ share ~ "_code", "export.pupils_1_9", none_is_zero) | indent }}
        as {{ share }}{{ suffix }},
    {%- endfor %}
    case when export.pupils_1_9 = 0 then 'no_pupils' else export.{{ share }}_code end as {{ share }}_code,
    {%- endfor %}
    own_dates.count_date is not null as is_left_out
from export
left join own_dates
    on
        export.municipality_code = own_dates.municipality_code
        and export.count_date = own_dates.count_date
