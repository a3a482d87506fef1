-- One row per accepted row of the form for protected identities that does not count: what became of it. Without the
-- municipality's own register for the date the pupils are in Skolverket's published counts already.
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

asked as (
    select distinct
        municipality_code,
        count_date
    from counts
),

used_deliveries as (
    select distinct enrollment.delivery_id
    from {{ used_rows(ref("stg_municipality__enrollment"), ref("int_enrollment__fates")) }} as enrollment
    inner join asked
        on
            enrollment.municipality_code = asked.municipality_code
            and enrollment.count_date = asked.count_date
),

register_dates as (
    select distinct
        deliveries.municipality_code,
        cast(deliveries.period as date) as count_date
    from {{ ref("int_deliveries__accepted") }} as deliveries
    inner join used_deliveries on deliveries.delivery_id = used_deliveries.delivery_id
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
