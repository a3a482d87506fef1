-- One row per accepted row of Skolverket's export that does not count: what became of it.
-- A unit whose number of pupils is not a number and not '.' (= none) has no place in any sum.
with
export as (
    select
        delivery_id,
        delivery_row_number,
        school_unit_code,
        case
            when
                pupil_count_grades_1_9_code not in ('exact', 'rounded', 'none')
                or pupil_count_grade_f_code not in ('exact', 'rounded', 'none')
                then 'pupil_count_unknown'
        end as rule_of_the_row
    from {{ ref("stg_skolverket__enrollment") }}
)

{{ fate_per_row("export", keys=["school_unit_code"], excluded_rule="rule_of_the_row") }}
