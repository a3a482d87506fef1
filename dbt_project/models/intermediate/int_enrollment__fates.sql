-- One row per accepted enrollment row: what became of it.
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

fates as (
    {{ row_fates("not_in_force", keys=["pupil_key", "school_unit_code", "grade"], excluded_rule="rule_of_the_row") }}
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
