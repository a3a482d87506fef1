{# First day on which the compulsory school has ten years; the dated stages say it. #}
{% macro ten_years_from() -%}
    (
        select min(ten_years.valid_from)
        from {{ ref("school_form_stage") }} as ten_years
        where ten_years.school_form = 'compulsory_school' and ten_years.stage = '10'
    )
{%- endmacro %}

{# The number of a grade that follows age, so that a cohort keeps its own over July 2028: F is 0 and grade 9 is 9, and from
   that day year 1 is 0 and year 10 is 9. #}
{% macro grade_number(grade, day) -%}
    cast(case when {{ grade }} = 'F' then '0' else {{ grade }} end as integer)
    - case when {{ day }} >= {{ ten_years_from() }} then 1 else 0 end
{%- endmacro %}
