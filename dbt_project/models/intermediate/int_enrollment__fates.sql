-- One row per accepted enrollment row that does not count: what became of it.
-- A pupil's only row of a delivery needs no choice; choices are made among the rows of those with several.
-- A pupil counts once, where the pupil was last enrolled: the latest valid_from, then the lowest unit code.
{% set rule_of_the_row %}
case
    when enrollment.school_form not in ('preschool_class', 'compulsory_school') then 'other_school_form'
    when enrollment.valid_from > enrollment.count_date or enrollment.valid_to < enrollment.count_date
        then 'not_valid_on_count_date'
end
{% endset %}
with
rows_of_several as (
    select
        enrollment.delivery_id,
        enrollment.delivery_row_number,
        enrollment.pupil_key,
        enrollment.school_unit_code,
        enrollment.grade,
        enrollment.valid_from,
        {{ rule_of_the_row }} as rule_of_the_row
    from {{ ref("stg_municipality__enrollment") }} as enrollment
    inner join {{ ref("int_enrollment__several") }} as several
        on
            enrollment.delivery_id = several.delivery_id
            and enrollment.pupil_key = several.pupil_key
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
where row_fate <> 'used' or is_other_row_kept
union all
select
    enrollment.delivery_id,
    enrollment.delivery_row_number,
    case when not coalesce(deliveries.is_newest, false) then 'superseded' else 'excluded' end as row_fate,
    {{ rule_of_the_row }} as excluded_rule
from {{ ref("stg_municipality__enrollment") }} as enrollment
left join {{ ref("int_deliveries__accepted") }} as deliveries
    on enrollment.delivery_id = deliveries.delivery_id
where
    (not coalesce(deliveries.is_newest, false) or {{ rule_of_the_row }} is not null)
    and not exists (
        select 1
        from {{ ref("int_enrollment__several") }} as several
        where
            several.delivery_id = enrollment.delivery_id
            and several.pupil_key = enrollment.pupil_key
    )
