-- One row per accepted result row that does not count: what became of it. Only leavers of the last grade (9, from July
-- 2028 10) with a known outcome count.
with
results as (
    select
        delivery_id,
        delivery_row_number,
        pupil_key,
        case
            when {{ grade_number("grade", count_date_of("school_year")) }} <> 9 then 'not_grade_9'
            when is_eligible_vocational is null then 'outcome_unknown'
        end as rule_of_the_row
    from {{ ref("stg_municipality__results") }}
)

{{ fate_per_row("results", keys=["pupil_key"], excluded_rule="rule_of_the_row") }}
