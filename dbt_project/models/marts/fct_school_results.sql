-- A municipality with own results for a year uses these; Skolverket's rows for that year are then left out.
with
own_results as (
    select
        municipality_code,
        result_year,
        count_date,
        school_unit_code,
        cast(count(*) as integer) as leaver_count,
        cast(sum(case when is_not_eligible then 1 else 0 end) as double) as not_eligible_count,
        avg(merit_value) as merit_value_mean
    from {{ ref("int_leavers__factors") }}
    group by municipality_code, result_year, count_date, school_unit_code
),

own_years as (
    select distinct
        municipality_code,
        result_year
    from own_results
)

select
    own_results.municipality_code,
    own_results.result_year,
    own_results.school_unit_code,
    'pupil_level' as basis,
    in_october.pupil_count as grade_9_pupil_count,
    own_results.leaver_count,
    own_results.not_eligible_count,
    own_results.not_eligible_count as not_eligible_count_lower,
    own_results.not_eligible_count as not_eligible_count_upper,
    own_results.not_eligible_count / own_results.leaver_count as not_eligible_share,
    'exact' as eligibility_code,
    own_results.merit_value_mean,
    case when own_results.merit_value_mean is null then 'missing' else 'exact' end as merit_value_code
from own_results
left join {{ ref("fct_enrollment") }} as in_october
    on
        own_results.municipality_code = in_october.municipality_code
        and own_results.count_date = in_october.count_date
        and own_results.school_unit_code = in_october.school_unit_code
        and {{ grade_number("in_october.grade", "in_october.count_date") }} = 9
        and in_october.basis = 'pupil_level'
union all
select
    published.municipality_code,
    published.result_year,
    published.school_unit_code,
    'open_statistics' as basis,
    published.grade_9_pupil_count,
    cast(null as integer) as leaver_count,
    published.not_eligible_count,
    published.not_eligible_count_lower,
    published.not_eligible_count_upper,
    published.not_eligible_share,
    published.eligibility_code,
    published.merit_value_mean,
    published.merit_value_code
from {{ ref("int_skolverket_results__counted") }} as published
left join own_years
    on
        published.municipality_code = own_years.municipality_code
        and published.result_year = own_years.result_year
where own_years.result_year is null
