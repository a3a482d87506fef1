-- One row per accepted row of the form for protected identities: what became of it. Without the municipality's own
-- register for the date the pupils are in Skolverket's published counts already.
with
counts as (
    select
        delivery_id,
        delivery_row_number,
        municipality_code,
        count_date,
        school_unit_code,
        grade
    from {{ ref("stg_municipality__protected_counts") }}
),

register_dates as (
    select distinct
        enrollment.municipality_code,
        enrollment.count_date
    from {{ ref("stg_municipality__enrollment") }} as enrollment
    inner join {{ ref("int_enrollment__fates") }} as fates
        on
            enrollment.delivery_id = fates.delivery_id
            and enrollment.delivery_row_number = fates.delivery_row_number
    where fates.row_fate = 'used'
),

without_register as (
    select
        counts.*,
        case when register_dates.count_date is null then 'no_pupil_register' end as rule_of_the_row
    from counts
    left join register_dates
        on
            counts.municipality_code = register_dates.municipality_code
            and counts.count_date = register_dates.count_date
)

{{ fate_per_row("without_register", keys=["school_unit_code", "grade"], excluded_rule="rule_of_the_row") }}
