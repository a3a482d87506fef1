-- One row per result year and unit of Skolverket's results: failures as a count out of the grade-9 pupils of the
-- export of the same school year. '~100' says 1 to 4 pupils not eligible: 2.5 used. Without grade-9 pupils no count.
-- The municipality is the unit's in the same year's export, else in its latest.
with
results as (
    select
        published.school_unit_code,
        {{ result_year_of("published.school_year") }} as result_year,
        {{ count_date_of("published.school_year") }} as count_date,
        max(case when published.metric like 'ratio%' then published.value end) as eligible_percent,
        max(case when published.metric like 'ratio%' then published.value_code end) as eligibility_code,
        max(case when published.metric like 'average%' then published.value end) as merit_value_mean,
        max(case when published.metric like 'average%' then published.value_code end) as merit_value_code
    from {{ used_rows(ref("stg_skolverket__results"), ref("int_skolverket_results__fates")) }} as published
    group by published.school_unit_code, published.school_year
),

latest_units as (
    select
        school_unit_code,
        municipality_code,
        row_number() over (partition by school_unit_code order by count_date desc) as years_back
    from {{ ref("int_skolverket_units__bounded") }}
),

placed as (
    select
        results.*,
        coalesce(same_year.municipality_code, latest_units.municipality_code) as municipality_code,
        same_year.pupil_count_grade_9 as grade_9_pupil_count,
        nullif(same_year.pupil_count_grade_9, 0) as n9
    from results
    inner join latest_units
        on
            results.school_unit_code = latest_units.school_unit_code
            and latest_units.years_back = 1
    left join {{ ref("int_skolverket_units__bounded") }} as same_year
        on
            results.school_unit_code = same_year.school_unit_code
            and results.count_date = same_year.count_date
)

select
    municipality_code,
    result_year,
    school_unit_code,
    grade_9_pupil_count,
    {%- for name, failures in [("", "2.5"), ("_lower", "1"), ("_upper", "4")] %}
    cast(
        case
            when n9 is null then null
            when eligibility_code = 'exact' then n9 * (100 - eligible_percent) / 100
            when eligibility_code = 'nearly_all' then least({{ failures }}, n9)
        end as double
    ) as not_eligible_count{{ name }},
    {%- endfor %}
    cast(
        case
            when eligibility_code = 'exact' then (100 - eligible_percent) / 100
            when eligibility_code = 'nearly_all' then least(2.5, n9) / cast(n9 as double)
        end as double
    ) as not_eligible_share,
    coalesce(eligibility_code, 'missing') as eligibility_code,
    merit_value_mean,
    coalesce(merit_value_code, 'missing') as merit_value_code
from placed
