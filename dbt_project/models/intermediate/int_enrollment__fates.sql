-- One row per accepted enrollment row: what became of it.
-- A pupil's only row of a delivery needs no choice; choices are made among the rows of those with several.
-- A pupil counts once, where the pupil was last enrolled: the latest valid_from, then the lowest unit code.
with
enrollment as (
    select
        delivery_id,
        delivery_row_number,
        count_date,
        pupil_key,
        school_unit_code,
        school_form,
        grade,
        valid_from,
        valid_to
    from {{ ref("stg_municipality__enrollment") }}
),

not_in_force as (
    select
        *,
        case
            when school_form not in ('preschool_class', 'compulsory_school') then 'other_school_form'
            when valid_from > count_date or valid_to < count_date then 'not_valid_on_count_date'
        end as rule_of_the_row
    from enrollment
),

rows_of_several as (
    select not_in_force.*
    from not_in_force
    inner join {{ ref("int_enrollment__several") }} as several
        on
            not_in_force.delivery_id = several.delivery_id
            and not_in_force.pupil_key = several.pupil_key
),

fates as (
    {{ row_fates("rows_of_several", keys=["pupil_key", "school_unit_code", "grade"], excluded_rule="rule_of_the_row") }}
),

choices as (
    select
        delivery_id,
        delivery_row_number,
        row_fate,
        excluded_rule,
        row_fate = 'used' and row_number() over (
            partition by delivery_id, pupil_key, row_fate
            order by valid_from desc, school_unit_code asc, delivery_row_number asc
        ) > 1 as is_other_row_kept
    from fates
)

select
    delivery_id,
    delivery_row_number,
    case when is_other_row_kept then 'excluded' else row_fate end as row_fate,
    case when is_other_row_kept then 'pupil_counted_elsewhere' else excluded_rule end as excluded_rule
from choices
union all
select
    not_in_force.delivery_id,
    not_in_force.delivery_row_number,
    case
        when not coalesce(deliveries.is_newest, false) then 'superseded'
        when not_in_force.rule_of_the_row is not null then 'excluded'
        else 'used'
    end as row_fate,
    not_in_force.rule_of_the_row as excluded_rule
from not_in_force
left join {{ ref("int_deliveries__accepted") }} as deliveries
    on not_in_force.delivery_id = deliveries.delivery_id
where
    not exists (
        select 1
        from {{ ref("int_enrollment__several") }} as several
        where
            several.delivery_id = not_in_force.delivery_id
            and several.pupil_key = not_in_force.pupil_key
    )
