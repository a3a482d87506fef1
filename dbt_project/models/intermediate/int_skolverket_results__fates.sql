-- One row per accepted row of Skolverket's results that does not count: what became of it.
-- Two metrics are read; a unit that stands in no export has no municipality, and so no place.
with
units as (
    select distinct school_unit_code
    from {{ ref("int_skolverket_units__bounded") }}
),

results as (
    select
        published.delivery_id,
        published.delivery_row_number,
        published.school_unit_code,
        published.metric,
        published.school_year,
        case
            when published.metric not in (
                'ratioOfPupils9thGradeEligibleForNationalProgramYR', 'averageGradesMeritRating9thGrade'
            ) then 'metric_not_read'
            when published.school_year is null then 'no_school_year'
            when units.school_unit_code is null then 'unit_in_no_export'
        end as rule_of_the_row
    from {{ ref("stg_skolverket__results") }} as published
    left join units on published.school_unit_code = units.school_unit_code
)

{{ fate_per_row("results", keys=["school_unit_code", "metric", "school_year"], excluded_rule="rule_of_the_row") }}
